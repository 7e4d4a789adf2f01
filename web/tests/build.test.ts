import { expect, test } from 'vitest';
import { toBase32 } from '../src/import/base32';
import { cardBrand, expiry, iso } from '../src/import/build';

test.each([
  ['03/27', '3', '2027'],
  ['3/2027', '3', '2027'],
  ['2027-03', '3', '2027'],
  ['2027-03-31', '3', '2027'],
  ['032027', '3', '2027'],
  ['202703', '3', '2027'],
  ['112030', '11', '2030'],
  ['0327', '3', '2027'],
  ['March,2027', '3', '2027'],
  ['Dec 2030', '12', '2030'],
])('%s is a month', (s, month, year) => {
  expect(expiry(s)).toEqual({ month, year });
});

test.each(['', ',', '13/27', 'soon', '2027', 'Mayhem 2030 x', '00/27'])('%j is no month', (s) => {
  expect(expiry(s)).toBeUndefined();
});

test.each([
  ['4111 1111 1111 1111', '', 'Visa'],
  ['5555555555554444', '', 'Mastercard'],
  ['2223003122003222', '', 'Mastercard'],
  ['378282246310005', '', 'Amex'],
  ['6011111111111117', '', 'Discover'],
  ['3530111333300000', '', 'JCB'],
  ['1', 'mc', 'Mastercard'],
  ['', 'Shop card', 'Shop card'],
  ['', '', ''],
])('a card %s %s is of %s', (number, said, brand) => {
  expect(cardBrand(number, said)).toBe(brand);
});

test('times', () => {
  expect(iso('2024-01-02T03:04:05Z')).toBe('2024-01-02T03:04:05.000Z');
  expect(iso(0)).toBe('1970-01-01T00:00:00.000Z');
  for (const bad of ['', 'x', NaN, 1e18, '+020240-01-01T00:00:00Z']) expect(iso(bad)).toBeUndefined();
});

/** RFC 4648, section 10. */
test.each([
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
])('base32 of %j', (s, want) => {
  expect(toBase32(new TextEncoder().encode(s))).toBe(want);
});
