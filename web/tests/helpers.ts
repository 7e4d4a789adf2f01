// What the import's tests share.
import { readFileSync } from 'node:fs';
import { openMany, SymKey, text } from '../src/worker/encstring';
import { keyOf } from '../src/worker/cipher';
import type { Opts } from '../src/import/draft';
import { parse } from '../src/import/index';
import { ImportError, type ImportItem, type Imported, type Source } from '../src/import/types';

export const bytes = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../testdata/${name}`, import.meta.url)));

/** The account of testdata/bitwarden-account.json. */
export const user = new SymKey(Uint8Array.from({ length: 64 }, (_, i) => i));

export const opts = (password?: string, key = user): Opts => ({
  decryptForAccount: async (s, itemKey) => openMany(keyOf({ key: itemKey }, key), s).map(text),
  ...(password ? { password } : {}),
});

export type Result = Imported & { source: Source };
export const load = (name: string, password?: string): Promise<Result> => parse(name, bytes(name), opts(password));
export const read = (s: string | Uint8Array, password?: string): Promise<Result> =>
  parse('dropped', typeof s === 'string' ? new TextEncoder().encode(s) : s, opts(password));

/** Why a file is refused, as "code: where". */
export async function refusal(got: Promise<Result>): Promise<string> {
  try {
    await got;
  } catch (e) {
    if (e instanceof ImportError) return e.message;
    throw e;
  }
  return 'read';
}

export type Counts = { items: number; fields: number; files: number; uris: number; history: number; folders: number };
export function counts(r: Result): Counts {
  const sum = (f: (i: ImportItem) => number): number => r.items.reduce((n, i) => n + f(i), 0);
  return {
    items: r.items.length,
    fields: sum((i) => i.fields.length),
    files: sum((i) => i.files.length),
    uris: sum((i) => i.login?.uris.length ?? 0),
    history: sum((i) => i.passwordHistory.length),
    folders: r.folders.length,
  };
}

export function named(r: Result, name: string): ImportItem {
  const i = r.items.find((x) => x.name === name);
  if (!i) throw new Error(`no item ${name} among ${r.items.map((x) => x.name).join(', ')}`);
  return i;
}

export const fieldsOf = (i: ImportItem): Record<string, string> =>
  Object.fromEntries(i.fields.map((f) => [f.name, f.value]));
export const hiddenOf = (i: ImportItem): string[] => i.fields.filter((f) => f.type === 1).map((f) => f.name);
export const uris = (i: ImportItem): string[] => i.login?.uris.map((u) => u.uri) ?? [];
export const problems = (r: Result): Record<string, number> =>
  Object.fromEntries(r.problems.map((p) => [`${p.code} ${p.example}`, p.count]));

export const hard = `p"a,s;s'w\\ö🔑=<&>rd `;
export const multiline = 'first line\nsecond, "quoted" line\n\tthird line behind a tab';
