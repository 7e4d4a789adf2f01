// The server's side has the same cryptography in Go (internal/keyring). Each side has written a file of what
// it makes; each side's tests open both. To write this side's anew:
//   WRITE_VECTORS=1 npx vitest run tests/vectors.test.ts
//   go test ./internal/keyring -run TestShared -write
import { cbc } from '@noble/ciphers/aes.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { fromBase64, toBase64, utf8 } from '../src/worker/bytes';
import { EncStringError, open, openFile, openFrom, seal, sealFile, sealTo, SymKey } from '../src/worker/encstring';
import { fingerprint } from '../src/worker/fingerprint';
import { authHash, masterKey, newAccount, sendKey, sendProof, stretch, type Kdf } from '../src/worker/keys';

type Sealed = { Key: string; Plain: string; Sealed: string };
type Pair = {
  User: string;
  Public: string;
  Private: string;
  Capsule: string;
  Inner: string;
  FingerprintOf: string;
  Fingerprint: string;
};
type Account = {
  Email: string;
  Password: string;
  KDF: number;
  Iterations: number;
  MemoryMiB: number;
  Parallelism: number;
  AuthHash: string;
  ProtectedKey: string;
  User: string;
  Wrong: string;
};
type Send = { Seed: string; Key: string; Password: string; Proof: string; URI: string; Checksum: string };
type Refused = { Why: string; Sealed: string; Key: string; File: boolean };
type Vectors = {
  Strings: Sealed[];
  Files: Sealed[];
  Pairs: Pair[];
  Accounts: Account[];
  Sends: Send[];
  Refused: Refused[];
};

const at = (by: string): URL => new URL(`../../internal/keyring/testdata/vectors-${by}.json`, import.meta.url);
const key = (b64: string): SymKey => new SymKey(fromBase64(b64));
const kdfOf = (a: Account): Kdf => ({
  kdfType: a.KDF as 0 | 1,
  iterations: a.Iterations,
  memory: a.MemoryMiB,
  parallelism: a.Parallelism,
});
const checksum = (uri: string): string => toBase64(sha256(utf8(uri)));

beforeAll(async () => {
  if (process.env.WRITE_VECTORS) writeFileSync(at('browser'), JSON.stringify(await written(), null, 1) + '\n');
});

describe.each(['go', 'browser'])('written by %s', (by) => {
  let v: Vectors;
  beforeAll(() => {
    v = JSON.parse(readFileSync(at(by), 'utf8')) as Vectors;
  });

  test('none is missing', () => {
    expect(v.Strings.length).toBeGreaterThanOrEqual(5);
    expect(v.Files.length).toBeGreaterThanOrEqual(3);
    expect(v.Pairs.length).toBeGreaterThanOrEqual(1);
    expect(v.Accounts.length).toBeGreaterThanOrEqual(3);
    expect(v.Sends.length).toBeGreaterThanOrEqual(1);
    expect(v.Refused.length).toBeGreaterThanOrEqual(20);
  });

  test('strings open', () => {
    for (const s of v.Strings) expect(toBase64(open(key(s.Key), s.Sealed))).toBe(s.Plain);
  });

  test('files open', async () => {
    for (const f of v.Files) expect(toBase64(await openFile(key(f.Key), fromBase64(f.Sealed)))).toBe(f.Plain);
  });

  test('what was tampered with, and legacy types, do not open', async () => {
    for (const r of v.Refused) {
      if (r.File)
        await expect(openFile(key(r.Key), fromBase64(r.Sealed)), r.Why).rejects.toBeInstanceOf(EncStringError);
      else expect(() => open(key(r.Key), r.Sealed), r.Why).toThrow(EncStringError);
    }
  });

  test('keys sent to a public key open', async () => {
    for (const p of v.Pairs) {
      const pkcs8 = open(key(p.User), p.Private);
      const priv = await crypto.subtle.importKey(
        'pkcs8',
        pkcs8 as BufferSource,
        { name: 'RSA-OAEP', hash: 'SHA-1' },
        false,
        ['decrypt'],
      );
      expect(toBase64(await openFrom(priv, p.Capsule))).toBe(p.Inner);
      await expect(openFrom(priv, '3' + p.Capsule.slice(1))).rejects.toBeInstanceOf(EncStringError);
      await expect(openFrom(priv, p.Capsule.slice(0, -5) + 'AAAA=')).rejects.toBeInstanceOf(EncStringError);
      expect(await fingerprint(fromBase64(p.Public), p.FingerprintOf)).toBe(p.Fingerprint);
    }
  });

  test('passwords open accounts, and only the right ones', async () => {
    for (const a of v.Accounts) {
      const master = await masterKey(a.Password, a.Email, kdfOf(a));
      expect(await authHash(master, a.Password)).toBe(a.AuthHash);
      expect(toBase64(open(stretch(master), a.ProtectedKey))).toBe(a.User);
      const wrong = stretch(await masterKey(a.Wrong, a.Email, kdfOf(a)));
      expect(() => open(wrong, a.ProtectedKey)).toThrow(EncStringError);
    }
  });

  test('the keys, proofs and checksums of Sends and addresses', async () => {
    for (const s of v.Sends) {
      expect(toBase64(sendKey(fromBase64(s.Seed)).raw)).toBe(s.Key);
      expect(await sendProof(s.Password, fromBase64(s.Seed))).toBe(s.Proof);
      expect(checksum(s.URI)).toBe(s.Checksum);
    }
  });
});

