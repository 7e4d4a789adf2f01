// Pictures of every screen, light, dark and 390 px wide, into docs/screens: `make screens`. Look at each.
import path from 'node:path';
import { expect, logIn, makePerson, password, test, url, watch, type Person } from './fixtures';
import { shoot } from './pictures';
import { startServer } from './setup';

const sites = [
  'GitHub',
  'Bank of Utopia',
  'City library',
  'Mail',
  'Cloud console',
  'Train tickets',
  'Wiki',
  'Music',
  'Shop',
  'Insurance',
  'University',
  'Forum',
];

/** A vault that looks like somebody's. */
async function furnish(p: Person): Promise<void> {
  const work = (await p.api('POST', '/folders', { name: 'Work' })).id as string;
  await p.api('POST', '/folders', { name: 'Home' });
  const rows = sites.map((s, i) => ({
    service: s,
    url: `${i === 6 ? 'http' : 'https'}://${s.toLowerCase().replaceAll(' ', '-')}.example.com`,
    username: i % 3 ? 'alex@example.com' : 'alex',
    password: i % 4 === 1 ? 'summer2019' : `nR7!${i}kQ-${i * 37}vZt%`,
    notes: i === 0 ? 'Recovery codes are in the safe.' : '',
    totp: i % 5 === 0 ? 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' : '',
  }));
  const ids = (await p.api('POST', '/passwords/import', rows)) as { ids?: string[] };
  const list = (await p.api('GET', '/passwords?limit=50')) as { id: string; service: string }[];
  for (const i of list.filter((x) => ['GitHub', 'Cloud console', 'Wiki'].includes(x.service)))
    await p.api('PATCH', '/passwords/' + i.id, { folder: work, favorite: i.service === 'GitHub' });
  const hub = list.find((x) => x.service === 'GitHub')!;
  await p.api('PATCH', '/passwords/' + hub.id, { password: 'kV9#mTq2!wLz-Rd7' });
  expect(ids).toBeTruthy();
}

test('before the vault is open', async ({ browser }) => {
  const s = await startServer({ SIGNUPS: 'invite' });
  const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
  const faults = watch(page);
  await page.goto(`${s.url}/#/setup?code=${s.code}`);
  await page.getByLabel('E-mail address', { exact: true }).fill('alex@example.com');
  await page.getByLabel('Master password', { exact: true }).fill(password);
  await expect(page.locator('[data-score="4"]')).toBeVisible();
  await shoot(page, 'setup');
  await page.getByLabel('Master password, once more', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('heading', { name: 'Welcome' })).toBeVisible();
  await shoot(page, 'recovery-sheet');
  await page.goto(s.url + '/#/vault');
  await expect(page.getByText('There is nothing here yet')).toBeVisible();
  await shoot(page, 'vault-empty');
  await s.stop();
  expect(faults).toEqual([]);
  for (const [name, hash] of [
    ['login', '/'],
    ['register', '/register'],
    ['device-login', '/device'],
    ['hint', '/hint'],
  ] as const) {
    await page.goto(`${url()}/#${hash}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await shoot(page, name);
  }
});

test('the vault', async ({ page }) => {
  const p = await makePerson(url(), 'alex@example.com');
  await furnish(p);
  await logIn(page, p);
  await expect(page.getByRole('grid')).toBeVisible();
  await page.getByRole('grid').getByText('GitHub').click();
  await expect(page.getByRole('heading', { name: 'GitHub' })).toBeVisible();
  await shoot(page, 'vault');
  await page.getByRole('button', { name: 'Edit', exact: true }).first().click();
  await shoot(page, 'editor');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.keyboard.press('Control+k');
  await shoot(page, 'palette');
  await page.keyboard.press('Escape');
  for (const [name, hash] of [
    ['codes', '/codes'],
    ['generator', '/generator'],
    ['sends', '/sends'],
    ['health', '/health'],
    ['import', '/import'],
    ['export', '/export'],
    ['settings-profile', '/settings/profile'],
    ['settings-security', '/settings/security'],
    ['settings-factors', '/settings/factors'],
    ['settings-devices', '/settings/devices'],
    ['settings-domains', '/settings/domains'],
    ['settings-tokens', '/settings/tokens'],
    ['settings-app', '/settings/app'],
    ['settings-danger', '/settings/danger'],
    ['vault-trash', '/vault/trash'],
  ] as const) {
    await page.goto(`${url()}/#${hash}`);
    await page.waitForTimeout(600); // what a screen asks the worker has come
    if (name === 'health') await expect(page.getByText('logins checked')).toBeVisible({ timeout: 60_000 });
    await shoot(page, name);
  }
  await page.goto(url() + '/#/import');
  await page.locator('input[type=file]').setInputFiles(path.resolve(import.meta.dirname, '../testdata/bitwarden.json'));
  await expect(page.getByRole('table')).toBeVisible();
  await shoot(page, 'import-preview');
  await page.keyboard.press('Control+Shift+L');
  await expect(page.getByRole('heading', { name: 'Your vault is locked' })).toBeVisible();
  await shoot(page, 'unlock');
});

test('a Send as who receives it sees it', async ({ page, browser }) => {
  const p = await makePerson();
  await logIn(page, p);
  await page.goto(url() + '/#/sends');
  await page.getByRole('button', { name: 'New Send' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Wi-Fi of the office');
  await page.getByLabel('Text', { exact: true }).fill('guest / blue-lamp-42');
  await shoot(page, 'send-new');
  await page
    .getByRole('button', { name: /^(Make|Create)/ })
    .last()
    .click();
  await expect(page.getByText('Wi-Fi of the office')).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const other = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
  await other.goto(link);
  await other.getByRole('button').first().click();
  await expect(other.getByTestId('send-text')).toBeVisible();
  await shoot(other, 'send-received');
});
