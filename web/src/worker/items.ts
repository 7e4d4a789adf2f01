// What people do with items, folders and files.
import { ApiError, longDeadline } from './api';
import { sealItem, type RawCipher, type Row } from './cipher';
import { openFile, openText, seal, sealFile, SymKey, open } from './encstring';
import { loadDraft, saveDraft, Box } from './copy';
import type { Content, Item } from './model';
import { byName, keepSoon, post, put, remove, state } from './state';
import { sync } from './account';
import { parseTotp, totp, TotpError } from './totp';

const json = <T>(path: string, method: string, body?: unknown): Promise<T> =>
  state.session.json<T>(path, { method, ...(body === undefined ? {} : { json: body }) });

function changed(rows: Row[], gone: string[] = []): void {
  post({ event: 'patch', rows, gone, folders: state.folders });
  keepSoon();
}

export const item = (id: string): Promise<Item> => state.item(id);

/** The code of now and of the step after, with how long this one lasts. '' with why when the secret is none. */
export async function code(id: string): Promise<{ code: string; next: string; period: number; error?: string }> {
  const i = await state.item(id);
  return codeOf(i.login?.totp ?? '');
}

/** The same for a secret that is not saved yet. */
export function codeOf(secret: string): { code: string; next: string; period: number; error?: string } {
  try {
    const k = parseTotp(secret);
    const now = Date.now();
    return { code: totp(k, now), next: totp(k, now + k.period * 1000), period: k.period };
  } catch (e) {
    return { code: '', next: '', period: 30, error: e instanceof TotpError ? e.message : String(e) };
  }
}

const keptPasswords = 5;

/** Saves an item: a new one, or another state of one that is there. A password that changed goes to its history. */
export async function save(c: Content, folderId: string | null, id: string | null): Promise<string> {
  const have = id ? await state.cipher(id) : undefined;
  const read = (c as Partial<Item>).revisionDate;
  if (have && read && read !== have.revisionDate)
    throw new ApiError(409, 'changed-elsewhere', 'This item was changed on another device.');
  const k = have ? state.key(have) : state.user;
  const now = new Date().toISOString();
  const next = structuredClone(c);
  if (have && next.login) {
    const was = (await state.item(have.id)).login;
    if (was && was.password !== next.login.password) {
      next.login.passwordRevisionDate = now;
      if (was.password)
        next.passwordHistory = [{ password: was.password, lastUsedDate: now }, ...next.passwordHistory].slice(
          0,
          keptPasswords,
        );
    }
  }
  const body = {
    ...sealItem(next, k, have?.key, { folderId, archivedDate: have?.archivedDate ?? null }),
    encryptedFor: state.profile.id,
    lastKnownRevisionDate: have?.revisionDate ?? null,
  };
  const saved = await json<RawCipher>(have ? '/api/ciphers/' + have.id : '/api/ciphers', have ? 'PUT' : 'POST', body);
  changed([put(saved)]);
  return saved.id;
}

export type Act = 'trash' | 'restore' | 'delete' | 'archive' | 'unarchive';

const acts: Record<Act, [string, string]> = {
  trash: ['PUT', '/api/ciphers/delete'],
  restore: ['PUT', '/api/ciphers/restore'],
  delete: ['DELETE', '/api/ciphers'],
  archive: ['PUT', '/api/ciphers/archive'],
  unarchive: ['PUT', '/api/ciphers/unarchive'],
};

const atOnce = 500;

async function inParts(ids: string[], f: (part: string[]) => Promise<unknown>): Promise<void> {
  for (let a = 0; a < ids.length; a += atOnce) await f(ids.slice(a, a + atOnce));
}

/** Does the same to many items. */
export async function act(what: Act, ids: string[]): Promise<void> {
  const [method, path] = acts[what];
  await inParts(ids, (part) => json(path, method, { ids: part }));
  if (what === 'delete') {
    ids.forEach(remove);
    changed([], ids);
  } else await sync(true);
}

export async function move(ids: string[], folderId: string | null): Promise<void> {
  await inParts(ids, (part) => json('/api/ciphers/move', 'PUT', { ids: part, folderId }));
  await sync(true);
}

export async function favorite(id: string, on: boolean): Promise<void> {
  const c = await state.cipher(id);
  changed([put(await json<RawCipher>(`/api/ciphers/${id}/partial`, 'PUT', { folderId: c.folderId, favorite: on }))]);
}

