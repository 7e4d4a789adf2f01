// What browsers and the old program write: one login a row.
import { ItemType } from '../worker/model';
import type { Row, Table } from './csv';
import { field, iso, totp, uri } from './build';
import { Draft, type Result } from './draft';
import type { ImportItem, Source } from './types';

type Columns = {
  source: Source;
  name: string;
  url: string;
  username: string;
  password: string;
  notes: string;
  totp: string;
};

export const strongroomCsv: Columns = {
  source: 'strongroom-csv',
  name: 'service',
  url: 'url',
  username: 'username',
  password: 'password',
  notes: 'notes',
  totp: 'totp',
};
export const chromeCsv: Columns = {
  source: 'chrome-csv',
  name: 'name',
  url: 'url',
  username: 'username',
  password: 'password',
  notes: 'note',
  totp: 'totp',
};
export const safariCsv: Columns = {
  source: 'safari-csv',
  name: 'title',
  url: 'url',
  username: 'username',
  password: 'password',
  notes: 'notes',
  totp: 'otpauth',
};

/** Rows of a login each, in these columns; other columns become custom fields. */
export function readLogins(t: Table, c: Columns, drop: readonly string[] = []): Result {
  const d = new Draft();
  for (const r of t.rows) {
    const i = login(d, r, r.take(c.name));
    if (!i) continue;
    i.login!.username = r.take(c.username);
    i.login!.password = r.take(c.password);
    uri(i, r.take(c.url));
    totp(i, r.take(c.totp));
    i.notes = r.take(c.notes);
    for (const n of drop) if (r.take(n)) d.problem('field-dropped', n);
    for (const [n, v] of r.rest()) field(i, n, v);
  }
  return d.done(c.source);
}

function login(d: Draft, r: Row, name: string): ImportItem | undefined {
  if (!r.empty) return d.item(ItemType.login, name);
  d.problem('row-skipped', `row ${r.n}`);
  return undefined;
}

export function readFirefox(t: Table): Result {
  const d = new Draft();
  for (const r of t.rows) {
    const url = r.take('url');
    const i = login(d, r, hostOf(url));
    if (!i) continue;
    i.login!.username = r.take('username');
    i.login!.password = r.take('password');
    uri(i, url);
    const form = r.take('formactionorigin');
    if (/^https?:/.test(form)) uri(i, form);
    field(i, 'httpRealm', r.take('httprealm'));
    const changed = r.take('timepasswordchanged');
    if (changed) i.login!.passwordRevisionDate = iso(Number(changed)) ?? null;
    if (changed && !i.login!.passwordRevisionDate) d.problem('date-unreadable', changed);
    for (const n of ['guid', 'timecreated', 'timelastused']) if (r.take(n)) d.problem('field-dropped', n);
    for (const [n, v] of r.rest()) field(i, n, v);
  }
  return d.done('firefox-csv');
}

function hostOf(url: string): string {
  try {
    return new URL(url).host || url;
  } catch {
    return url;
  }
}
