// Logging in and unlocking: what is wrong, what this browser keeps, the language, and a server that takes nobody new.
import type { Page } from '@playwright/test';
import { accessible, expect, logIn, makePerson, password, test, url } from './fixtures';
import { startServer } from './setup';

test.use({ allowed: [/status of 4\d\d/] });

const field = (page: Page, name: string) => page.getByLabel(name, { exact: true });
const nav = (page: Page) => page.getByRole('navigation', { name: 'Main navigation' });

async function attempt(page: Page, email: string, pw: string): Promise<void> {
  await field(page, 'E-mail address').fill(email);
  await field(page, 'Master password').fill(pw);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
}

/** Everything that the browser holds of us beyond the page itself. */
const kept = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const out = [...Object.keys(localStorage), ...Object.keys(sessionStorage)];
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((ok, no) => {
        const r = indexedDB.open(name!);
        r.onsuccess = () => ok(r.result);
        r.onerror = () => no(r.error!);
      });
      for (const s of db.objectStoreNames) {
        const n = await new Promise<number>((ok) => {
          const r = db.transaction(s).objectStore(s).count();
          r.onsuccess = () => ok(r.result);
        });
        if (n) out.push(`${name}.${s}: ${n}`);
      }
      db.close();
    }
    return out.sort();
  });

test('a wrong password and an unknown address get the same answer', async ({ page, person }) => {
  await page.goto(url());
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await accessible(page, 'log in');
  const said = page.getByRole('alert');
  await attempt(page, person.email, 'not ' + password);
  await expect(said).toHaveText('The address or the password is wrong. Try again.');
  await expect(field(page, 'Master password')).toHaveValue('');
  await accessible(page, 'log in, refused');
  await attempt(page, 'nobody-' + person.email, password);
  await expect(said).toHaveText('The address or the password is wrong. Try again.');
  await field(page, 'Master password').fill(password);
  await page.getByRole('button', { name: 'Show Master password' }).click();
  await expect(field(page, 'Master password')).toHaveAttribute('type', 'text');
  await attempt(page, person.email.toUpperCase(), password);
  await expect(nav(page)).toBeVisible();
});

test('the address is remembered when asked to, and a shared computer keeps nothing', async ({
  page,
  person,
  browser,
}) => {
  await page.goto(url());
  await field(page, 'Remember my e-mail address').check();
  await attempt(page, person.email, password);
  await expect(nav(page)).toBeVisible();
  await expect.poll(() => kept(page)).toEqual(expect.arrayContaining(['strongroom.device', 'strongroom.prefs']));
  await page.reload();
  await expect(field(page, 'E-mail address')).toHaveValue(person.email);

  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const shared = await context.newPage();
  await shared.goto(url());
  await field(shared, 'Shared computer: keep nothing here').check();
  await attempt(shared, person.email, password);
  await expect(nav(shared)).toBeVisible();
  await shared.getByRole('link', { name: 'Generator' }).first().click();
  expect((await kept(shared)).filter((k) => k !== 'strongroom.prefs')).toEqual([]);
  expect(await shared.evaluate(() => localStorage.getItem('strongroom.prefs'))).not.toContain(person.email);
  await shared.reload();
  await expect(field(shared, 'E-mail address')).toHaveValue('');
  await context.close();
});

test('a locked vault opens again with its password alone, or for somebody else', async ({ page, person }) => {
  await logIn(page, person);
  await page.getByRole('button', { name: 'Lock', exact: true }).first().click();
  await expect(page.getByRole('heading', { name: 'Your vault is locked' })).toBeVisible();
  await expect(field(page, 'E-mail address')).not.toBeEditable();
  await expect(field(page, 'Master password')).toBeFocused();
  await accessible(page, 'unlock');
  await field(page, 'Master password').fill('not ' + password);
  await page.getByRole('button', { name: 'Unlock' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await accessible(page, 'unlock, refused');
  await field(page, 'Master password').fill(password);
  await page.getByRole('button', { name: 'Unlock' }).click();
  await expect(nav(page)).toBeVisible();

  const other = await makePerson();
  await page.getByRole('button', { name: 'Lock', exact: true }).first().click();
  await page.getByRole('button', { name: 'Use another account' }).click();
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await attempt(page, other.email, password);
  await expect(page.getByText(other.email)).toBeVisible();
});

test('the language stays as chosen, and a server that takes nobody new says so in it', async ({ page }) => {
  const s = await startServer({ SIGNUPS: 'invite' });
  try {
    await page.goto(s.url);
    await page.getByRole('button', { name: 'Deutsch' }).click();
    await expect(page.getByRole('heading', { name: 'Anmelden' })).toBeVisible();
    await expect(page.locator('html')).toHaveAttribute('lang', 'de');
    await accessible(page, 'log in, in German');
    await page.reload();
    await page.getByRole('link', { name: 'Konto anlegen' }).click();
    await page.getByLabel('E-Mail-Adresse', { exact: true }).fill('late@example.com');
    await page.getByRole('button', { name: 'Weiter' }).click();
    await expect(page.getByRole('alert')).toHaveText(/Administrator/);
    await accessible(page, 'sign-up closed');
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByRole('alert')).toHaveText(/administrator/);
  } finally {
    await s.stop();
  }
});
