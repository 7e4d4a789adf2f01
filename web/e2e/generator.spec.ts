// The generator: each kind with its options, copying, and what was made in this tab.
import type { Page } from '@playwright/test';
import { accessible, expect, password, test, url } from './fixtures';

const made = (page: Page) => page.getByTestId('generated').locator('.value');
const kind = (page: Page, name: string) =>
  page.getByRole('group', { name: 'What to make' }).getByText(name, { exact: true }).click();

test('passwords with their options, copied and kept in this tab', async ({ vault }) => {
  await vault.goto(url() + '/#/generator');
  await expect(made(vault)).toHaveText(/^\S{20}$/);
  await accessible(vault, 'generator, password');
  const first = await made(vault).innerText();
  await vault.getByRole('button', { name: 'Make another one' }).click();
  await expect(made(vault)).not.toHaveText(first);
  await vault.getByLabel('Length: 20 characters').fill('64');
  await expect(made(vault)).toHaveText(/^\S{64}$/);
  for (const option of ['Capital letters', 'Small letters', 'Special characters (!'])
    await vault.getByRole('switch', { name: option }).uncheck();
  await expect(made(vault)).toHaveText(/^\d{64}$/);
  await vault.getByRole('switch', { name: 'Leave out lookalikes' }).check();
  await expect(made(vault)).toHaveText(/^[2-9]{64}$/);
  await vault.getByRole('switch', { name: 'Special characters (!' }).check();
  await vault.getByLabel('Length: 64 characters').fill('12');
  await vault.getByLabel('Digits, at least').fill('9');
  await expect(made(vault)).toHaveText(/^(?=(\D*\d){9})\S{12}$/);

  await vault.getByRole('button', { name: 'Copy Password' }).click();
  await expect(vault.getByText('Password copied')).toBeVisible();
  const value = await made(vault).innerText();
  expect(await vault.evaluate(() => navigator.clipboard.readText())).toBe(value);
  const history = vault.getByRole('listitem');
  await expect(history.first()).toContainText(value);
  await expect(history.filter({ hasText: first })).toHaveCount(1);
  const old = history.filter({ hasText: first });
  await old.getByRole('button', { name: /^Copy / }).click();
  await expect.poll(() => vault.evaluate(() => navigator.clipboard.readText())).toBe(first);

  await vault.getByRole('button', { name: 'Lock', exact: true }).first().click();
  await vault.getByLabel('Master password', { exact: true }).fill(password);
  await vault.getByRole('button', { name: 'Unlock' }).click();
  await expect(made(vault)).toBeVisible();
  await expect(vault.getByText(first)).toHaveCount(0);
});

test('passphrases and user names', async ({ vault, person }) => {
  await vault.goto(url() + '/#/generator');
  await kind(vault, 'Passphrase');
  await expect(made(vault)).toHaveText(/^([a-z]+\d?-){4}[a-z]+\d?$/);
  await expect(made(vault)).toHaveText(/\d/);
  await accessible(vault, 'generator, passphrase');
  await vault.getByLabel('5 words').fill('8');
  await vault.getByLabel('Between the words').fill('.');
  await vault.getByRole('switch', { name: 'Capital first letters' }).check();
  await vault.getByRole('switch', { name: 'Add a digit' }).uncheck();
  await expect(made(vault)).toHaveText(/^([A-Z][a-z]+\.){7}[A-Z][a-z]+$/);
  await expect(vault.getByText('103 bits of chance')).toBeVisible();

  await kind(vault, 'User name');
  await expect(made(vault)).toHaveText(/^[A-Z][a-z]+\d{4}$/);
  await accessible(vault, 'generator, user name');
  await vault.getByLabel('Kind of user name').selectOption('My address with a random part (name+random@…)');
  const [name, host] = person.email.split('@');
  await expect(made(vault)).toHaveText(new RegExp(`^${name}\\+[a-z0-9]{8}@${host}$`));
  await vault.getByLabel('Kind of user name').selectOption('A random address at my domain');
  await expect(made(vault)).toHaveText('Fill in what is missing below.');
  await accessible(vault, 'generator, incomplete');
  await vault.getByLabel('Domain that receives all mail').fill('mail.example');
  await expect(made(vault)).toHaveText(/^[a-z0-9]{8}@mail\.example$/);
});
