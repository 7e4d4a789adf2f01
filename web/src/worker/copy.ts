// The sealed copy of a vault that this browser keeps, for opening at once and without the server. All of
// it is under keys derived from the user key; what stands beside (how to derive, the wrapped user key) tells nothing.
import { sha256 } from '@noble/hashes/sha2.js';
import { toBase64, utf8 } from './bytes';
import type { SymKey } from './encstring';
import { localKey, type Kdf } from './keys';
import { dropKey } from './program';

export type Copy = {
  kdf: Kdf;
  /** the account's address, under a key made of what is typed as one */
  salt: ArrayBuffer;
  protectedKey: string;
  /** the refresh token, and the account's address */
  session: ArrayBuffer;
  /** rows of the list */
  index: ArrayBuffer | null;
  /** the answer of the last sync */
  sync: ArrayBuffer | null;
};

/** Under which name the copy of an account lies: its address is not readable there. */
export const copyName = (email: string): string => toBase64(sha256(utf8('strongroom copy ' + email)));

const wait = <T>(r: IDBRequest<T>): Promise<T> =>
  new Promise((ok, no) => {
    r.onsuccess = () => ok(r.result);
    r.onerror = () => no(r.error as Error);
  });

async function db(): Promise<IDBDatabase> {
  const r = indexedDB.open('strongroom', 1);
  r.onupgradeneeded = () => {
    r.result.createObjectStore('copies');
    r.result.createObjectStore('drafts');
  };
  return wait(r);
}

async function within<T>(
  name: 'copies' | 'drafts',
  mode: IDBTransactionMode,
  f: (s: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const d = await db();
  try {
    return await wait(f(d.transaction(name, mode).objectStore(name)));
  } finally {
    d.close();
  }
}

/** undefined when there is none, or the browser keeps nothing (private windows). */
export const loadCopy = (email: string): Promise<Copy | undefined> =>
  within<Copy | undefined>('copies', 'readonly', (s) => s.get(copyName(email)) as IDBRequest<Copy | undefined>).catch(
    () => undefined,
  );

/** The token with which this browser is not asked for a second factor; it opens nothing without the password. */
export const loadRemembered = (email: string): Promise<string> =>
  within<string | undefined>(
    'copies',
    'readonly',
    (s) => s.get(copyName('remember ' + email)) as IDBRequest<string | undefined>,
  ).then(
    (r) => r ?? '',
    () => '',
  );

export const saveRemembered = (email: string, token: string): Promise<unknown> =>
  within('copies', 'readwrite', (s) => s.put(token, copyName('remember ' + email))).catch(() => undefined);

export const saveCopy = (email: string, c: Copy): Promise<unknown> =>
  within('copies', 'readwrite', (s) => s.put(c, copyName(email)));

export async function dropCopy(email: string): Promise<void> {
  await within('copies', 'readwrite', (s) => s.delete(copyName(email))).catch(() => undefined);
  await within('drafts', 'readwrite', (s) => s.delete(copyName(email))).catch(() => undefined);
  if ((await loadHalf())?.copy === copyName(email)) await dropHalf();
}

/** What opens the copy together with the key in the system's keychain. One account of a vault has it. */
export type Half = {
  /** the account, as the keychain knows it */
  id: string;
  /** which copy it opens */
  copy: string;
  /** the user key under the keychain's; '' while it rests until the person signs in */
  wrapped: string;
};

export const loadHalf = (): Promise<Half | undefined> =>
  within<Half | undefined>('copies', 'readonly', (s) => s.get('keychain') as IDBRequest<Half | undefined>).catch(
    () => undefined,
  );

export const saveHalf = (h: Half): Promise<unknown> => within('copies', 'readwrite', (s) => s.put(h, 'keychain'));

/** Forgets both halves; with rest it is remembered that the person wants them. */
export async function dropHalf(rest = false): Promise<void> {
  const h = await loadHalf();
  if (!h) return;
  await (rest
    ? saveHalf({ ...h, wrapped: '' })
    : within('copies', 'readwrite', (s) => s.delete('keychain')).catch(() => undefined));
  await dropKey(h.id).catch(() => undefined); // alone it opens nothing
}

export const loadDraft = (email: string): Promise<ArrayBuffer | undefined> =>
  within<ArrayBuffer | undefined>(
    'drafts',
    'readonly',
    (s) => s.get(copyName(email)) as IDBRequest<ArrayBuffer | undefined>,
  ).catch(() => undefined);

export const saveDraft = (email: string, b: ArrayBuffer | null): Promise<unknown> =>
  within('drafts', 'readwrite', (s) => (b ? s.put(b, copyName(email)) : s.delete(copyName(email))) as IDBRequest).catch(
    () => undefined,
  );

/** The box of a copy's salt, which is needed before there is any key. It hides the address from who does not know it. */
export const saltBox = (email: string): Promise<Box> => Box.of(sha256(utf8('strongroom salt ' + email)));

/** Seals and opens what lies in this browser: AES-GCM under a key of its own for each purpose. */
export class Box {
  private constructor(private readonly key: CryptoKey) {}

  static async make(user: SymKey, purpose: string): Promise<Box> {
    return Box.of(localKey(user, purpose));
  }

  static async of(raw: Uint8Array): Promise<Box> {
    const uses: KeyUsage[] = ['encrypt', 'decrypt'];
    return new Box(await crypto.subtle.importKey('raw', raw as BufferSource, 'AES-GCM', false, uses));
  }

  async seal(value: string): Promise<ArrayBuffer> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const ct = new Uint8Array(
      await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, this.key, utf8(value) as BufferSource),
    );
    const out = new Uint8Array(12 + ct.length);
    out.set(iv);
    out.set(ct, 12);
    return out.buffer;
  }

  /** Throws when the value was made under another key or changed. */
  async open(b: ArrayBuffer): Promise<string> {
    const plain = await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv: new Uint8Array(b, 0, 12) },
      this.key,
      new Uint8Array(b, 12),
    );
    return new TextDecoder().decode(plain);
  }
}
