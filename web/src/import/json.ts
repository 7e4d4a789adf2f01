// JSON from elsewhere: read whole, its depth bounded, its members taken one by one so that what nobody
// took can be kept.
import { most } from './limits';
import { ImportError } from './types';

export type Obj = Record<string, unknown>;

export function parseJson(text: string, where = ''): unknown {
  if (tooDeep(text)) throw new ImportError('malformed', `${where} nests deeper than ${most.depth} levels`.trim());
  try {
    return JSON.parse(text) as unknown;
  } catch (e) {
    throw new ImportError('malformed', [where, (e as Error).message.slice(0, 120)].filter(Boolean).join(': '));
  }
}

function tooDeep(s: string): boolean {
  let n = 0;
  for (let i = 0, quoted = false; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (quoted) {
      if (c === 0x5c) i++;
      else if (c === 0x22) quoted = false;
    } else if (c === 0x22) quoted = true;
    else if (c === 0x7b || c === 0x5b) {
      if (++n > most.depth) return true;
    } else if (c === 0x7d || c === 0x5d) n--;
  }
  return false;
}

export const isObj = (v: unknown): v is Obj => typeof v === 'object' && v !== null && !Array.isArray(v);
export const obj = (v: unknown): Obj => (isObj(v) ? v : {});
export const arr = (v: unknown): unknown[] => (Array.isArray(v) ? v : []);

/** A scalar as text; anything else is ''. */
export const str = (v: unknown): string =>
  typeof v === 'string' ? v : typeof v === 'number' || typeof v === 'boolean' ? String(v) : '';

/** An array of objects; what is none is malformed. An absent one is empty. */
export function objects(v: unknown, where: string): Obj[] {
  if (v === undefined || v === null) return [];
  if (!Array.isArray(v)) throw new ImportError('malformed', `${where} is not a list`);
  return v.map((x, n) => {
    if (!isObj(x)) throw new ImportError('malformed', `${where}[${n}] is not an object`);
    return x;
  });
}

/** An object of which every member is taken or left over. */
export class Taker {
  private readonly taken = new Set<string>();

  constructor(private readonly o: Obj) {}

  raw(name: string): unknown {
    this.taken.add(name);
    return this.o[name];
  }

  str = (name: string): string => str(this.raw(name));

  drop(...names: string[]): this {
    for (const n of names) this.taken.add(n);
    return this;
  }

  /** What nobody took and is not empty, objects and lists as JSON. */
  rest(): [string, string][] {
    return Object.entries(this.o)
      .filter(([n, v]) => !this.taken.has(n) && !isEmpty(v))
      .map(([n, v]) => [n, typeof v === 'object' ? JSON.stringify(v) : String(v)]);
  }
}

function isEmpty(v: unknown): boolean {
  if (v === null || v === undefined || v === '' || v === false) return true;
  return typeof v === 'object' && Object.values(v).every(isEmpty);
}

/** "firstName" and "first_name" as a person would write them. */
export function label(name: string): string {
  const s = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/_+/g, ' ')
    .trim()
    .toLowerCase();
  return s ? s[0]!.toUpperCase() + s.slice(1) : s;
}
