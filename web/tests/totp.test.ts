import { describe, expect, test } from 'vitest';
import { parseTotp, totp, TotpError } from '../src/worker/totp';
import { toBase32 } from '../src/import/base32';

const secret = (n: number): string => toBase32(new TextEncoder().encode('1234567890'.repeat(7).slice(0, n)));
const uri = (n: number, hash: string): string => `otpauth://totp/x?secret=${secret(n)}&digits=8&algorithm=${hash}`;

/** RFC 6238, appendix B. */
describe.each([
  [59, '94287082', '46119246', '90693936'],
  [1111111109, '07081804', '68084774', '25091201'],
  [1111111111, '14050471', '67062674', '99943326'],
  [1234567890, '89005924', '91819424', '93441116'],
  [2000000000, '69279037', '90698825', '38618901'],
  [20000000000, '65353130', '77737706', '47863826'],
])('at %i', (at, sha1, sha256, sha512) => {
  test.each([
    ['SHA1', 20, sha1],
    ['SHA256', 32, sha256],
    ['SHA512', 64, sha512],
  ])('%s', (hash, n, code) => {
    expect(totp(parseTotp(uri(n, hash)), at * 1000)).toBe(code);
    expect(totp(parseTotp(uri(n, hash)), at * 1000 + 999)).toBe(code);
  });
});

/** RFC 4226, appendix D: the same with a counter, here a period of one second. */
test('the counter is a whole number of periods', () => {
  const k = { ...parseTotp(secret(20)), period: 1 };
  expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => totp(k, n * 1000))).toEqual(
    '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'.split(' '),
  );
  expect(totp(parseTotp(secret(20)), 29_999)).toBe('755224');
  expect(totp(parseTotp(secret(20)), 30_000)).toBe('287082');
});

test("Steam's letters", () => {
  // The same 31 bits as a number: 1094287082 at 59 s (RFC 6238), in base 26, the last first.
  const steam = parseTotp('steam://' + secret(20));
  expect(steam).toMatchObject({ digits: 5, period: 30, steam: true });
  const alphabet = '23456789BCDFGHJKMNPQRTVWXY';
  const number = [...totp(steam, 59_000)].reduceRight((n, c) => n * 26 + alphabet.indexOf(c), 0);
  const decimal = Number(totp({ ...parseTotp(secret(20)), digits: 10 }, 59_000));
  expect(decimal % 100_000_000).toBe(94287082);
  expect(number).toBe(decimal % 26 ** 5);
});

describe('what people paste', () => {
  test.each([
    'JBSWY3DPEHPK3PXP',
    'jbswy3dpehpk3pxp',
    ' JBSW Y3DP EHPK 3PXP ',
    'JBSW-Y3DP-EHPK-3PXP',
    'JBSWY3DPEHPK3PXP======',
    'otpauth://totp/Example:anna@example.com?secret=JBSWY3DPEHPK3PXP&issuer=Example',
    'OTPAUTH://TOTP/Example?secret=jbswy3dpehpk3pxp',
  ])('%s', (s) => {
    const k = parseTotp(s);
    expect(Buffer.from(k.secret).toString('hex')).toBe('48656c6c6f21deadbeef');
    expect(k).toMatchObject({ digits: 6, period: 30, hash: 'SHA1', steam: false });
  });

  test('period, digits and hash of an address', () => {
    expect(parseTotp('otpauth://totp/x?secret=JBSWY3DP&period=60&digits=8&algorithm=sha-256')).toMatchObject({
      period: 60,
      digits: 8,
      hash: 'SHA256',
    });
    expect(parseTotp('otpauth://totp/x?secret=JBSWY3DP&period=0&digits=99')).toMatchObject({ period: 30, digits: 10 });
    expect(parseTotp('otpauth://totp/x?secret=JBSWY3DP&period=x&digits=')).toMatchObject({ period: 30, digits: 6 });
  });

  test.each([
    '',
    '   ',
    'not base 32!',
    'JBSWY3D1',
    'otpauth://totp/x',
    'otpauth://totp/x?secret=',
    'otpauth://totp/x?secret=JBSWY3DP&algorithm=MD5',
    'steam://',
    'A',
    'otpauth://',
  ])('%j is none', (s) => {
    expect(() => parseTotp(s)).toThrow(TotpError);
  });
});
