// Encrypted strings as clients store them. Type 2 is AES-256-CBC with HMAC-SHA256, the MAC checked
// before anything is decrypted; type 4 is RSA-OAEP with SHA-1, for keys sent to a public key. Types
// without a MAC are refused: whoever can write to the database could turn new strings into them.
import { cbc } from '@noble/ciphers/aes.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { fromBase64, toBase64 } from './bytes';

/** Why a string was not opened. */
export class EncStringError extends Error {}

type Mac = { _cloneInto(to?: Mac): Mac; update(d: Uint8Array): unknown; digestInto(out: Uint8Array): void };

let scratch: Mac | undefined;
const tag = new Uint8Array(32);
const zeroIV = new Uint8Array(16);
const strictText = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

/** A 64-byte symmetric key: 32 bytes for AES, 32 for HMAC. */
export class SymKey {
  readonly raw: Uint8Array;
  readonly enc: Uint8Array;
  private readonly base: Mac;

  constructor(raw: Uint8Array) {
    if (raw.length !== 64) throw new EncStringError(`a key of ${raw.length} bytes`);
    this.raw = raw.slice();
    this.enc = this.raw.subarray(0, 32);
    this.base = hmac.create(sha256, this.raw.subarray(32)) as unknown as Mac;
  }

  static random(): SymKey {
    return new SymKey(crypto.getRandomValues(new Uint8Array(64)));
  }

  /** The MAC of data, in a buffer that the next call overwrites: one scratch HMAC refilled from the
   * keyed base spares two allocations and two compressions a string. */
  mac(data: Uint8Array): Uint8Array {
    scratch = this.base._cloneInto(scratch);
    scratch.update(data);
    scratch.digestInto(tag);
    return tag;
  }
}

type Part = { from: number; to: number };

function part(s: string, from: number, to: number): Uint8Array {
  try {
    return fromBase64(s.slice(from, to));
  } catch {
    throw new EncStringError('not base64');
  }
}

/** Copies iv and ciphertext of a type-2 string into big at o and checks its MAC. */
function take(key: SymKey, s: string, big: Uint8Array, o: number): Part {
  if (!s.startsWith('2.')) throw new EncStringError(`type ${s.slice(0, Math.max(0, s.indexOf('.'))) || '?'}`);
  const a = s.indexOf('|');
  const b = s.indexOf('|', a + 1);
  if (a < 0 || b < 0 || s.indexOf('|', b + 1) >= 0) throw new EncStringError('not three parts');
  const [iv, ct, mac] = [part(s, 2, a), part(s, a + 1, b), part(s, b + 1, s.length)];
  if (iv.length !== 16 || mac.length !== 32 || ct.length === 0 || ct.length % 16 !== 0)
    throw new EncStringError('lengths');
  big.set(iv, o);
  big.set(ct, o + 16);
  const end = o + 16 + ct.length;
  const want = key.mac(big.subarray(o, end));
  let diff = 0;
  for (let i = 0; i < 32; i++) diff |= want[i]! ^ mac[i]!;
  if (diff !== 0) throw new EncStringError('the MAC does not match');
  return { from: o + 16, to: end };
}

/** Opens many strings under one key with a single CBC pass over iv‖ct‖iv‖ct…, so that the key
 * schedule is made once. Any string that is not right throws EncStringError. */
export function openMany(key: SymKey, strings: readonly string[]): Uint8Array[] {
  if (strings.length === 0) return [];
  let n = 0;
  for (const s of strings) n += s.length;
  const big = new Uint8Array(n);
  const parts: Part[] = [];
  let end = 0;
  for (const s of strings) {
    const p = take(key, s, big, end);
    parts.push(p);
    end = p.to;
  }
  const plain = cbc(key.enc, zeroIV, { disablePadding: true }).decrypt(big.slice(0, end));
  return parts.map(({ from, to }) => {
    const pad = plain[to - 1]!;
    if (pad < 1 || pad > 16) throw new EncStringError('padding');
    for (let i = to - pad; i < to; i++) if (plain[i] !== pad) throw new EncStringError('padding');
    return plain.subarray(from, to - pad);
  });
}

