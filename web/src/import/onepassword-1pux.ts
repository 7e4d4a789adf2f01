// 1Password's 1PUX: a zip of export.data (JSON) and the files that items hold.
import { ItemType, type ItemType as Type } from '../worker/model';
import { cardBrand, field, iso, uri } from './build';
import { Draft, type Result } from './draft';
import { arr, obj, objects, parseJson, isObj, str, type Obj } from './json';
import { textOf } from './limits';
import { readSection } from './onepassword-fields';
import { attach, filesOf, type Files } from './onepassword-files';
import { splitTags } from './tags';
import { ImportError, type ImportItem } from './types';

/** Categories by number; those without a type of their own come as notes with fields. */
const categories: Record<string, [name: string, type: Type | undefined]> = {
  '001': ['Login', ItemType.login],
  '002': ['Credit Card', ItemType.card],
  '003': ['Secure Note', ItemType.note],
  '004': ['Identity', ItemType.identity],
  '005': ['Password', ItemType.login],
  '006': ['Document', ItemType.note],
  '100': ['Software License', undefined],
  '101': ['Bank Account', undefined],
  '102': ['Database', ItemType.login],
  '103': ['Driver License', undefined],
  '104': ['Outdoor License', undefined],
  '105': ['Membership', undefined],
  '106': ['Passport', undefined],
  '107': ['Reward Program', undefined],
  '108': ['Social Security Number', undefined],
  '109': ['Wireless Router', undefined],
  '110': ['Server', ItemType.login],
  '111': ['Email Account', ItemType.login],
  '112': ['API Credential', ItemType.login],
  '113': ['Medical Record', undefined],
  '114': ['SSH Key', ItemType.sshKey],
  '115': ['Crypto Wallet', undefined],
};

export function read1pux(archive: Map<string, Uint8Array>): Result {
  const root = parseJson(textOf(archive.get('export.data')!), 'export.data');
  if (!isObj(root) || !Array.isArray(root.accounts)) throw new ImportError('malformed', 'export.data has no accounts');
  const files = filesOf(archive);
  const d = new Draft();
  const vaults = objects(root.accounts, 'accounts').flatMap((a, n) => objects(a.vaults, `accounts[${n}].vaults`));
  for (const v of vaults) {
    const attrs = obj(v.attrs);
    const vault = vaults.length > 1 ? str(attrs.name).replace(/\//g, '-') : '';
    if (vault) d.folder(vault);
    for (const entry of objects(v.items, `${str(attrs.name)}.items`))
      readItem(d, isObj(entry.item) ? entry.item : entry, vault, attrs.type === 'E', files);
  }
  return d.done('1password-1pux');
}

function readItem(d: Draft, o: Obj, vault: string, shared: boolean, files: Files): void {
  const overview = obj(o.overview);
  const details = obj(o.details);
  const [kind, type] = categories[str(o.categoryUuid)] ?? [`category ${str(o.categoryUuid)}`, undefined];
  if (!type) d.problem('type-unknown', kind);
  const [tag, tags] = splitTags(arr(overview.tags).map(str));
  const i = d.item(type ?? ItemType.note, str(overview.title), [vault, tag].filter(Boolean).join('/'));
  field(i, 'tags', tags);
  if (shared) d.problem('shared', i.name);
  i.notes = str(details.notesPlain);
  i.favorite = Number(o.favIndex) > 0;
  if (o.state === 'archived') i.archived = true;
  if (o.state === 'trashed' || o.trashed === 'Y') i.deleted = true;
  readUrls(i, overview);
  readLoginFields(i, details);
  for (const s of objects(details.sections, `${i.name}: sections`)) readSection(d, i, s, files);
  readHistory(d, i, details);
  if (isObj(details.documentAttributes)) attach(d, i, details.documentAttributes, files);
  if (i.card) i.card.brand = cardBrand(i.card.number, i.card.brand);
  if (isObj(details.passkey)) d.problem('field-dropped', 'passkey');
  const known = [
    'notesPlain',
    'loginFields',
    'sections',
    'passwordHistory',
    'documentAttributes',
    'password',
    'passkey',
    'htmlForm',
    'htmlAction',
    'htmlMethod',
    'htmlID',
    'htmlName',
  ];
  for (const [n, v] of Object.entries(details)) if (!known.includes(n) && str(v)) field(i, n, str(v));
  if (o.createdAt) d.problem('field-dropped', 'createdAt');
}

function readUrls(i: ImportItem, overview: Obj): void {
  const all = [...objects(overview.urls, `${i.name}: urls`).map((u) => str(u.url)), str(overview.url)];
  for (const u of all) {
    if (i.login) uri(i, u);
    else if (!i.fields.some((f) => f.value === u)) field(i, 'URL', u);
  }
}

function readLoginFields(i: ImportItem, details: Obj): void {
  for (const f of objects(details.loginFields, `${i.name}: loginFields`)) {
    const value = str(f.value);
    if (i.login && f.designation === 'username') i.login.username = value;
    else if (i.login && f.designation === 'password') i.login.password = value;
    // Buttons and boxes of the page that the login was saved on hold nothing that a person wrote.
    else if (f.fieldType !== 'I' && f.fieldType !== 'C' && f.fieldType !== 'B')
      field(i, str(f.name) || str(f.id), value, f.fieldType === 'P' ? 1 : 0);
  }
  const password = str(details.password);
  if (i.login && !i.login.password) i.login.password = password;
  else if (password && i.login?.password !== password) field(i, 'password', password, 1);
}

function readHistory(d: Draft, i: ImportItem, details: Obj): void {
  for (const h of objects(details.passwordHistory, `${i.name}: passwordHistory`)) {
    const at = iso(Number(h.time) * 1000);
    if (!at) d.problem('date-unreadable', str(h.time));
    i.passwordHistory.push({ password: str(h.value), lastUsedDate: at ?? new Date().toISOString() });
  }
}
