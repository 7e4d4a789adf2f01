// Unlocking with the system's keychain, through the desktop program's gate: with the password's help it is turned on, then
// a key press is enough, after a new start, too; it ends with what it hangs on.
import type { Page } from '@playwright/test';
import { accessible, bring, expect, logIn, login, row, test, unlock, url } from './fixtures';
import { fits } from './pictures';

const name = "Unlock with this computer's keychain";
const button = (page: Page) => page.getByRole('button', { name, exact: true });
const lock = async (page: Page) => {
  await page.keyboard.press('Control+Shift+L');
  await expect(page.getByRole('heading', { name: 'Your vault is locked' })).toBeVisible();
};

test.beforeEach(({ page }) => page.addInitScript(() => localStorage.setItem('strongroom.desktop', '1')));

async function turnOn(page: Page, password: string): Promise<void> {
  await page.goto(url() + '/#/settings/security');
  await page.getByRole('button', { name: 'Turn on unlocking with the keychain' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Master password', { exact: true }).fill(password);
  await dialog.getByRole('button', { name: 'Continue' }).click();
}

/** Whether the program keeps a key, asked as the page could; what is not there is no error of the page. */
const kept = async (page: Page, path: string): Promise<boolean> => {
  const r = await page.request.get(url() + path);
  return r.ok();
};

/** The sealed session of the copy that is kept. */
const sealed = (page: Page): Promise<string> =>
  page.evaluate(
    () =>
      new Promise<string>((ok) => {
        const r = indexedDB.open('strongroom');
        r.onsuccess = () => {
          const q = r.result.transaction('copies').objectStore('copies').getAll();
          q.onsuccess = () => {
            r.result.close();
            const copy = (q.result as { session?: ArrayBuffer }[]).find((c) => c.session);
            ok(String(new Uint8Array(copy!.session!)));
          };
        };
      }),
  );

test('a key press unlocks, after a new start, too, and what asks again still asks', async ({
  page,
  person,
  context,
}) => {
  await logIn(page, person);
  const guarded = { username: 'ann', password: 'guarded-secret', reprompt: 1 };
  await bring(page, { folders: [], items: [login('Guarded', guarded)] });
  await lock(page);
  await expect(button(page)).toHaveCount(0);
  await unlock(page, person);

  await turnOn(page, 'not the master password');
  await expect(page.getByRole('alert')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await turnOn(page, person.password);
  await expect(page.getByRole('button', { name: 'Turn off unlocking with the keychain' })).toBeVisible();
  await accessible(page, 'the keychain in the settings');

  await lock(page);
  await expect(button(page)).toBeFocused();
  await accessible(page, 'locked, with the keychain');
  await page.setViewportSize({ width: 390, height: 844 });
  await fits(page, 'locked, with the keychain');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('Master password', { exact: true })).toBeFocused();
  await button(page).focus();
  await page.keyboard.type('by habit');
  await expect(page.getByLabel('Master password', { exact: true })).toHaveValue('by habit');
  await page.setViewportSize({ width: 1280, height: 800 });
  await button(page).focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('.shell')).toBeVisible();

  // A new start of the program: another page, in which nobody is signed in.
  const next = await context.newPage();
  await page.close();
  await next.goto(url() + '/#/');
  await expect(button(next)).toBeFocused();
  await next.keyboard.press('Enter');
  await expect(row(next, 'Guarded')).toBeVisible();
  await expect(next.getByText(person.email)).toBeVisible();
  await person.api('POST', '/passwords', { service: 'From elsewhere', password: 'x' });
  await expect(row(next, 'From elsewhere')).toBeVisible(); // it is online

  await row(next, 'Guarded').click();
  await expect(next.getByRole('dialog', { name: 'This item asks for your master password' })).toBeVisible();
});

test('it ends when it is turned off, and on logging out', async ({ page, person }) => {
  await logIn(page, person);
  const answer = page.waitForResponse((r) => /\/desktop\/keychain\/./.test(r.url()) && r.request().method() === 'PUT');
  await turnOn(page, person.password);
  const path = new URL((await answer).url()).pathname;
  await expect.poll(() => kept(page, path)).toBe(true);
  await page.getByRole('button', { name: 'Turn off unlocking with the keychain' }).click();
  await expect(page.getByRole('button', { name: 'Turn on unlocking with the keychain' })).toBeVisible();
  expect(await kept(page, path)).toBe(false);
  await lock(page);
  await expect(page.getByLabel('Master password', { exact: true })).toBeFocused();
  await expect(button(page)).toHaveCount(0);
  await unlock(page, person);

  await turnOn(page, person.password);
  await expect.poll(() => kept(page, path)).toBe(true);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'Log out' }).click();
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await expect.poll(() => kept(page, path)).toBe(false);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await expect(button(page)).toHaveCount(0);
});

test.describe('what is refused', () => {
  test.use({ allowed: [/status of 40[014] .*(desktop\/keychain|connect\/token|notifications)/] });

  test('a session that was ended elsewhere needs the password once, then the keychain does again', async ({
    page,
    person,
  }) => {
    await logIn(page, person);
    await turnOn(page, person.password);
    await expect(page.getByRole('button', { name: 'Turn off unlocking with the keychain' })).toBeVisible();
    await page.goto(url() + '/#/vault'); // the settings ask the server at once, and the session will have ended
    await lock(page);
    const sessions = (await person.api('GET', '/sessions')) as { id: string; door: string; current: boolean }[];
    for (const s of sessions.filter((x) => !x.current)) await person.api('DELETE', '/sessions/' + s.id);
    const before = await sealed(page);
    await button(page).click();
    await expect(page.getByRole('alert')).toContainText('Your session has ended');
    await expect(button(page)).toHaveCount(0);
    await accessible(page, 'the keychain is not enough');
    await unlock(page, person);
    await expect.poll(() => sealed(page)).not.toBe(before); // the new session is in it
    await page.goto(url() + '/#/settings/security');
    await expect(page.getByRole('button', { name: 'Turn off unlocking with the keychain' })).toBeVisible();
    await lock(page);
    await button(page).click();
    await expect(page.locator('.shell')).toBeVisible();
  });

  test('a key that the keychain lost is said, and the password opens', async ({ page, person }) => {
    await logIn(page, person);
    const answer = page.waitForResponse(
      (r) => r.request().method() === 'PUT' && r.url().includes('/desktop/keychain/'),
    );
    await turnOn(page, person.password);
    const path = new URL((await answer).url()).pathname;
    await expect(page.getByRole('button', { name: 'Turn off unlocking with the keychain' })).toBeVisible();
    await page.evaluate((p) => fetch(p, { method: 'DELETE' }), path);
    await lock(page);
    await button(page).click();
    await expect(page.getByRole('alert')).toContainText('no longer has what opens this vault');
    await expect(page.getByLabel('Master password', { exact: true })).toBeFocused();
    await unlock(page, person);
  });
});
