// Import by drag and drop: a file of every kind with its counts, what is double, what cannot be read, progress, undo.
import type { Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { accessible, expect, test, url } from './fixtures';

const folder = path.resolve(import.meta.dirname, '../testdata');

async function drop(page: Page, name: string, bytes = readFileSync(path.join(folder, name))): Promise<void> {
  const files = await page.evaluateHandle(
    ([name, text]) => {
      const d = new DataTransfer();
      d.items.add(new File([Uint8Array.from(atob(text!), (c) => c.charCodeAt(0))], name!));
      return d;
    },
    [name, bytes.toString('base64')],
  );
  await page
    .getByRole('group', { name: 'Drop an export file here or choose it' })
    .dispatchEvent('drop', { dataTransfer: files });
}

const preview = (page: Page) => page.getByTestId('preview');
const commit = (page: Page) => preview(page).getByRole('button', { name: /^Import/ });
const total = (page: Page) =>
  page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: /^All items/ });

/** file, its heading, items, folders, custom fields, attachments, kinds of problems, its password, items in the trash */
type Kind = [string, string, number, number, number, number, number, string?, number?];
const kinds: Kind[] = [
  ['1password.1pux', '1Password, 1PUX', 9, 3, 9, 2, 5, '', 1],
  ['1password.csv', '1Password, CSV', 3, 2, 1, 0, 0],
  ['bitwarden-official-client.json', 'Bitwarden, encrypted JSON', 7, 3, 5, 0, 2, 'exp pw'],
  ['bitwarden-organization.json', 'Bitwarden, JSON', 1, 1, 0, 0, 2],
  ['bitwarden-password-argon2.json', 'Bitwarden, encrypted JSON', 7, 3, 5, 0, 3, 'file password', 1],
  ['bitwarden-password-pbkdf2.json', 'Bitwarden, encrypted JSON', 7, 3, 5, 0, 3, 'file password', 1],
  ['bitwarden.csv', 'Bitwarden, CSV', 3, 2, 3, 0, 1],
  ['bitwarden.json', 'Bitwarden, JSON', 7, 3, 5, 0, 3, '', 1],
  ['chrome.csv', 'Chrome, CSV', 3, 0, 0, 0, 0],
  ['firefox.csv', 'Firefox, CSV', 2, 0, 1, 0, 4],
  ['keepass-3.kdbx', 'KeePass database', 8, 3, 4, 2, 4, 'Kîeëpass 1', 1],
  ['keepass-4-aes.kdbx', 'KeePass database', 8, 3, 4, 2, 4, 'Kîeëpass 1', 1],
  ['keepass-4-argon2d.kdbx', 'KeePass database', 8, 3, 4, 2, 4, 'Kîeëpass 1', 1],
  ['keepass-4-argon2id.kdbx', 'KeePass database', 8, 3, 4, 2, 4, 'Kîeëpass 1', 1],
  ['keepass.xml', 'KeePass, XML', 8, 3, 4, 2, 4, '', 1],
  ['lastpass.csv', 'LastPass, CSV', 7, 5, 7, 0, 3],
  ['nordpass.csv', 'NordPass, CSV', 5, 2, 5, 0, 2],
  ['old-program.csv', 'Strongroom, CSV', 3, 0, 0, 0, 2],
  ['proton.csv', 'Proton Pass', 5, 1, 4, 0, 3],
  ['proton.json', 'Proton Pass', 7, 2, 12, 0, 6, '', 1],
  ['proton.zip', 'Proton Pass', 7, 2, 12, 1, 6, '', 1],
  ['safari.csv', 'Safari, CSV', 2, 0, 0, 0, 0],
];

