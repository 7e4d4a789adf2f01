// Items between the server's JSON, where every text is an encrypted string, and what a person sees.
import { sha256 } from '@noble/hashes/sha2.js';
import { toBase64, utf8 } from './bytes';
import { openMany, openOpt, seal, sealOpt, SymKey } from './encstring';
import {
  cardFields,
  identityFields,
  ItemType,
  type Card,
  type Content,
  type Field,
  type FieldType,
  type Identity,
  type Item,
  type Login,
  type Passkey,
} from './model';

type Enc = string | null | undefined;

/** An item as the server sends it. */
export type RawCipher = {
  id: string;
  type: number;
  key: Enc;
  name: string;
  notes: Enc;
  favorite: boolean;
  reprompt: number;
  folderId: string | null;
  organizationId: string | null;
  login?: RawLogin | null;
  card?: Record<string, Enc> | null;
  identity?: Record<string, Enc> | null;
  sshKey?: { privateKey: Enc; publicKey: Enc; keyFingerprint: Enc } | null;
  fields?: { type: number; name: Enc; value: Enc; linkedId?: number | null }[] | null;
  passwordHistory?: { password: string; lastUsedDate: string }[] | null;
  attachments?: RawAttachment[] | null;
  creationDate: string;
  revisionDate: string;
  deletedDate: string | null;
  archivedDate: string | null;
};

type RawLogin = {
  username: Enc;
  password: Enc;
  totp: Enc;
  uris?: { uri: Enc; match?: number | null; uriChecksum?: Enc }[] | null;
  passwordRevisionDate?: string | null;
  fido2Credentials?: Record<string, Enc>[] | null;
};

export type RawAttachment = { id: string; fileName: string; key: Enc; size: string; url?: string };

/** The key that an item's texts are under: its own, or the user's. */
export const keyOf = (c: Pick<RawCipher, 'key'>, user: SymKey): SymKey =>
  c.key ? new SymKey(openMany(user, [c.key])[0]!) : user;

/** What a damaged text shows as, so that one bad field does not hide an item. */
export const damaged = '\uFFFD';

function safe(k: SymKey, s: Enc): string {
  try {
    return openOpt(k, s);
  } catch {
    return damaged;
  }
}

function openLogin(k: SymKey, l: RawLogin, ownKey: boolean): Login {
  const uris = (l.uris ?? []).map((u) => ({ uri: safe(k, u.uri), match: u.match ?? null, sum: u.uriChecksum }));
  return {
    username: safe(k, l.username),
    password: safe(k, l.password),
    totp: safe(k, l.totp),
    // With a key of its own an item says what its addresses were, so that nobody can exchange them.
    uris: uris
      .filter((u) => !ownKey || !u.sum || safe(k, u.sum) === checksum(u.uri))
      .map(({ uri, match }) => ({ uri, match })),
    passwordRevisionDate: l.passwordRevisionDate ?? null,
    fido2Credentials: (l.fido2Credentials ?? []).map((f) => openPasskey(k, f)),
  };
}

function openPasskey(k: SymKey, f: Record<string, Enc>): Passkey {
  const out: Record<string, string> = {};
  for (const [name, v] of Object.entries(f)) out[name] = name === 'creationDate' ? (v ?? '') : safe(k, v);
  return out as Passkey;
}

const checksum = (uri: string): string => toBase64(sha256(utf8(uri)));

const openRecord = (k: SymKey, names: readonly string[], r: Record<string, Enc>): Record<string, string> =>
  Object.fromEntries(names.map((n) => [n, safe(k, r[n])]));

/** Decrypts an item whole. Texts that cannot be opened show as `damaged`. */
export function openItem(c: RawCipher, k: SymKey): Item {
  const item: Item = {
    id: c.id,
    type: c.type as Item['type'],
    name: safe(k, c.name),
    notes: safe(k, c.notes),
    favorite: c.favorite,
    reprompt: c.reprompt ? 1 : 0,
    folderId: c.folderId,
    fields: (c.fields ?? []).map((f) => {
      const out: Field = { type: f.type as FieldType, name: safe(k, f.name), value: safe(k, f.value) };
      if (f.linkedId != null) out.linkedId = f.linkedId;
      return out;
    }),
    passwordHistory: (c.passwordHistory ?? []).map((h) => ({
      password: safe(k, h.password),
      lastUsedDate: h.lastUsedDate,
    })),
    attachments: (c.attachments ?? []).map((a) => ({ id: a.id, fileName: safe(k, a.fileName), size: Number(a.size) })),
    creationDate: c.creationDate,
    revisionDate: c.revisionDate,
    deletedDate: c.deletedDate,
    archivedDate: c.archivedDate,
  };
  if (c.login) item.login = openLogin(k, c.login, !!c.key);
  if (c.card) item.card = openRecord(k, cardFields, c.card) as Card;
  if (c.identity) item.identity = openRecord(k, identityFields, c.identity) as Identity;
  if (c.sshKey)
    item.sshKey = {
      privateKey: safe(k, c.sshKey.privateKey),
      publicKey: safe(k, c.sshKey.publicKey),
      keyFingerprint: safe(k, c.sshKey.keyFingerprint),
    };
  return item;
}

