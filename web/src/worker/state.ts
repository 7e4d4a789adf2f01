// Everything secret of one open vault, in one place. Locking ends the worker, and all of this with it.
import { ApiError, Session } from './api';
import { Box, dropCopy, saltBox, saveCopy, type Copy } from './copy';
import { keyOf, openItem, rowOf, subtitleOf, subtitleStrings, type RawCipher, type Row } from './cipher';
import { open, openMany, openText, SymKey, text } from './encstring';
import type { Kdf } from './keys';
import type { Folder, Item } from './model';

export type RawSend = {
  id: string;
  accessId: string;
  type: number;
  authType: number;
  name: string;
  notes: string | null;
  text: { text: string; hidden: boolean } | null;
  file: { id: string; fileName: string; size: string; sizeName: string } | null;
  key: string;
  maxAccessCount: number | null;
  accessCount: number;
  password: string | null;
  disabled: boolean;
  revisionDate: string;
  expirationDate: string | null;
  deletionDate: string;
  hideEmail: boolean;
};

export type Profile = {
  id: string;
  name: string | null;
  email: string;
  emailVerified: boolean;
  privateKey: string;
  masterPasswordHint: string | null;
  creationDate: string;
};

export type Sync = {
  profile: Profile;
  folders: { id: string; name: string }[];
  ciphers: RawCipher[];
  sends: RawSend[];
  userDecryption?: { masterPasswordUnlock?: { salt: string; masterKeyEncryptedUserKey: string; kdf: Kdf } };
};

/** What the worker tells the page by itself. */
export type Event =
  | { event: 'rows'; rows: Row[]; folders: Folder[]; complete: boolean }
  | { event: 'subtitles'; subs: [string, string, string][]; complete: boolean }
  | { event: 'patch'; rows: Row[]; gone: string[]; folders: Folder[] }
  | { event: 'sends' }
  | { event: 'status'; online: boolean; synced: number }
  | { event: 'out'; why: 'ended' | 'changed' | 'deleted' }
  | { event: 'asked'; id: string }
  | { event: 'progress'; task: string; done: number; total: number };

export const post = (e: Event): void => postMessage(e);

class State {
  email = '';
  device = '';
  keep = false;
  session!: Session;
  user!: SymKey;
  kdf!: Kdf;
  salt = '';
  protectedKey = '';
  profile!: Profile;
  synced = 0;
  /** this session ends by an act of its own, so the news of that is none */
  ending = false;
  /** while a sealed copy is still being read */
  waiting: Promise<void> | undefined;
  readonly ciphers = new Map<string, RawCipher>();
  readonly rows = new Map<string, Row>();
  readonly keys = new Map<string, SymKey>();
  folders: Folder[] = [];
  rawFolders: Sync['folders'] = [];
  sends: RawSend[] = [];
  private private_: CryptoKey | undefined;

  key(c: RawCipher): SymKey {
    let k = this.keys.get(c.id);
    if (!k) this.keys.set(c.id, (k = keyOf(c, this.user)));
    return k;
  }

  async cipher(id: string): Promise<RawCipher> {
    await this.waiting;
    const c = this.ciphers.get(id);
    if (!c) throw new ApiError(404, 'gone', 'This item is no longer there.');
    return c;
  }

  async item(id: string): Promise<Item> {
    const c = await this.cipher(id);
    return openItem(c, this.key(c));
  }

  async items(): Promise<Item[]> {
    await this.waiting;
    return [...this.ciphers.values()].filter((c) => !c.organizationId).map((c) => openItem(c, this.key(c)));
  }

  async privateKey(): Promise<CryptoKey> {
    const algorithm = { name: 'RSA-OAEP', hash: 'SHA-1' };
    return (this.private_ ??= await crypto.subtle.importKey(
      'pkcs8',
      open(this.user, this.profile.privateKey) as BufferSource,
      algorithm,
      false,
      ['decrypt'],
    ));
  }
}

export const state = new State();

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
export const byName = (a: { name: string }, b: { name: string }): number => collator.compare(a.name, b.name);

function foldersOf(s: Sync): Folder[] {
  state.rawFolders = s.folders;
  return s.folders
    .map((f) => {
      try {
        return { id: f.id, name: openText(state.user, f.name) };
      } catch {
        return { id: f.id, name: '\uFFFD' };
      }
    })
    .sort(byName);
}

/** Item keys, opened a thousand at a time. */
function openKeys(cs: RawCipher[]): void {
  const own = cs.filter((c) => c.key && !state.keys.has(c.id));
  for (let a = 0; a < own.length; a += 1000) {
    const part = own.slice(a, a + 1000);
    try {
      openMany(
        state.user,
        part.map((c) => c.key!),
      ).forEach((raw, i) => state.keys.set(part[i]!.id, new SymKey(raw)));
    } catch {
      for (const c of part) {
        try {
          state.key(c);
        } catch {
          state.keys.set(c.id, SymKey.random()); // its texts show as damaged; the others open
        }
      }
    }
  }
}

/** The same texts of many items: those under the user key in one pass. */
function column(cs: RawCipher[], pick: (c: RawCipher) => string[]): string[][] {
  const out: string[][] = new Array<string[]>(cs.length);
  const safe = (k: SymKey, ss: string[]): string[] => ss.map((s) => (s ? tryText(k, s) : ''));
  const plain: number[] = [];
  cs.forEach((c, i) =>
    c.key ? (out[i] = quick(state.key(c), pick(c)) ?? safe(state.key(c), pick(c))) : plain.push(i),
  );
  for (let a = 0; a < plain.length; a += 1000) {
    const part = plain.slice(a, a + 1000);
    const strings = part.map((i) => pick(cs[i]!));
    const opened = quick(state.user, strings.flat());
    let o = 0;
    part.forEach((i, j) => {
      out[i] = opened ? opened.slice(o, (o += strings[j]!.length)) : safe(state.user, strings[j]!);
    });
  }
  return out;
}

