// Items that ask for the master password: nothing of them is shown, copied or exported before.
import { accessible, bring, clipboard, expect, logIn, login, row, test } from './fixtures';

test('an item that asks shows and gives nothing before', async ({ vault, person }) => {
  const items = [
    login('Open', { username: 'ann', password: 'open-secret' }),
    login('Guarded', { username: 'ann', password: 'guarded-secret', totp: 'JBSWY3DPEHPK3PXP', reprompt: 1 }),
  ];
  await bring(vault, { folders: [], items });
  const dialog = vault.getByRole('dialog', { name: 'This item asks for your master password' });
  const answer = async (p: string) => {
    await dialog.getByLabel('Master password', { exact: true }).fill(p);
    await dialog.getByRole('button', { name: 'Continue' }).click();
  };
  await row(vault, 'Open').click();
  await expect(vault.getByRole('heading', { name: 'Open' })).toBeVisible();
  await row(vault, 'Guarded').click();
  await expect(dialog).toBeVisible();
  await accessible(vault, 'asking for the master password');
  await vault.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(vault.getByRole('heading', { name: 'Guarded' })).toHaveCount(0);
  await expect(vault.getByRole('heading', { name: 'Open' })).toHaveCount(0);
  // A change from elsewhere must not open it either.
  const guarded = (await person.api('GET', '/passwords')).find((p: { service: string }) => p.service === 'Guarded');
  await person.api('PATCH', '/passwords/' + guarded.id, { username: 'bert' });
  await expect(row(vault, 'Guarded')).toContainText('bert');
  await expect(vault.getByRole('heading', { name: 'Guarded' })).toHaveCount(0);

  await vault.evaluate(() => navigator.clipboard.writeText('before'));
  await vault.getByRole('button', { name: 'Copy Password of Guarded' }).click();
  await expect(dialog).toBeVisible();
  expect(await clipboard(vault)).toBe('before');
  await answer('not the password at all');
  await expect(dialog.getByRole('alert')).toHaveText('This is not your master password. Try again.');
  await accessible(vault, 'wrong master password');
  await answer(person.password);
  await expect.poll(() => clipboard(vault)).toBe('guarded-secret');

  await vault.reload(); // asked again by every page
  await logIn(vault, person);
  vault.on('dialog', (d) => void d.accept());
  await vault.getByRole('button', { name: 'Select items' }).click();
  await row(vault, 'Guarded').click();
  await vault.getByRole('button', { name: 'Export', exact: true }).click();
  await expect(dialog).toBeVisible();
  const saved = vault.waitForEvent('download');
  await answer(person.password);
  await saved;
  await row(vault, 'Guarded').click();
  await answer(person.password);
  await expect(vault.getByRole('heading', { name: 'Guarded' })).toBeVisible();
  await row(vault, 'Open').click();
  await expect(vault.getByRole('heading', { name: 'Open' })).toBeVisible();
  await row(vault, 'Guarded').click(); // once answered it stays open to this page
  await expect(vault.getByRole('heading', { name: 'Guarded' })).toBeVisible();

  await vault.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'One-time codes' }).click();
  await expect(vault.getByText('No item has a one-time code yet.')).toBeVisible();
});

test('the editor sets it', async ({ vault }) => {
  await vault.getByRole('button', { name: 'New item' }).first().click();
  await vault.getByLabel('Name', { exact: true }).fill('Later');
  await vault.getByLabel('Ask for the master password before showing this item').check();
  await vault.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(vault.getByRole('heading', { name: 'Later' })).toBeVisible();
  await vault.keyboard.press('Escape');
  await row(vault, 'Later').click();
  await expect(vault.getByRole('dialog', { name: 'This item asks' })).toBeVisible();
});
