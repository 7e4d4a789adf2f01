// The sections of a 1PUX item: fields whose value says by its one member of which kind it is.
import type { Card, Identity } from '../worker/model';
import { field, fill, iso, totp, uri } from './build';
import { Draft } from './draft';
import { isObj, obj, objects, str, type Obj } from './json';
import { attach, type Files } from './onepassword-files';
import type { ImportItem } from './types';

const card: Record<string, keyof Card> = { cardholder: 'cardholderName', type: 'brand', ccnum: 'number', cvv: 'code' };
const identity: Record<string, keyof Identity> = {
  firstname: 'firstName',
  initial: 'middleName',
  lastname: 'lastName',
  company: 'company',
  username: 'username',
  email: 'email',
  defphone: 'phone',
};

export function readSection(d: Draft, i: ImportItem, section: Obj, files: Files): void {
  const title = str(section.title);
  for (const f of objects(section.fields, `${i.name}: fields`)) readField(d, i, f, title, files);
}

function readField(d: Draft, i: ImportItem, f: Obj, section: string, files: Files): void {
  const id = str(f.id);
  const name = [section, str(f.title) || id].filter(Boolean).join(': ');
  const [kind, v] = Object.entries(obj(f.value))[0] ?? ['', ''];
  if (kind === 'file') return isObj(v) ? attach(d, i, v, files) : undefined;
  if (kind === 'totp') return totp(i, str(v), name);
  if (kind === 'sshKey') return readSsh(i, obj(v), name);
  if (kind === 'address') return readAddress(i, obj(v), name);
  if (kind === 'monthYear' && i.card && id === 'expiry') return readExpiry(i, str(v), name);
  const value = textOf(d, kind, v);
  if (!value) return;
  if (i.card && card[id]) fill(i, i.card, card[id]!, value, name);
  else if (i.identity && identity[id]) fill(i, i.identity, identity[id]!, value, name);
  else if (i.login && id === 'username' && !i.login.username) i.login.username = value;
  else if (i.login && (id === 'password' || id === 'credential') && !i.login.password) i.login.password = value;
  else if (i.login && (kind === 'url' || id === 'url' || id === 'hostname')) uri(i, value);
  else field(i, name, value, kind === 'concealed' ? 1 : 0);
}

/** A value as text. Dates are seconds, months are the number YYYYMM. */
function textOf(d: Draft, kind: string, v: unknown): string {
  if (kind === 'date' && v !== null) return iso(Number(v) * 1000)?.slice(0, 10) ?? str(v);
  if (kind === 'monthYear' && /^\d{6}$/.test(str(v))) return `${str(v).slice(0, 4)}-${str(v).slice(4)}`;
  if (kind === 'email' && isObj(v)) return str(v.email_address);
  if (kind === 'reference') {
    if (str(v)) d.problem('field-dropped', 'reference');
    return '';
  }
  return isObj(v) || Array.isArray(v) ? (Object.values(v).some(Boolean) ? JSON.stringify(v) : '') : str(v);
}

function readExpiry(i: ImportItem, s: string, name: string): void {
  if (!/^\d{6}$/.test(s)) return field(i, name, s);
  i.card!.expYear = s.slice(0, 4);
  i.card!.expMonth = String(Number(s.slice(4)));
}

function readAddress(i: ImportItem, a: Obj, name: string): void {
  const parts = [
    ['address1', a.street],
    ['city', a.city],
    ['state', a.state],
    ['postalCode', a.zip],
    ['country', a.country],
  ] as const;
  const free = i.identity && parts.every(([k]) => !i.identity![k]);
  if (free) for (const [k, v] of parts) i.identity![k] = str(v);
  else
    field(
      i,
      name,
      parts
        .map(([, v]) => str(v))
        .filter(Boolean)
        .join(', '),
    );
}

function readSsh(i: ImportItem, v: Obj, name: string): void {
  const meta = obj(v.metadata);
  const key = {
    privateKey: str(v.privateKey) || str(meta.privateKey),
    publicKey: str(meta.publicKey),
    keyFingerprint: str(meta.fingerprint),
  };
  if (i.sshKey && !i.sshKey.privateKey) i.sshKey = key;
  else field(i, name, key.privateKey, 1);
}
