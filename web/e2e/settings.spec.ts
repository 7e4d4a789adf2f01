// Settings that end no session: profile, this browser, domains, devices, and keys for programs.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { accessible, expect, logIn, password, test, url } from './fixtures';

test.use({ allowed: [/status of 4\d\d/] });

const open = (vault: Page, section: string) => vault.goto(url() + '/#/settings/' + section);
const saved = (vault: Page) => expect(vault.getByText('Saved', { exact: true }).first()).toBeVisible();

async function confirm(vault: Page, pw = password): Promise<void> {
  const d = vault.getByRole('dialog');
  await d.getByLabel('Master password', { exact: true }).fill(pw);
  await d.getByRole('button', { name: 'Continue' }).click();
}

test('profile: name and hint are kept, the fingerprint is the same everywhere', async ({ vault, second, person }) => {
  await open(vault, 'profile');
  await expect(vault.getByText(person.email, { exact: true })).toBeVisible();
  const phrase = vault.getByText(/^\w+(-\w+){4}$/);
  await expect(phrase).toBeVisible();
  await accessible(vault, 'profile');
  await vault.getByLabel('Your name', { exact: true }).fill('Anna B');
  await vault.getByLabel('Password hint', { exact: true }).fill('the comic');
  await vault.getByRole('button', { name: 'Save', exact: true }).click();
  await saved(vault);
  const other = await second();
  await open(other, 'profile');
  await expect(other.getByLabel('Your name', { exact: true })).toHaveValue('Anna B');
  await expect(other.getByLabel('Password hint', { exact: true })).toHaveValue('the comic');
  await expect(other.getByText(/^\w+(-\w+){4}$/)).toHaveText(await phrase.innerText());
});

test('this browser: language, theme, density, times', async ({ vault }) => {
  await open(vault, 'app');
  await accessible(vault, 'settings of this browser');
  await vault.getByLabel('Appearance').selectOption('Dark');
  await expect(vault.locator('html')).toHaveAttribute('data-bs-theme', 'dark');
  await accessible(vault, 'dark, as chosen');
  await vault.getByLabel('Appearance').selectOption('Light');
  await expect(vault.locator('html')).toHaveAttribute('data-bs-theme', 'light');
  await vault.getByLabel('Lock when nothing happened for').selectOption('1 minute');
  await vault.getByLabel('Clear the clipboard after').selectOption('10 seconds');
  await vault.getByLabel('Compact list').check();
  await expect(vault.locator('.shell')).toHaveClass(/compact/);
  await vault.getByLabel('Language').selectOption('Deutsch');
  await expect(vault.getByRole('heading', { name: 'Einstellungen' })).toBeVisible();
  await accessible(vault, 'settings of this browser, in German');
  for (const section of ['profile', 'security', 'devices', 'tokens', 'domains', 'danger']) {
    await open(vault, section);
    await accessible(vault, section + ', in German');
  }
  await vault.reload();
  await expect(vault.getByRole('heading', { name: 'Anmelden' })).toBeVisible();
  const prefs = await vault.evaluate(() => JSON.parse(localStorage.getItem('strongroom.prefs')!) as object);
  expect(prefs).toMatchObject({ language: 'de', theme: 'light', compact: true, lockAfter: 1, clearAfter: 10 });
});

test('the vault locks by itself, and the clipboard is cleared in time', async ({ page, person }) => {
  await page.clock.install();
  await logIn(page, person);
  await open(page, 'app');
  await page.getByLabel('Lock when nothing happened for').selectOption('1 minute');
  await page.getByLabel('Clear the clipboard after').selectOption('10 seconds');
  await page.goto(url() + '/#/generator');
  await page.getByRole('button', { name: 'Copy Password' }).click();
  const clipboard = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText());
  await expect.poll(clipboard).toMatch(/^\S{20}$/);
  await page.clock.runFor(11_000);
  await expect.poll(clipboard).toBe('');
  await page.clock.runFor(60_000);
  await expect(page.getByText('Locked because nothing happened for a while.')).toBeVisible();
  await accessible(page, 'locked by itself');
});

test('domains that share logins', async ({ vault, second }) => {
  await open(vault, 'domains');
  const box = vault.getByLabel('Domains that share logins');
  await expect(box).toBeEnabled();
  await box.fill('example.com, example.org\nlonely.example\nmail.example shop.example');
  await accessible(vault, 'domains');
  await vault.getByRole('button', { name: 'Save', exact: true }).click();
  await saved(vault);
  await expect(box).toHaveValue('example.com, example.org\nmail.example, shop.example');
  const other = await second();
  await open(other, 'domains');
  await expect(other.getByLabel('Domains that share logins')).toHaveValue(
    'example.com, example.org\nmail.example, shop.example',
  );
});

