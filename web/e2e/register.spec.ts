// Making an account: what is refused and why, a short name, German, and the letter that proves an address.
import type { Page } from '@playwright/test';
import { accessible, expect, makePerson, password, test, url } from './fixtures';
import { linkOf, startPost } from './post';
import { startServer } from './setup';

test.use({ allowed: [/status of 4\d\d/] }); // a refusal, which a spec provokes

const nav = (page: Page) => page.getByRole('navigation', { name: 'Main navigation' });
const field = (page: Page, name: string) => page.getByLabel(name, { exact: true });

async function address(page: Page, email: string): Promise<void> {
  await page.goto(url() + '/#/register');
  await field(page, 'E-mail address').fill(email);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(field(page, 'Master password')).toBeVisible();
}

async function passwords(page: Page, first: string, second = first): Promise<void> {
  await field(page, 'Master password').fill(first);
  await field(page, 'Master password, once more').fill(second);
  await page.getByRole('button', { name: 'Create account' }).click();
}

test('a master password is refused with the reason until it is good', async ({ page }) => {
  const email = `new-${process.pid}@example.com`;
  await page.goto(url());
  await page.getByRole('link', { name: 'Create account' }).click();
  await accessible(page, 'the address of a new account');
  await field(page, 'E-mail address').fill(email.toUpperCase());
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(field(page, 'E-mail address')).toHaveValue(email);
  await expect(page.getByText(/Argon2id, \d+ pass(es)? over \d+ MiB/)).toBeVisible();
  await accessible(page, 'a new account');
  const refusal = page.getByRole('alert');
  const meter = page.getByRole('meter', { name: 'Strength' });

  await passwords(page, 'too short');
  await expect(refusal).toHaveText(/at least 12 characters/);
  await passwords(page, 'password1234');
  await expect(refusal).toHaveText(/too easy to guess/);
  await expect(meter).toHaveAttribute('aria-valuetext', /weak/i);
  await expect(page.getByText(/commonly used password/)).toBeVisible();
  await accessible(page, 'a weak password with its reason');
  await passwords(page, password, password + 'r');
  await expect(refusal).toHaveText(/not the same/);
  await expect(meter).toHaveAttribute('aria-valuenow', '4');
  await field(page, 'Password hint').fill('it is ' + password);
  await passwords(page, password);
  await expect(refusal).toHaveText(/must not contain/);
  await field(page, 'Password hint').fill('the comic');
  await field(page, 'Your name').fill('Noor');
  await passwords(page, password);
  await expect(nav(page)).toBeVisible();
  await expect(page.getByText(email)).toBeVisible();
  await page.goto(url() + '/#/settings/profile');
  await expect(field(page, 'Your name')).toHaveValue('Noor');
  await expect(field(page, 'Password hint')).toHaveValue('the comic');
});

test('an address has one account, and a name without @ is one here', async ({ page }) => {
  const name = `short-${process.pid}`;
  await address(page, name);
  await passwords(page, password);
  await expect(nav(page)).toBeVisible();
  const p = { username: name, password };
  const t = await fetch(url() + '/api/v1/token', { method: 'POST', body: new URLSearchParams(p) });
  expect(t.status).toBe(200);

  await page.reload();
  await address(page, name);
  await passwords(page, password);
  await expect(page.getByRole('alert')).toHaveText(/already/);
  await accessible(page, 'an address that is taken');
});

test('in German, down to why a password is weak', async ({ page }) => {
  await page.goto(url() + '/#/register');
  await page.getByRole('button', { name: 'Deutsch' }).click();
  await expect(page.getByRole('heading', { name: 'Konto anlegen' })).toBeVisible();
  await page.getByLabel('E-Mail-Adresse', { exact: true }).fill(`de-${process.pid}`);
  await page.getByRole('button', { name: 'Weiter' }).click();
  await page.getByLabel('Master-Passwort', { exact: true }).fill('password1234');
  await expect(page.getByText(/oft verwendeten/)).toBeVisible();
  await page.getByLabel('Master-Passwort wiederholen', { exact: true }).fill('password1234');
  await page.getByRole('button', { name: 'Konto anlegen' }).click();
  await expect(page.getByRole('alert')).toHaveText(/zu leicht zu erraten/);
  await accessible(page, 'a new account, in German');
});

test('where mail is sent, a letter comes first and its link goes on', async ({ page }) => {
  const post = await startPost();
  const s = await startServer(post.env);
  try {
    await page.goto(s.url + '/#/register');
    await field(page, 'E-mail address').fill('mia@example.com');
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.locator('.alert-success')).toHaveText(/on its way to mia@example.com/);
    await accessible(page, 'the letter is on its way');
    const link = linkOf(await post.to('mia@example.com'));
    expect(link).toContain(s.url + '/redirect-connector.html#finish-signup?');
    await page.goto(link.replace(/token=.../, 'token=xxx'));
    await passwords(page, password);
    await expect(page.getByRole('alert')).toHaveText(/link/);
    await page.goto(link);
    await expect(field(page, 'E-mail address')).toHaveValue('mia@example.com');
    await expect(field(page, 'E-mail address')).not.toBeEditable();
    await passwords(page, password);
    await expect(nav(page)).toBeVisible();
    await page.goto(s.url + '/#/settings/profile');
    await expect(page.getByText('(confirmed)')).toBeVisible();

    const mia = await makePerson(s.url, 'other'); // taken: the page says the same, and no letter tells
    await page.reload();
    await page.goto(s.url + '/#/register');
    await field(page, 'E-mail address').fill(mia.email);
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.locator('.alert-success')).toHaveText(/on its way/);
  } finally {
    await s.stop();
    await post.stop();
  }
});
