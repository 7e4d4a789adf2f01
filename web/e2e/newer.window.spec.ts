// What the desktop program says when its server is a newer release: a quiet line, once, and only where that was asked for.
import type { Page } from '@playwright/test';
import { accessible, expect, logIn, test, unlock, url } from './fixtures';
import { fits } from './pictures';

test.use({ serviceWorkers: 'block' }); // what it fetched could not be answered here
test.beforeEach(({ page }) => page.addInitScript(() => localStorage.setItem('strongroom.desktop', '1')));

const tell = (page: Page) =>
  page.getByRole('switch', { name: 'Tell me when my server has a newer version than this program' });
const line = (page: Page) => page.getByRole('status').filter({ hasText: 'Your server has version v0.4.0' });

test('a personal vault has no server to compare with', async ({ page, person }) => {
  await logIn(page, person);
  await page.goto(url() + '/#/settings/app');
  await expect(tell(page)).toBeDisabled();
  await expect(page.getByText('so there is no server to compare it with')).toBeVisible();
});

test('a newer server is named once, where that was asked for', async ({ page, person }) => {
  const is = { On: false, Personal: false, Version: 'v0.3.0', Server: '', Newer: false };
  await page.route('**/desktop/newer', async (r) => {
    if (r.request().method() === 'GET') return r.fulfill({ json: is });
    const { On } = r.request().postDataJSON() as { On: boolean };
    Object.assign(is, On ? { On, Server: 'v0.4.0', Newer: true } : { On, Server: '', Newer: false });
    return r.fulfill({ status: 204 });
  });
  await logIn(page, person);
  await page.goto(url() + '/#/settings/app');
  await expect(tell(page)).not.toBeChecked();
  await expect(line(page)).toHaveCount(0);
  await tell(page).click();
  await expect(tell(page)).toBeChecked();
  await accessible(page, 'news of the server');

  const again = async () => {
    await page.keyboard.press('Control+Shift+L');
    await unlock(page, person);
    await expect(tell(page)).toBeVisible();
  };
  await again();
  await expect(line(page)).toBeVisible();
  await page.setViewportSize({ width: 390, height: 844 });
  await fits(page, 'news of the server');
  await page.setViewportSize({ width: 1280, height: 800 });
  await accessible(page, 'the line about a newer server');
  await line(page).getByRole('button', { name: 'Close' }).click();
  await expect(line(page)).toHaveCount(0);
  await again();
  await expect(tell(page)).toBeChecked();
  await expect(line(page)).toHaveCount(0);
  await tell(page).click();
  await expect(tell(page)).not.toBeChecked();
});
