// Bitwarden's JSON: plain, sealed with a password (PBKDF2 and Argon2id), and under an account's key. The
// ciphers are Node's, so that the browser's code is checked against another's.
import { argon2id } from 'hash-wasm';
import { createCipheriv, createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { hard, multiline, ssh } from './values.js';

const date = '2024-05-06T07:08:09.123Z';
const base = { organizationId: null, folderId: null, reprompt: 0, notes: null, favorite: false, fields: null, passwordHistory: null, collectionIds: null, creationDate: date, revisionDate: date, deletedDate: null, archivedDate: null };
const id = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

export const plain = {
  encrypted: false,
  folders: [
    { id: id(901), name: 'Work/Clients' },
    { id: id(902), name: 'Familie 👪' },
    { id: id(903), name: 'Nothing in it' },
  ],
  items: [
    {
      ...base, id: id(1), folderId: id(901), type: 1, reprompt: 1, name: 'Portal', notes: multiline, favorite: true,
      fields: [{ name: 'PIN', value: '0042', type: 1, linkedId: null }, { name: 'agreed', value: 'true', type: 2, linkedId: null }, { name: 'user again', value: null, type: 3, linkedId: 100 }],
      login: {
        uris: [{ match: null, uri: 'https://portal.example.com/login' }, { match: 3, uri: 'https://portal.example.org' }, { match: 4, uri: '^https://.*\\.example\\.net/' }],
        username: 'anna', password: hard, totp: 'otpauth://totp/Portal:anna?secret=JBSWY3DPEHPK3PXP&period=60', passwordRevisionDate: date,
        fido2Credentials: [{ credentialId: id(77), keyType: 'public-key', keyAlgorithm: 'ECDSA', keyCurve: 'P-256', keyValue: 'MIGHAgEAMBMGByqGSM49', rpId: 'portal.example.com', userHandle: 'YW5uYQ', userName: 'anna', counter: '0', rpName: 'Portal', userDisplayName: 'Anna', discoverable: 'true', creationDate: date }],
      },
      passwordHistory: [{ lastUsedDate: date, password: 'older' }, { lastUsedDate: '2020-01-01T00:00:00.000Z', password: 'oldest' }],
    },
    { ...base, id: id(2), type: 2, name: 'Alarm', notes: '4711', secureNote: { type: 0 }, archivedDate: date },
    { ...base, id: id(3), folderId: id(902), type: 3, name: 'Visa', card: { cardholderName: 'Anna Müller', brand: 'Visa', number: '4111111111111111', expMonth: '3', expYear: '2031', code: '123' } },
    { ...base, id: id(4), type: 4, name: 'Me', identity: { title: 'Dr', firstName: 'Anna', middleName: 'B', lastName: 'Müller', address1: 'Ring 1', address2: null, address3: null, city: 'Köln', state: 'NRW', postalCode: '50667', country: 'DE', company: 'Example GmbH', email: 'anna@example.com', phone: '+49221', ssn: '12 345', username: 'anna', passportNumber: 'C01X00T47', licenseNumber: 'B072' } },
    { ...base, id: id(5), type: 5, name: 'Deploy key', sshKey: { privateKey: ssh.privateKey, publicKey: ssh.publicKey, keyFingerprint: ssh.fingerprint } },
    { ...base, id: id(6), type: 1, name: 'Thrown away', login: { uris: null, username: null, password: 'x', totp: 'steam://JBSWY3DPEHPK3PXP', fido2Credentials: [] }, deletedDate: date },
    { ...base, id: id(7), type: 6, name: 'Giro', bankAccount: { bankName: 'Example Bank', iban: 'DE02120300000000202051', pin: null } },
  ],
};

export const organization = {
  encrypted: false,
  collections: [{ id: id(801), organizationId: id(800), name: 'Team/Web', externalId: null }],
  items: [{ ...base, id: id(11), organizationId: id(800), collectionIds: [id(801)], type: 1, name: 'Team', login: { uris: [], username: 'team', password: 'shared', totp: null } }],
};

export function seal(key, text) {
  const iv = randomBytes(16);
  const c = createCipheriv('aes-256-cbc', key.subarray(0, 32), iv);
  const ct = Buffer.concat([c.update(text), c.final()]);
  const mac = createHmac('sha256', key.subarray(32)).update(iv).update(ct).digest();
  return `2.${iv.toString('base64')}|${ct.toString('base64')}|${mac.toString('base64')}`;
}

/** HKDF's expand step for one block. */
const expand = (prk, info) => createHmac('sha256', prk).update(info).update(Buffer.of(1)).digest();
export const stretch = (k) => Buffer.concat([expand(k, 'enc'), expand(k, 'mac')]);

export async function sealed(password, kdf) {
  const salt = randomBytes(16).toString('base64');
  const master =
    kdf.kdfType === 0
      ? pbkdf2Sync(password, salt, kdf.kdfIterations, 32, 'sha256')
      : await argon2id({ password, salt: createHash('sha256').update(salt).digest(), iterations: kdf.kdfIterations, memorySize: kdf.kdfMemory * 1024, parallelism: kdf.kdfParallelism, hashLength: 32, outputType: 'binary' });
  const key = stretch(Buffer.from(master));
  return { encrypted: true, passwordProtected: true, salt, ...kdf, encKeyValidation_DO_NOT_EDIT: seal(key, id(999)), data: seal(key, JSON.stringify(plain)) };
}

/** The user key of the account whose export this is: the bytes 0 to 63. */
export const userKey = Buffer.from(Array.from({ length: 64 }, (_, i) => i));

export function restricted() {
  const own = randomBytes(64);
  const clear = new Set(['id', 'organizationId', 'folderId', 'creationDate', 'revisionDate', 'deletedDate', 'archivedDate', 'lastUsedDate', 'passwordRevisionDate']);
  const walk = (v, key, name = '') => {
    if (typeof v === 'string') return clear.has(name) || !v ? v : seal(key, v);
    if (Array.isArray(v)) return v.map((x) => walk(x, key));
    return v && typeof v === 'object' ? Object.fromEntries(Object.entries(v).map(([n, x]) => [n, walk(x, key, n)])) : v;
  };
  const items = plain.items.slice(0, 5).map((i, n) => (n === 0 ? { ...fixDates(walk(i, own), i), key: seal(userKey, own) } : walk(i, userKey)));
  return { encrypted: true, encKeyValidation_DO_NOT_EDIT: seal(userKey, id(998)), folders: walk(plain.folders, userKey), items };
}

/** A passkey's date is not sealed. */
function fixDates(sealedItem, item) {
  sealedItem.login.fido2Credentials[0].creationDate = item.login.fido2Credentials[0].creationDate;
  return sealedItem;
}