export const open = (key: SymKey, s: string): Uint8Array => openMany(key, [s])[0]!;
export const text = (b: Uint8Array): string => strictText.decode(b);
export const openText = (key: SymKey, s: string): string => text(open(key, s));
/** An absent string is ''. */
export const openOpt = (key: SymKey, s: string | null | undefined): string => (s ? openText(key, s) : '');

/** Seals bytes or a text as type 2 with a fresh iv. */
export function seal(key: SymKey, plain: Uint8Array | string): string {
  const data = typeof plain === 'string' ? encoder.encode(plain) : plain;
  const iv = crypto.getRandomValues(new Uint8Array(16));
  const ct = cbc(key.enc, iv).encrypt(data);
  const both = new Uint8Array(16 + ct.length);
  both.set(iv);
  both.set(ct, 16);
  return `2.${toBase64(iv)}|${toBase64(ct)}|${toBase64(key.mac(both))}`;
}

/** '' becomes null, as clients store what is not there. */
export const sealOpt = (key: SymKey, s: string | null | undefined): string | null => (s ? seal(key, s) : null);

/** Seals bytes as an attachment: one byte 2, iv, mac, ciphertext. WebCrypto, for files are large. */
export async function sealFile(key: SymKey, data: Uint8Array): Promise<Uint8Array> {
  const iv = crypto.getRandomValues(new Uint8Array(16));
  const aes = await crypto.subtle.importKey('raw', key.enc as BufferSource, 'AES-CBC', false, ['encrypt']);
  const ct = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, aes, data as BufferSource));
  const out = new Uint8Array(49 + ct.length);
  out[0] = 2;
  out.set(iv, 1);
  out.set(ct, 49);
  out.set(await fileMac(key, iv, ct), 17);
  return out;
}

/** Opens what sealFile made. */
export async function openFile(key: SymKey, sealed: Uint8Array): Promise<Uint8Array> {
  if (sealed[0] !== 2 || sealed.length < 65 || (sealed.length - 49) % 16 !== 0)
    throw new EncStringError('not a sealed file');
  const iv = sealed.slice(1, 17);
  const ct = sealed.subarray(49);
  const want = await fileMac(key, iv, ct);
  let diff = 0;
  for (let i = 0; i < 32; i++) diff |= want[i]! ^ sealed[17 + i]!;
  if (diff !== 0) throw new EncStringError('the MAC does not match');
  const aes = await crypto.subtle.importKey('raw', key.enc as BufferSource, 'AES-CBC', false, ['decrypt']);
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-CBC', iv }, aes, ct as BufferSource));
  } catch {
    throw new EncStringError('padding');
  }
}

async function fileMac(key: SymKey, iv: Uint8Array, ct: Uint8Array): Promise<Uint8Array> {
  const k = await crypto.subtle.importKey(
    'raw',
    key.raw.slice(32) as BufferSource,
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  );
  const both = new Uint8Array(16 + ct.length);
  both.set(iv);
  both.set(ct, 16);
  return new Uint8Array(await crypto.subtle.sign('HMAC', k, both as BufferSource));
}

/** Seals bytes to a public key (SPKI, base64), as type 4. */
export async function sealTo(publicKey: string, data: Uint8Array): Promise<string> {
  const k = await crypto.subtle.importKey(
    'spki',
    fromBase64(publicKey) as BufferSource,
    { name: 'RSA-OAEP', hash: 'SHA-1' },
    false,
    ['encrypt'],
  );
  return '4.' + toBase64(new Uint8Array(await crypto.subtle.encrypt('RSA-OAEP', k, data as BufferSource)));
}

/** Opens a type-4 string with a private key. */
export async function openFrom(privateKey: CryptoKey, s: string): Promise<Uint8Array> {
  if (!s.startsWith('4.')) throw new EncStringError(`type ${s.slice(0, Math.max(0, s.indexOf('.'))) || '?'}`);
  try {
    return new Uint8Array(await crypto.subtle.decrypt('RSA-OAEP', privateKey, fromBase64(s.slice(2)) as BufferSource));
  } catch {
    throw new EncStringError('this key does not open it');
  }
}