async function written(): Promise<Vectors> {
  const b64 = (s: string): string => toBase64(utf8(s));
  const Strings = ['', 'hunter2', 'exactly sixteen.', 'Grüße, 世界 🔑\n\t', 'long '.repeat(2_000)].map(
    (plain): Sealed => {
      const k = SymKey.random();
      return { Key: toBase64(k.raw), Plain: b64(plain), Sealed: seal(k, plain) };
    },
  );
  const Files: Sealed[] = [];
  for (const plain of ['', '123456789', '\0\u00ff'.repeat(5_000)]) {
    const k = SymKey.random();
    Files.push({ Key: toBase64(k.raw), Plain: b64(plain), Sealed: toBase64(await sealFile(k, utf8(plain))) });
  }
  const Pairs: Pair[] = [];
  const Accounts: Account[] = [];
  for (const a of [
    { Email: 'anna@example.com', Password: 'correct horse', KDF: 0, Iterations: 5_000, MemoryMiB: 0, Parallelism: 0 },
    { Email: ' Müller@Example.COM ', Password: 'pässwörd 🔑', KDF: 1, Iterations: 2, MemoryMiB: 16, Parallelism: 1 },
    { Email: 'b@example.org', Password: ' blanks stay ', KDF: 1, Iterations: 3, MemoryMiB: 15, Parallelism: 2 },
  ]) {
    const made = await newAccount(a.Email, a.Password, {
      kdfType: a.KDF as 0 | 1,
      iterations: a.Iterations,
      memory: a.MemoryMiB,
      parallelism: a.Parallelism,
    });
    const User = toBase64(made.user.raw);
    Accounts.push({ ...a, AuthHash: made.authHash, ProtectedKey: made.protectedKey, User, Wrong: a.Password + 'x' });
    const inner = SymKey.random();
    const of = 'a09726a0-9590-49d1-a5f5-afe300b6a515';
    Pairs.push({
      User,
      Public: made.publicKey,
      Private: made.protectedPrivateKey,
      Capsule: await sealTo(made.publicKey, inner.raw),
      Inner: toBase64(inner.raw),
      FingerprintOf: of,
      Fingerprint: await fingerprint(fromBase64(made.publicKey), of),
    });
  }
  const seed = SymKey.random().raw.slice(0, 16);
  const uri = 'https://example.com/päth?q=1';
  const Sends = [
    {
      Seed: toBase64(seed),
      Key: toBase64(sendKey(seed).raw),
      Password: 'send pass',
      Proof: await sendProof('send pass', seed),
      URI: uri,
      Checksum: checksum(uri),
    },
  ];
  return { Strings, Files, Pairs, Accounts, Sends, Refused: await refused() };
}

/** What an attacker with a hand on the database could put there. */
async function refused(): Promise<Refused[]> {
  const k = SymKey.random();
  const good = seal(k, 'a secret of several blocks, so that they can change places');
  const [iv, ct, mac] = good.slice(2).split('|') as [string, string, string];
  const flip = (s: string, i: number): string => {
    const b = fromBase64(s);
    b[i]! ^= 1;
    return toBase64(b);
  };
  const strings: Record<string, string> = {
    'a changed iv': `2.${flip(iv, 0)}|${ct}|${mac}`,
    'a changed text': `2.${iv}|${flip(ct, 5)}|${mac}`,
    'a changed last block': `2.${iv}|${flip(ct, 63)}|${mac}`,
    'a changed MAC': `2.${iv}|${ct}|${flip(mac, 31)}`,
    'no MAC': `2.${iv}|${ct}`,
    'an empty MAC': `2.${iv}|${ct}|`,
    'half a MAC': `2.${iv}|${ct}|${mac.slice(0, 20)}`,
    'type 0': `0.${iv}|${ct}`,
    'type 0 with a MAC': '0.' + good.slice(2),
    'type 1': '1.' + good.slice(2),
    'no type': good.slice(2),
    'no type or MAC': `${iv}|${ct}`,
    'type 3': '3.' + ct,
    'type 4': '4.' + ct,
    'type 5': `5.${ct}|${mac}`,
    'type 6': `6.${ct}|${mac}`,
    'type 7': '7.' + ct,
    'type 22': '22.' + good.slice(2),
    'four parts': `${good}|${mac}`,
    'an empty text': `2.${iv}||${mac}`,
    'half a block': `2.${iv}|${ct.slice(0, 20)}|${mac}`,
    'a line break': good.slice(0, 40) + '\n' + good.slice(40),
    'a blank behind': good + ' ',
    'no padding of the base64': good.replace(/=+$/, ''),
    "another key's": seal(SymKey.random(), 'x'),
    'wrong padding': wrongPadding(k),
    'an empty string': '',
    'a text': 'hunter2',
  };
  const out = Object.entries(strings).map(([Why, Sealed]): Refused => ({
    Why,
    Sealed,
    Key: toBase64(k.raw),
    File: false,
  }));
  const file = await sealFile(k, utf8('a file'));
  for (const [Why, i] of [
    ['a file of another type', 0],
    ['a file with a changed iv', 1],
    ['a file with a changed MAC', 17],
    ['a file with a changed text', 49],
  ] as const) {
    const bad = file.slice();
    bad[i]! ^= 1;
    out.push({ Why, Sealed: toBase64(bad), Key: toBase64(k.raw), File: true });
  }
  out.push({ Why: 'half a file', Sealed: toBase64(file.slice(0, 49)), Key: toBase64(k.raw), File: true });
  return out;
}

function wrongPadding(k: SymKey): string {
  const both = new Uint8Array(32);
  const block = new Uint8Array(16).fill(17, 15);
  both.set(cbc(k.enc, both.slice(0, 16), { disablePadding: true }).encrypt(block), 16);
  return `2.${toBase64(both.slice(0, 16))}|${toBase64(both.slice(16))}|${toBase64(k.mac(both))}`;
}
