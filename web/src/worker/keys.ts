// What is derived from a master password, and the keys of a new account.
import { expand, extract } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { toBase64, utf8 } from './bytes';
import { seal, SymKey } from './encstring';

/** type 0 is PBKDF2-SHA256, 1 Argon2id; memory in MiB. */
export type Kdf = { kdfType: 0 | 1; iterations: number; memory?: number | null; parallelism?: number | null };

/** The floor under which no server may push a client: a weaker derivation would make guessing the
 * password from what is sent cheap. */
export function weakKdf(k: Kdf): boolean {
  // Asked so that what is no number is weak too.
  if (k.kdfType === 0) return !(k.iterations >= 5_000);
  return !(k.kdfType === 1 && k.iterations >= 2 && (k.memory ?? 0) >= 15 && (k.parallelism ?? 0) >= 1);
}

async function pbkdf2(secret: Uint8Array, salt: Uint8Array, iterations: number): Promise<Uint8Array> {
  const k = await crypto.subtle.importKey('raw', secret as BufferSource, 'PBKDF2', false, ['deriveBits']);
  const p = { name: 'PBKDF2', hash: 'SHA-256', salt: salt as BufferSource, iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(p, k, 256));
}

/** The 32-byte master key. salt is the account's salt (its e-mail address, trimmed and in lower case). */
export const masterKey = (password: string, salt: string, k: Kdf): Promise<Uint8Array> =>
  derive(password, utf8(salt.trim().toLowerCase()), k);

/** The key of a file that is sealed with a password of its own; its salt is taken as it is written. */
export const fileKey = async (password: string, salt: string, k: Kdf): Promise<SymKey> =>
  stretch(await derive(password, utf8(salt), k));

async function derive(password: string, s: Uint8Array, k: Kdf): Promise<Uint8Array> {
  if (k.kdfType === 0) return pbkdf2(utf8(password), s, k.iterations);
  const { argon2id } = await import('hash-wasm'); // not needed to show the page
  return argon2id({
    password: utf8(password),
    salt: sha256(s),
    iterations: k.iterations,
    memorySize: (k.memory ?? 64) * 1024,
    parallelism: k.parallelism ?? 4,
    hashLength: 32,
    outputType: 'binary',
  });
}

/** What the server gets to see of a password: base64. */
export const authHash = async (master: Uint8Array, password: string): Promise<string> =>
  toBase64(await pbkdf2(master, utf8(password), 1));

/** The key that wraps the user key. */
export function stretch(master: Uint8Array): SymKey {
  const k = new Uint8Array(64);
  k.set(expand(sha256, master, utf8('enc'), 32));
  k.set(expand(sha256, master, utf8('mac'), 32), 32);
  return new SymKey(k);
}

/** A key derived from a Send's seed. */
export function sendKey(seed: Uint8Array): SymKey {
  const prk = extract(sha256, seed, utf8('bitwarden-send'));
  return new SymKey(expand(sha256, prk, utf8('send'), 64));
}

/** A key for one purpose of this browser, derived from the user key. */
export function localKey(user: SymKey, purpose: string): Uint8Array {
  return expand(sha256, extract(sha256, user.raw, utf8('strongroom')), utf8(purpose), 32);
}

/** The key under which the user key lies beside a system's keychain, for one account of one vault alone. */
export function keychainKey(kept: Uint8Array, vault: string, account: string): SymKey {
  const prk = extract(sha256, kept, utf8('strongroom'));
  return new SymKey(expand(sha256, prk, utf8(`keychain ${account} ${vault}`), 64));
}

/** The hash by which the receiver of a Send proves to know its password. */
export const sendProof = async (password: string, seed: Uint8Array): Promise<string> =>
  toBase64(await pbkdf2(utf8(password), seed, 100_000));

export type AccountKeys = {
  user: SymKey;
  protectedKey: string;
  publicKey: string;
  protectedPrivateKey: string;
  authHash: string;
};

/** Makes everything that a new account consists of. */
export async function newAccount(email: string, password: string, kdf: Kdf): Promise<AccountKeys> {
  const master = await masterKey(password, email, kdf);
  const user = SymKey.random();
  const pair = await crypto.subtle.generateKey(
    { name: 'RSA-OAEP', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-1' },
    true,
    ['encrypt', 'decrypt'],
  );
  const pub = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  const priv = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
  return {
    user,
    protectedKey: seal(stretch(master), user.raw),
    publicKey: toBase64(pub),
    protectedPrivateKey: seal(user, priv),
    authHash: await authHash(master, password),
  };
}

/** Passes of Argon2id over 32 MiB in 4 lanes, which a phone's autofill process can afford: at least 4, more
 * where this machine does them in a quarter of a second. */
export async function chooseKdf(): Promise<Kdf> {
  const base: Kdf = { kdfType: 1, iterations: 4, memory: 32, parallelism: 4 };
  await masterKey('warm-up', 'warm-up', { ...base, iterations: 1 });
  const t = performance.now();
  await masterKey('measure', 'measure', base);
  const pass = (performance.now() - t) / 4;
  return { ...base, iterations: Math.max(4, Math.min(10, Math.floor(250 / pass))) };
}
