// KeePass's files, written by kdbxweb, with key derivations that cost next to nothing.
import { argon2d, argon2id } from 'hash-wasm';
import * as module from 'kdbxweb';
import { hard, multiline, pem, png } from './values.js';

const { ByteUtils, Consts, CryptoEngine, Int64, Kdbx, KdbxCredentials, KdbxUuid, ProtectedValue, VarDictionary } = module.default ?? module;

CryptoEngine.setArgon2Impl(async (password, salt, memorySize, iterations, hashLength, parallelism, type) => {
  const hash = type === CryptoEngine.Argon2TypeArgon2d ? argon2d : argon2id;
  return ByteUtils.arrayToBuffer(await hash({ password: new Uint8Array(password), salt: new Uint8Array(salt), memorySize, iterations, hashLength, parallelism, outputType: 'binary' }));
});

export const password = 'Kîeëpass 1';
const secret = (s) => ProtectedValue.fromString(s);
const at = (s) => new Date(s);

async function database() {
  const db = Kdbx.create(new KdbxCredentials(secret(password)), 'Anna');
  const root = db.getDefaultGroup();
  root.name = 'Anna';
  const work = db.createGroup(root, 'Work');
  const clients = db.createGroup(work, 'Clients');
  db.createGroup(root, 'Nothing in it');
  const add = (group, fields, more = {}) => {
    const e = db.createEntry(group);
    for (const [n, v] of Object.entries(fields)) e.fields.set(n, v);
    Object.assign(e, more);
    return e;
  };

  const portal = add(clients, { Title: 'Portal', UserName: 'anna', Password: secret('oldest'), URL: 'https://portal.example.com', Notes: '' });
  portal.times.lastModTime = at('2020-01-01T00:00:00Z');
  portal.pushHistory();
  portal.fields.set('Password', secret('older'));
  portal.times.lastModTime = at('2021-01-01T00:00:00Z');
  portal.pushHistory();
  portal.fields.set('Password', secret(hard));
  portal.fields.set('Notes', multiline);
  portal.fields.set('PIN', secret('0042'));
  portal.fields.set('Colour', 'blau <&>');
  portal.fields.set('KP2A_URL_1', 'https://portal.example.org');
  portal.fields.set('AndroidApp1', 'com.example.portal');
  portal.fields.set('otp', secret('otpauth://totp/Portal:anna?secret=JBSWY3DPEHPK3PXP&period=60'));
  portal.times.lastModTime = at('2022-01-01T00:00:00Z');
  portal.tags = ['Favorite', 'web', 'vip'];
  portal.times.expires = true;
  portal.times.expiryTime = at('2030-01-01T00:00:00Z');
  portal.binaries.set('logo.png', await db.createBinary(ByteUtils.arrayToBuffer(new Uint8Array(png))));
  portal.binaries.set('läs mich.txt', await db.createBinary(secret('attached')));
  portal.customData = new Map([['plugin', { value: 'x' }]]);

  add(root, { Title: 'Steam', UserName: 'gamer', Password: secret('s'), 'TOTP Seed': secret('JBSW Y3DP EHPK 3PXP'), 'TOTP Settings': '30;S' });
  add(root, { Title: 'Plugin code', UserName: 'a', Password: secret('s'), otp: secret('key=JBSWY3DPEHPK3PXP&step=60&size=8') });
  add(root, { Title: 'Native code', UserName: 'a', Password: secret('s'), 'TimeOtp-Secret-Hex': secret('48656c6c6f21deadbeef'), 'TimeOtp-Algorithm': 'HMAC-SHA-256', 'TimeOtp-Length': '8' });
  const uuid = ByteUtils.bytesToHex(portal.uuid.toBytes()).toUpperCase();
  add(work, { Title: 'By reference', UserName: `{REF:U@I:${uuid}}`, Password: secret(`{REF:P@I:${uuid}}`), URL: 'https://ref.example.com' });
  add(root, { Title: 'Passkey', UserName: 'anna', URL: 'https://key.example.com', KPEX_PASSKEY_USERNAME: 'anna@key', KPEX_PASSKEY_CREDENTIAL_ID: secret('q83vEjRWeJA'), KPEX_PASSKEY_PRIVATE_KEY_PEM: secret(pem), KPEX_PASSKEY_RELYING_PARTY: 'key.example.com', KPEX_PASSKEY_USER_HANDLE: secret('YW5uYQ') });
  add(root, { Title: 'Alarm', Notes: '4711' });
  const gone = add(root, { Title: 'Thrown away', UserName: 'x', Password: secret('y') });
  db.createRecycleBin();
  db.remove(gone);
  return db;
}

export async function kdbx(version, kdf) {
  const db = await database();
  db.setVersion(version);
  if (version === 3) db.header.keyEncryptionRounds = 100;
  else {
    db.setKdf(kdf === 'aes' ? Consts.KdfId.Aes : kdf === 'argon2d' ? Consts.KdfId.Argon2d : Consts.KdfId.Argon2id);
    const p = db.header.kdfParameters;
    const set = (name, n) => p.set(name, VarDictionary.ValueType?.UInt64 ?? 5, new Int64(n));
    if (kdf === 'aes') set('R', 100);
    else {
      set('M', 64 * 1024);
      set('I', 1);
    }
  }
  if (kdf === 'argon2d') db.header.dataCipherUuid = new KdbxUuid(Consts.CipherId.ChaCha20);
  return new Uint8Array(await db.save());
}

export const xml = async () => (await database()).saveXml(true);
