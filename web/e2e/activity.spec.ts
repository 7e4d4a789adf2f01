// The audit log on screen: one's own lines under settings, everyone's in the console; filters, pages, files, and no server.
import { readFileSync } from 'node:fs';
import type { Download, Page } from '@playwright/test';
import { accessible, expect, logIn, makePerson, password, test, url } from './fixtures';
import { startServer } from './setup';

const lines = (page: Page) => page.getByRole('list', { name: 'Activity' }).getByRole('listitem');
const read = async (d: Promise<Download>): Promise<string> => readFileSync(await (await d).path(), 'utf8');

test('my own lines: items by name, filters, pages, files', async ({ vault: page, person }) => {
  const kept = (await person.api('POST', '/passwords', { service: 'Library', password: 'pw-secret' })) as {
    id: string;
  };
  for (let i = 0; i < 60; i++) await person.api('GET', '/passwords/' + kept.id);
  await page.goto(url() + '/#/settings/activity');
  await expect(lines(page)).toHaveCount(50);
  await page.getByRole('button', { name: 'Show more' }).click();
  await expect(lines(page).filter({ hasText: 'Account made' })).toHaveCount(1);
  await expect(page.getByRole('button', { name: 'Show more' })).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Library' }).first()).toBeVisible();
  await expect(page.locator('main')).not.toContainText('pw-secret');
  await accessible(page, 'activity');

  const show = page.getByLabel('Show', { exact: true });
  await show.selectOption('Item added');
  await expect(lines(page)).toHaveCount(1);
  await expect(lines(page)).toContainText('REST API');
  await page.getByLabel('Last day').fill('2020-01-01');
  await expect(page.getByText('Nothing like this is in the log.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Save as CSV' })).toBeDisabled();
  await accessible(page, 'nothing found');
  await page.getByRole('button', { name: 'Show everything again' }).click();
  await expect(lines(page)).toHaveCount(50);
  const today = await page.evaluate(() => {
    const d = new Date(); // as a person here writes it, wherever the server is
    return [d.getFullYear(), d.getMonth() + 1, d.getDate()].map((n) => String(n).padStart(2, '0')).join('-');
  });
  await page.getByLabel('First day').fill(today);
  await page.getByLabel('Last day').fill(today);
  await show.selectOption('All of: Signing in and out');
  await expect(lines(page).first()).toContainText('Signed in');

  await show.selectOption('Everything');
  await expect(lines(page)).toHaveCount(50);
  let file = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as CSV' }).click();
  const csv = (await read(file)).trim().split('\n');
  expect(csv[0]).toMatch(/^id,seq,at,kind,/);
  expect(csv.filter((l) => l.includes(',secret-read,'))).toHaveLength(60);
  file = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as JSON Lines' }).click();
  const rows = (await read(file))
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l) as { kind: string });
  expect(rows).toHaveLength(csv.length - 1);
});

test("everyone's: by person, as an auditor, on a phone, in German", async ({ browser }) => {
  const s = await startServer({ SIGNUPS: '' });
  try {
    const root = await makePerson(s.url, 'root', { setup_code: s.code });
    const invite = async (name: string, role: string) => {
      const made = (await root.api('POST', '/admin/invitations', {
        email: name + '@example.com',
        role,
        by: 'link',
      })) as {
        link: string;
      };
      return makePerson(s.url, name, { invitation: new URLSearchParams(made.link.split('?')[1]).get('token')! });
    };
    const bob = await invite('bob', 'auditor');
    const carol = await invite('carol', 'user');
    await carol.api('POST', '/passwords', { service: 'Secret club', password: 'pw' });
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    await logIn(page, bob, s.url);
    const find = async (name: string): Promise<void> => {
      await page.getByLabel('User name or e-mail address').fill(name);
      await page.getByRole('button', { name: 'Find' }).click();
    };
    // Names that cannot be had hold no line up, and late ones bring no other filter's lines back.
    let asks = 0;
    let release = (): void => {};
    const held = new Promise<void>((r) => (release = r));
    await page.route(/users\?limit=1000/, async (route) => {
      if (asks++ > 0) return route.fulfill({ status: 500, body: '' });
      await held;
      await route.continue();
    });
    await page.goto(s.url + '/#/admin/activity');
    await expect.poll(() => asks).toBe(1);
    await find('carol@example.com');
    await expect(lines(page).filter({ hasText: 'Item added' })).toHaveCount(1);
    release();
    await expect(lines(page).filter({ hasText: 'Item added' })).toContainText('carol@example.com');
    await expect(lines(page).filter({ hasText: 'bob@example.com' })).toHaveCount(0);
    await page.unroute(/users\?limit=1000/);
    await page.getByRole('button', { name: 'Show everything again' }).click();
    await expect(lines(page).filter({ hasText: 'carol@example.com' }).first()).toBeVisible();
    await expect(page.locator('main')).not.toContainText('Secret club');
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await accessible(page, 'activity of everyone, on a phone');
    await page.setViewportSize({ width: 1280, height: 800 });
    await find('nobody@example.com');
    await expect(page.getByText('Nobody has this name.')).toBeVisible();
    await accessible(page, 'nobody of that name');
    await find('carol@example.com');
    await expect(lines(page).filter({ hasText: 'Item added' })).toHaveCount(1);
    await expect(lines(page).filter({ hasText: 'root@example.com' })).toHaveCount(0);
    await page.getByRole('button', { name: 'Show everything again' }).click();
    await page.getByRole('button', { name: 'Only root@example.com' }).first().click();
    await expect(page.getByLabel('User name or e-mail address')).toHaveValue('root@example.com');
    await expect(lines(page).filter({ hasText: 'carol@example.com' })).toHaveCount(0);
    const file = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as JSON Lines' }).click();
    expect(await read(file)).toContain('"kind":"signed-in"');
    await page.getByLabel('Show', { exact: true }).selectOption('Log exported');
    await page.getByRole('button', { name: 'Show everything again' }).click();
    await expect(lines(page).filter({ hasText: 'Log exported' }).first()).toContainText('bob@example.com');
    await page.goto(s.url + '/#/settings/app');
    await page.getByLabel('Language').selectOption('Deutsch');
    await page.goto(s.url + '/#/admin/activity');
    await expect(page.getByRole('button', { name: 'Als CSV speichern' })).toBeVisible();
    await accessible(page, 'activity of everyone, in German');
    await context.close();
  } finally {
    await s.stop();
  }
});

test('a server that is away, and comes back', async ({ page, allowed }) => {
  test.setTimeout(240_000);
  allowed.push(/ERR_CONNECTION_REFUSED|ERR_FAILED|WebSocket connection/);
  let s = await startServer();
  try {
    const p = await makePerson(s.url);
    await logIn(page, { email: p.email, password }, s.url);
    await s.stop(true);
    await page.goto(s.url + '/#/settings/activity');
    await expect(page.getByRole('alert')).toContainText('The server cannot be reached.');
    await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
    await accessible(page, 'activity without the server');
    s = await startServer({}, s.data, s.port);
    await expect(lines(page).first()).toBeVisible({ timeout: 60_000 });
  } finally {
    await s.stop();
  }
});
