// LastPass's CSV: logins, and notes that may be forms ("NoteType:Credit Card", then a line for each value).
import { ItemType } from '../worker/model';
import type { Row, Table } from './csv';
import { cardBrand, expires, field, fill, note, totp, uri } from './build';
import { Draft, type Result } from './draft';
import type { ImportItem } from './types';

export function readLastPass(t: Table): Result {
  const d = new Draft();
  for (const r of t.rows) readRow(d, r);
  return d.done('lastpass-csv');
}

function readRow(d: Draft, r: Row): void {
  const url = r.take('url');
  const group = r.take('grouping').replace(/\\/g, '/');
  const folder = group === '(none)' ? '' : group;
  if (url === 'http://group') {
    d.folder([folder, r.take('name')].filter(Boolean).join('/'));
    return;
  }
  if (r.empty) return d.problem('row-skipped', `row ${r.n}`);
  const extra = r.take('extra');
  const form = /^NoteType:([^\r\n]*)/.exec(extra);
  const isNote = url === 'http://sn' || form !== null;
  const i = isNote
    ? readForm(d, r.take('name'), folder, form?.[1]?.trim() ?? '', extra)
    : d.item(ItemType.login, r.take('name'), folder);
  if (!isNote) i.notes = extra;
  if (/^Shared-/.test(folder)) d.problem('shared', i.name);
  i.favorite = r.take('fav') === '1';
  if (i.login) {
    i.login.username = r.take('username');
    i.login.password = r.take('password');
    if (url && url !== 'http://') uri(i, url);
  }
  totp(i, r.take('totp'));
  for (const [n, v] of r.rest()) field(i, n, v, /password/i.test(n) ? 1 : 0);
}

const types: Record<string, ItemType> = {
  'Credit Card': ItemType.card,
  Address: ItemType.identity,
  'SSH Key': ItemType.sshKey,
};

const identity: Record<string, string> = {
  Title: 'title',
  'First Name': 'firstName',
  'Middle Name': 'middleName',
  'Last Name': 'lastName',
  Username: 'username',
  Company: 'company',
  'Address 1': 'address1',
  'Address 2': 'address2',
  'Address 3': 'address3',
  'City / Town': 'city',
  State: 'state',
  'Zip / Postal Code': 'postalCode',
  Country: 'country',
  'Email Address': 'email',
  Phone: 'phone',
};
const card: Record<string, string> = {
  'Name on Card': 'cardholderName',
  Type: 'brand',
  Number: 'number',
  'Security Code': 'code',
};
const ssh: Record<string, string> = { 'Private Key': 'privateKey', 'Public Key': 'publicKey' };
const secret = /passphrase|password|pin$|security code/i;

function readForm(d: Draft, name: string, folder: string, kind: string, extra: string): ImportItem {
  const i = d.item(types[kind] ?? ItemType.note, name, folder);
  if (!kind) {
    i.notes = extra;
    return i;
  }
  if (!types[kind]) d.problem('type-unknown', kind);
  for (const [n, value] of linesOf(extra, kind)) {
    if (n === 'Notes') note(i, value);
    else if (n === 'Language') continue;
    else if (i.card && n === 'Expiration Date') expires(i, value, n);
    else if (i.card && card[n]) fill(i, i.card, card[n] as 'number', n === 'Type' ? cardBrand('', value) : value, n);
    else if (i.identity && identity[n]) fill(i, i.identity, identity[n] as 'title', phone(value), n);
    else if (i.sshKey && ssh[n]) fill(i, i.sshKey, ssh[n] as 'privateKey', value, n);
    else if (value.trim() !== '' && value !== ',') field(i, n, phone(value), secret.test(n) ? 1 : 0);
  }
  if (i.card && !i.card.brand) i.card.brand = cardBrand(i.card.number);
  return i;
}

/** The form's values. One goes on over lines until the next known name; the notes go on to the end. */
function linesOf(extra: string, kind: string): [string, string][] {
  const out: [string, string][] = [];
  for (const line of extra.split(/\r\n|\n/).slice(1)) {
    const m = /^([A-Z][A-Za-z0-9 /.'-]{0,40}):(.*)$/.exec(line);
    const last = out[out.length - 1];
    const inKey = kind === 'SSH Key' && last && /-----BEGIN/.test(last[1]) && !/-----END/.test(last[1]);
    if (last && (last[0] === 'Notes' || inKey || !m)) last[1] += '\n' + line;
    else if (m) out.push([m[1]!, m[2]!]);
    else out.push(['Notes', line]);
  }
  return out;
}

/** A phone number is JSON: {"num":"15551234567","ext":"","cc3l":"USA"}. */
function phone(value: string): string {
  if (!value.startsWith('{"num"')) return value;
  try {
    const o = JSON.parse(value) as { num?: string; ext?: string };
    return [o.num, o.ext].filter(Boolean).join(' ext. ');
  } catch {
    return value;
  }
}
