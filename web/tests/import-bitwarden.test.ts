import { expect, test } from 'vitest';
import { SymKey } from '../src/worker/encstring';
import { parse } from '../src/import/index';
import { bytes, counts, hard, load, multiline, named, opts, problems, read, refusal, uris } from './helpers';

const whole = { items: 7, fields: 5, files: 0, uris: 3, history: 2, folders: 3 };

test('JSON: everything an item has', async () => {
  const r = await load('bitwarden.json');
  expect(r.source).toBe('bitwarden-json');
  expect(counts(r)).toEqual(whole);
  const i = named(r, 'Portal');
  expect(i).toMatchObject({ type: 1, folder: 'Work/Clients', favorite: true, reprompt: 1, notes: multiline });
  expect(i.login).toMatchObject({
    username: 'anna',
    password: hard,
    totp: 'otpauth://totp/Portal:anna?secret=JBSWY3DPEHPK3PXP&period=60',
    passwordRevisionDate: '2024-05-06T07:08:09.123Z',
  });
  expect(i.login!.uris.map((u) => u.match)).toEqual([null, 3, 4]);
  expect(i.login!.fido2Credentials).toMatchObject([
    { rpId: 'portal.example.com', counter: '0', discoverable: 'true', creationDate: '2024-05-06T07:08:09.123Z' },
  ]);
  expect(i.fields).toEqual([
    { name: 'PIN', value: '0042', type: 1 },
    { name: 'agreed', value: 'true', type: 2 },
    { name: 'user again', value: '', type: 3, linkedId: 100 },
  ]);
  expect(i.passwordHistory.map((h) => h.password)).toEqual(['older', 'oldest']);
  expect(named(r, 'Alarm')).toMatchObject({ type: 2, archived: true });
  expect(named(r, 'Visa')).toMatchObject({ folder: 'Familie 👪', card: { expYear: '2031' } });
  expect(named(r, 'Me').identity).toMatchObject({ passportNumber: 'C01X00T47', licenseNumber: 'B072', address2: '' });
  expect(named(r, 'Deploy key').sshKey!.publicKey).toMatch(/^ssh-ed25519 /);
  expect(named(r, 'Thrown away')).toMatchObject({ deleted: true, login: { totp: 'steam://JBSWY3DPEHPK3PXP' } });
  expect(named(r, 'Giro')).toMatchObject({
    type: 2,
    fields: [{ name: 'Bank name' }, { name: 'Iban', value: 'DE02120300000000202051' }],
  });
  expect(problems(r)).toEqual({
    'type-unknown Bank account': 1,
    'folder-only Nothing in it': 1,
    'field-dropped creationDate': 7,
  });
});

test('JSON of an organization: collections become folders', async () => {
  const r = await load('bitwarden-organization.json');
  expect(named(r, 'Team')).toMatchObject({ folder: 'Team/Web', login: { password: 'shared' } });
  expect(problems(r)).toMatchObject({ 'shared Team': 1 });
});

test('a member that nobody knows becomes a field', async () => {
  const r = await read(
    JSON.stringify({
      items: [{ type: 2, name: 'n', secureNote: { type: 0 }, mood: 'blue', extra: { a: 1 }, empty: [] }],
    }),
  );
  expect(r.items[0]!.fields.map((f) => [f.name, f.value])).toEqual([
    ['mood', 'blue'],
    ['extra', '{"a":1}'],
  ]);
});

test.each(['pbkdf2', 'argon2'])('sealed with a password, %s', async (kdf) => {
  const file = `bitwarden-password-${kdf}.json`;
  const r = await load(file, 'file password');
  expect(r.source).toBe('bitwarden-encrypted');
  expect(counts(r)).toEqual(whole);
  expect(named(r, 'Portal').login!.password).toBe(hard);
  expect(await refusal(load(file))).toBe('password-needed');
  expect(await refusal(load(file, 'File password'))).toBe('password-wrong');
});

