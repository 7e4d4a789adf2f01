import { expect, test } from 'vitest';
import { markDuplicates } from '../src/import/duplicates';
import type { ImportItem } from '../src/import/types';
import { emptyContent, ItemType, type Item } from '../src/worker/model';

const login = (
  name: string,
  username: string,
  password: string,
  uri: string,
  rest: Partial<ImportItem> = {},
): ImportItem => ({
  ...emptyContent(ItemType.login),
  name,
  login: { username, password, totp: '', uris: uri ? [{ uri }] : [] },
  folder: '',
  files: [],
  ...rest,
});
const stored = (i: ImportItem): Item => ({
  ...i,
  id: 'x',
  folderId: null,
  attachments: i.files.map((f) => ({ id: f.name, fileName: f.name, size: f.bytes.length })),
  creationDate: '',
  revisionDate: '',
  deletedDate: null,
  archivedDate: null,
});
const mark = (have: ImportItem[], ...items: ImportItem[]): (string | null)[] => markDuplicates(have.map(stored), items);

const a = login('Shop', 'anna', 'p', 'https://shop.example.com/login');

test('the same, whatever folder, star or match rule it has', () => {
  expect(mark([a], { ...a, folder: 'F', favorite: true })).toEqual(['same']);
  expect(mark([a], { ...a, login: { ...a.login!, uris: [{ uri: a.login!.uris[0]!.uri, match: 3 }] } })).toEqual([
    'same',
  ]);
});

test('another password, note or field makes it similar', () => {
  expect(mark([a], login('Shop', 'anna', 'q', 'https://shop.example.com/login'))).toEqual(['similar']);
  expect(mark([a], { ...a, notes: 'n' })).toEqual(['similar']);
  expect(mark([a], { ...a, fields: [{ name: 'f', value: 'v', type: 0 }] })).toEqual(['similar']);
});

test('the same user at the same host is similar under another name; another user is new', () => {
  expect(mark([a], login('Market', 'ANNA', 'q', 'http://www.shop.example.com:8080/'))).toEqual(['similar']);
  expect(mark([a], login('Market', 'bert', 'q', 'https://shop.example.com/'))).toEqual([null]);
  expect(mark([a], login('Market', '', 'q', 'https://shop.example.com/'))).toEqual([null]);
});

test('what the file holds twice is the same as its first', () => {
  const b = login('New', 'u', 'p', 'https://new.example');
  expect(mark([], b, { ...b }, login('New', 'u', 'q', 'https://new.example'))).toEqual([null, 'same', null]);
});

test('an attachment that the vault lacks is not thrown away', () => {
  const file = { name: 'a.txt', bytes: new Uint8Array(3) };
  const withFile = { ...a, files: [file] };
  expect(mark([a], withFile)).toEqual(['similar']);
  expect(mark([withFile], withFile, a)).toEqual(['same', 'same']);
  expect(mark([withFile], { ...a, files: [{ ...file, bytes: new Uint8Array(4) }] })).toEqual(['similar']);
});

test('cards by number, people by name or address, keys by key, notes by name', () => {
  const of = (type: ItemType, name: string, member: Partial<ImportItem>): ImportItem => ({
    ...emptyContent(type),
    name,
    folder: '',
    files: [],
    ...member,
  });
  const card = (number: string): ImportItem =>
    of(ItemType.card, 'c' + number, { card: { ...emptyContent(ItemType.card).card!, number } });
  expect(mark([card('4111 1111')], card('41111111'), card('4222'))).toEqual(['similar', null]);
  const person = (name: string, email: string): ImportItem =>
    of(ItemType.identity, name, { identity: { ...emptyContent(ItemType.identity).identity!, email } });
  expect(mark([person('a', 'x@example.com')], person('b', 'X@example.com'), person('c', ''))).toEqual([
    'similar',
    null,
  ]);
  const key = (name: string, publicKey: string): ImportItem =>
    of(ItemType.sshKey, name, { sshKey: { privateKey: '', publicKey, keyFingerprint: '' } });
  expect(
    mark([key('a', 'ssh-ed25519 AAAA me')], key('b', 'ssh-ed25519 AAAA you'), key('c', 'ssh-ed25519 BBBB me')),
  ).toEqual(['similar', null]);
  const note = (notes: string): ImportItem => of(ItemType.note, 'Alarm', { notes });
  expect(mark([note('1')], note('1'), note('2'))).toEqual(['same', 'similar']);
});
