// What is done by a letter: the hint, deleting an account whose password is lost, confirming an address.
import { accessible, expect, makePerson, password, test, url } from './fixtures';
import { linkOf, startPost, type Post } from './post';
import { startServer, type Server } from './setup';

test.use({ allowed: [/status of (4\d\d|503)/] });
let post: Post;
let s: Server;

test.beforeAll(async () => {
  post = await startPost();
  s = await startServer(post.env);
});
test.afterAll(async () => {
  await s.stop();
  await post.stop();
});

test('the hint comes by letter, and nobody learns who has an account', async ({ page }) => {
  const p = await makePerson(s.url, 'hint@example.com');
  await page.goto(s.url);
  await page.getByLabel('E-mail address', { exact: true }).fill(p.email);
  await page.getByLabel('Master password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.goto(s.url + '/#/settings/profile');
  await page.getByLabel('Password hint', { exact: true }).fill('four words, the comic');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
  await page.reload();

  const ask = async (email: string): Promise<void> => {
    await page.goto(s.url + '/#/');
    await page.getByRole('link', { name: 'Get your password hint' }).click();
    await page.getByLabel('E-mail address', { exact: true }).fill(email);
    await page.getByRole('button', { name: 'Send the hint' }).click();
    await expect(page.locator('.alert-success')).toHaveText(/If there is an account with this address/);
  };
  await ask('nobody@example.com');
  await accessible(page, 'the hint is on its way');
  await ask(p.email);
  expect((await post.to(p.email)).text).toContain('four words, the comic');
});

test('without mail the page says that no letter can be sent', async ({ page }) => {
  await page.goto(url() + '/#/hint');
  await accessible(page, 'hint');
  await page.getByLabel('E-mail address', { exact: true }).fill('anyone@example.com');
  await page.getByRole('button', { name: 'Send the hint' }).click();
  await expect(page.getByRole('alert')).toHaveText(/mail/);
  await accessible(page, 'hint, refused');
});

test('an account whose password is lost is deleted by its letter, once', async ({ page }) => {
  const p = await makePerson(s.url, 'lost@example.com');
  await page.goto(s.url + '/#/hint');
  await page.getByRole('link', { name: 'Delete the account without the password' }).click();
  await accessible(page, 'delete without the password');
  await page.getByLabel('E-mail address', { exact: true }).fill(p.email);
  await page.getByRole('button', { name: 'Send the link' }).click();
  await expect(page.locator('.alert-success')).toHaveText(/a link to delete it is on the way/);
  const link = linkOf(await post.to(p.email));
  await page.goto(link);
  await expect(page.getByLabel('E-mail address', { exact: true })).toHaveValue(p.email);
  await accessible(page, 'delete by letter');
  await page.getByRole('button', { name: 'Delete the account without the password' }).click();
  await expect(page.locator('.alert-success')).toHaveText(/The account was deleted/);
  await accessible(page, 'deleted by letter');
  await expect(p.api('GET', '/users/me')).rejects.toThrow(/401/);
  await page.goto(s.url);
  await page.goto(link);
  await page.getByRole('button', { name: 'Delete the account without the password' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
});

test('an address is confirmed by the link that was sent there', async ({ page }) => {
  const p = await makePerson(s.url, 'verify@example.com');
  await page.goto(s.url);
  await page.getByLabel('E-mail address', { exact: true }).fill(p.email);
  await page.getByLabel('Master password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.goto(s.url + '/#/settings/profile');
  await page.getByRole('button', { name: 'Confirm the e-mail address' }).click();
  const link = linkOf(await post.to(p.email));
  await page.goto('about:blank');
  await page.goto(link);
  await expect(page.locator('.alert-success')).toHaveText(/The address is confirmed/);
  await accessible(page, 'address confirmed');
  await page.goto('about:blank');
  await page.goto(link.replace(/token=.../, 'token=xxx'));
  await expect(page.getByRole('alert')).toBeVisible();
  await accessible(page, 'address not confirmed');
});
