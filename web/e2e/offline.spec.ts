// Without the server: the sealed copy opens and is read, a change is refused in words, and it comes back by itself.
import { accessible, expect, logIn, makePerson, row, test, unlock } from './fixtures';
import { startServer } from './setup';

const banner = 'You are offline. This is the copy from the last sync';

test('the server stops and comes back', async ({ page, allowed }) => {
  test.setTimeout(240_000);
  allowed.push(/ERR_CONNECTION_REFUSED|ERR_FAILED|WebSocket connection/);
  let s = await startServer();
  try {
    const p = await makePerson(s.url);
    await p.api('POST', '/passwords', { service: 'Kept', username: 'ann', password: 'kept-secret' });
    await logIn(page, p, s.url);
    await expect(row(page, 'Kept')).toBeVisible();
    await expect(page.getByText(banner)).toHaveCount(0);
    await s.stop(true);
    await expect(page.getByText(banner)).toBeVisible(); // without any act
    await accessible(page, 'offline');
    await row(page, 'Kept').click();
    await expect(page.getByRole('heading', { name: 'Kept' })).toBeVisible();
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('User name', { exact: true }).fill('bert');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByRole('alert')).toHaveText(
      'The server cannot be reached. Check your connection and try again.',
    );
    await accessible(page, 'a change refused');
    await expect(page.getByLabel('User name', { exact: true })).toHaveValue('bert');
    s = await startServer({}, s.data, s.port);
    await expect(page.getByText(banner)).toBeHidden({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(row(page, 'Kept')).toContainText('bert');
  } finally {
    await s.stop();
  }
});

test('without a network the page and the copy open', async ({ page, person, context, allowed }) => {
  test.setTimeout(180_000);
  allowed.push(/ERR_INTERNET_DISCONNECTED|ERR_FAILED|WebSocket connection/);
  await person.api('POST', '/passwords', { service: 'Kept', username: 'ann', password: 'kept-secret' });
  await logIn(page, person);
  await expect(row(page, 'Kept')).toBeVisible();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const stored = () =>
    page.evaluate(
      () =>
        new Promise<number>((ok) => {
          const r = indexedDB.open('strongroom');
          r.onsuccess = () => {
            const q = r.result.transaction('copies').objectStore('copies').count();
            q.onsuccess = () => (r.result.close(), ok(q.result));
          };
        }),
    );
  await expect.poll(stored).toBe(1);
  await context.setOffline(true);
  await page.reload();
  await page.getByLabel('E-mail address', { exact: true }).fill(person.email);
  await page.getByLabel('Master password', { exact: true }).fill('not the master password');
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByLabel('Master password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await expect(row(page, 'Kept')).toContainText('ann');
  await expect(page.getByText(banner)).toBeVisible();
  await row(page, 'Kept').click();
  await page.getByRole('button', { name: 'Show Password' }).click();
  await expect(page.getByText('kept-secret')).toBeVisible();
  await page.keyboard.press('Control+Shift+L');
  await unlock(page, person);
  await expect(row(page, 'Kept')).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByText(banner)).toBeHidden({ timeout: 60_000 });
});
