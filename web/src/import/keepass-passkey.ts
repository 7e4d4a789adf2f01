// KeePassXC keeps a passkey in fields of an entry; here it is part of a login.
import { fromBase64, fromBase64Url, toBase64Url } from '../worker/bytes';
import type { Passkey } from '../worker/model';
import type { Fields } from './keepass';

const p = 'KPEX_PASSKEY_';

/** Takes a passkey on the curve that clients know; any other stays in its fields. */
export function takePasskey(f: Fields, created: Date | undefined): Passkey | undefined {
  const id = f.peek(p + 'CREDENTIAL_ID') || f.peek(p + 'GENERATED_USER_ID');
  const key = keyOf(f.peek(p + 'PRIVATE_KEY_PEM'));
  const rpId = f.peek(p + 'RELYING_PARTY');
  if (!id || !key || !rpId) return undefined;
  const user = f.take(p + 'USERNAME');
  for (const n of ['CREDENTIAL_ID', 'GENERATED_USER_ID', 'PRIVATE_KEY_PEM', 'RELYING_PARTY']) f.take(p + n);
  return {
    credentialId: `b64.${id.replace(/=+$/, '')}`,
    keyType: 'public-key',
    keyAlgorithm: 'ECDSA',
    keyCurve: 'P-256',
    keyValue: toBase64Url(key),
    rpId,
    userHandle: f.take(p + 'USER_HANDLE').replace(/=+$/, ''),
    userName: user,
    counter: '0',
    rpName: rpId,
    userDisplayName: user,
    discoverable: 'true',
    creationDate: (created ?? new Date()).toISOString(),
  };
}

/** The DER of "1.2.840.10045.2.1" with "1.2.840.10045.3.1.7": an EC key on P-256. */
const p256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

function keyOf(pem: string): Uint8Array | undefined {
  const body = /-----BEGIN PRIVATE KEY-----([\s\S]*)-----END PRIVATE KEY-----/.exec(pem)?.[1]?.replace(/\s/g, '');
  if (!body) return undefined;
  try {
    const der = body.includes('-') || body.includes('_') ? fromBase64Url(body) : fromBase64(body);
    for (let i = 0; i + p256.length <= Math.min(der.length, 64); i++)
      if (p256.every((x, n) => der[i + n] === x)) return der;
  } catch {
    // not base64: it stays a field
  }
  return undefined;
}