test('devices: another one is signed out, then all', async ({ vault, second }) => {
  const other = await second();
  await open(vault, 'devices');
  await expect(vault.getByText('this one')).toHaveCount(1);
  await accessible(vault, 'devices');
  const rows = vault.getByRole('listitem').filter({ hasText: 'Chrome' });
  await rows.getByRole('button', { name: 'Sign out', exact: true }).first().click();
  await expect(rows).toHaveCount(1);
  await open(other, 'devices'); // the next thing that it asks of the server is refused
  await expect(other.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await expect(other.getByText('Your session has ended. Log in again.')).toBeVisible();
  await accessible(other, 'signed out from elsewhere');

  const third = await second();
  await open(vault, 'devices');
  await vault.getByRole('button', { name: 'Sign out everywhere' }).click();
  await accessible(vault, 'sign out everywhere');
  await confirm(vault, 'not ' + password);
  await expect(vault.getByRole('dialog').getByRole('alert')).toHaveText(/not your master password/);
  await confirm(vault);
  await expect(vault.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await expect(vault.locator('.alert')).toHaveCount(0);
  await expect(third.getByRole('heading', { name: 'Log in' })).toBeVisible();
});

test('an access token reads through the REST door until it is revoked', async ({ vault, person }) => {
  await person.api('POST', '/passwords', { service: 'Backup', password: 'for-the-script-1' });
  await open(vault, 'tokens');
  await accessible(vault, 'programs');
  await vault.getByLabel('Name', { exact: true }).fill('nightly backup');
  await vault.getByRole('button', { name: 'Make a token' }).click();
  await confirm(vault);
  const made = vault.getByRole('status').getByRole('code').first();
  await expect(made).toBeVisible();
  await accessible(vault, 'a new token');
  const token = await made.innerText();
  const ask = (method = 'GET', body?: string) =>
    fetch(url() + '/api/v1/passwords', {
      method,
      headers: { Authorization: 'Bearer ' + token, 'Content-Type': 'application/json' },
      ...(body ? { body } : {}),
    });
  expect(await (await ask()).json()).toMatchObject([{ service: 'Backup', password: 'for-the-script-1' }]);
  expect((await ask('POST', '{"service":"x","password":"y"}')).status).toBe(403); // it may read only
  const row = vault.getByRole('listitem').filter({ hasText: 'nightly backup' });
  await row.getByRole('button', { name: 'Revoke' }).click();
  await confirm(vault);
  await expect(vault.getByText('You have no access tokens.')).toBeVisible();
  expect((await ask()).status).toBe(401);
});

test('the official command line signs in with the API key, until it is replaced', async ({ vault, person }) => {
  await person.api('POST', '/passwords', { service: 'terminal', password: 'for-the-terminal' });
  await open(vault, 'tokens');
  await vault.getByRole('button', { name: 'Show the API key' }).click();
  await confirm(vault);
  const codes = vault.locator('dd code');
  await expect(codes).toHaveCount(2);
  await accessible(vault, 'the API key');
  const [id, secret] = await codes.allInnerTexts();
  const cli = path.resolve(import.meta.dirname, '../../.tools/bw/2026.9.0/node_modules/.bin/bw');
  const home = mkdtempSync(path.join(tmpdir(), 'strongroom-bw-'));
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    BITWARDENCLI_APPDATA_DIR: home,
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    BW_NOINTERACTION: 'true',
    BW_CLIENTID: id!,
    BW_CLIENTSECRET: secret!,
    BW_PASSWORD: password,
  };
  const bw = (...args: string[]) => execFileSync(cli, args, { env, encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    bw('config', 'server', url());
    bw('login', '--apikey');
    const session = bw('unlock', '--passwordenv', 'BW_PASSWORD', '--raw');
    expect(bw('get', 'password', 'terminal', '--session', session)).toBe('for-the-terminal');
    await vault.getByRole('button', { name: 'Replace the API key' }).click();
    await confirm(vault);
    await expect(codes.last()).not.toHaveText(secret!);
    bw('logout');
    expect(() => bw('login', '--apikey')).toThrow();
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
