import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  below,
  classOf,
  passphrase,
  password,
  passwordBits,
  username,
  type PasswordOptions,
} from '../src/lib/generate';
import { words } from '../src/lib/words';

const all: PasswordOptions = {
  length: 20,
  lower: true,
  upper: true,
  digits: true,
  special: true,
  unambiguous: false,
  minDigits: 1,
  minSpecial: 1,
};
const count = (s: string, re: RegExp): number => s.match(re)?.length ?? 0;
const many = <T>(n: number, f: () => T): T[] => Array.from({ length: n }, f);

afterEach(() => vi.restoreAllMocks());

/** The chi-squared of counts against equal shares. */
function chi(counts: number[]): number {
  const share = counts.reduce((a, b) => a + b, 0) / counts.length;
  return counts.reduce((s, c) => s + (c - share) ** 2 / share, 0);
}

describe('chance', () => {
  test('what is above the last whole multiple is thrown again', () => {
    const give = [0xffff_fffe, 0xffff_ffff, 7];
    const spy = vi.spyOn(crypto, 'getRandomValues').mockImplementation((a) => {
      (a as unknown as Uint32Array)[0] = give.shift()!;
      return a;
    });
    expect(below(10)).toBe(7);
    expect(spy).toHaveBeenCalledTimes(3);
  });

  test('every number is as likely as any other', () => {
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 20_000; i++) counts[below(10)]!++;
    // 9 degrees of freedom: more than 50 has a chance of one in ten million.
    expect(chi(counts)).toBeLessThan(50);
    expect(below(1)).toBe(0);
  });

  test('no place prefers a kind: the characters that must occur are anywhere', () => {
    const counts = new Array<number>(8).fill(0);
    for (let i = 0; i < 4_000; i++) {
      const p = password({ ...all, length: 8, digits: true, special: false, upper: false, minDigits: 1 });
      counts[p.search(/\d/)] ??= 0;
      [...p].forEach((c, n) => /\d/.test(c) && counts[n]!++);
    }
    expect(chi(counts)).toBeLessThan(50);
  });
});

describe('passwords', () => {
  test.each([6, 14, 64, 128])('of %i characters hold one of every kind', (length) => {
    for (const p of many(100, () => password({ ...all, length }))) {
      expect(p.length).toBe(length);
      expect([/[a-z]/, /[A-Z]/, /\d/, /[!@#$%^&*\-_=+?]/].every((re) => re.test(p))).toBe(true);
    }
  });

  test('hold nothing that was not chosen', () => {
    expect(password({ ...all, upper: false, digits: false, special: false })).toMatch(/^[a-z]{20}$/);
    expect(password({ ...all, upper: false, lower: false, special: false })).toMatch(/^\d{20}$/);
    expect(password({ ...all, upper: false, lower: false, special: false, digits: false })).toMatch(/^[a-z]{20}$/);
  });

  test('hold as many digits and signs as asked for', () => {
    for (const p of many(100, () => password({ ...all, minDigits: 5, minSpecial: 4 }))) {
      expect(count(p, /\d/g)).toBeGreaterThanOrEqual(5);
      expect(count(p, /[^a-zA-Z\d]/g)).toBeGreaterThanOrEqual(4);
    }
  });

  test('shorter than what must be in them still have their length', () => {
    for (const p of many(50, () => password({ ...all, length: 6, minDigits: 5, minSpecial: 5 })))
      expect(p.length).toBe(6);
  });

  test('hold nothing that looks like another character, when asked', () => {
    expect(many(200, () => password({ ...all, length: 64, unambiguous: true })).join('')).not.toMatch(/[Il1O0o]/);
  });

  test('are never twice the same', () => {
    expect(new Set(many(500, () => password(all))).size).toBe(500);
  });

  test('bits are those of the characters to choose from', () => {
    expect(passwordBits({ ...all, length: 10, upper: false, digits: false, special: false })).toBe(
      Math.floor(10 * Math.log2(26)),
    );
    expect(passwordBits({ ...all, length: 10, upper: false, lower: false, special: false, unambiguous: true })).toBe(
      Math.floor(10 * Math.log2(8)),
    );
  });
});

describe('passphrases', () => {
  test('are words of the list', async () => {
    expect(words.length).toBe(7776);
    expect(new Set(words).size).toBe(7776);
    const p = (await passphrase({ words: 6, separator: ' ', capitalize: false, digit: false })).split(' ');
    expect(p.length).toBe(6);
    expect(p.every((w) => words.includes(w))).toBe(true);
  });

  test('with capitals and a digit', async () => {
    for (let n = 0; n < 50; n++) {
      const p = await passphrase({ words: 4, separator: '~', capitalize: true, digit: true });
      expect(count(p, /\d/g)).toBe(1);
      expect(p.split('~').every((w) => /^[A-Z]/.test(w))).toBe(true);
    }
  });
});

describe('user names', () => {
  const o = {
    kind: 'word' as const,
    email: 'anna@example.com',
    domain: '@example.org',
    capitalize: true,
    digits: true,
  };
  test('a word', async () => {
    expect(await username(o)).toMatch(/^[A-Z][a-z-]+\d{4}$/);
    expect(words).toContain(await username({ ...o, capitalize: false, digits: false }));
  });

  test('a part behind a plus, or any name of a domain', async () => {
    expect(await username({ ...o, kind: 'plus' })).toMatch(/^anna\+[a-z\d]{8}@example\.com$/);
    expect(await username({ ...o, kind: 'catchall' })).toMatch(/^[a-z\d]{8}@example\.org$/);
    expect([
      await username({ ...o, kind: 'plus', email: 'no address' }),
      await username({ ...o, kind: 'catchall', domain: '' }),
    ]).toEqual(['', '']);
  });
});

test('kinds of characters', () => {
  expect(['a', 'Ä', '世', '7', '٣', '-', '🔑', ' '].map(classOf)).toEqual([
    'letter',
    'letter',
    'letter',
    'digit',
    'digit',
    'special',
    'special',
    'special',
  ]);
});
