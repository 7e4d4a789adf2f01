// Vaults that come in as files, and go out as files.
import { ApiError } from './api';
import { sync } from './account';
import { keyOf, sealItem } from './cipher';
import { openMany, seal, text } from './encstring';
import { attach } from './items';
import { markDuplicates, type Duplicate } from '../import/duplicates';
import { ImportError, type Imported, type Problem, type Source } from '../import/types';
import { post, state } from './state';

export type Line = {
  n: number;
  type: number;
  name: string;
  sub: string;
  folder: string;
  files: number;
  duplicate: Duplicate | null;
};
export type Preview = {
  source: Source;
  lines: Line[];
  folders: string[];
  fields: number;
  files: number;
  problems: Problem[];
};

let waiting: (Imported & { source: Source }) | undefined;

/** Reads a file and tells what would come in. Nothing is sent yet. */
export async function preview(name: string, bytes: Uint8Array, password: string): Promise<Preview> {
  const { parse } = await import('../import/index');
  const decryptForAccount = async (s: string[], itemKey?: string): Promise<string[]> =>
    openMany(keyOf({ key: itemKey }, state.user), s).map(text);
  let got: Imported & { source: Source };
  try {
    got = await parse(name, bytes, { decryptForAccount, ...(password ? { password } : {}) });
  } catch (e) {
    if (e instanceof ImportError) throw new ApiError(400, e.code, e.where);
    throw e;
  }
  waiting = got;
  const have = (await state.items()).filter((i) => !i.deletedDate);
  const marks = markDuplicates(have, got.items);
  const lines = got.items.map((i, n): Line => {
    const sub = i.login?.username || i.card?.number.slice(-4) || i.identity?.email || '';
    return { n, type: i.type, name: i.name, sub, folder: i.folder, files: i.files.length, duplicate: marks[n] ?? null };
  });
  const count = (f: (i: Imported['items'][number]) => number): number => got.items.reduce((sum, i) => sum + f(i), 0);
  return {
    source: got.source,
    lines,
    folders: got.folders,
    fields: count((i) => i.fields.length),
    files: count((i) => i.files.length),
    problems: got.problems,
  };
}

const itemsAtOnce = 5_000;

/** Takes over the chosen lines of the last preview. Returns what was made, for undo. */
export async function commit(chosen: number[]): Promise<{ items: string[]; folders: string[]; failed: string[] }> {
  if (!waiting) throw new ApiError(400, 'no-preview', 'Choose a file first.');
  const items = chosen.map((n) => waiting!.items[n]!);
  await sync(true);
  const before = new Set(state.ciphers.keys());
  const foldersBefore = new Set(state.folders.map((f) => f.id));
  for (let a = 0; a < items.length; a += itemsAtOnce) {
    post({ event: 'progress', task: 'import', done: a, total: items.length });
    await send(items.slice(a, a + itemsAtOnce));
  }
  await sync(true);
  const made = [...state.ciphers.keys()].filter((id) => !before.has(id));
  const failed = await attachAll(items, made);
  post({ event: 'progress', task: 'import', done: items.length, total: items.length });
  waiting = undefined;
  return { items: made, folders: state.folders.filter((f) => !foldersBefore.has(f.id)).map((f) => f.id), failed };
}

async function send(items: Imported['items']): Promise<void> {
  const names = [...new Set(items.map((i) => i.folder).filter(Boolean))];
  const known = new Map(state.folders.map((f) => [f.name, f.id]));
  const now = new Date().toISOString();
  const body = {
    folders: names.map((n) => ({ id: known.get(n) ?? null, name: seal(state.user, n) })),
    ciphers: items.map((i) => ({
      ...sealItem(i, state.user, null, { folderId: null, archivedDate: i.archived ? now : null }),
      encryptedFor: state.profile.id,
    })),
    folderRelationships: items.flatMap((i, n) => (i.folder ? [{ key: n, value: names.indexOf(i.folder) }] : [])),
  };
  await state.session.json('/api/ciphers/import', { json: body, timeout: 300_000 });
}

/** The import answers without ids: what is new is matched by name and content in order. */
async function attachAll(items: Imported['items'], made: string[]): Promise<string[]> {
  const failed: string[] = [];
  const withFiles = items.filter((i) => i.files.length > 0 || i.deleted);
  if (withFiles.length === 0) return failed;
  const print = (i: { name: string; notes: string; login?: unknown }): string =>
    JSON.stringify([
      i.name,
      i.notes,
      (i.login as { username?: string; password?: string } | undefined)?.username,
      (i.login as { password?: string } | undefined)?.password,
    ]);
  const byPrint = new Map<string, string[]>();
  for (const id of made) {
    const p = print(await state.item(id));
    byPrint.set(p, [...(byPrint.get(p) ?? []), id]);
  }
  const trash: string[] = [];
  for (const i of withFiles) {
    const id = byPrint.get(print(i))?.shift();
    if (!id) {
      failed.push(i.name);
      continue;
    }
    if (i.deleted) trash.push(id);
    for (const f of i.files)
      await attach(id, f.name, f.bytes, 'import-file').catch(() => failed.push(`${i.name}: ${f.name}`));
  }
  if (trash.length) {
    await state.session.json('/api/ciphers/delete', { method: 'PUT', json: { ids: trash } });
    await sync(true);
  }
  return failed;
}

export type ExportFormat = 'json' | 'csv' | 'encrypted_json';

/** The whole vault, or some items, as a file's text. password is for encrypted_json. */
export async function exported(format: ExportFormat, ids: string[] | null, password: string): Promise<string> {
  const { exportCsv, exportEncrypted, exportJson } = await import('../import/export');
  const items = (await state.items()).filter((i) => (ids ? ids.includes(i.id) : !i.deletedDate));
  const vault = { folders: state.folders, items };
  if (format === 'csv') return exportCsv(vault);
  if (format === 'json') return exportJson(vault);
  return exportEncrypted(vault, password);
}
