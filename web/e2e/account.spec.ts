// What changes an account's keys or ends it: password, derivation, rotation, emptying the vault, deleting the account.
import type { Page } from '@playwright/test';
import { accessible, expect, logIn, password, test, url, watch } from './fixtures';

test.use({ allowed: [/status of 4\d\d/] });
const next = 'staple battery horse correct';

const open = (vault: Page, section: string) => vault.goto(url() + '/#/settings/' + section);
const field = (page: Page, name: string) => page.getByLabel(name, { exact: true });

async function confirm(vault: Page, pw = password): Promise<void> {
  const d = vault.getByRole('dialog');
  await d.getByLabel('Master password', { exact: true }).fill(pw);
  await d.getByRole('button', { name: 'Continue' }).click();
}

const out = (page: Page) => expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();

/** Logged out by what was done here, not told of it as the act of another device. */
async function ended(page: Page): Promise<void> {
  await out(page);
  await expect(page.locator('.alert')).toHaveCount(0);
}

test('the master password changes, and only the new one opens the vault', async ({ vault, person, second }) => {
  await person.api('POST', '/passwords', { service: 'Kept', password: 'as-it-was' });
  const other = await second();
  await open(vault, 'security');
  await expect(vault.getByRole('button', { name: 'Change the key derivation' })).toBeEnabled();
  await accessible(vault, 'security');
  const change = async (now: string, to: string, again = to): Promise<void> => {
    await field(vault, 'Master password now').fill(now);
    await field(vault, 'New master password').fill(to);
    await field(vault, 'Master password, once more').fill(again);
    await vault.getByRole('button', { name: 'Change the master password' }).click();
  };
  const said = vault.getByRole('alert');
  await change(password, 'short');
  await expect(said).toHaveText(/at least 12 characters/);
  await change(password, next, next + 's');
  await expect(said).toHaveText(/not the same/);
  await change(password, 'password1234');
  await expect(said).toHaveText(/too easy to guess/);
  await change('not ' + password, next);
  await expect(said).toHaveText(/not your master password/);
  await accessible(vault, 'security, refused');
  await change(password, next);
  await expect(vault.getByText('The master password was changed. Log in with the new one.')).toBeVisible();
  await ended(vault);
  await out(other);
  await accessible(other, 'signed out by a changed password');
  await field(vault, 'E-mail address').fill(person.email);
  await field(vault, 'Master password').fill(password);
  await vault.getByRole('button', { name: 'Log in', exact: true }).click();
  await expect(vault.getByRole('alert')).toHaveText(/address or the password is wrong/);
  await logIn(vault, { ...person, password: next });
  await expect(vault.getByText('Kept').first()).toBeVisible();
});

test('another key derivation', async ({ vault, person }) => {
  await person.api('POST', '/passwords', { service: 'Kept', password: 'as-it-was' });
  await open(vault, 'security');
  await expect(vault.getByRole('button', { name: 'Change the key derivation' })).toBeEnabled();
  await field(vault, 'Method').selectOption('PBKDF2-SHA256');
  await expect(field(vault, 'Passes')).toHaveValue('600000');
  await accessible(vault, 'key derivation');
  await vault.getByRole('button', { name: 'Change the key derivation' }).click();
  await accessible(vault, 'key derivation, confirm');
  await confirm(vault);
  await expect(vault.getByText('The key derivation was changed. Log in again.')).toBeVisible();
  await ended(vault);
  await logIn(vault, person);
  await expect(vault.getByText('Kept').first()).toBeVisible();
  await open(vault, 'security');
  await expect(field(vault, 'Method')).toHaveValue('0');
});

