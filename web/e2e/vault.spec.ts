// The list of a vault: search and its filters, copying, favourites, folders, archive, trash, and many at once.
import { readFileSync } from 'node:fs';
import { accessible, bring, clipboard, expect, logIn, login, row, test } from './fixtures';

const secret = 'JBSWY3DPEHPK3PXP';
const key = { credentialId: 'b64.Y3JlZGVudGlhbA', keyType: 'public-key', keyAlgorithm: 'ECDSA', keyCurve: 'P-256' };
const passkey = { ...key, keyValue: 'a2V5', rpId: 'example.org', userHandle: 'dXNlcg', userName: 'ann', counter: '0' };
const fido2Credentials = [
  { ...passkey, rpName: 'Example', userDisplayName: 'Ann', discoverable: 'true', creationDate: '2026-01-02T03:04:05Z' },
];

const mixed = {
  folders: [
    { id: 'f1', name: 'Work' },
    { id: 'f2', name: 'Rainy days' },
  ],
  items: [
    login('Aardvark', { username: 'ann', password: 'T8#mq-vLw02!xYbe', totp: secret, folderId: 'f1', favorite: true }),
    login('Bär', { username: 'bert', password: 'password1', uris: ['https://bear.example.net/in'] }),
    login('Passkey place', { username: 'cora', fido2Credentials }),
    { type: 2, name: 'Wifi note', notes: 'on the router', secureNote: { type: 0 }, folderId: 'f2' },
    { type: 3, name: 'Blue card', card: { number: '4111111111111111', brand: 'Visa', code: '123' } },
    { type: 4, name: 'Myself', identity: { firstName: 'Ann', lastName: 'Example' } },
    {
      type: 5,
      name: 'Deploy key',
      sshKey: { privateKey: 'x', publicKey: 'ssh-ed25519 AAAA', keyFingerprint: 'SHA256:y' },
    },
  ],
};

test('search finds by words and by every filter', async ({ vault }) => {
  await expect(vault.getByText('There is nothing here yet.')).toBeVisible();
  await accessible(vault, 'empty vault');
  await bring(vault, mixed);
  await expect(row(vault)).toHaveCount(7);
  await expect(vault.getByRole('grid')).toHaveAttribute('aria-rowcount', '7');
  await accessible(vault, 'list');
  const box = vault.getByRole('searchbox');
  const names = async (q: string, ...want: string[]) => {
    await box.fill(q);
    await expect(row(vault), q).toHaveCount(want.length);
    for (const n of want) await expect(row(vault, n), q).toBeVisible();
  };
  await names('bar', 'Bär'); // without accents
  await names('bear.example.net', 'Bär'); // by host
  await names('ANN', 'Aardvark', 'Myself');
  await names('type:login', 'Aardvark', 'Bär', 'Passkey place');
  await names('type:note', 'Wifi note');
  await names('type:card', 'Blue card');
  await names('type:identity', 'Myself');
  await names('type:ssh', 'Deploy key');
  await names('has:totp', 'Aardvark');
  await names('has:passkey', 'Passkey place');
  await names('has:password', 'Aardvark', 'Bär');
  await names('has:folder', 'Aardvark', 'Wifi note');
  await names('is:favorite', 'Aardvark');
  await names('is:weak', 'Bär');
  await names('in:work', 'Aardvark');
  await names('in:"rainy days"', 'Wifi note');
  await names('in:"rainy days" wifi', 'Wifi note');
  await box.fill('');
  await row(vault, 'Blue card').click();
  await vault
    .getByLabel('Drop files here')
    .setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') });
  await expect(vault.getByText('a.txt attached')).toBeVisible();
  await names('has:file', 'Blue card');
  await box.fill('has:nonsense');
  await expect(vault.getByText('Unknown filter: has:nonsense')).toBeVisible();
  await box.fill('zzzz');
  await expect(vault.getByText('Nothing found for “zzzz”.')).toBeVisible();
  await accessible(vault, 'nothing found');
  await vault.getByRole('button', { name: 'Clear the search' }).click();
  await expect(row(vault)).toHaveCount(7);
  for (const [type, name] of [
    ['Login', 'Bär'],
    ['Secure note', 'Wifi note'],
    ['Card', 'Blue card'],
    ['Identity', 'Myself'],
    ['SSH key', 'Deploy key'],
  ] as const) {
    await vault
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link', { name: new RegExp(`^${type}`) })
      .click();
    await expect(row(vault, name)).toBeVisible();
    await expect(row(vault)).toHaveCount(type === 'Login' ? 3 : 1);
  }
});

