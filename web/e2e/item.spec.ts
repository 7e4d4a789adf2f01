// One item of every type, written, read, changed; the editor's generator, errors, and earlier passwords.
import type { Page } from '@playwright/test';
import { accessible, bring, clipboard, expect, login, row, test } from './fixtures';

const field = (page: Page, label: string) =>
  page.locator('.field').filter({ has: page.locator('dt').getByText(label, { exact: true }) });
const start = async (page: Page, type: string) => {
  await page.getByRole('button', { name: 'New item' }).first().click();
  await page.getByLabel('Type', { exact: true }).selectOption(type);
};
const save = async (page: Page, name: string) => {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('heading', { name, exact: true })).toBeVisible();
};

test('a login with everything', async ({ vault, person }) => {
  await start(vault, 'Login');
  await accessible(vault, 'editor of a login');
  await vault.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(vault.getByRole('alert')).toHaveText('Give the item a name, then save again.');
  await expect(vault.getByLabel('Name', { exact: true })).toBeFocused();
  await expect(vault.getByLabel('Name', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await accessible(vault, 'editor with an error');
  await vault.getByLabel('User name', { exact: true }).fill('ann');
  await vault.getByLabel('Password', { exact: true }).fill('first-Password-1!');
  for (const [i, uri, match] of [
    [0, 'https://example.com/login', 'Same host'],
    [1, 'https://example.org', 'Starts with'],
    [2, '^https://[a-z]+\\.example\\.net', 'Regular expression'],
  ] as const) {
    await vault.getByRole('button', { name: 'Add website' }).click();
    await vault.getByLabel('Website', { exact: true }).nth(i).fill(uri);
    await vault.getByLabel('When this address matches').nth(i).selectOption(match);
  }
  await vault.getByRole('button', { name: 'Delete https://example.org' }).click();
  await vault.getByLabel('Notes').fill('two\nlines');
  for (const [i, kind, name, value] of [
    [0, 'Text', 'Customer', '4711'],
    [1, 'Hidden', 'PIN', '0042'],
    [2, 'Yes or no', 'Newsletter', 'Yes'],
    [3, 'Linked', 'Log in as', 'Password'],
  ] as const) {
    await vault.getByRole('button', { name: 'Add field' }).click();
    await vault.getByLabel('Kind of field').nth(i).selectOption(kind);
    await vault.getByLabel('Field name').nth(i).fill(name);
    const v = vault.getByLabel('Value').nth(i);
    await (kind === 'Yes or no' || kind === 'Linked' ? v.selectOption(value) : v.fill(value));
  }
  await vault.getByRole('button', { name: 'Add field' }).click();
  await vault.getByLabel('Kind of field').nth(4).selectOption('Linked');
  await vault.getByLabel('Field name').nth(4).fill('Untouched');
  await accessible(vault, 'editor with fields');
  await save(vault, 'Shop');
  await accessible(vault, 'view of a login');
  await expect(field(vault, 'User name')).toContainText('ann');
  await expect(field(vault, 'Website')).toHaveCount(2);
  await expect(field(vault, 'Website').first().getByRole('link')).toHaveAttribute('href', 'https://example.com/login');
  await expect(field(vault, 'Website').nth(1).getByRole('link')).toHaveCount(0);
  await expect(field(vault, 'Notes').locator('.value')).toHaveText('two\nlines', { useInnerText: true });
  await expect(field(vault, 'Customer')).toContainText('4711');
  await expect(field(vault, 'PIN')).not.toContainText('0042');
  await vault.getByRole('button', { name: 'Show PIN' }).click();
  await expect(field(vault, 'PIN')).toContainText('0042');
  await expect(field(vault, 'Newsletter')).toContainText('Yes');
  await expect(field(vault, 'Log in as')).toContainText('Password');
  await expect(field(vault, 'Untouched')).toContainText('User name');
  await expect(field(vault, 'Password')).not.toContainText('first');
  await vault.getByRole('button', { name: 'Copy Password', exact: true }).click();
  await expect.poll(() => clipboard(vault)).toBe('first-Password-1!');
  const [p] = await person.api('GET', '/passwords');
  expect(p).toMatchObject({ service: 'Shop', username: 'ann', url: 'https://example.com/login', notes: 'two\nlines' });

  await vault.getByRole('button', { name: 'Edit' }).click();
  await expect(vault.getByLabel('When this address matches').first()).toHaveValue('1');
  await expect(vault.getByLabel('When this address matches').nth(1)).toHaveValue('4');
  await vault.getByRole('button', { name: 'Generate a password' }).click();
  const dialog = vault.getByRole('dialog', { name: 'Generator' });
  await accessible(vault, 'generator beside a password');
  const made = (await dialog.getByTestId('generated').locator('.value').innerText()).trim();
  expect(made).toHaveLength(20);
  await dialog.getByRole('button', { name: 'Use this one' }).click();
  await expect(vault.getByLabel('Password', { exact: true })).toHaveValue(made);
  await save(vault, 'Shop');
  await expect.poll(async () => (await person.api('GET', '/passwords'))[0].password).toBe(made);

  await vault.getByRole('button', { name: '1 earlier password' }).click();
  await expect(vault.getByText('first-Password-1!')).toBeVisible();
  await expect(vault.getByText('17 characters then, 20 now')).toBeVisible();
  await accessible(vault, 'earlier passwords');
  await vault.getByRole('button', { name: 'Copy Earlier password' }).click();
  await expect.poll(() => clipboard(vault)).toBe('first-Password-1!');
  await vault.getByRole('button', { name: 'Use again' }).click();
  await expect(vault.getByRole('button', { name: '2 earlier passwords' })).toBeVisible();
  expect((await person.api('GET', '/passwords'))[0].password).toBe('first-Password-1!');

  await vault.getByRole('button', { name: 'Duplicate' }).click();
  await vault.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(row(vault, 'Shop (copy)')).toBeVisible();
  await expect(row(vault)).toHaveCount(2);
});

test('a note, a card, an identity, an SSH key', async ({ vault }) => {
  await start(vault, 'Secure note');
  await vault.getByLabel('Notes').fill('remember the milk');
  await accessible(vault, 'editor of a note');
  await save(vault, 'Milk');
  await expect(field(vault, 'Notes')).toContainText('remember the milk');
  await accessible(vault, 'view of a note');

  await start(vault, 'Card');
  const card = {
    'Name on the card': 'Ann Example',
    Brand: 'Visa',
    Number: '4111 1111 1111 1111',
    'Expiry month': '7',
    'Expiry year': '2031',
    'Security code': '123',
  };
  for (const [l, v] of Object.entries(card)) await vault.getByLabel(l, { exact: true }).fill(v);
  await accessible(vault, 'editor of a card');
  await save(vault, 'Card');
  await expect(field(vault, 'Number')).not.toContainText('4111');
  await vault.getByRole('button', { name: 'Show Number' }).click();
  await vault.getByRole('button', { name: 'Show Security code' }).click();
  for (const [l, v] of Object.entries(card)) await expect(field(vault, l)).toContainText(v);
  await accessible(vault, 'view of a card');

  await start(vault, 'Identity');
  const identity = {
    Title: 'Dr',
    'First name': 'Ann',
    'Middle name': 'B',
    'Last name': 'Example',
    'User name': 'ann',
    Company: 'Example Ltd',
    'Social security number': '078-05-1120',
    'Passport number': 'P1',
    'License number': 'L1',
    'E-mail address': 'ann@example.com',
    Phone: '555-0100',
    Address: '1 Main Street',
    'Address, line 2': 'Flat 2',
    'Address, line 3': 'Rear',
    City: 'Springfield',
    'State or province': 'Any',
    'Postal code': '12345',
    Country: 'Nowhere',
  };
  for (const [l, v] of Object.entries(identity)) await vault.getByLabel(l, { exact: true }).fill(v);
  await accessible(vault, 'editor of an identity');
  await save(vault, 'Me');
  await vault.getByRole('button', { name: 'Show Social security number' }).click();
  for (const [l, v] of Object.entries(identity)) await expect(field(vault, l)).toContainText(v);
  await accessible(vault, 'view of an identity');

  await start(vault, 'SSH key');
  await vault
    .getByLabel('Private key')
    .fill('-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----');
  await vault.getByLabel('Public key').fill('ssh-ed25519 AAAAC3Nz ann');
  await vault.getByLabel('Fingerprint').fill('SHA256:abc');
  await accessible(vault, 'editor of an SSH key');
  await save(vault, 'Deploy');
  await expect(field(vault, 'Private key')).not.toContainText('OPENSSH');
  await expect(field(vault, 'Public key')).toContainText('ssh-ed25519 AAAAC3Nz ann');
  await accessible(vault, 'view of an SSH key');
});

test('passkeys are shown, a text that is too long is refused', async ({ vault, allowed }) => {
  allowed.push(/status of 4\d\d/); // the refusal that is asked for
  const fido2Credentials = [
    {
      ...{ credentialId: 'b64.Y3JlZGVudGlhbA', keyType: 'public-key', keyAlgorithm: 'ECDSA', keyCurve: 'P-256' },
      ...{ keyValue: 'a2V5', rpId: 'example.org', userHandle: 'dXNlcg', userName: 'cora', counter: '0' },
      ...{ rpName: 'Example', userDisplayName: 'Cora', discoverable: 'true', creationDate: '2026-01-02T03:04:05Z' },
    },
  ];
  await bring(vault, { folders: [], items: [login('Key', { username: 'cora', fido2Credentials })] });
  await row(vault, 'Key').click();
  await expect(field(vault, 'Passkey')).toContainText('Example · Cora');
  await accessible(vault, 'passkey');
  await vault.getByRole('button', { name: 'Edit' }).click();
  await vault.getByLabel('Notes').fill('x'.repeat(20_000));
  await vault.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(vault.getByRole('alert')).toBeVisible();
  await accessible(vault, 'refused');
  await vault.getByLabel('Notes').fill('short');
  await save(vault, 'Key');
  await expect(field(vault, 'Passkey')).toContainText('Example · Cora');
});