test('after the key was rotated everything is readable: items, attachments, folders, Sends', async ({
  vault,
  person,
  browser,
}) => {
  const text = 'what the file holds';
  await vault.goto(url() + '/#/import');
  await vault.locator('#imp-file').setInputFiles('testdata/1password.1pux');
  await vault.getByRole('button', { name: 'Import 9 items' }).click();
  await expect(vault.locator('.alert-success')).toContainText('9 items imported');
  await vault.getByRole('link', { name: 'Open the vault' }).click();
  await vault.getByText('Gold card').first().click();
  const file = { name: 'added.txt', mimeType: 'text/plain', buffer: Buffer.from(text) };
  await vault.locator('input[type=file]').setInputFiles(file);
  await expect(vault.getByRole('button', { name: 'Download added.txt' })).toBeVisible();
  await vault.goto(url() + '/#/sends');
  await vault.getByRole('button', { name: 'New Send' }).click();
  await field(vault, 'Text').fill('still readable');
  await vault.getByRole('button', { name: 'Make the Send and copy its link' }).click();
  await expect(vault.getByRole('dialog')).toHaveCount(0);
  await vault.getByRole('button', { name: 'Copy link' }).click();
  const link = await vault.evaluate(() => navigator.clipboard.readText());

  await open(vault, 'security');
  await vault.getByRole('button', { name: 'Rotate the encryption key' }).click();
  await accessible(vault, 'rotation, confirm');
  await confirm(vault);
  await expect(vault.getByText('The key was rotated. Log in again.')).toBeVisible();
  await ended(vault);
  await logIn(vault, person);
  await vault.getByText('Gold card').first().click();
  await expect(vault.getByText('Anna Müller').last()).toBeVisible();
  const read = async (button: string): Promise<string> => {
    const download = vault.waitForEvent('download');
    await vault.getByRole('button', { name: button }).click();
    const chunks: Buffer[] = [];
    for await (const c of await (await download).createReadStream()) chunks.push(c as Buffer);
    return Buffer.concat(chunks).toString();
  };
  expect(await read('Download added.txt')).toBe(text);
  await vault.getByText('Dropbox').first().click();
  expect(await read('Download codes ü.txt')).toBe('1111 2222');
  const side = vault.getByRole('navigation', { name: 'Main navigation' });
  await expect(side.getByRole('link', { name: 'Personal/Cloud/Files' })).toBeVisible();
  await vault.goto(url() + '/#/sends');
  await expect(vault.getByRole('listitem').filter({ hasText: 'Untitled' })).toBeVisible();
  await vault.getByRole('button', { name: 'Copy link' }).click();
  expect(await vault.evaluate(() => navigator.clipboard.readText())).toBe(link);

  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const stranger = await context.newPage();
  const faults = watch(stranger);
  await stranger.goto(link);
  await stranger.getByRole('button', { name: 'Open it' }).click();
  await expect(stranger.getByTestId('send-text')).toHaveText('still readable');
  expect(faults).toEqual([]);
  await context.close();
});

test('the vault is emptied, then the account deleted', async ({ vault, person, second }) => {
  await person.api('POST', '/passwords', { service: 'Doomed', password: 'gone-tomorrow' });
  const other = await second();
  await open(vault, 'danger');
  await accessible(vault, 'danger zone');
  await vault.getByRole('button', { name: 'Empty the vault' }).click();
  await accessible(vault, 'empty the vault, confirm');
  await confirm(vault, 'not ' + password);
  await expect(vault.getByRole('dialog').getByRole('alert')).toHaveText(/not your master password/);
  expect(await person.api('GET', '/passwords')).toHaveLength(1);
  await confirm(vault);
  await expect(vault.getByText('The vault is empty')).toBeVisible();
  expect(await person.api('GET', '/passwords')).toHaveLength(0);
  await expect(other.getByText('Doomed')).toHaveCount(0);

  await vault.getByRole('button', { name: 'Delete the account' }).click();
  await confirm(vault);
  await expect(vault.getByText('Your account and everything in it were deleted.')).toBeVisible();
  await accessible(vault, 'account deleted');
  await out(other);
  await field(vault, 'E-mail address').fill(person.email);
  await field(vault, 'Master password').fill(password);
  await vault.getByRole('button', { name: 'Log in', exact: true }).click();
  await expect(vault.getByRole('alert')).toHaveText(/address or the password is wrong/);
});
