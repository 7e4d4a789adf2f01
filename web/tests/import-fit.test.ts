import { expect, test } from 'vitest';
import { seal } from '../src/worker/encstring';
import type { ImportItem } from '../src/import/types';
import { problems, read, user } from './helpers';

const one = async (item: object): Promise<ImportItem> =>
  (await read(JSON.stringify({ items: [{ type: 1, name: 'n', ...item }] }))).items[0]!;
const fileText = (i: ImportItem, name: string): string | undefined => {
  const f = i.files.find((x) => x.name === name);
  return f && new TextDecoder().decode(f.bytes);
};

/** The longest texts that stay, and the server's limits on what they become. */
test.each([
  [687, 1000],
  [3_695, 5_000],
  [7_439, 10_000],
])('%i bytes are at most %i characters when sealed', (bytes, limit) => {
  expect(seal(user, 'x'.repeat(bytes)).length).toBeLessThanOrEqual(limit);
  expect(seal(user, 'x'.repeat(bytes + 1)).length).toBeGreaterThan(limit - 64);
});

test('notes that are too long are cut between characters, and whole in a file', async () => {
  const notes = 'ä🔑'.repeat(3_000);
  const r = await read(JSON.stringify({ items: [{ type: 2, name: 'n', notes }] }));
  const i = r.items[0]!;
  expect(new TextEncoder().encode(i.notes).length).toBeLessThanOrEqual(7_439);
  expect(notes.startsWith(i.notes.slice(0, -1)) && i.notes.endsWith('…')).toBe(true);
  expect(i.notes).not.toContain('\uFFFD');
  expect(fileText(i, 'notes.txt')).toBe(notes);
  expect(problems(r)).toEqual({ 'moved-to-file n: notes': 1 });
});

test('a password or field that is too long goes to a file whole, never in half', async () => {
  const long = 'p'.repeat(4_000);
  const i = await one({
    login: { username: 'u', password: long },
    fields: [
      { name: 'a/b', value: long, type: 0 },
      { name: 'a/b', value: long + '2', type: 1 },
    ],
  });
  expect(i.login).toMatchObject({ username: 'u', password: '' });
  expect(i.fields.map((f) => f.value)).toEqual(['', '']);
  expect(i.files.map((f) => f.name)).toEqual(['password.txt', 'a-b.txt', 'a-b 2.txt']);
  expect(fileText(i, 'a-b 2.txt')).toBe(long + '2');
});

test('a name that is too long stays whole in the notes', async () => {
  const name = 'ü'.repeat(500);
  const i = await one({ name, login: {} });
  expect(new TextEncoder().encode(i.name).length).toBeLessThanOrEqual(687);
  expect(i.notes).toBe(name);
});

test('more entries than a list may have', async () => {
  const i = await one({
    login: {},
    fields: Array.from({ length: 2_003 }, (_, n) => ({ name: `f${n}`, value: 'v', type: 0 })),
  });
  expect(i.fields.length).toBe(2_000);
  expect(fileText(i, 'fields.txt')).toBe('f2000: v\nf2001: v\nf2002: v');
});

test('a passkey without its key is left out, and said', async () => {
  const whole = {
    credentialId: 'c',
    keyValue: 'k',
    rpId: 'a.example',
    counter: 0,
    discoverable: true,
    creationDate: '2024-01-01T00:00:00Z',
  };
  const r = await read(
    JSON.stringify({
      items: [
        { type: 1, name: 'n', login: { fido2Credentials: [whole, { ...whole, keyValue: null, rpId: 'b.example' }] } },
      ],
    }),
  );
  expect(r.items[0]!.login!.fido2Credentials).toMatchObject([
    { rpId: 'a.example', keyType: 'public-key', counter: '0', discoverable: 'true' },
  ]);
  expect(problems(r)).toMatchObject({ 'field-dropped passkey: b.example': 1 });
});

test.each<[object, string]>([
  [{ login: { uris: [{ uri: 'https://a.example/x' }], username: 'u' } }, 'a.example'],
  [{ login: { username: 'u' } }, 'u'],
  [{ type: 4, identity: { firstName: 'A', lastName: 'B' } }, 'A B'],
  [{ type: 2, notes: 'first\nsecond' }, 'first'],
  [{ type: 2 }, '–'],
])('an item without a name is called after what it holds', async (item, want) => {
  expect((await one({ ...item, name: null })).name).toBe(want);
});

test('a date that is none becomes now, and is counted', async () => {
  const r = await read(
    JSON.stringify({
      items: [{ type: 1, name: 'n', login: {}, passwordHistory: [{ password: 'p', lastUsedDate: 'yesterday' }] }],
    }),
  );
  expect(Number.isNaN(Date.parse(r.items[0]!.passwordHistory[0]!.lastUsedDate))).toBe(false);
  expect(problems(r)).toEqual({ 'date-unreadable yesterday': 1 });
});
