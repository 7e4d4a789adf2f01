// What the readers of all formats fill: items, folders, and a count of what cannot come over.
import { emptyContent, type ItemType } from '../worker/model';
import { iso } from './build';
import { fit } from './fit';
import { most, within } from './limits';
import type { Imported, ImportItem, Problem, ProblemCode, Source } from './types';

/** What parse needs from the vault. */
export type Opts = {
  /** Opens encrypted strings of this account; itemKey is the wrapped key of an item that has its own. */
  decryptForAccount: (strings: string[], itemKey?: string) => Promise<string[]>;
  password?: string;
};

export type Result = Imported & { source: Source };

/** Collects a file's items, folders and problems. */
export class Draft {
  readonly items: ImportItem[] = [];
  private readonly folders = new Set<string>();
  private readonly problems = new Map<string, Problem>();

  /** A new item, in the list already. */
  item(type: ItemType, name: string, folder = ''): ImportItem {
    const i: ImportItem = { ...emptyContent(type), name: name.trim(), folder: this.folder(folder), files: [] };
    this.items.push(i);
    within(this.items.length, most.rows, `more than ${most.rows} items`);
    return i;
  }

  /** Notes that a folder exists; returns its path with clean parts. */
  folder(path: string): string {
    const parts = path
      .split('/')
      .map((p) => p.trim())
      .filter(Boolean);
    within(parts.length, most.depth, 'a folder ' + parts.length + ' levels deep');
    const clean = parts.join('/');
    if (clean) this.folders.add(clean);
    return clean;
  }

  problem(code: ProblemCode, example: string, count = 1): void {
    // Kinds of entries and of values are told apart; of the rest one example is enough.
    const each = code === 'type-unknown' || code === 'field-dropped';
    const key = each && this.problems.size < 100 ? `${code}\n${example}` : code;
    const p = this.problems.get(key);
    if (p) p.count += count;
    else this.problems.set(key, { code, count, example: example.slice(0, 100) });
  }

  /** A time as ISO 8601; one that cannot be read is counted and becomes now. Numbers are milliseconds. */
  date(v: string | number): string {
    const s = iso(v);
    if (!s) this.problem('date-unreadable', String(v));
    return s ?? new Date().toISOString();
  }

  done(source: Source): Result {
    fit(this);
    const used = new Set<string>();
    for (const i of this.items) {
      const parts = i.folder.split('/');
      for (let n = 1; n <= parts.length; n++) used.add(parts.slice(0, n).join('/'));
    }
    for (const f of this.folders) if (!used.has(f)) this.problem('folder-only', f);
    return { items: this.items, folders: [...this.folders], problems: [...this.problems.values()], source };
  }
}
