import { describe, expect, test } from 'vitest';
import { best, compile, fold, hayOf, parse, type Context } from '../src/lib/search';
import type { Row } from '../src/worker/cipher';

const row = (name: string, r: Partial<Row> = {}): Row => ({
  id: name,
  type: 1,
  name,
  sub: '',
  host: '',
  folderId: null,
  favorite: false,
  deleted: false,
  archived: false,
  totp: false,
  password: false,
  files: false,
  passkey: false,
  reprompt: false,
  changed: '',
  ...r,
});
const rows = [
  row('Café Müller', { sub: 'anna@example.com', host: 'cafe.example.com', folderId: 'f1', totp: true, password: true }),
  row('Bank', { sub: 'anna', host: 'bank.example.com', favorite: true, passkey: true }),
  row('Visa', { type: 3, sub: 'Visa •••• 1111', files: true }),
  row('Alarm at home', { type: 2 }),
  row('Deploy', { type: 5, sub: 'SHA256:abc' }),
];
const ctx: Context = { weak: new Set(['Bank']), folder: (id) => (id === 'f1' ? 'Work/Clients' : '') };
const find = (text: string): string[] => {
  const match = compile(parse(text, ctx));
  return rows.filter((r) => match(r, hayOf(r))).map((r) => r.name);
};

test.each<[string, string[]]>([
  ['', rows.map((r) => r.name)],
  ['cafe', ['Café Müller']],
  ['CAFÉ muller', ['Café Müller']],
  ['anna', ['Café Müller', 'Bank']],
  ['anna bank', ['Bank']],
  ['example.com', ['Café Müller', 'Bank']],
  ['"at home"', ['Alarm at home']],
  ['"home at"', []],
  ['1111', ['Visa']],
  ['type:login', ['Café Müller', 'Bank']],
  ['type:card', ['Visa']],
  ['TYPE:Note', ['Alarm at home']],
  ['type:ssh', ['Deploy']],
  ['has:totp', ['Café Müller']],
  ['has:file', ['Visa']],
  ['has:passkey', ['Bank']],
  ['has:folder', ['Café Müller']],
  ['has:password anna', ['Café Müller']],
  ['is:favorite', ['Bank']],
  ['is:weak', ['Bank']],
  ['in:work', ['Café Müller']],
  ['in:"work/clients"', ['Café Müller']],
  ['type:login is:weak anna', ['Bank']],
  ['SHA256:abc', ['Deploy']],
  ['nothing', []],
])('%s', (text, want) => {
  expect(find(text)).toEqual(want);
});

describe('filters that are none', () => {
  test('are named, and hide nothing', () => {
    const q = parse('type:car has:x is:y anna', ctx);
    expect(q.unknown).toEqual(['type:car', 'has:x', 'is:y']);
    expect(q.words).toEqual(['anna']);
    expect(q.filters).toEqual([]);
  });

  test('an address is a word', () => {
    expect(parse('https://bank.example.com', ctx)).toMatchObject({ unknown: [], words: ['https://bank.example.com'] });
  });
});

test('folding keeps what has no accents', () => {
  expect([fold('ÀÉÎ'), fold('ß'), fold('世界'), fold('ABC')]).toEqual(['aei', 'ß', '世界', 'abc']);
});

test('the best come first, in their order among equals', () => {
  const all = [row('My bank'), row('Alpha', { sub: 'bank' }), row('Bank two'), row('Bank one', { favorite: true })];
  const names = (text: string): string[] => best(all, text).map((r) => r.name);
  expect(names('bank')).toEqual(['Bank one', 'Bank two', 'My bank', 'Alpha']);
  expect(names('')).toEqual(['Bank one', 'My bank', 'Alpha', 'Bank two']);
});
