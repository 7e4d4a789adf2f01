// Bitwarden's encrypted JSON: sealed with a password of its own, or string by string with an account's key.
import { EncStringError, openText, type SymKey } from '../worker/encstring';
import { fileKey, weakKdf, type Kdf } from '../worker/keys';
import { readBitwarden } from './bitwarden-json';
import type { Opts, Result } from './draft';
import { isObj, objects, parseJson, str, type Obj } from './json';
import { most, within } from './limits';
import { ImportError } from './types';

const check = 'encKeyValidation_DO_NOT_EDIT';

export async function readEncrypted(root: Obj, opts: Opts): Promise<Result> {
  return root.passwordProtected === true ? sealed(root, opts.password) : restricted(root, opts);
}

async function sealed(root: Obj, password: string | undefined): Promise<Result> {
  if (!password) throw new ImportError('password-needed');
  const key = await keyOf(root, password);
  try {
    openText(key, str(root[check]));
  } catch {
    throw new ImportError('password-wrong');
  }
  let text: string;
  try {
    text = openText(key, str(root.data));
  } catch (e) {
    // The password is right, so what does not open was changed or cut.
    throw new ImportError('malformed', `data: ${(e as Error).message}`);
  }
  const inner = parseJson(text, 'data');
  if (!isObj(inner)) throw new ImportError('malformed', 'data is not an object');
  return readBitwarden(inner, 'bitwarden-encrypted');
}

async function keyOf(root: Obj, password: string): Promise<SymKey> {
  const number = (n: string): number => {
    const v = root[n];
    if (!Number.isInteger(v) || (v as number) < 0) throw new ImportError('malformed', n);
    return v as number;
  };
  const kdf: Kdf = { kdfType: number('kdfType') as Kdf['kdfType'], iterations: number('kdfIterations') };
  if (kdf.kdfType === 1) Object.assign(kdf, { memory: number('kdfMemory'), parallelism: number('kdfParallelism') });
  if (kdf.kdfType > 1 || !str(root.salt) || weakKdf(kdf))
    throw new ImportError('malformed', 'kdfType, kdfIterations or salt');
  if (kdf.kdfType === 0) within(kdf.iterations, 10_000_000, 'kdfIterations');
  else {
    within(kdf.memory! * 1024, most.kdfMemory, 'kdfMemory');
    within(kdf.memory! * 1024 * kdf.iterations, most.kdfWork, 'kdfIterations');
    within(kdf.parallelism!, 64, 'kdfParallelism');
  }
  return fileKey(password, str(root.salt), kdf);
}

async function restricted(root: Obj, opts: Opts): Promise<Result> {
  if (!Array.isArray(root.items)) throw new ImportError('malformed', 'items is not a list');
  const probe = str(root[check]);
  if (probe) await opened(() => opts.decryptForAccount([probe]));
  const out: Obj = { ...root };
  for (const list of ['folders', 'collections', 'items'])
    out[list] = await Promise.all(objects(root[list], list).map((o, n) => openAll(o, opts, `${list}[${n}]`)));
  return readBitwarden(out, 'bitwarden-encrypted');
}

async function opened(f: () => Promise<string[]>): Promise<string[]> {
  try {
    return await f();
  } catch (e) {
    if (e instanceof EncStringError) throw new ImportError('account-restricted');
    throw e;
  }
}

/** Opens every encrypted string anywhere inside an item, in one call. */
async function openAll(o: Obj, opts: Opts, where: string): Promise<Obj> {
  const strings: string[] = [];
  const find = (v: unknown, name: string): void => {
    if (typeof v === 'string' && name !== 'key' && isEnc(v)) strings.push(v);
    else if (typeof v === 'object' && v !== null) for (const [n, x] of Object.entries(v)) find(x, n);
  };
  find(o, '');
  let plain: string[];
  try {
    plain = await opts.decryptForAccount(strings, str(o.key) || undefined);
  } catch (e) {
    if (e instanceof EncStringError) throw new ImportError('malformed', `${where}: ${e.message}`);
    throw e;
  }
  let n = 0;
  const put = (v: unknown, name: string): unknown => {
    if (typeof v === 'string') return name !== 'key' && isEnc(v) ? plain[n++]! : v;
    if (Array.isArray(v)) return v.map((x, i) => put(x, String(i)));
    if (isObj(v)) return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, put(x, k)]));
    return v;
  };
  return put(o, '') as Obj;
}

/** The types without a MAC too: the opener refuses them, where a guess would take them for a text. */
const isEnc = (s: string): boolean => /^\d\.[A-Za-z0-9+/=]+\|[A-Za-z0-9+/=|]+$/.test(s);
