// Two browsers side by side: what one does shows in the other without a reload.
import { accessible, bring, expect, login, row, test, unlock } from './fixtures';

test('create, edit, delete, folders and the trash appear in the other browser', async ({ vault, second, person }) => {
  const other = await second();
  await vault.getByRole('button', { name: 'New item' }).first().click();
  await vault.getByLabel('Name', { exact: true }).fill('Fresh');
  await vault.getByLabel('User name', { exact: true }).fill('ann');
  await vault.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(row(other, 'Fresh')).toContainText('ann');
  await row(other, 'Fresh').click();
  await expect(other.getByRole('heading', { name: 'Fresh' })).toBeVisible();

  await vault.getByRole('button', { name: 'Edit' }).click();
  await vault.getByLabel('User name', { exact: true }).fill('bert');
  await vault.getByLabel('Name', { exact: true }).fill('Renamed');
  await vault.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(row(other, 'Renamed')).toContainText('bert');
  await expect(other.getByRole('heading', { name: 'Renamed' })).toBeVisible(); // the item that is open, too
  await accessible(other, 'changed by another browser');

  await other.getByRole('button', { name: 'Favorite' }).click();
  await expect(vault.getByRole('button', { name: 'Favorite' })).toHaveAttribute('aria-pressed', 'true');

  await vault.getByRole('button', { name: 'Manage folders' }).click();
  const folders = vault.getByRole('dialog', { name: 'Folders' });
  await folders.getByLabel('New folder').fill('Shared');
  await folders.getByRole('button', { name: 'Add' }).click();
  const link = (name: string) => other.getByRole('navigation', { name: 'Main' }).getByRole('link', { name });
  await expect(link('Shared')).toBeVisible();
  await folders.getByLabel('Name of the folder Shared').fill('Other name');
  await folders.getByLabel('Name of the folder Shared').blur();
  await expect(link('Other name')).toBeVisible();
  await folders.getByRole('button', { name: 'Delete Other name' }).click();
  await folders.getByRole('button', { name: 'Really delete?' }).click();
  await expect(link('Other name')).toHaveCount(0);
  await vault.keyboard.press('Escape');

  await vault.getByRole('button', { name: 'Move to trash' }).click();
  await expect(row(other, 'Renamed')).toHaveCount(0);
  await other
    .getByRole('navigation', { name: 'Main' })
    .getByRole('link', { name: /^Trash/ })
    .click();
  await expect(row(other, 'Renamed')).toBeVisible();
  await vault.getByRole('button', { name: 'Undo' }).click();
  await expect(row(other)).toHaveCount(0);
  await vault.getByRole('link', { name: /^All items/ }).click();
  await expect(row(vault, 'Renamed')).toBeVisible();

  // Another door: a program over REST.
  const made = await person.api('POST', '/passwords', { service: 'By REST', username: 'x', password: 'y' });
  await expect(row(vault, 'By REST')).toBeVisible();
  await person.api('DELETE', '/passwords/' + made.id);
  await expect(row(vault, 'By REST')).toHaveCount(0);
});

test('an import and many at once appear, and a locked browser catches up', async ({ vault, second, person }) => {
  const other = await second();
  await other.keyboard.press('Control+Shift+L');
  await bring(vault, { folders: [], items: [login('One', {}), login('Two', {}), login('Three', {})] });
  await expect(row(vault)).toHaveCount(3);
  await unlock(other, person);
  await expect(row(other)).toHaveCount(3);
  await vault.getByRole('button', { name: 'Select items' }).click();
  await vault.getByRole('button', { name: 'All / none' }).click();
  await vault.getByRole('button', { name: 'Move to trash' }).click();
  await expect(other.getByText('There is nothing here yet.')).toBeVisible();
});

test('two who write the same item: the later one is told, and loses nothing', async ({ vault, second }) => {
  await bring(vault, { folders: [], items: [login('Both', { username: 'first' })] });
  const other = await second();
  await row(other, 'Both').click();
  await other.getByRole('button', { name: 'Edit' }).click();
  await other.getByLabel('User name', { exact: true }).fill('theirs');
  await row(vault, 'Both').click();
  await vault.getByRole('button', { name: 'Edit' }).click();
  await vault.getByLabel('User name', { exact: true }).fill('mine');
  await other.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(row(vault, 'Both')).toContainText('theirs');
  await expect(vault.getByLabel('User name', { exact: true })).toHaveValue('mine');
  await vault.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(vault.getByRole('alert')).toContainText(
    'This item was changed on another device while you were writing.',
  );
  await expect(vault.getByLabel('User name', { exact: true })).toHaveValue('mine');
  await expect(row(other, 'Both')).toContainText('theirs');
  await accessible(vault, 'a conflict');
  await vault.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(row(other, 'Both')).toContainText('mine');
});
