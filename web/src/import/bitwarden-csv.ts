// Bitwarden's CSV, which our own CSV export has the form of: logins and notes, custom fields as lines of one cell.
import { ItemType } from '../worker/model';
import type { Row, Table } from './csv';
import { field, totp, uri } from './build';
import { Draft, type Result } from './draft';
import { ImportError, type ImportItem } from './types';

export const isBitwardenCsv = (has: (name: string) => boolean): boolean =>
  has('login_password') && has('login_uri') && has('name');

/** The column by which our export tells that it put an apostrophe before what a spreadsheet would run. */
export const guardColumn = 'guarded';

/** A cell that a spreadsheet would take for a formula, or that the guard has made of one. */
const formula = /^'*[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;

export const guard = (cell: string): string => (formula.test(cell) ? `'${cell}` : cell);
const unguard = (cell: string): string => (cell.startsWith("'") && formula.test(cell) ? cell.slice(1) : cell);

export function readBitwardenCsv(t: Table): Result {
  const d = new Draft();
  for (const r of t.rows) readRow(d, r);
  return d.done('bitwarden-csv');
}

function readRow(d: Draft, r: Row): void {
  if (r.empty) return d.problem('row-skipped', `row ${r.n}`);
  const plain = r.take(guardColumn) === '1' ? unguard : (s: string) => s;
  const take = (name: string): string => plain(r.take(name));
  const kind = take('type').toLowerCase() || 'login';
  if (kind !== 'login' && kind !== 'note') d.problem('type-unknown', kind);
  const i = d.item(
    kind === 'login' ? ItemType.login : ItemType.note,
    take('name'),
    take('folder') || (take('collections').split(',')[0] ?? ''),
  );
  i.favorite = /^(1|true)$/i.test(take('favorite'));
  i.reprompt = take('reprompt') === '1' ? 1 : 0;
  i.notes = take('notes');
  i.archived = take('archiveddate') !== '' || undefined;
  readFields(i, take('fields'));
  if (i.login) {
    i.login.username = take('login_username');
    i.login.password = take('login_password');
    totp(i, take('login_totp'));
    for (const u of splitUris(take('login_uri'))) uri(i, u);
  }
  for (const [n, v] of r.rest()) field(i, n, plain(v));
  if (i.archived === undefined) delete i.archived;
}

/** One field a line, "name: value"; a line that begins with a tab goes on with the value before it. */
function readFields(i: ImportItem, cell: string): void {
  for (const line of cell.split(/\r\n|\n/)) {
    const last = i.fields[i.fields.length - 1];
    const at = line.indexOf(': ');
    if (line.startsWith('\t') && last) last.value += '\n' + line.slice(1);
    else if (!line.trim()) continue;
    else if (at >= 0) i.fields.push({ name: line.slice(0, at), value: line.slice(at + 2), type: 0 });
    else if (line.endsWith(':')) i.fields.push({ name: line.slice(0, -1), value: '', type: 0 });
    else field(i, 'field', line);
  }
}

/** Addresses stand behind each other with commas, which an address may hold too: only a comma before
 * what looks like the beginning of one divides. */
function splitUris(s: string): string[] {
  return s.split(/,(?=\s*(?:[a-z][a-z0-9+.-]*:|[\w-]+(?:\.[\w-]+)+(?:[:/]|,|$)))/i);
}

export function requireRows(t: Table): void {
  if (t.rows.length === 0) throw new ImportError('malformed', 'no row behind the header');
}
