// Time-based codes (RFC 6238) of what people paste: a base32 secret, an otpauth:// address, or Steam's.
import { hmac } from '@noble/hashes/hmac.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';

export type TotpKey = {
  secret: Uint8Array;
  digits: number;
  period: number;
  hash: 'SHA1' | 'SHA256' | 'SHA512';
  steam: boolean;
};

export class TotpError extends Error {}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const steamAlphabet = '23456789BCDFGHJKMNPQRTVWXY';

function fromBase32(s: string): Uint8Array {
  const clean = s.toUpperCase().replace(/[\s-]/g, '').replace(/=+$/, '');
  const out: number[] = [];
  let bits = 0;
  let v = 0;
  for (const c of clean) {
    const n = base32.indexOf(c);
    if (n < 0) throw new TotpError(`"${c}" is not in base32`);
    v = ((v << 5) | n) & 0xfffff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.push((v >>> bits) & 255);
    }
  }
  if (out.length === 0) throw new TotpError('the secret is empty');
  return Uint8Array.from(out);
}

/** Reads a stored secret; what is none throws TotpError. */
export function parseTotp(stored: string): TotpKey {
  const s = stored.trim();
  const key: TotpKey = { secret: new Uint8Array(), digits: 6, period: 30, hash: 'SHA1', steam: false };
  if (/^steam:\/\//i.test(s)) return { ...key, secret: fromBase32(s.slice(8)), digits: 5, steam: true };
  if (!/^otpauth:\/\//i.test(s)) return { ...key, secret: fromBase32(s) };
  const q = new URL(s).searchParams;
  key.secret = fromBase32(q.get('secret') ?? '');
  key.digits = Math.min(10, Math.max(1, Number(q.get('digits') ?? 6) || 6));
  key.period = Math.min(300, Math.max(1, Number(q.get('period') ?? 30) || 30));
  const hash = (q.get('algorithm') ?? 'SHA1').toUpperCase().replace('-', '');
  if (hash !== 'SHA1' && hash !== 'SHA256' && hash !== 'SHA512') throw new TotpError(`algorithm ${hash}`);
  key.hash = hash;
  return key;
}

/** The code at a time in milliseconds. */
export function totp(k: TotpKey, now: number): string {
  const counter = new Uint8Array(8);
  new DataView(counter.buffer).setBigUint64(0, BigInt(Math.floor(now / 1000 / k.period)));
  const mac = hmac(k.hash === 'SHA512' ? sha512 : k.hash === 'SHA256' ? sha256 : sha1, k.secret, counter);
  const at = mac[mac.length - 1]! & 15;
  let n = ((mac[at]! & 0x7f) << 24) | (mac[at + 1]! << 16) | (mac[at + 2]! << 8) | mac[at + 3]!;
  if (!k.steam) return String(n % 10 ** k.digits).padStart(k.digits, '0');
  let out = '';
  for (let i = 0; i < 5; i++, n = Math.floor(n / steamAlphabet.length)) out += steamAlphabet[n % steamAlphabet.length];
  return out;
}
