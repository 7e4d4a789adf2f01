// The command palette: places, acts and items in one box, by keyboard and pointer.
import { accessible, bring, expect, login, row, test } from './fixtures';

test('every command, and items by name and filter', async ({ vault }) => {
  await bring(vault, {
    folders: [{ id: 'f', name: 'Bank' }],
    items: [login('Alpha', { username: 'ann' }), login('Beta', { username: 'bert', folderId: 'f' })],
  });
  const dialog = vault.getByRole('dialog', { name: 'Command palette' });
  const box = dialog.getByRole('combobox');
  const option = dialog.getByRole('option');
  const run = async (text: string) => {
    await vault.keyboard.press('Control+k');
    await expect(box).toBeFocused();
    await box.fill(text);
    await vault.keyboard.press('Enter');
    await expect(dialog).toBeHidden();
  };
  await vault.keyboard.press('Control+k');
  await expect(option).toHaveCount(15);
  await accessible(vault, 'palette');
  await vault.keyboard.press('ArrowDown');
  await expect(box).toHaveAttribute('aria-activedescendant', 'palette-1');
  await expect(option.nth(1)).toHaveAttribute('aria-selected', 'true');
  await vault.keyboard.press('ArrowUp');
  await vault.keyboard.press('ArrowUp');
  await expect(box).toHaveAttribute('aria-activedescendant', 'palette-14');
  await box.fill('no such thing');
  await expect(option).toHaveCount(0);
  await expect(dialog.getByText('Nothing found for “no such thing”.')).toBeVisible();
  await accessible(vault, 'palette without a result');
  await vault.keyboard.press('ArrowDown');
  await vault.keyboard.press('Enter');
  await expect(dialog).toBeVisible();
  await vault.keyboard.press('Escape');
  await expect(dialog).toBeHidden();

  await run('alpha');
  await expect(vault.getByRole('heading', { name: 'Alpha' })).toBeVisible();
  await row(vault, 'Beta').click(); // the link let go of its item
  await expect(vault.getByRole('heading', { name: 'Beta' })).toBeVisible();
  await run('alpha');
  await expect(vault.getByRole('heading', { name: 'Alpha' })).toBeVisible();
  await run('in:bank');
  await expect(vault.getByRole('heading', { name: 'Beta' })).toBeVisible();

  for (const [text, heading] of [
    ['one-time codes', 'One-time codes'],
    ['generator', 'Generator'],
    ['sends', 'Sends'],
    ['vault health', 'Vault health'],
    ['import', 'Import'],
    ['export', 'Export the vault'],
    ['settings', 'Settings'],
  ] as const) {
    await run(text);
    await expect(vault.getByRole('heading', { name: heading, level: 1 })).toBeVisible();
  }
  await run('all items');
  await expect(row(vault)).toHaveCount(2);
  await run('new item');
  await expect(vault.getByRole('heading', { name: 'New item' })).toBeVisible();
  await vault.getByRole('button', { name: 'Cancel' }).click();
  const theme = () => vault.evaluate(() => document.documentElement.dataset.bsTheme);
  const was = await theme();
  await run('light and dark');
  expect(await theme()).not.toBe(was);
  const high = async () => (await row(vault).first().boundingBox())!.height;
  const before = await high();
  await run('compact');
  await expect.poll(high).toBeLessThan(before);
  await run('sync now');
  await expect(vault.getByText(/Synced/)).toBeVisible();
  await run('keyboard shortcuts');
  await expect(vault.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await vault.keyboard.press('Escape');
  await vault.keyboard.press('Control+k');
  await option.filter({ hasText: 'Lock' }).click();
  await expect(vault.getByRole('heading', { name: 'Your vault is locked' })).toBeVisible();
});