/** Made by @bitwarden/cli 2026.9.0 from what our exportJson wrote: import bitwardenjson, then
 * export --format encrypted_json --password 'exp pw'. */
test('sealed by the official client', async () => {
  const r = await load('bitwarden-official-client.json', 'exp pw');
  expect(counts(r)).toEqual(whole);
  const want = named(await load('bitwarden.json'), 'Portal');
  delete want.login!.passwordRevisionDate;
  expect(named(r, 'Portal')).toMatchObject(want);
});

const changed = (f: (o: Record<string, string | number>) => void): string => {
  const o = JSON.parse(new TextDecoder().decode(bytes('bitwarden-password-pbkdf2.json'))) as Record<
    string,
    string | number
  >;
  f(o);
  return JSON.stringify(o);
};

test.each<[string, (o: Record<string, string | number>) => void, RegExp]>([
  ['its data cut', (o) => (o.data = String(o.data).slice(0, 200)), /^malformed: data: not three parts/],
  [
    'a byte of its data changed',
    (o) => (o.data = String(o.data).replace(/\|(.)/, (_, c: string) => '|' + (c === 'A' ? 'B' : 'A'))),
    /^malformed: data: the MAC/,
  ],
  ['no data', (o) => delete o.data, /^malformed: data/],
  ['a derivation that a guesser would like', (o) => (o.kdfIterations = 1), /^malformed: kdfType/],
  ['a derivation that never ends', (o) => (o.kdfIterations = 2_000_000_000), /^too-large: kdfIterations/],
  ['a derivation without a number', (o) => (o.kdfIterations = 'many'), /^malformed: kdfIterations/],
  [
    'Argon2 with a terabyte',
    (o) => Object.assign(o, { kdfType: 1, kdfIterations: 3, kdfMemory: 1_000_000, kdfParallelism: 4 }),
    /^too-large: kdfMemory/,
  ],
  ['another derivation', (o) => (o.kdfType = 7), /^malformed/],
])('sealed, with %s', async (_, f, want) => {
  expect(await refusal(read(changed(f), 'file password'))).toMatch(want);
});

test("under an account's key, an item's own key among them", async () => {
  const r = await load('bitwarden-account.json');
  expect(r.source).toBe('bitwarden-encrypted');
  expect(counts(r)).toEqual({ items: 5, fields: 3, files: 0, uris: 3, history: 2, folders: 3 });
  expect(named(r, 'Portal').login!.password).toBe(hard);
  expect(uris(named(r, 'Portal'))[1]).toBe('https://portal.example.org');
  expect(named(r, 'Me').identity!.city).toBe('Köln');
  expect(named(r, 'Portal').fields.map((f) => f.name)).not.toContain('key');
});

test("under another account's key", async () => {
  const got = parse('x.json', bytes('bitwarden-account.json'), opts(undefined, SymKey.random()));
  expect(await refusal(got)).toBe('account-restricted');
});

test('a string without a MAC, smuggled into such a file, is refused', async () => {
  const o = JSON.parse(new TextDecoder().decode(bytes('bitwarden-account.json'))) as { items: { name: string }[] };
  o.items[1]!.name = '0.' + o.items[1]!.name.slice(2).split('|').slice(0, 2).join('|');
  expect(await refusal(read(JSON.stringify(o)))).toMatch(/^malformed: items\[1\]: type 0/);
});

test.each<[string, unknown, string]>([
  ['items that are no list', { items: {} }, 'malformed: items is not a list'],
  ['an item that is no object', { items: [null] }, 'malformed: items[0] is not an object'],
  ['an item without a type', { items: [{ name: 'x' }] }, 'malformed: items[0].type'],
  [
    'fields that are no list',
    { items: [{ type: 1, name: 'x', fields: 'y' }] },
    'malformed: items[0].fields is not a list',
  ],
])('JSON with %s', async (_, o, want) => {
  expect(await refusal(read(JSON.stringify(o)))).toBe(want);
});