export async function saveFolder(name: string, id: string | null): Promise<string> {
  const body = { name: seal(state.user, name) };
  const f = await json<{ id: string; name: string }>(
    id ? '/api/folders/' + id : '/api/folders',
    id ? 'PUT' : 'POST',
    body,
  );
  state.folders = [
    ...state.folders.filter((x) => x.id !== f.id),
    { id: f.id, name: openText(state.user, f.name) },
  ].sort(byName);
  state.rawFolders = [...state.rawFolders.filter((x) => x.id !== f.id), f];
  changed([]);
  return f.id;
}

/** Deletes a folder; what was in it stays, in none. */
export async function deleteFolder(id: string): Promise<void> {
  await json('/api/folders/' + id, 'DELETE');
  await sync(true);
}

/** Encrypts a file and attaches it. Progress is told as the task's name. */
export async function attach(id: string, name: string, bytes: Uint8Array, task: string): Promise<void> {
  const c = await state.cipher(id);
  const k = state.key(c);
  const own = SymKey.random();
  const sealed = await sealFile(own, bytes);
  const body = { key: seal(k, own.raw), fileName: seal(k, name), fileSize: sealed.length, adminRequest: false };
  const a = await json<{ attachmentId: string }>(`/api/ciphers/${id}/attachment/v2`, 'POST', body);
  try {
    await upload(`/api/ciphers/${id}/attachment/${a.attachmentId}`, sealed, seal(k, name), task);
  } catch (e) {
    await json(`/api/ciphers/${id}/attachment/${a.attachmentId}`, 'DELETE').catch(() => undefined);
    throw e;
  }
  changed([put(await json<RawCipher>(`/api/ciphers/${id}`, 'GET'))]);
}

/** XMLHttpRequest, for fetch tells nothing of how far an upload is. */
export async function upload(path: string, sealed: Uint8Array, name: string, task: string): Promise<void> {
  const token = await state.session.token();
  const form = new FormData();
  form.append('data', new Blob([sealed as BlobPart]), name);
  await new Promise<void>((ok, no) => {
    const x = new XMLHttpRequest();
    x.open('POST', path);
    x.timeout = longDeadline;
    x.setRequestHeader('Authorization', 'Bearer ' + token);
    x.upload.onprogress = (e) => post({ event: 'progress', task, done: e.loaded, total: e.total || sealed.length });
    x.onload = () =>
      x.status < 300
        ? ok()
        : no(new ApiError(x.status, 'upload', said(x.responseText) || `The server answered ${x.status}.`));
    x.onerror = x.ontimeout = () => no(new ApiError(0, 'offline', 'The upload broke off.'));
    x.send(form);
  });
}

function said(body: string): string {
  try {
    return String((JSON.parse(body) as { message?: string }).message ?? '');
  } catch {
    return '';
  }
}

/** Fetches a file and decrypts it. */
export async function download(id: string, attachment: string): Promise<{ name: string; bytes: Uint8Array }> {
  const c = await state.cipher(id);
  const k = state.key(c);
  const a = await json<{ url: string; key: string | null; fileName: string }>(
    `/api/ciphers/${id}/attachment/${attachment}`,
    'GET',
  );
  const sealed = await fetchFile(a.url);
  return { name: openText(k, a.fileName), bytes: await openFile(a.key ? new SymKey(open(k, a.key)) : k, sealed) };
}

/** The address carries its own short-lived token; only its path counts, for a proxy may know this server by another name. */
export async function fetchFile(url: string): Promise<Uint8Array> {
  const u = new URL(url, location.origin);
  const r = await fetch(u.pathname + u.search, {
    signal: AbortSignal.timeout(longDeadline),
    credentials: 'same-origin',
  });
  if (!r.ok) throw new ApiError(r.status, 'download', `The server answered ${r.status}.`);
  return new Uint8Array(await r.arrayBuffer());
}

export async function detach(id: string, attachment: string): Promise<void> {
  const r = await json<{ cipher: RawCipher }>(`/api/ciphers/${id}/attachment/${attachment}`, 'DELETE');
  changed([put(r.cipher)]);
}

/** A draft of what is being edited, sealed, so that locking loses nothing. null forgets it. */
export type Draft = { id: string | null; folderId: string | null; content: Content };

export async function keepDraft(d: Draft | null): Promise<void> {
  if (!state.keep) return; // a shared computer keeps nothing
  const box = await Box.make(state.user, 'draft');
  await saveDraft(state.email, d && (await box.seal(JSON.stringify(d))));
}

export async function draft(): Promise<Draft | null> {
  const b = await loadDraft(state.email);
  if (!b) return null;
  try {
    return JSON.parse(await (await Box.make(state.user, 'draft')).open(b)) as Draft;
  } catch {
    return null; // of before a key rotation
  }
}
