import { describe, expect, test } from 'vitest';
import { fromBase64, fromBase64Url, toBase64, toBase64Url, toHex } from '../src/worker/bytes';
import {
  EncStringError,
  open,
  openFile,
  openMany,
  openOpt,
  openText,
  seal,
  sealFile,
  sealOpt,
  SymKey,
  text,
} from '../src/worker/encstring';
import { weakKdf } from '../src/worker/keys';

const k = SymKey.random();

describe('encrypted strings', () => {
  test('many open in one pass, whatever their lengths', () => {
    const plain = Array.from({ length: 70 }, (_, n) => 'ä'.repeat(n));
    expect(
      openMany(
        k,
        plain.map((p) => seal(k, p)),
      ).map(text),
    ).toEqual(plain);
    expect(openMany(k, [])).toEqual([]);
  });

  test('one bad string among many stops them all', () => {
    const bad = seal(SymKey.random(), 'x');
    expect(() => openMany(k, [seal(k, 'a'), bad, seal(k, 'b')])).toThrow(EncStringError);
  });

  test('what one pass gives does not change with the next', () => {
    const first = open(k, seal(k, 'first'));
    open(k, seal(k, 'other'));
    expect(text(first)).toBe('first');
  });

  test('two keys in turn keep their MACs apart', () => {
    const other = SymKey.random();
    const [a, b] = [seal(k, 'a'), seal(other, 'b')];
    for (let n = 0; n < 3; n++) expect([openText(k, a), openText(other, b)]).toEqual(['a', 'b']);
  });

  test('the same text is never sealed to the same string', () => {
    expect(new Set(Array.from({ length: 50 }, () => seal(k, 'x'))).size).toBe(50);
  });

  test('every changed character is refused', () => {
    const good = seal(k, 'hunter2');
    for (let i = 0; i < good.length; i++) {
      const c = String.fromCharCode(good.charCodeAt(i) ^ 1);
      expect(() => open(k, good.slice(0, i) + c + good.slice(i + 1)), `at ${i}`).toThrow(EncStringError);
      expect(() => open(k, good.slice(0, i)), `cut at ${i}`).toThrow(EncStringError);
    }
  });

  test('a text that is no UTF-8 is refused as text', () => {
    expect(() => openText(k, seal(k, Uint8Array.of(0xff, 0xfe)))).toThrow();
  });

  test('absent strings are empty, and empty ones absent', () => {
    expect([openOpt(k, null), openOpt(k, undefined), openOpt(k, '')]).toEqual(['', '', '']);
    expect([sealOpt(k, ''), sealOpt(k, null)]).toEqual([null, null]);
    expect(openOpt(k, sealOpt(k, 'x'))).toBe('x');
  });

  test('a key is of 64 bytes', () => {
    for (const n of [0, 16, 32, 63, 65]) expect(() => new SymKey(new Uint8Array(n))).toThrow(EncStringError);
  });

  test('a key is not that of who made it: changing his bytes changes nothing', () => {
    const raw = crypto.getRandomValues(new Uint8Array(64));
    const key = new SymKey(raw);
    const s = seal(key, 'x');
    raw.fill(0);
    expect(openText(key, s)).toBe('x');
  });
});

test('files: every changed byte and every cut is refused', async () => {
  const sealed = await sealFile(k, new TextEncoder().encode('123456789'));
  expect(sealed.length).toBe(65);
  for (let i = 0; i < sealed.length; i++) {
    const bad = sealed.slice();
    bad[i]! ^= 1;
    await expect(openFile(k, bad)).rejects.toBeInstanceOf(EncStringError);
    await expect(openFile(k, sealed.slice(0, i))).rejects.toBeInstanceOf(EncStringError);
  }
});

describe('base64', () => {
  test('is what the platform makes of it, for every length', () => {
    for (let n = 0; n < 70; n++) {
      const b = crypto.getRandomValues(new Uint8Array(n));
      const s = Buffer.from(b).toString('base64');
      expect(toBase64(b)).toBe(s);
      expect(fromBase64(s)).toEqual(b);
      expect(toBase64Url(b)).toBe(Buffer.from(b).toString('base64url'));
      expect(fromBase64Url(toBase64Url(b))).toEqual(b);
      expect(toHex(b)).toBe(Buffer.from(b).toString('hex'));
    }
  });

  test.each(['A', 'AA', 'AAA', 'A===', '====', 'AB==', 'AAB=', 'AA=A', 'AA-_', 'AA A', 'AAA\n', 'ÄAAA', 'AA\u0100='])(
    '%j is none',
    (s) => {
      expect(() => fromBase64(s)).toThrow();
    },
  );
});

test('derivations under the floor are weak', () => {
  const argon = { kdfType: 1 as const, iterations: 4, memory: 32, parallelism: 4 };
  expect([weakKdf(argon), weakKdf({ kdfType: 0, iterations: 5_000 })]).toEqual([false, false]);
  for (const weak of [
    { ...argon, iterations: 1 },
    { ...argon, memory: 14 },
    { ...argon, memory: null },
    { ...argon, parallelism: 0 },
  ])
    expect(weakKdf(weak)).toBe(true);
  expect(weakKdf({ kdfType: 0, iterations: 4_999 })).toBe(true);
  expect(weakKdf({ kdfType: 2 as 0, iterations: 1_000_000 })).toBe(true);
  expect(weakKdf({ kdfType: 0, iterations: NaN })).toBe(true);
});
