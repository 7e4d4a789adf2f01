// The first run: the printed link, an administrator's account, what comes after it, and the vault again after a restart.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { accessible, expect, password, test, watch } from './fixtures';
import { startServer } from './setup';

test('from the setup link to a saved item that every door opens', async ({ browser }) => {
  let s = await startServer({ SIGNUPS: 'invite' });
  try {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    const faults = watch(page);
    await page.goto(`${s.url}/#/setup?code=${s.code}`);
    await accessible(page, 'first run');
    await page.getByLabel('E-mail').fill('alice');
    await page.getByLabel('Master password', { exact: true }).fill(password);
    await page.getByLabel('Master password, once more', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByRole('heading', { name: 'Welcome' })).toBeVisible();
    await accessible(page, 'recovery sheet');
    await page.goto(s.url + '/#/vault/new');
    await page.getByLabel('Name', { exact: true }).fill('example.com');
    await page.getByLabel('User name', { exact: true }).fill('alice');
    await page.getByLabel('Password', { exact: true }).fill('hunter2-hunter2');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'example.com' })).toBeVisible();
    await s.stop(true);
    s = await startServer({ SIGNUPS: 'invite' }, s.data, s.port);
    await page.reload();
    await page.getByLabel('E-mail address', { exact: true }).fill('alice');
    await page.getByLabel('Master password', { exact: true }).fill(password);
    await page.getByRole('button', { name: /^(Log in|Unlock)$/ }).click();
    await expect(page.getByText('example.com').first()).toBeVisible();
    expect(faults).toEqual([]);
    await context.close();
    const api = async (m: string, p: string, init: RequestInit = {}) =>
      (await fetch(s.url + '/api/v1' + p, { method: m, ...init })).json();
    const t = await api('POST', '/token', { body: new URLSearchParams({ username: 'alice', password }) });
    const list = await api('GET', '/passwords', { headers: { Authorization: 'Bearer ' + t.access_token } });
    expect(list).toMatchObject([{ service: 'example.com', username: 'alice', password: 'hunter2-hunter2' }]);
    bw(s.url, s.data);
  } finally {
    await s.stop();
  }
});

/** The official command line client reads the same password. */
function bw(url: string, data: string): void {
  const cli = path.resolve(import.meta.dirname, '../../.tools/bw/2026.9.0/node_modules/.bin/bw');
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: data,
    BITWARDENCLI_APPDATA_DIR: path.join(data, 'bw'),
    NODE_EXTRA_CA_CERTS: path.join(data, 'tls/ca.pem'),
    BW_NOINTERACTION: 'true',
  };
  const run = (...args: string[]) => execFileSync(cli, args, { env, encoding: 'utf8' }).trim();
  run('config', 'server', url);
  const session = run('login', 'alice@strongroom.localhost', password, '--raw');
  expect(run('get', 'password', 'example.com', '--session', session)).toBe('hunter2-hunter2');
}
