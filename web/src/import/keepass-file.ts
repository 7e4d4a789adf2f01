// KeePass's files, KDBX 3 and 4 and XML, read by kdbxweb; what it would unpack without a limit is unpacked here.
import { argon2d, argon2id } from 'hash-wasm';
import { ByteUtils, Consts, CryptoEngine, Kdbx, KdbxCredentials, KdbxError, KdbxFormat, ProtectedValue } from 'kdbxweb';
import type { Opts, Result } from './draft';
import { readKeePass } from './keepass';
import { checkHeader } from './keepass-header';
import { keepTabs, unpack3, unpack4, watchBinaries } from './keepass-unpack';
import { ImportError } from './types';

CryptoEngine.setArgon2Impl(async (password, salt, memory, iterations, length, parallelism, type, version) => {
  if (version !== 0x13) throw new KdbxError(Consts.ErrorCodes.Unsupported, 'Argon2 1.0');
  const hash = type === CryptoEngine.Argon2TypeArgon2d ? argon2d : argon2id;
  const out = await hash({
    password: new Uint8Array(password),
    salt: new Uint8Array(salt),
    memorySize: memory,
    iterations,
    hashLength: length,
    parallelism,
    outputType: 'binary',
  });
  return ByteUtils.arrayToBuffer(out);
});

/** The members of KdbxFormat that are stepped into. Its type hides them. */
type Inside = {
  decryptData(data: ArrayBuffer, key: ArrayBuffer): Promise<ArrayBuffer>;
  load(data: ArrayBuffer): Promise<Kdbx>;
  loadXml(xml: string): Promise<Kdbx>;
};

export async function readKdbx(bytes: Uint8Array, opts: Opts): Promise<Result> {
  if (!opts.password) throw new ImportError('password-needed');
  checkHeader(bytes);
  const db = new Kdbx();
  db.credentials = new KdbxCredentials(ProtectedValue.fromString(opts.password));
  const format = new KdbxFormat(db) as unknown as Inside;
  const decrypt = format.decryptData.bind(format);
  format.decryptData = async (data, key) => {
    const opened = await decrypt(data, key);
    return db.versionMajor >= 4 ? unpack4(db, opened) : unpack3(db, opened);
  };
  const missing = watchBinaries(db);
  await orImportError(() => format.load(ByteUtils.arrayToBuffer(bytes)));
  return readKeePass(db, 'keepass-kdbx', missing);
}

export async function readKeePassXml(text: string): Promise<Result> {
  if (/<!DOCTYPE/i.test(text.slice(0, 2000))) throw new ImportError('malformed', 'a document type');
  const db = new Kdbx();
  db.credentials = new KdbxCredentials(null);
  const missing = watchBinaries(db);
  await orImportError(() => (new KdbxFormat(db) as unknown as Inside).loadXml(keepTabs(text)));
  return readKeePass(db, 'keepass-xml', missing);
}

async function orImportError<T>(f: () => Promise<T>): Promise<T> {
  try {
    return await f();
  } catch (e) {
    if (e instanceof ImportError) throw e;
    if (e instanceof KdbxError && e.code === Consts.ErrorCodes.InvalidKey) throw new ImportError('password-wrong');
    if (
      e instanceof KdbxError &&
      (e.code === Consts.ErrorCodes.Unsupported || e.code === Consts.ErrorCodes.InvalidVersion)
    )
      throw new ImportError('unknown-format', e.message);
    throw new ImportError('malformed', (e as Error).message.slice(0, 200));
  }
}
