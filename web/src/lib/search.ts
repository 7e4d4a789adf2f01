// What a person types, as a test of rows: words that must all occur, and filters such as type:card or has:totp.
import { ItemType } from '../worker/model';
import type { Row } from '../worker/cipher';

export type Query = { words: string[]; filters: ((r: Row) => boolean)[]; unknown: string[] };

/** What is searched of a row: name, user name, host; without case and accents. */
export const hayOf = (r: Row): string => fold(`${r.name}\n${r.sub}\n${r.host}`);

export function fold(s: string): string {
  const low = s.toLowerCase();
  return /^[\x00-\x7f]*$/.test(low) ? low : low.normalize('NFD').replace(/\p{M}/gu, '');
}

export const typeNames: Record<string, ItemType> = { login: 1, note: 2, card: 3, identity: 4, ssh: 5 };

const has: Record<string, (r: Row) => boolean> = {
  totp: (r) => r.totp,
  file: (r) => r.files,
  passkey: (r) => r.passkey,
  password: (r) => r.password,
  folder: (r) => r.folderId !== null,
};

/** The filters that the search box knows, for help and completion. */
export const filterNames = [
  ...Object.keys(typeNames).map((t) => 'type:' + t),
  ...Object.keys(has).map((h) => 'has:' + h),
  'is:favorite',
  'is:weak',
  'in:',
];

export type Context = { weak: ReadonlySet<string>; folder: (id: string | null) => string };

/** Reads a query; quoted words may hold blanks. A filter that is none is named in unknown. */
export function parse(text: string, ctx: Context): Query {
  const q: Query = { words: [], filters: [], unknown: [] };
  for (const m of text.matchAll(/([a-z]+):("([^"]*)"|\S+)|"([^"]*)"|(\S+)/gi)) {
    const [, name, raw, quoted, phrase, word] = m;
    if (!name) {
      q.words.push(fold(phrase ?? word ?? ''));
      continue;
    }
    const f = filterOf(name.toLowerCase(), fold(quoted ?? raw ?? ''), ctx);
    if (f) q.filters.push(f);
    else if (/^(https?|type|has|is|in)$/i.test(name) && !/^https?$/i.test(name)) q.unknown.push(m[0]);
    else q.words.push(fold(m[0]));
  }
  q.words = q.words.filter(Boolean);
  return q;
}

function filterOf(name: string, value: string, ctx: Context): ((r: Row) => boolean) | undefined {
  if (name === 'type' && typeNames[value]) return (r) => r.type === typeNames[value];
  if (name === 'has' && has[value]) return has[value];
  if (name === 'is' && value === 'favorite') return (r) => r.favorite;
  if (name === 'is' && value === 'weak') return (r) => ctx.weak.has(r.id);
  if (name === 'in') return (r) => fold(ctx.folder(r.folderId)).includes(value);
  return undefined;
}

export function compile(q: Query): (r: Row, hay: string) => boolean {
  return (r, hay) => {
    for (const w of q.words) if (!hay.includes(w)) return false;
    for (const f of q.filters) if (!f(r)) return false;
    return true;
  };
}

/** The same rows, those first whose name begins with what was typed, then those that have it in their name; favorites first among equals. */
export function best(rows: Row[], text: string): Row[] {
  const what = fold(text.trim());
  const rank = (r: Row): number => {
    const at = what ? fold(r.name).indexOf(what) : 0;
    return (at === 0 ? 0 : at > 0 ? 2 : 4) + (r.favorite ? 0 : 1);
  };
  return rows
    .map((r) => [rank(r), r] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, r]) => r);
}