test('typing anywhere searches, and rows copy', async ({ vault }) => {
  await bring(vault, mixed);
  await row(vault, 'Bär').click();
  await vault.keyboard.type('aard');
  await expect(vault.getByRole('searchbox')).toHaveValue('aard');
  await expect(row(vault)).toHaveCount(1);
  await vault.keyboard.press('Escape');
  await expect(vault.getByRole('searchbox')).toHaveValue('');
  const copy = (what: string, of: string) => vault.getByRole('button', { name: `Copy ${what} of ${of}` }).click();
  await copy('User name', 'Aardvark');
  await expect.poll(() => clipboard(vault)).toBe('ann');
  await copy('Password', 'Aardvark');
  await expect.poll(() => clipboard(vault)).toBe('T8#mq-vLw02!xYbe');
  await accessible(vault, 'copied');
  await copy('One-time code', 'Aardvark');
  await expect.poll(() => clipboard(vault)).toMatch(/^\d{6}$/);
  await copy('Password', 'Passkey place');
  await expect(vault.getByText('Password is empty. Nothing was copied.')).toBeVisible();
  await expect.poll(() => clipboard(vault)).toBe('');
});

test('the clipboard is cleared when its time is over, and on locking', async ({ page, person }) => {
  await person.api('POST', '/passwords', { service: 'Clip', username: 'ann', password: 'on-the-clipboard' });
  await page.clock.install();
  await logIn(page, person);
  await page.getByRole('button', { name: 'Copy Password of Clip' }).click();
  await expect.poll(() => clipboard(page)).toBe('on-the-clipboard');
  await expect(page.getByText('The clipboard is cleared in')).toBeVisible();
  await page.clock.runFor(31_000);
  await expect.poll(() => clipboard(page)).toBe('');
  await page.getByRole('button', { name: 'Copy Password of Clip' }).click();
  await expect.poll(() => clipboard(page)).toBe('on-the-clipboard');
  await page.keyboard.press('Control+Shift+L');
  await expect(page.getByRole('heading', { name: 'Your vault is locked' })).toBeVisible();
  await expect.poll(() => clipboard(page)).toBe('');
});

test('favourites and folders', async ({ vault }) => {
  await bring(vault, { folders: [], items: [login('One', {}), login('Two', {})] });
  const nav = vault.getByRole('navigation', { name: 'Main' });
  await row(vault, 'One').click();
  await vault.getByRole('button', { name: 'Favorite' }).click();
  await expect(vault.getByRole('button', { name: 'Favorite' })).toHaveAttribute('aria-pressed', 'true');
  await nav.getByRole('link', { name: /^Favorites/ }).click();
  await expect(row(vault)).toHaveCount(1);
  await vault.getByRole('button', { name: 'Favorite' }).click();
  await expect(vault.getByText('No favorites yet.')).toBeVisible();
  await accessible(vault, 'no favourites');
  await vault.getByRole('button', { name: 'Manage folders' }).click();
  const dialog = vault.getByRole('dialog', { name: 'Folders' });
  await expect(dialog.getByText('There are no folders yet.')).toBeVisible();
  await dialog.getByLabel('New folder').fill('Bank');
  await dialog.getByRole('button', { name: 'Add' }).click();
  await expect(dialog.getByLabel('Name of the folder Bank')).toHaveValue('Bank');
  await accessible(vault, 'folders');
  await dialog.getByLabel('Name of the folder Bank').fill('Banks');
  await dialog.getByLabel('Name of the folder Bank').blur();
  await expect(dialog.getByLabel('Name of the folder Banks')).toBeVisible();
  await vault.keyboard.press('Escape');
  await nav.getByRole('link', { name: /^Banks/ }).click();
  await expect(vault.getByText('This folder is empty.')).toBeVisible();
  await nav.getByRole('link', { name: /^All items/ }).click();
  await vault.getByRole('button', { name: 'Select items' }).click();
  await row(vault, 'One').click();
  await row(vault, 'Two').click();
  await vault.getByLabel('Move to folder').selectOption('Banks');
  await vault.getByRole('button', { name: 'Move', exact: true }).click();
  await expect(vault.getByText('Done for 2 items')).toBeVisible();
  await nav.getByRole('link', { name: /^Banks\s*2/ }).click();
  await expect(row(vault)).toHaveCount(2);
  await accessible(vault, 'folder');
  await vault.getByRole('button', { name: 'Manage folders' }).click();
  await dialog.getByRole('button', { name: 'Delete Banks' }).click();
  await dialog.getByRole('button', { name: 'Really delete?' }).click();
  await expect(dialog.getByText('There are no folders yet.')).toBeVisible();
  await vault.keyboard.press('Escape');
  await nav.getByRole('link', { name: /^All items/ }).click();
  await expect(row(vault)).toHaveCount(2);
});

