// How an item is built up: each helper keeps what has no place in a field or in the notes.
import type { Field } from '../worker/model';
import type { ImportItem } from './types';

/** Adds a custom field, unless there is nothing in it. */
export function field(i: ImportItem, name: string, value: string, type: Field['type'] = 0): void {
  if (value.trim() === '') return;
  i.fields.push({ name: name.trim() || 'field', value, type });
}

/** Adds a paragraph to the notes. */
export function note(i: ImportItem, text: string): void {
  if (text.trim() === '') return;
  i.notes = i.notes ? `${i.notes}\n\n${text}` : text;
}

/** Adds an address to a login, each once. */
export function uri(i: ImportItem, address: string, match: number | null = null): void {
  const u = appUri(address.trim());
  if (!u || !i.login || i.login.uris.some((x) => x.uri === u)) return;
  i.login.uris.push({ uri: u, match });
}

/** Chromium writes an app as android://<hash of its certificate>@<package>/. */
function appUri(u: string): string {
  const m = /^android:\/\/[^@]*@([\w.]+)\/?$/.exec(u);
  return m ? `androidapp://${m[1]}` : u;
}

/** Gives a login its code; a second one becomes a hidden field, for an item has but one. */
export function totp(i: ImportItem, secret: string, name = 'TOTP'): void {
  const s = secret.trim();
  if (!s) return;
  if (i.login && !i.login.totp) i.login.totp = s;
  else if (i.login?.totp !== s) field(i, name, s, 1);
}

/** Fills one of an item's own members; a second value becomes a field. */
export function fill<K extends string>(
  i: ImportItem,
  into: Record<K, string> | undefined,
  key: K,
  value: string,
  name: string,
): void {
  const v = value.trim();
  if (!v) return;
  if (into && !into[key]) into[key] = v;
  else if (!into || into[key] !== v) field(i, name, v);
}

/** A time as ISO 8601, or undefined if it is none. Numbers are milliseconds. */
export function iso(v: string | number): string | undefined {
  const n = typeof v === 'number' ? v : /^\s*$/.test(v) ? NaN : Date.parse(v);
  const d = new Date(n);
  const year = d.getUTCFullYear();
  return Number.isNaN(n) || !(year >= 1900 && year <= 9999) ? undefined : d.toISOString();
}

/** A card's brand as the clients name it, from its number or what the file says. */
export function cardBrand(number: string, said = ''): string {
  const names: [RegExp, string][] = [
    [/^visa/i, 'Visa'],
    [/^(mc|master)/i, 'Mastercard'],
    [/^(amex|american)/i, 'Amex'],
    [/^discover/i, 'Discover'],
    [/^diners/i, 'Diners Club'],
    [/^jcb/i, 'JCB'],
    [/^maestro/i, 'Maestro'],
    [/^union/i, 'UnionPay'],
    [/^ru_?pay/i, 'RuPay'],
  ];
  for (const [re, name] of names) if (re.test(said.trim())) return name;
  if (said.trim()) return said.trim();
  const n = number.replace(/\D/g, '');
  if (/^4/.test(n)) return 'Visa';
  if (/^(5[1-5]|2[2-7])/.test(n)) return 'Mastercard';
  if (/^3[47]/.test(n)) return 'Amex';
  if (/^6(011|5)/.test(n)) return 'Discover';
  if (/^3(0[0-5]|[689])/.test(n)) return 'Diners Club';
  if (/^35/.test(n)) return 'JCB';
  return '';
}

/** Reads "03/27", "2027-03", "032027" or "March,2027" as month and year; undefined if it is none of them. */
export function expiry(s: string): { month: string; year: string } | undefined {
  const t = s.trim();
  const m =
    /^(?<m>\d{1,2})\s*[/.-]\s*(?<y>\d{2}|\d{4})$/.exec(t) ??
    /^(?<y>\d{4})[/.-]?(?<m>\d{2})(?:-\d{2})?$/.exec(t) ??
    /^(?<m>\d{2})(?<y>\d{4})$/.exec(t) ??
    /^(?<m>\d{2})(?<y>\d{2})$/.exec(t);
  if (m) {
    // 112030 is November 2030, not the year 1120: what is no month is read the other way round.
    let { m: month = '', y: year = '' } = m.groups ?? {};
    if (Number(month) > 12 && /^\d{6}$/.test(t)) [month, year] = [t.slice(0, 2), t.slice(2)];
    return Number(month) >= 1 && Number(month) <= 12
      ? { month: String(Number(month)), year: year.length === 2 ? '20' + year : year }
      : undefined;
  }
  const words = /^([A-Za-z]{3,9})[,\s]+(\d{4})$/.exec(t);
  const at = words
    ? 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ').indexOf(words[1]!.slice(0, 3).toLowerCase())
    : -1;
  return at >= 0 ? { month: String(at + 1), year: words![2]! } : undefined;
}

/** Gives a card its expiry; what cannot be read as one becomes a field. */
export function expires(i: ImportItem, s: string, name: string): void {
  const e = expiry(s);
  if (e && i.card) {
    i.card.expMonth = e.month;
    i.card.expYear = e.year;
  } else field(i, name, s);
}