function tryText(k: SymKey, s: string): string {
  try {
    return openText(k, s);
  } catch {
    return '\uFFFD';
  }
}

/** '' stays ''; undefined when any of them cannot be opened. */
function quick(k: SymKey, ss: string[]): string[] | undefined {
  try {
    const there = ss.filter(Boolean);
    const opened = openMany(k, there);
    let n = 0;
    return ss.map((s) => (s ? text(opened[n++]!) : ''));
  } catch {
    return undefined;
  }
}

/** Shows a whole vault for the first time: names first, second lines in slices, so that one item can be opened meanwhile. */
export async function show(s: Sync): Promise<void> {
  state.profile = s.profile;
  state.sends = s.sends;
  state.folders = foldersOf(s);
  const own = s.ciphers.filter((c) => !c.organizationId);
  openKeys(own);
  const names = column(own, (c) => [c.name]);
  const rows = own.map((c, i) => rowOf(c, names[i]![0]!));
  for (const c of own) state.ciphers.set(c.id, c);
  rows.sort(byName);
  for (const r of rows) state.rows.set(r.id, r);
  post({ event: 'rows', rows, folders: state.folders, complete: false });
  for (let a = 0; a < rows.length || a === 0; a += 1000) {
    await new Promise((ok) => setTimeout(ok));
    const part = rows.slice(a, a + 1000).filter((r) => state.rows.get(r.id) === r);
    const cs = part.map((r) => state.ciphers.get(r.id)!);
    const subs = column(cs, subtitleStrings).map((t, i): [string, string, string] => {
      const { sub, host } = subtitleOf(t);
      Object.assign(part[i]!, { sub, host });
      return [part[i]!.id, sub, host];
    });
    post({ event: 'subtitles', subs, complete: a + 1000 >= rows.length });
  }
}

const same = (a: RawCipher, b: RawCipher): boolean =>
  a.revisionDate === b.revisionDate &&
  a.folderId === b.folderId &&
  a.favorite === b.favorite &&
  a.deletedDate === b.deletedDate &&
  a.archivedDate === b.archivedDate &&
  (a.attachments?.length ?? 0) === (b.attachments?.length ?? 0);

/** The row of one item, opened whole. */
export function put(c: RawCipher): Row {
  const have = state.ciphers.get(c.id);
  if (have?.key !== c.key) state.keys.delete(c.id);
  state.ciphers.set(c.id, c);
  const [name, ...rest] = column([c], (x) => [x.name, ...subtitleStrings(x)])[0]!;
  const { sub, host } = subtitleOf(rest);
  const row = rowOf(c, name!, sub, host);
  state.rows.set(c.id, row);
  return row;
}

export function remove(id: string): void {
  state.ciphers.delete(id);
  state.rows.delete(id);
  state.keys.delete(id);
}

/** Takes over a newer sync: what did not change keeps its row. */
export function update(s: Sync): void {
  state.profile = s.profile;
  state.sends = s.sends;
  state.folders = foldersOf(s);
  const own = s.ciphers.filter((c) => !c.organizationId);
  const ids = new Set(own.map((c) => c.id));
  const gone = [...state.ciphers.keys()].filter((id) => !ids.has(id));
  gone.forEach(remove);
  openKeys(own.filter((c) => !state.ciphers.has(c.id)));
  const rows = own.filter((c) => !same(c, state.ciphers.get(c.id) ?? ({} as RawCipher))).map(put);
  post({ event: 'patch', rows, gone, folders: state.folders });
  post({ event: 'sends' });
}

let saving: ReturnType<typeof setTimeout> | undefined;
let lastSync = '';

/** Keeps the sealed copy a moment from now: several changes make one. */
export function keepSoon(sync?: string): void {
  if (sync) lastSync = sync;
  if (!state.keep) return;
  clearTimeout(saving);
  saving = setTimeout(() => void keepNow(), 1_500);
}

export async function keepNow(): Promise<void> {
  if (!state.keep) return;
  const box = await Box.make(state.user, 'copy');
  const copy: Copy = {
    kdf: state.kdf,
    salt: await (await saltBox(state.email)).seal(state.salt),
    protectedKey: state.protectedKey,
    session: await box.seal(JSON.stringify({ email: state.email, refresh: state.session.tokens.refresh })),
    index: await box.seal(
      JSON.stringify({ rows: [...state.rows.values()].sort(byName), folders: state.folders, synced: state.synced }),
    ),
    sync: await box.seal(lastSync || JSON.stringify(asSync())),
  };
  lastSync = '';
  if (!state.keep) return; // signed out while this was sealed
  await saveCopy(state.email, copy).catch(() => undefined); // no room, or a private window: next time online then
}

/** What the server would answer, of what is known here. */
const asSync = (): Sync => ({
  profile: state.profile,
  folders: state.rawFolders,
  ciphers: [...state.ciphers.values()],
  sends: state.sends,
});

export async function forgetCopy(): Promise<void> {
  clearTimeout(saving);
  state.keep = false;
  await dropCopy(state.email);
}