test('archive, trash and undo', async ({ vault }) => {
  await bring(vault, { folders: [], items: [login('One', {}), login('Two', {}), login('Three', {})] });
  const nav = vault.getByRole('navigation', { name: 'Main' });
  const go = (name: string) => nav.getByRole('link', { name: new RegExp('^' + name) }).click();
  await row(vault, 'One').click();
  await vault.getByRole('button', { name: 'Archive', exact: true }).click();
  await expect(row(vault, 'One')).toHaveCount(0);
  await go('Archive');
  await row(vault, 'One').click();
  await accessible(vault, 'archive');
  await vault.getByRole('button', { name: 'Take out of the archive' }).click();
  await expect(vault.getByText('Nothing is archived.')).toBeVisible();
  await go('All items');
  await row(vault, 'Two').click();
  await vault.getByRole('button', { name: 'Move to trash' }).click();
  await expect(row(vault, 'Two')).toHaveCount(0);
  await vault.getByRole('button', { name: 'Undo' }).click();
  await expect(row(vault, 'Two')).toBeVisible();
  await row(vault, 'Two').click();
  await vault.getByRole('button', { name: 'Move to trash' }).click();
  await expect(row(vault, 'Two')).toHaveCount(0);
  await go('Trash');
  await row(vault, 'Two').click();
  await expect(vault.getByRole('button', { name: 'Edit' })).toHaveCount(0);
  await accessible(vault, 'trash');
  await vault.getByRole('button', { name: 'Restore' }).click();
  await expect(vault.getByText('The trash is empty.')).toBeVisible();
  await accessible(vault, 'empty trash');
  await go('All items');
  await expect(row(vault)).toHaveCount(3);
});

test('many at once: trash, restore, export, empty the trash', async ({ vault }) => {
  await bring(vault, {
    folders: [],
    items: [login('One', {}), login('Two', { password: 'two-two' }), login('Three', {})],
  });
  const nav = vault.getByRole('navigation', { name: 'Main' });
  vault.on('dialog', (d) => void d.accept());
  await vault.getByRole('button', { name: 'Select items' }).click();
  await row(vault, 'Two').click();
  await expect(vault.getByText('1 selected')).toBeVisible();
  await accessible(vault, 'selecting');
  const saved = vault.waitForEvent('download');
  await vault.getByRole('button', { name: 'Export', exact: true }).click();
  const file = JSON.parse(readFileSync(await (await saved).path(), 'utf8'));
  expect(file.items).toMatchObject([{ name: 'Two', login: { password: 'two-two' } }]);
  await vault.getByRole('button', { name: 'Select items' }).click();
  await vault.getByRole('button', { name: 'All / none' }).click();
  await vault.getByRole('button', { name: 'Move to trash' }).click();
  await expect(vault.getByText('There is nothing here yet.')).toBeVisible();
  await nav.getByRole('link', { name: /^Trash\s*3/ }).click();
  await vault.getByRole('button', { name: 'Select items' }).click();
  await row(vault, 'One').click();
  await vault.getByRole('toolbar').getByRole('button', { name: 'Restore' }).click();
  await expect(row(vault)).toHaveCount(2);
  await vault.getByRole('button', { name: 'Empty the trash' }).click();
  await expect(vault.getByText('The trash is empty.')).toBeVisible();
  await nav.getByRole('link', { name: /^All items\s*1/ }).click();
  await expect(row(vault, 'One')).toBeVisible();
  await vault.reload();
  await expect(vault.getByLabel('Master password', { exact: true })).toBeVisible();
});
