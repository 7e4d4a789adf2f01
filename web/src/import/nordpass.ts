// NordPass's CSV: one table for all kinds of items, with extra addresses and custom fields as JSON in a cell.
import { ItemType } from '../worker/model';
import type { Row, Table } from './csv';
import { cardBrand, expires, field, fill, totp, uri } from './build';
import { Draft, type Result } from './draft';
import { arr, isObj, str } from './json';
import type { ImportItem } from './types';

export function readNordPass(t: Table): Result {
  const d = new Draft();
  for (const r of t.rows) readRow(d, r);
  return d.done('nordpass-csv');
}

const types: Record<string, ItemType> = {
  password: ItemType.login,
  note: ItemType.note,
  credit_card: ItemType.card,
  identity: ItemType.identity,
};

function readRow(d: Draft, r: Row): void {
  if (r.empty) return d.problem('row-skipped', `row ${r.n}`);
  const kind = r.take('type') || guess(r);
  if (kind === 'folder') {
    d.folder(r.take('name'));
    return;
  }
  if (!types[kind]) d.problem('type-unknown', kind);
  const i = d.item(types[kind] ?? ItemType.note, r.take('name'), r.take('folder'));
  i.notes = r.take('note');
  if (i.login) readLogin(i, r);
  if (i.card) readCard(i, r);
  if (i.identity) readIdentity(i, r);
  readCustom(i, r.take('custom_fields'));
  for (const [n, v] of r.rest()) field(i, n, v, /password|cvc|pin/.test(n) ? 1 : 0);
}

function guess(r: Row): string {
  if (r.take('cardnumber')) return 'credit_card';
  if (r.take('password') || r.take('url')) return 'password';
  return r.take('full_name') || r.take('email') ? 'identity' : 'note';
}

function readLogin(i: ImportItem, r: Row): void {
  i.login!.username = r.take('username');
  i.login!.password = r.take('password');
  uri(i, r.take('url'));
  totp(i, r.take('totp'));
  const more = r.take('additional_urls');
  const list = jsonList(more);
  if (list) for (const u of list) uri(i, str(u));
  else for (const u of more.split(',')) uri(i, u);
}

function readCard(i: ImportItem, r: Row): void {
  const c = i.card!;
  c.cardholderName = r.take('cardholdername');
  c.number = r.take('cardnumber');
  c.code = r.take('cvc');
  c.brand = cardBrand(c.number, r.take('cardtype'));
  expires(i, r.take('expirydate'), 'expirydate');
  field(i, 'PIN', r.take('pin'), 1);
}

function readIdentity(i: ImportItem, r: Row): void {
  const names = r.take('full_name').trim().split(/\s+/);
  const p = i.identity!;
  p.lastName = names.length > 1 ? names.pop()! : '';
  p.firstName = names.shift() ?? '';
  p.middleName = names.join(' ');
  for (const [column, key] of [
    ['phone_number', 'phone'],
    ['email', 'email'],
    ['address1', 'address1'],
    ['address2', 'address2'],
    ['city', 'city'],
    ['state', 'state'],
    ['zipcode', 'postalCode'],
    ['country', 'country'],
    ['username', 'username'],
    ['company', 'company'],
  ] as const)
    fill(i, p, key, r.take(column), column);
}

function readCustom(i: ImportItem, cell: string): void {
  const list = jsonList(cell);
  if (!list) return field(i, 'custom_fields', cell);
  for (const f of list) {
    if (!isObj(f)) field(i, 'custom field', str(f));
    else field(i, str(f.label) || str(f.name), str(f.value), f.type === 'hidden' ? 1 : 0);
  }
}

function jsonList(cell: string): unknown[] | undefined {
  if (!cell.trim()) return [];
  if (!cell.trim().startsWith('[')) return undefined;
  try {
    return arr(JSON.parse(cell));
  } catch {
    return undefined;
  }
}
