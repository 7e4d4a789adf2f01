// Proton Pass: JSON, alone or in a zip with the files that items hold, and CSV.
import { ItemType, type ItemType as Type } from '../worker/model';
import type { Row, Table } from './csv';
import { cardBrand, expires, field, fill, totp, uri } from './build';
import { Draft, type Result } from './draft';
import { arr, isObj, label, obj, objects, parseJson, str, Taker, type Obj } from './json';
import { textOf } from './limits';
import { ImportError, type ImportItem } from './types';

export function readProtonZip(archive: Map<string, Uint8Array>): Result {
  for (const [path, bytes] of archive) {
    if (!/(^|\/)data\.json$/.test(path)) continue;
    const root = parseJson(textOf(bytes), path);
    if (isObj(root)) return readProton(root, archive);
  }
  throw new ImportError('unknown-format', [...archive.keys()].find((p) => p.endsWith('.pgp')) ?? '');
}

export function readProton(root: Obj, archive: Map<string, Uint8Array> = new Map()): Result {
  if (!isObj(root.vaults)) throw new ImportError('malformed', 'vaults is not an object');
  const d = new Draft();
  const vaults = Object.values(root.vaults).map(obj);
  for (const v of vaults) {
    const folder = vaults.length > 1 ? str(v.name).replace(/\//g, '-') : '';
    if (folder) d.folder(folder);
    for (const o of objects(v.items, `${str(v.name)}: items`)) readItem(d, o, folder, archive);
  }
  return d.done('proton');
}

const types: Record<string, Type> = {
  login: ItemType.login,
  note: ItemType.note,
  creditCard: ItemType.card,
  identity: ItemType.identity,
  sshKey: ItemType.sshKey,
};

function readItem(d: Draft, o: Obj, folder: string, archive: Map<string, Uint8Array>): void {
  const data = obj(o.data);
  const meta = obj(data.metadata);
  const kind = str(data.type);
  if (!types[kind]) d.problem('type-unknown', kind || 'no type');
  const i = d.item(types[kind] ?? ItemType.note, str(meta.name), folder);
  i.notes = str(meta.note);
  i.favorite = o.pinned === true;
  if (o.state === 2) i.deleted = true;
  if (Number(o.shareCount) > 1) d.problem('shared', i.name);
  readContent(d, i, obj(data.content));
  field(i, 'Alias', str(o.aliasEmail));
  readExtra(i, data.extraFields, '');
  if (isObj(data.platformSpecific)) readApps(d, i, data.platformSpecific);
  for (const f of arr(o.files)) readFile(d, i, isObj(f) ? str(f.name) || str(f.path) : str(f), archive);
  if (o.createTime) d.problem('field-dropped', 'createTime');
}

/** The content of any kind; what is no member of its kind here becomes a field. */
function readContent(d: Draft, i: ImportItem, content: Obj): void {
  const t = new Taker(content);
  if (i.login) readLogin(d, i, t);
  if (i.card) readCard(i, t);
  if (i.identity) readIdentity(i, t);
  if (i.sshKey) i.sshKey = { privateKey: t.str('privateKey'), publicKey: t.str('publicKey'), keyFingerprint: '' };
  for (const name of ['extraPersonalDetails', 'extraAddressDetails', 'extraContactDetails', 'extraWorkDetails'])
    readExtra(i, t.raw(name), '');
  for (const name of ['sections', 'extraSections'])
    for (const s of objects(t.raw(name), `${i.name}: ${name}`)) readExtra(i, s.sectionFields, str(s.sectionName));
  for (const [n, v] of t.rest()) field(i, label(n), v, /password|pin|secret/i.test(n) ? 1 : 0);
}

function readLogin(d: Draft, i: ImportItem, t: Taker): void {
  const mail = t.str('itemEmail');
  i.login!.username = t.str('itemUsername') || t.str('username') || mail;
  if (mail !== i.login!.username) field(i, 'Email', mail);
  i.login!.password = t.str('password');
  for (const u of arr(t.raw('urls'))) uri(i, str(u));
  totp(i, t.str('totpUri'));
  // Its private key is in a form that only Proton's own programs read.
  for (const k of arr(t.raw('passkeys')))
    d.problem('field-dropped', `passkey: ${str(obj(k).domain) || str(obj(k).rpId)}`);
}

function readCard(i: ImportItem, t: Taker): void {
  t.drop('cardType');
  i.card!.cardholderName = t.str('cardholderName');
  i.card!.number = t.str('number');
  i.card!.code = t.str('verificationNumber');
  i.card!.brand = cardBrand(i.card!.number);
  expires(i, t.str('expirationDate'), 'Expiration date');
  field(i, 'PIN', t.str('pin'), 1);
}

function readIdentity(i: ImportItem, t: Taker): void {
  for (const [from, to] of [
    ['firstName', 'firstName'],
    ['middleName', 'middleName'],
    ['lastName', 'lastName'],
    ['email', 'email'],
    ['phoneNumber', 'phone'],
    ['organization', 'company'],
    ['company', 'company'],
    ['streetAddress', 'address1'],
    ['floor', 'address2'],
    ['county', 'address3'],
    ['city', 'city'],
    ['stateOrProvince', 'state'],
    ['zipOrPostalCode', 'postalCode'],
    ['countryOrRegion', 'country'],
    ['socialSecurityNumber', 'ssn'],
    ['passportNumber', 'passportNumber'],
    ['licenseNumber', 'licenseNumber'],
  ] as const)
    fill(i, i.identity, to, t.str(from), label(from));
  const full = t.str('fullName');
  const p = i.identity!;
  if (!p.firstName && !p.lastName) {
    const words = full.trim().split(/\s+/);
    p.lastName = words.length > 1 ? words.pop()! : '';
    p.firstName = words.join(' ');
  } else if (full !== [p.firstName, p.middleName, p.lastName].filter(Boolean).join(' ')) field(i, 'Full name', full);
}

function readExtra(i: ImportItem, list: unknown, section: string): void {
  for (const f of objects(list, `${i.name}: fields`)) {
    const data = obj(f.data);
    const name = [section, str(f.fieldName)].filter(Boolean).join(': ');
    if (f.type === 'totp') totp(i, str(data.totpUri), name);
    else if (f.type === 'timestamp') field(i, name, str(data.timestamp));
    else field(i, name, str(data.content), f.type === 'hidden' ? 1 : 0);
  }
}

function readApps(d: Draft, i: ImportItem, platform: Obj): void {
  for (const app of objects(obj(platform.android).allowedApps, `${i.name}: apps`)) {
    const name = str(app.packageName);
    if (i.login && name) uri(i, `androidapp://${name}`);
    else d.problem('field-dropped', 'allowedApps');
  }
}

function readFile(d: Draft, i: ImportItem, path: string, archive: Map<string, Uint8Array>): void {
  const name = path.split('/').pop() ?? '';
  const at = [...archive.keys()].find((p) => name !== '' && (p === path || p.endsWith('/files/' + name)));
  if (at) i.files.push({ name, bytes: archive.get(at)! });
  else d.problem('file-dropped', name || i.name);
}

/** The CSV, in which cards and people are JSON in the cell of the note. */
export function readProtonCsv(t: Table): Result {
  const d = new Draft();
  for (const r of t.rows) readRow(d, r);
  return d.done('proton');
}

function readRow(d: Draft, r: Row): void {
  if (r.empty) return d.problem('row-skipped', `row ${r.n}`);
  const kind = r.take('type');
  if (!types[kind]) d.problem('type-unknown', kind || 'no type');
  const i = d.item(types[kind] ?? ItemType.note, r.take('name'), r.take('vault').replace(/\//g, '-'));
  const noted = r.take('note');
  const content = (i.card || i.identity || i.sshKey) && noted.startsWith('{') ? jsonCell(noted) : undefined;
  if (content) {
    i.notes = str(content.note);
    readContent(d, i, Object.fromEntries(Object.entries(content).filter(([n]) => n !== 'note')));
  } else i.notes = noted;
  const mail = r.take('email');
  if (i.login) {
    i.login.username = r.take('username') || mail;
    i.login.password = r.take('password');
    for (const u of r.take('url').split(/,\s*(?=[a-z][a-z0-9+.-]*:)/i)) uri(i, u);
    totp(i, r.take('totp'));
  }
  if (mail !== i.login?.username) field(i, kind === 'alias' ? 'Alias' : 'Email', mail);
  for (const n of ['createtime', 'modifytime']) if (r.take(n)) d.problem('field-dropped', n);
  for (const [n, v] of r.rest()) field(i, n, v);
}

function jsonCell(s: string): Obj | undefined {
  try {
    const v = JSON.parse(s) as unknown;
    return isObj(v) ? v : undefined;
  } catch {
    return undefined;
  }
}
