// A vault as a file. The JSON is Bitwarden's, so that other programs read it; what of an item only the
// server knows (attachments) is not in it.
import Papa from 'papaparse';
import { seal } from '../worker/encstring';
import { fileKey, type Kdf } from '../worker/keys';
import { ItemType, type Folder, type Item } from '../worker/model';
import { toBase64 } from '../worker/bytes';
import { guard, guardColumn } from './bitwarden-csv';
import { label } from './json';

export type Vault = { folders: readonly Folder[]; items: readonly Item[] };

export const exportJson = (v: Vault): string =>
  JSON.stringify(
    { encrypted: false, folders: v.folders.map(({ id, name }) => ({ id, name })), items: v.items.map(jsonOf) },
    null,
    2,
  );

/** '' is null in these files. */
const orNull = (s: string): string | null => s || null;
const record = (r: Record<string, string>): Record<string, string | null> =>
  Object.fromEntries(Object.entries(r).map(([n, s]) => [n, orNull(s)]));

function jsonOf(i: Item): Record<string, unknown> {
  const out: Record<string, unknown> = {
    id: i.id,
    organizationId: null,
    folderId: i.folderId,
    type: i.type,
    reprompt: i.reprompt,
    name: i.name,
    notes: orNull(i.notes),
    favorite: i.favorite,
    passwordHistory: i.passwordHistory.length ? i.passwordHistory : null,
    revisionDate: i.revisionDate,
    creationDate: i.creationDate,
    deletedDate: i.deletedDate,
    archivedDate: i.archivedDate,
    collectionIds: null,
  };
  if (i.fields.length)
    out.fields = i.fields.map((f) => ({
      name: orNull(f.name),
      value: orNull(f.value),
      type: f.type,
      linkedId: f.linkedId ?? null,
    }));
  if (i.login) {
    const { username, password, totp, uris, passwordRevisionDate, fido2Credentials } = i.login;
    out.login = {
      uris: uris.map((u) => ({ match: u.match ?? null, uri: u.uri })),
      fido2Credentials: fido2Credentials ?? [],
      username: orNull(username),
      password: orNull(password),
      totp: orNull(totp),
      passwordRevisionDate: passwordRevisionDate ?? null,
    };
  }
  if (i.type === ItemType.note) out.secureNote = { type: 0 };
  if (i.card) out.card = record(i.card);
  if (i.identity) out.identity = record(i.identity);
  if (i.sshKey) out.sshKey = { ...i.sshKey };
  return out;
}

const columns = [
  'folder',
  'favorite',
  'type',
  'name',
  'notes',
  'fields',
  'reprompt',
  'archivedDate',
  'login_uri',
  'login_username',
  'login_password',
  'login_totp',
  guardColumn,
];

/** A table in the form of Bitwarden's. It knows logins and notes: cards, identities and keys are notes with
 * fields. Cells that a spreadsheet would run as a formula get an apostrophe, and their row says so. */
export function exportCsv(v: Vault): string {
  const names = new Map(v.folders.map((f) => [f.id, f.name]));
  const rows = v.items.map((i) => {
    const own: [string, string][] = [
      ...Object.entries(i.card ?? {}),
      ...Object.entries(i.identity ?? {}),
      ...Object.entries(i.sshKey ?? {}),
    ];
    const fields: [string, string][] = [
      ...own.filter(([, s]) => s).map(([n, s]): [string, string] => [label(n), s]),
      ...i.fields.map((f): [string, string] => [f.name, f.value]),
    ];
    const cells = [
      i.folderId ? (names.get(i.folderId) ?? '') : '',
      i.favorite ? '1' : '',
      i.login ? 'login' : 'note',
      i.name,
      i.notes,
      fields.map(fieldLine).join('\n'),
      String(i.reprompt),
      i.archivedDate ?? '',
      i.login?.uris.map((u) => u.uri).join(',') ?? '',
      i.login?.username ?? '',
      i.login?.password ?? '',
      i.login?.totp ?? '',
    ];
    const guarded = cells.map(guard);
    return [...guarded, guarded.some((c, n) => c !== cells[n]) ? '1' : ''];
  });
  return Papa.unparse({ fields: columns, data: rows }, { newline: '\r\n', escapeFormulae: false });
}

/** A field is a line; a value of several lines goes on behind tabs. */
const fieldLine = ([name, value]: [string, string]): string =>
  `${name.replace(/[\r\n]+/g, ' ').replace(/: /g, ' ')}: ${value.replace(/\r\n|\n/g, '\n\t')}`;

const kdf: Kdf = { kdfType: 1, iterations: 4, memory: 64, parallelism: 4 };

/** The JSON sealed with a password of its own, as every Bitwarden client opens it. */
export async function exportEncrypted(v: Vault, password: string, cost: Kdf = kdf): Promise<string> {
  const salt = toBase64(crypto.getRandomValues(new Uint8Array(16)));
  const key = await fileKey(password, salt, cost);
  const out: Record<string, unknown> = {
    encrypted: true,
    passwordProtected: true,
    salt,
    kdfType: cost.kdfType,
    kdfIterations: cost.iterations,
    kdfMemory: cost.memory ?? null,
    kdfParallelism: cost.parallelism ?? null,
    encKeyValidation_DO_NOT_EDIT: seal(key, crypto.randomUUID()),
    data: seal(key, exportJson(v)),
  };
  return JSON.stringify(out, null, 2);
}
