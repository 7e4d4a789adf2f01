// What a KeePass database holds, whichever way it came: groups of entries, whose fields are texts by name.
import type { Kdbx, KdbxEntry, KdbxEntryField, KdbxGroup } from 'kdbxweb';
import { ItemType } from '../worker/model';
import { field, totp, uri } from './build';
import { Draft, type Result } from './draft';
import { takeOtp } from './keepass-otp';
import { takePasskey } from './keepass-passkey';
import { references } from './keepass-refs';
import { most, within } from './limits';
import type { ImportItem, Source } from './types';

/** An entry's fields, of which every one is taken or left over. */
export class Fields {
  constructor(private readonly all: Map<string, { value: string; hidden: boolean }>) {}

  take(name: string): string {
    const f = this.all.get(name);
    this.all.delete(name);
    return f?.value ?? '';
  }

  peek = (name: string): string => this.all.get(name)?.value ?? '';
  names = (): string[] => [...this.all.keys()];
  rest = (): [string, { value: string; hidden: boolean }][] => [...this.all];
}

export const plain = (v: KdbxEntryField | undefined): string =>
  v === undefined ? '' : typeof v === 'string' ? v : v.getText();

export function readKeePass(db: Kdbx, source: Source, missing: readonly string[]): Result {
  const d = new Draft();
  const resolve = references(db);
  const bin = db.meta.recycleBinEnabled === false ? undefined : db.meta.recycleBinUuid?.id;
  const templates = db.meta.entryTemplatesGroup?.id;
  const walk = (g: KdbxGroup, path: string[], deleted: boolean): void => {
    within(path.length, most.depth, `a group ${path.length} levels deep`);
    if (path.length) d.folder(path.join('/'));
    if (g.notes?.trim()) d.problem('field-dropped', 'group notes');
    for (const e of g.entries) {
      if (templates && g.uuid.id === templates) d.problem('type-unknown', 'template');
      readEntry(d, e, path.join('/'), deleted, resolve);
    }
    for (const sub of g.groups) {
      // The bin is no folder: what lies in it goes to the trash.
      const isBin = bin !== undefined && sub.uuid.id === bin;
      walk(sub, isBin ? [] : [...path, (sub.name ?? '').replace(/\//g, '-')], deleted || isBin);
    }
  };
  for (const root of db.groups) walk(root, [], false);
  for (const name of missing) d.problem('file-dropped', name);
  return d.done(source);
}

function readEntry(d: Draft, e: KdbxEntry, folder: string, deleted: boolean, resolve: (s: string) => string): void {
  const f = fieldsOf(e, resolve);
  const title = f.take('Title');
  const user = f.take('UserName');
  const password = f.take('Password');
  const url = f.take('URL');
  const notes = f.take('Notes');
  const code = takeOtp(f);
  const passkey = takePasskey(f, e.times.creationTime);
  // An entry that has nothing of a login is a note.
  const isNote = !user && !password && !url && !code && !passkey && (notes !== '' || e.binaries.size > 0);
  const i = d.item(isNote ? ItemType.note : ItemType.login, title, folder);
  i.notes = notes;
  if (deleted) i.deleted = true;
  if (i.login) {
    i.login.username = user;
    i.login.password = password;
    uri(i, url);
    for (const n of f.names())
      if (/^(KP2A_URL|AndroidApp)(_?\d+)?$/.test(n))
        uri(i, f.take(n).replace(/^(?=[a-z]\w*(\.\w+)+$)/i, n.startsWith('A') ? 'androidapp://' : ''));
    totp(i, code);
    if (passkey) i.login.fido2Credentials = [passkey];
  }
  for (const [name, { value, hidden }] of f.rest()) field(i, name, value, hidden ? 1 : 0);
  readMeta(d, i, e);
  readHistory(d, i, e, resolve);
  for (const [name, b] of e.binaries) {
    const v = 'value' in b && 'hash' in b ? b.value : b;
    i.files.push({
      name,
      bytes: v instanceof ArrayBuffer ? new Uint8Array(v) : (v as { getBinary(): Uint8Array }).getBinary(),
    });
  }
}

function fieldsOf(e: KdbxEntry, resolve: (s: string) => string): Fields {
  const all = new Map<string, { value: string; hidden: boolean }>();
  for (const [name, v] of e.fields) all.set(name, { value: resolve(plain(v)), hidden: typeof v !== 'string' });
  return new Fields(all);
}

function readMeta(d: Draft, i: ImportItem, e: KdbxEntry): void {
  const tags = e.tags.filter((t) => t && !/^favou?rite$/i.test(t));
  i.favorite = tags.length < e.tags.filter(Boolean).length;
  field(i, 'Tags', tags.join(', '));
  if (e.times.expires && e.times.expiryTime) field(i, 'Expires', e.times.expiryTime.toISOString());
  field(i, 'OverrideURL', e.overrideUrl ?? '');
  if (e.autoType.defaultSequence || e.autoType.items.length) d.problem('field-dropped', 'AutoType');
  for (const [n, item] of e.customData ?? []) if (item.value) d.problem('field-dropped', n);
  if (e.times.creationTime) d.problem('field-dropped', 'CreationTime');
}

/** Earlier passwords come over; whatever else an earlier state had is counted. */
function readHistory(d: Draft, i: ImportItem, e: KdbxEntry, resolve: (s: string) => string): void {
  const states = [...e.history, e];
  let other = false;
  for (let n = 0; n + 1 < states.length; n++) {
    const was = resolve(plain(states[n]!.fields.get('Password')));
    const next = states[n + 1]!;
    const at = next.times.lastModTime;
    if (was && was !== resolve(plain(next.fields.get('Password')))) {
      i.passwordHistory.unshift({
        password: was,
        lastUsedDate: at && !Number.isNaN(at.getTime()) ? at.toISOString() : new Date().toISOString(),
      });
      if (i.login && next === e)
        i.login.passwordRevisionDate = at && !Number.isNaN(at.getTime()) ? at.toISOString() : null;
    }
    for (const [name, v] of states[n]!.fields)
      if (name !== 'Password' && plain(v) !== plain(next.fields.get(name))) other = true;
  }
  if (other) d.problem('field-dropped', 'History');
}
