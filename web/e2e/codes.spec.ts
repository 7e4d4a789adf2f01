// One-time codes against what RFC 6238 says they are, with a clock that the spec moves.
import { createHmac } from 'node:crypto';
import { accessible, bring, clipboard, expect, logIn, login, test } from './fixtures';

const base32 = (b: Buffer): string => {
  let bits = '';
  for (const x of b) bits += x.toString(2).padStart(8, '0');
  return (bits.match(/.{1,5}/g) ?? [])
    .map((q) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[parseInt(q.padEnd(5, '0'), 2)])
    .join('');
};

/** RFC 6238 over RFC 4226, written anew here. */
function code(secret: Buffer, seconds: number, hash = 'sha1', digits = 6, period = 30): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(seconds / period)));
  const mac = createHmac(hash, secret).update(counter).digest();
  const at = mac[mac.length - 1]! & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 10 ** digits).padStart(digits, '0');
}

const seed = Buffer.from('12345678901234567890');
const seed256 = Buffer.from('12345678901234567890123456789012');
const otpauth = `otpauth://totp/x?secret=${base32(seed256)}&algorithm=SHA256&digits=8&period=60`;

test('what this spec computes is what RFC 6238 says', () => {
  expect(code(seed, 59, 'sha1', 8)).toBe('94287082');
  expect(code(seed256, 1111111109, 'sha256', 8)).toBe('68084774');
});

test('codes in an item and in the view of all codes, with the ring', async ({ page, person }) => {
  await person.api('POST', '/passwords', { service: 'Plain', username: 'ann', password: 'p', totp: base32(seed) });
  await person.api('POST', '/passwords', { service: 'Long', username: 'ann', password: 'p', totp: otpauth });
  await logIn(page, person);
  await bring(page, { folders: [], items: [login('Broken', { totp: '1?8' })] });
  const shown = async (l = page.getByTestId('totp')) => (await l.innerText()).replace(/\s+/g, '').replace(/next.*/, '');
  const now = () => page.evaluate(() => Math.floor(Date.now() / 1000));
  await page.getByText('Plain', { exact: true }).click();
  // The worker has the real clock: the code must be that of the second before or after it was read.
  const either = (a: number, b: number, f: (t: number) => string) => [f(a), f(b)];
  await expect
    .poll(async () => {
      const before = await now();
      const s = await shown();
      return either(before, await now(), (t) => code(seed, t)).includes(s);
    })
    .toBe(true);
  await expect(page.getByRole('img', { name: /^\d+ seconds? left$/ })).toBeVisible();
  await accessible(page, 'item with a code');
  await page.getByRole('button', { name: 'Copy One-time code', exact: true }).click();
  const copied = await now();
  await expect.poll(() => clipboard(page)).toMatch(/^\d{6}$/);
  expect([copied - 30, copied, copied + 30].map((t) => code(seed, t))).toContain(await clipboard(page));
  await page.getByText('Broken', { exact: true }).click();
  await expect(page.getByText('This secret makes no codes:')).toBeVisible();

  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'One-time codes' }).click();
  await expect(page.getByRole('listitem')).toHaveCount(3);
  const long = page.getByRole('listitem').filter({ hasText: 'Long' });
  await expect
    .poll(async () => {
      const before = await now();
      const s = await shown(long.getByTestId('totp'));
      return either(before, await now(), (t) => code(seed256, t, 'sha256', 8, 60)).includes(s);
    })
    .toBe(true);
  await accessible(page, 'all codes');
  await page.getByRole('searchbox').fill('plain');
  await expect(page.getByRole('listitem')).toHaveCount(1);
  await page.getByRole('searchbox').fill('nothing such');
  await expect(page.getByText('Nothing found for “nothing such”.')).toBeVisible();
  await page.getByRole('searchbox').fill('');
  await page.getByRole('link', { name: 'Plain' }).click();
  await expect(page.getByRole('heading', { name: 'Plain' })).toBeVisible();
});

test('without codes the view says how to get one', async ({ vault }) => {
  await vault.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'One-time codes' }).click();
  await expect(vault.getByText('No item has a one-time code yet.')).toBeVisible();
  await accessible(vault, 'no codes');
});