function sealLogin(k: SymKey, l: Login): object {
  return {
    username: sealOpt(k, l.username),
    password: sealOpt(k, l.password),
    totp: sealOpt(k, l.totp),
    passwordRevisionDate: l.passwordRevisionDate ?? null,
    uris: l.uris
      .filter((u) => u.uri)
      .map((u) => ({ uri: seal(k, u.uri), match: u.match ?? null, uriChecksum: seal(k, checksum(u.uri)) })),
    fido2Credentials: l.fido2Credentials?.length ? l.fido2Credentials.map((f) => sealPasskey(k, f)) : null,
  };
}

function sealPasskey(k: SymKey, f: Passkey): object {
  return Object.fromEntries(Object.entries(f).map(([n, v]) => [n, n === 'creationDate' ? v : sealOpt(k, v)]));
}

const sealRecord = (k: SymKey, r: Record<string, string>): object =>
  Object.fromEntries(Object.entries(r).map(([n, v]) => [n, sealOpt(k, v)]));

/** What of an item is kept beside its content. */
export type Placement = { folderId: string | null; archivedDate?: string | null };

/** Encrypts an item as a request. itemKey is the item's own key, wrapped as it is stored, or absent. */
export function sealItem(c: Content, k: SymKey, wrapped: Enc, at: Placement): Record<string, unknown> {
  return {
    type: c.type,
    key: wrapped ?? null,
    folderId: at.folderId,
    archivedDate: at.archivedDate ?? null,
    favorite: c.favorite,
    reprompt: c.reprompt,
    name: seal(k, c.name),
    notes: sealOpt(k, c.notes),
    fields: c.fields.length
      ? c.fields.map((f) => ({
          type: f.type,
          name: sealOpt(k, f.name),
          value: sealOpt(k, f.value),
          linkedId: f.linkedId ?? null,
        }))
      : null,
    passwordHistory: c.passwordHistory.length
      ? c.passwordHistory.map((h) => ({ password: seal(k, h.password), lastUsedDate: h.lastUsedDate }))
      : null,
    login: c.type === ItemType.login && c.login ? sealLogin(k, c.login) : null,
    secureNote: c.type === ItemType.note ? { type: 0 } : null,
    card: c.type === ItemType.card && c.card ? sealRecord(k, c.card) : null,
    identity: c.type === ItemType.identity && c.identity ? sealRecord(k, c.identity) : null,
    sshKey:
      c.type === ItemType.sshKey && c.sshKey
        ? {
            privateKey: seal(k, c.sshKey.privateKey),
            publicKey: seal(k, c.sshKey.publicKey),
            keyFingerprint: seal(k, c.sshKey.keyFingerprint),
          }
        : null,
  };
}

/** One line of the list. */
export type Row = {
  id: string;
  type: ItemType;
  name: string;
  /** the user name, the card's brand and last digits, the person's name */
  sub: string;
  host: string;
  folderId: string | null;
  favorite: boolean;
  deleted: boolean;
  archived: boolean;
  totp: boolean;
  password: boolean;
  files: boolean;
  passkey: boolean;
  reprompt: boolean;
  changed: string;
};

/** The row of an item, its name opened already; sub and host are for later unless given. */
export function rowOf(c: RawCipher, name: string, sub = '', host = ''): Row {
  return {
    id: c.id,
    type: c.type as Row['type'],
    name,
    sub,
    host,
    folderId: c.folderId,
    favorite: c.favorite,
    deleted: !!c.deletedDate,
    archived: !!c.archivedDate,
    totp: !!c.login?.totp,
    password: !!c.login?.password,
    files: !!c.attachments?.length,
    passkey: !!c.login?.fido2Credentials?.length,
    reprompt: !!c.reprompt,
    changed: c.revisionDate,
  };
}

/** The encrypted strings that a row's second line is made of. */
export function subtitleStrings(c: RawCipher): string[] {
  const l = c.login;
  const all = [
    l?.username,
    l?.uris?.[0]?.uri,
    c.card?.brand,
    c.card?.number,
    c.identity?.firstName,
    c.identity?.lastName,
    c.sshKey?.keyFingerprint,
  ];
  return all.map((s) => s ?? '');
}

export function subtitleOf(opened: string[]): { sub: string; host: string } {
  const [user = '', uri = '', brand = '', number = '', first = '', last = '', print = ''] = opened;
  const card = [brand, number && '•••• ' + number.slice(-4)].filter(Boolean).join(' ');
  return { sub: user || card || [first, last].filter(Boolean).join(' ') || print, host: hostOf(uri) };
}

export function hostOf(uri: string): string {
  if (!uri) return '';
  try {
    return new URL(/^[a-z][a-z0-9+.-]*:/i.test(uri) ? uri : 'https://' + uri).host;
  } catch {
    return uri;
  }
}