test('a file of every kind comes in with what it holds, and is taken back', async ({ vault }) => {
  test.setTimeout(400_000);
  await vault.goto(url() + '/#/import');
  await accessible(vault, 'import');
  for (const [file, source, items, folders, fields, files, problems, password = '', trashed = 0] of kinds)
    await test.step(file, async () => {
      await drop(vault, file);
      if (password) {
        const field = vault.getByLabel('Password of ' + file);
        await field.fill('not ' + password);
        await vault.getByRole('button', { name: 'Continue' }).click();
        await expect(vault.getByRole('alert')).toHaveText('The password does not open this file. Try again.');
        await field.fill(password);
        await vault.getByRole('button', { name: 'Continue' }).click();
      }
      await expect(preview(vault).getByRole('heading', { level: 2 })).toHaveText(source);
      const found = `Items: ${items} · folders: ${folders} · custom fields: ${fields} · attachments: ${files}`;
      await expect(preview(vault).getByText(found)).toBeVisible();
      await expect(preview(vault).getByRole('listitem')).toHaveCount(problems);
      await expect(preview(vault).getByRole('row')).toHaveCount(items + 1);
      await commit(vault).click();
      const done = vault.locator('.alert-success');
      await expect(done).toContainText(`${items} item${items === 1 ? '' : 's'} imported`);
      await expect(done).not.toContainText('could not be taken over');
      await vault.getByRole('button', { name: 'Take the import back' }).click();
      await expect(done).toHaveCount(0);
      await expect(total(vault)).toHaveText('All items');
      expect(trashed).toBeLessThan(items);
    });
});

test('attachments, folders and the trash come along', async ({ vault }) => {
  await vault.goto(url() + '/#/import');
  await drop(vault, '1password.1pux');
  await accessible(vault, 'import, preview with problems');
  await commit(vault).click();
  await expect(vault.locator('.alert-success')).toContainText('9 items imported');
  await accessible(vault, 'import, done');
  await vault.getByRole('link', { name: 'Open the vault' }).click();
  await expect(total(vault)).toHaveText(/All items\s*7/); // one is archived, one in the trash
  await vault.getByText('Dropbox').first().click();
  await expect(vault.getByText('codes ü.txt')).toBeVisible();
  const side = vault.getByRole('navigation', { name: 'Main navigation' });
  await expect(side.getByRole('link', { name: 'Personal/Cloud/Files' })).toBeVisible();
  await side.getByRole('link', { name: /^Trash/ }).click();
  await expect(vault.getByText('Passport').first()).toBeVisible();
});

test('what is in the vault already is left out, what is like it is said', async ({ vault, person }) => {
  await person.api('POST', '/passwords', {
    service: 'Portal',
    username: 'anna',
    url: 'https://portal.example.com',
    password: 'another one',
  });
  await vault.goto(url() + '/#/import');
  let release = (): void => undefined;
  const seen = new Promise<void>((ok) => (release = ok));
  await vault.route('**/api/ciphers/import', async (r) => {
    await seen;
    await r.continue();
  });
  await drop(vault, 'bitwarden.json');
  await expect(preview(vault).getByText(/similar to one in your vault/)).toBeVisible();
  await accessible(vault, 'import, similar items');
  await commit(vault).click();
  await expect(vault.getByRole('progressbar', { name: 'Import' })).toBeVisible();
  await accessible(vault, 'import, progress');
  release();
  await expect(vault.locator('.alert-success')).toContainText('7 items imported');

  await drop(vault, 'bitwarden.json');
  await expect(preview(vault).getByRole('cell', { name: 'In the vault already' })).toHaveCount(6); // the one in the trash is not
  await expect(vault.getByLabel('Leave out the 6 items that are in the vault already')).toBeChecked();
  await expect(commit(vault)).toHaveText('Import 1 item');
  await vault.getByLabel('Leave out the 6 items that are in the vault already').uncheck();
  await expect(commit(vault)).toHaveText('Import 7 items');
  await accessible(vault, 'import, duplicates');
});

test('what cannot be read is said, and nothing comes in', async ({ vault }) => {
  await vault.goto(url() + '/#/import');
  const said = vault.getByRole('alert');
  await drop(vault, 'holiday.txt', Buffer.from('we went to the sea\n'));
  await expect(said).toHaveText(/not an export file that we know/);
  await accessible(vault, 'import, refused');
  await drop(vault, 'bitwarden.json', readFileSync(path.join(folder, 'bitwarden.json')).subarray(0, 3000));
  await expect(said).toHaveText(/damaged or incomplete/);
  await drop(vault, 'bitwarden-account.json');
  await expect(said).toHaveText(/only by the account that made it/);
  await drop(vault, 'keepass-4-aes.kdbx');
  await expect(vault.getByLabel('Password of keepass-4-aes.kdbx')).toBeVisible();
  await accessible(vault, 'import, asks for a password');
  await expect(preview(vault)).toHaveCount(0);
});
