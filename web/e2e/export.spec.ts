// Export: three formats, each after the master password and read back by the import.
import type { Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { accessible, expect, password, test, url } from './fixtures';

const file = path.resolve(import.meta.dirname, '../testdata/bitwarden.json');

async function fill(vault: Page): Promise<void> {
  await vault.goto(url() + '/#/import');
  await vault.getByLabel('Drop an export file here or choose it').last().setInputFiles(file);
  await vault.getByRole('button', { name: 'Import 7 items' }).click();
  await expect(vault.locator('.alert-success')).toContainText('7 items imported');
}

async function confirm(vault: Page, pw: string): Promise<void> {
  const dialog = vault.getByRole('dialog', { name: 'Export the vault' });
  await dialog.getByLabel('Master password', { exact: true }).fill(pw);
  await dialog.getByRole('button', { name: 'Continue' }).click();
}

async function take(vault: Page, ending: RegExp): Promise<{ path: string; text: string }> {
  const download = vault.waitForEvent('download');
  await confirm(vault, password);
  const d = await download;
  expect(d.suggestedFilename()).toMatch(ending);
  const saved = await d.path();
  await expect(vault.getByText('The vault was exported').last()).toBeVisible();
  return { path: saved, text: readFileSync(saved, 'utf8') };
}

test('the vault goes out in three formats and comes back', async ({ vault }) => {
  await fill(vault);
  await vault.goto(url() + '/#/export');
  await accessible(vault, 'export');
  await vault.getByLabel('Password of the file').fill('the password of this file');
  await vault.getByRole('button', { name: 'Export', exact: true }).click();
  await accessible(vault, 'export, confirm');
  await confirm(vault, 'not ' + password);
  await expect(vault.getByRole('dialog').getByRole('alert')).toHaveText(/not your master password/);
  const sealed = await take(vault, /^strongroom-\d{14}\.json$/);
  expect(JSON.parse(sealed.text)).toMatchObject({ encrypted: true, passwordProtected: true });
  expect(sealed.text).not.toContain('Portal');

  await vault.getByLabel('JSON, not encrypted: everything in the vault').check();
  await expect(vault.getByRole('note')).toHaveText(/can read all your passwords/);
  await accessible(vault, 'export, warning');
  await vault.getByRole('button', { name: 'Export', exact: true }).click();
  const open = await take(vault, /\.json$/);
  const names = (JSON.parse(open.text) as { items: { name: string }[] }).items.map((i) => i.name).sort();
  expect(names).toEqual(['Alarm', 'Deploy key', 'Giro', 'Me', 'Portal', 'Visa']);

  await vault.getByLabel('CSV, not encrypted: what is no login becomes a note').check();
  await vault.getByRole('button', { name: 'Export', exact: true }).click();
  const csv = await take(vault, /\.csv$/);
  expect(csv.text).toContain('Portal');

  await vault.goto(url() + '/#/import');
  const again = async (path: string, name: string, n: number, pw = ''): Promise<void> => {
    const buffer = readFileSync(path);
    await vault.locator('#imp-file').setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
    if (pw) {
      await vault.getByLabel('Password of ' + name).fill(pw);
      await vault.getByRole('button', { name: 'Continue' }).click();
    }
    const found = vault.getByTestId('preview');
    await expect(found.getByText(new RegExp(`^Items: ${n} `))).toBeVisible();
    await expect(found.getByRole('cell', { name: 'In the vault already' })).toHaveCount(n);
  };
  await again(open.path, 'open.json', 6);
  await again(sealed.path, 'sealed.json', 6, 'the password of this file');
  await vault
    .locator('#imp-file')
    .setInputFiles({ name: 'table.csv', mimeType: 'text/csv', buffer: readFileSync(csv.path) });
  const found = vault.getByTestId('preview');
  await expect(found.getByRole('heading', { level: 2 })).toHaveText('Bitwarden, CSV');
  await expect(found.getByText(/^Items: 6 /)).toBeVisible(); // what is no login became a note
});
