// Logging in with another device: one browser asks, another in which the vault is open lets it in, or does not.
import type { Page } from '@playwright/test';
import { accessible, expect, logIn, test, url, watch } from './fixtures';

const banner = (page: Page) => page.getByRole('alert').filter({ hasText: 'wants to open your vault' });

test('the vault opens in a second browser without its password', async ({ vault, person, browser }) => {
  await vault.goto(url() + '/#/generator');
  await person.api('POST', '/passwords', { service: 'Shared lock', password: 'opened-elsewhere-1' });
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const asking = await context.newPage();
  const faults = watch(asking, [/status of 400/]);
  await asking.goto(url());
  await asking.getByLabel('E-mail address', { exact: true }).fill(person.email);
  await asking.getByRole('link', { name: 'Log in with another device' }).click();
  await asking.getByRole('button', { name: 'Ask my device' }).click();
  await expect(asking.getByRole('alert')).toHaveText(/Log in with the password in this browser first/);
  await logIn(asking, person);
  await asking.reload();
  await asking.getByLabel('E-mail address', { exact: true }).fill(person.email);
  await asking.getByRole('link', { name: 'Log in with another device' }).click();
  await expect(asking.getByLabel('E-mail address', { exact: true })).toHaveValue(person.email);
  await accessible(asking, 'another device');
  await asking.getByRole('button', { name: 'Ask my device' }).click();
  const phrase = asking.getByTestId('phrase');
  await expect(phrase).toHaveText(/^\w+(-\w+){4}$/);
  await accessible(asking, 'another device, waiting');

  await expect(banner(vault)).toContainText(await phrase.innerText());
  await accessible(vault, 'a device asks');
  await vault.getByRole('button', { name: 'Deny' }).click();
  await expect(asking.getByRole('alert')).toHaveText(/denied or has expired/);
  await accessible(asking, 'another device, denied');
  await expect(banner(vault)).toHaveCount(0);

  const first = await asking.getByRole('alert').innerText();
  await asking.getByRole('button', { name: 'Ask my device' }).click();
  await expect(phrase).not.toHaveText(first);
  await expect(banner(vault)).toContainText(await phrase.innerText());
  await vault.getByRole('button', { name: 'Allow', exact: true }).click();
  await expect(asking.getByRole('navigation', { name: 'Main navigation' })).toBeVisible();
  await expect(asking.getByText('Shared lock').first()).toBeVisible();
  await expect(banner(vault)).toHaveCount(0);
  expect(faults).toEqual([]);
  await context.close();
});
