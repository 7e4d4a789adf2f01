// The phrase by which two people, or two devices, compare a public key aloud.
import { expand } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8 } from './bytes';

/** Five words of the EFF's long list. subject: the account's id, or the address for a request to log in. */
export async function fingerprint(publicKey: Uint8Array, subject: string): Promise<string> {
  const { words } = await import('../lib/words');
  let n = 0n;
  for (const b of expand(sha256, publicKey, utf8(subject), 32)) n = (n << 8n) | BigInt(b);
  const out: string[] = [];
  const size = BigInt(words.length);
  for (let i = 0; i < 5; i++, n /= size) out.push(words[Number(n % size)]!);
  return out.join('-');
}
