// Bitwarden's own JSON, of a person or of an organization, and the items inside its encrypted exports.
import { cardFields, identityFields, ItemType, type Field, type Passkey } from '../worker/model';
import { field, iso, note } from './build';
import { Draft, type Result } from './draft';
import { arr, label, obj, objects, str, Taker, type Obj } from './json';
import { ImportError, type ImportItem, type Source } from './types';

const kinds: Record<number, string> = { 6: 'bankAccount', 7: 'driversLicense', 8: 'passport' };

/** What of an item is about where it was kept, not about what a person wrote. */
const places =
  'id organizationId collectionIds object folderId revisionDate creationDate key encryptedFor edit viewPassword permissions organizationUseTotp secureNote data'.split(
    ' ',
  );

export function readBitwarden(root: Obj, source: Source): Result {
  const d = new Draft();
  if (!Array.isArray(root.items)) throw new ImportError('malformed', 'items is not a list');
  const folders = namesOf(d, root.folders, 'folders');
  const collections = namesOf(d, root.collections, 'collections');
  objects(root.items, 'items').forEach((o, n) => readItem(d, o, `items[${n}]`, folders, collections));
  return d.done(source);
}

function namesOf(d: Draft, list: unknown, where: string): Map<string, string> {
  return new Map(objects(list, where).map((f) => [str(f.id), d.folder(str(f.name))]));
}

function readItem(
  d: Draft,
  o: Obj,
  where: string,
  folders: Map<string, string>,
  collections: Map<string, string>,
): void {
  const t = new Taker(o).drop(...places);
  const type = Number(t.raw('type'));
  if (!Number.isInteger(type) || type < 1) throw new ImportError('malformed', `${where}.type`);
  const own = Object.values(ItemType).find((x) => x === type);
  const inCollection = arr(o.collectionIds).map((c) => collections.get(str(c)) ?? '');
  const i = d.item(
    own ?? ItemType.note,
    t.str('name'),
    folders.get(str(o.folderId)) || inCollection.find(Boolean) || '',
  );
  if (o.organizationId) d.problem('shared', i.name);
  i.notes = t.str('notes');
  i.favorite = t.raw('favorite') === true;
  i.reprompt = t.raw('reprompt') ? 1 : 0;
  if (t.raw('deletedDate')) i.deleted = true;
  if (t.raw('archivedDate')) i.archived = true;
  readLogin(d, i, obj(t.raw('login')));
  for (const n of cardFields) if (i.card) i.card[n] = str(obj(t.raw('card'))[n]);
  for (const n of identityFields) if (i.identity) i.identity[n] = str(obj(t.raw('identity'))[n]);
  readSsh(i, obj(t.raw('sshKey')));
  for (const f of objects(t.raw('fields'), `${where}.fields`)) i.fields.push(fieldOf(f));
  for (const h of objects(t.raw('passwordHistory'), `${where}.passwordHistory`))
    i.passwordHistory.push({ password: str(h.password), lastUsedDate: d.date(str(h.lastUsedDate)) });
  if (!own) {
    const kind = kinds[type] ?? `type ${type}`;
    d.problem('type-unknown', label(kind));
    for (const [n, v] of new Taker(obj(t.raw(kind))).rest()) field(i, label(n), v);
  }
  for (const a of objects(t.raw('attachments'), `${where}.attachments`))
    d.problem('file-dropped', str(a.fileName) || i.name);
  for (const m of ['login', 'card', 'identity', 'sshKey']) t.drop(m);
  for (const [n, v] of t.rest()) field(i, n, v);
  if (o.creationDate) d.problem('field-dropped', 'creationDate');
}

function fieldOf(f: Obj): Field {
  const type = [0, 1, 2, 3].includes(Number(f.type)) ? (Number(f.type) as Field['type']) : 0;
  const out: Field = { name: str(f.name), value: str(f.value), type };
  if (type === 3) out.linkedId = Number.isInteger(f.linkedId) ? (f.linkedId as number) : null;
  return out;
}

function readLogin(d: Draft, i: ImportItem, o: Obj): void {
  if (!i.login) return;
  const t = new Taker(o).drop('uri', 'autofillOnPageLoad');
  i.login.username = t.str('username');
  i.login.password = t.str('password');
  i.login.totp = t.str('totp');
  for (const u of objects(t.raw('uris'), `${i.name}: uris`)) {
    const match =
      Number.isInteger(u.match) && (u.match as number) >= 0 && (u.match as number) <= 5 ? (u.match as number) : null;
    if (str(u.uri)) i.login.uris.push({ uri: str(u.uri), match });
  }
  if (i.login.uris.length === 0 && str(o.uri)) i.login.uris.push({ uri: str(o.uri), match: null });
  const changed = t.str('passwordRevisionDate');
  if (changed) i.login.passwordRevisionDate = iso(changed) ?? null;
  const keys = objects(t.raw('fido2Credentials'), `${i.name}: fido2Credentials`).map((k) => passkeyOf(d, k));
  if (keys.length) i.login.fido2Credentials = keys;
  for (const [n, v] of t.rest()) field(i, n, v);
}

function passkeyOf(d: Draft, k: Obj): Passkey {
  const s = (n: string): string => str(k[n]);
  return {
    credentialId: s('credentialId'),
    keyType: s('keyType') || 'public-key',
    keyAlgorithm: s('keyAlgorithm') || 'ECDSA',
    keyCurve: s('keyCurve') || 'P-256',
    keyValue: s('keyValue'),
    rpId: s('rpId'),
    userHandle: s('userHandle'),
    userName: s('userName'),
    counter: s('counter') || '0',
    rpName: s('rpName'),
    userDisplayName: s('userDisplayName'),
    discoverable: s('discoverable') || 'false',
    creationDate: d.date(s('creationDate')),
  };
}

function readSsh(i: ImportItem, o: Obj): void {
  if (!i.sshKey) return;
  i.sshKey = {
    privateKey: str(o.privateKey),
    publicKey: str(o.publicKey),
    keyFingerprint: str(o.keyFingerprint) || str(o.fingerprint),
  };
  for (const [n, v] of new Taker(o).drop('privateKey', 'publicKey', 'keyFingerprint', 'fingerprint').rest())
    note(i, `${n}: ${v}`);
}
