// The last step of every import: what the server would refuse is made to fit, with nothing lost. One item
// that does not fit would make it refuse the whole vault.
import { sha256 } from '@noble/hashes/sha2.js';
import type { Passkey } from '../worker/model';
import { fromBase64, toBase64, utf8 } from '../worker/bytes';
import type { Draft } from './draft';
import { field, note } from './build';
import { most } from './limits';
import type { ImportItem } from './types';

/** Bytes of a text whose encrypted form stays within the server's 1000, 5000 and 10000 characters. */
const room = { short: 687, medium: 3_695, long: 7_439 } as const;

export function fit(d: Draft): void {
  for (const i of d.items) {
    i.name ||= nameOf(i);
    fitLists(d, i);
    fitPasskeys(d, i);
    if (i.sshKey && !i.sshKey.keyFingerprint) i.sshKey.keyFingerprint = fingerprint(i.sshKey.publicKey);
    fitTexts(d, i);
  }
}

function nameOf(i: ImportItem): string {
  const u = i.login?.uris[0]?.uri ?? '';
  const host = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]+)/i.exec(u)?.[1] ?? u;
  return (
    host ||
    i.login?.username ||
    [i.identity?.firstName, i.identity?.lastName].filter(Boolean).join(' ') ||
    i.card?.brand ||
    i.notes.trim().split('\n')[0]?.slice(0, 60) ||
    '–'
  );
}

/** What OpenSSH calls a public key: the SHA-256 of its blob. '' if it is none. */
function fingerprint(publicKey: string): string {
  try {
    const blob = fromBase64(publicKey.trim().split(/\s+/)[1] ?? '');
    return blob.length ? `SHA256:${toBase64(sha256(blob)).replace(/=+$/, '')}` : '';
  } catch {
    return '';
  }
}

/** The lists that the server limits: the rest of one goes into a file. */
function fitLists(d: Draft, i: ImportItem): void {
  if (i.fields.length > most.list) {
    const over = i.fields.splice(most.list);
    aside(d, i, 'fields', over.map((f) => `${f.name}: ${f.value}`).join('\n'));
  }
  if (i.login && i.login.uris.length > most.list)
    aside(
      d,
      i,
      'uris',
      i.login.uris
        .splice(most.list)
        .map((u) => u.uri)
        .join('\n'),
    );
  if (i.passwordHistory.length > most.list)
    d.problem('field-dropped', 'passwordHistory', i.passwordHistory.splice(most.list).length);
}

const needed: (keyof Passkey)[] = [
  'credentialId',
  'keyType',
  'keyAlgorithm',
  'keyCurve',
  'keyValue',
  'rpId',
  'counter',
  'discoverable',
];

/** A passkey without one of its parts signs nobody in. */
function fitPasskeys(d: Draft, i: ImportItem): void {
  const all = i.login?.fido2Credentials;
  if (!all) return;
  const whole = all.filter((p) => needed.every((n) => p[n]));
  for (const p of all) if (!whole.includes(p)) d.problem('field-dropped', `passkey: ${p.rpId || i.name}`);
  if (whole.length) i.login!.fido2Credentials = whole;
  else delete i.login!.fido2Credentials;
}

function fitTexts(d: Draft, i: ImportItem): void {
  const original = i.name;
  i.name = cut(i.name, room.short);
  if (i.name !== original) note(i, original);
  for (const part of [i.card, i.identity] as (Record<string, string> | undefined)[])
    for (const [n, v] of Object.entries(part ?? {})) if (tooLong(v, room.short)) part![n] = moved(d, i, n, v);
  if (i.login) fitLogin(d, i, i.login);
  if (i.sshKey) {
    const k = i.sshKey;
    if (tooLong(k.privateKey, room.long)) k.privateKey = moved(d, i, 'privateKey', k.privateKey);
    if (tooLong(k.publicKey, room.medium)) k.publicKey = moved(d, i, 'publicKey', k.publicKey);
  }
  for (const f of i.fields) {
    const full = f.name;
    f.name = cut(f.name, room.short);
    if (f.name !== full) note(i, full);
    if (tooLong(f.value, room.medium)) f.value = moved(d, i, f.name, f.value);
  }
  i.passwordHistory = i.passwordHistory.filter(
    (h) => !tooLong(h.password, room.medium) || (aside(d, i, 'old password', h.password), false),
  );
  if (!tooLong(i.notes, room.long)) return;
  aside(d, i, 'notes', i.notes);
  i.notes = cut(i.notes, room.long);
}

function fitLogin(d: Draft, i: ImportItem, l: NonNullable<ImportItem['login']>): void {
  if (tooLong(l.username, room.short)) l.username = moved(d, i, 'username', l.username);
  if (tooLong(l.password, room.medium)) l.password = moved(d, i, 'password', l.password);
  if (tooLong(l.totp, room.short)) {
    const t = l.totp;
    l.totp = '';
    if (tooLong(t, room.medium)) aside(d, i, 'totp', t);
    else field(i, 'TOTP', t, 1);
  }
  l.uris = l.uris.filter((u) => !tooLong(u.uri, room.long) || (aside(d, i, 'uri', u.uri), false));
}

const tooLong = (s: string, bytes: number): boolean => s.length * 3 > bytes && utf8(s).length > bytes;

/** Cuts a text to so many bytes, between characters. */
function cut(s: string, bytes: number): string {
  if (!tooLong(s, bytes)) return s;
  const b = utf8(s).subarray(0, bytes - 3);
  let end = b.length;
  // Not inside a character: bytes 10xxxxxx go on with one. If the last begins one, it is whole only by luck.
  while (end > 0 && (b[end - 1]! & 0xc0) === 0x80) end--;
  if (end > 0 && b[end - 1]! >= 0x80) end--;
  return new TextDecoder().decode(b.subarray(0, end)) + '…';
}

/** Puts a text aside, leaving nothing: half a password would be a wrong one. */
function moved(d: Draft, i: ImportItem, name: string, value: string): string {
  aside(d, i, name, value);
  return '';
}

/** Keeps a text that is too long for its place as an attached file. */
function aside(d: Draft, i: ImportItem, name: string, text: string): void {
  const base = name.replace(/[\\/:*?"<>|\p{Cc}]/gu, '-').slice(0, 80);
  let file = `${base}.txt`;
  for (let n = 2; i.files.some((f) => f.name === file); n++) file = `${base} ${n}.txt`;
  i.files.push({ name: file, bytes: utf8(text) });
  d.problem('moved-to-file', `${i.name}: ${name}`);
}
