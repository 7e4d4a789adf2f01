import { zipSync, strToU8, gzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { gunzip } from '../src/import/gunzip';
import { most } from '../src/import/limits';
import { bytes, load, read, refusal } from './helpers';

describe('what is no export', () => {
  test.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['blanks', ' \n \n'],
    ['a text', 'hello, world\n'],
    ['a page', '<!doctype html><html></html>'],
    ['JSON of something else', '{"hello": 1}'],
    ['a list', '[1, 2]'],
    ['a PGP message', '-----BEGIN PGP MESSAGE-----\n'],
    ['an archive of something else', zipSync({ 'a.txt': strToU8('a') })],
    ["Proton's archive, encrypted", zipSync({ 'Proton Pass/data.pgp': strToU8('a') })],
    ['a table of something else', 'date,amount\n2024-01-01,5\n'],
    ['a KeePassXC table', '"Group","Title","Username","Password","URL","Notes"\n"a","b","c","d","e","f"\n'],
  ])('%s', async (_, s) => {
    expect(await refusal(read(s))).toMatch(/^unknown-format/);
  });

  test('a picture', async () => {
    expect(await refusal(read(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe)))).toBe(
      'malformed: its text is not UTF-8',
    );
  });
});

test.each([
  'chrome.csv',
  'lastpass.csv',
  'nordpass.csv',
  'bitwarden.csv',
  'old-program.csv',
  'proton.csv',
  '1password.csv',
  'firefox.csv',
  'safari.csv',
])('%s, cut at any place, is whole rows or an error', async (file) => {
  const b = bytes(file);
  const rows = (await load(file)).items.length;
  for (let n = 1; n < b.length - 2; n += 7) {
    const why = await refusal(read(b.slice(0, n)));
    if (why !== 'read') expect(why).toMatch(/^(malformed|unknown-format)/);
    else expect((await read(b.slice(0, n))).items.length).toBeLessThanOrEqual(rows);
  }
});

test.each(['bitwarden.json', 'proton.json', 'bitwarden-account.json', '1password.1pux', 'proton.zip', 'keepass.xml'])(
  '%s, cut, is an error',
  async (file) => {
    const b = bytes(file);
    for (const part of [0.2, 0.5, 0.9, 0.99])
      expect(await refusal(read(b.slice(0, Math.floor(b.length * part))))).toMatch(/^(malformed|unknown-format)/);
  },
);

test('a quote that is not closed says in which row', async () => {
  expect(await refusal(read('name,url,username,password\na,b,c,d\ne,"f,g,h\n'))).toBe(
    'malformed: row 3: a quote that is not closed',
  );
});

test('a last row cut short is not taken for a whole one', async () => {
  expect(await refusal(read('name,url,username,password\na,https://b.example,c'))).toBe('malformed: row 2 ends early');
});

describe('too much', () => {
  test('rows', async () => {
    expect(await refusal(read('name,url,username,password\n' + 'a,b,c,d\n'.repeat(most.rows + 1)))).toMatch(
      /^too-large: more than 100000 rows/,
    );
  });

  test('columns', async () => {
    expect(await refusal(read('name,url,username,password' + ',x'.repeat(most.columns) + '\n'))).toMatch(
      /^too-large: row 1/,
    );
  });

  test('a value', async () => {
    expect(await refusal(read(`name,url,username,password\na,b,c,${'x'.repeat(most.value + 1)}\n`))).toMatch(
      /^too-large: row 2/,
    );
  });

  test('levels of JSON', async () => {
    expect(await refusal(read('{"items":' + '['.repeat(100_000)))).toBe('malformed: nests deeper than 64 levels');
  });

  test('an archive that says how much it unpacks to', async () => {
    const bomb = zipSync({ 'export.data': new Uint8Array(1_000_000) });
    const v = new DataView(bomb.buffer);
    const at = bomb.findIndex((_, i) => i + 4 <= bomb.length && v.getUint32(i, true) === 0x02014b50);
    v.setUint32(at + 24, most.unpacked + 1, true);
    expect(await refusal(read(bomb))).toBe('too-large: it unpacks to more than 256 MB');
  });

  test('an archive that says less than it unpacks to', async () => {
    const text = JSON.stringify({ accounts: [], padding: 'x'.repeat(100_000) });
    const zip = zipSync({ 'export.data': strToU8(text) });
    const v = new DataView(zip.buffer);
    const at = zip.findIndex((_, i) => i + 4 <= zip.length && v.getUint32(i, true) === 0x02014b50);
    v.setUint32(at + 24, 100, true);
    expect(await refusal(read(zip))).toMatch(/^malformed/);
  });

  test('entries of an archive', async () => {
    const many = zipSync(
      Object.fromEntries(Array.from({ length: most.entries + 1 }, (_, i) => [`f${i}`, new Uint8Array()])),
    );
    expect(await refusal(read(many))).toMatch(/^too-large: more than 20000 entries/);
  });

  test('gzip, as inside a KDBX file', () => {
    const packed = gzipSync(new Uint8Array(3_000_000));
    expect(() => gunzip(packed, 2_999_999)).toThrow('too-large');
    expect(gunzip(packed, 3_000_000).length).toBe(3_000_000);
    expect(() => gunzip(packed.slice(0, -100), 3_000_000)).toThrow();
  });
});
