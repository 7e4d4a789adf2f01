// KeePass lets a field name another entry's field: {REF:P@I:<UUID>} is the password of the entry with that id.
import { ByteUtils, type Kdbx, type KdbxEntry } from 'kdbxweb';

const names: Record<string, string> = { T: 'Title', U: 'UserName', P: 'Password', A: 'URL', N: 'Notes' };
const form = /\{REF:([TUPANI])@([TUPANIO]):([^}]+)\}/gi;
/** References may refer on; a circle must end. */
const deepest = 10;

export function references(db: Kdbx): (s: string) => string {
  let entries: KdbxEntry[] | undefined;
  const ids = (e: KdbxEntry): string => ByteUtils.bytesToHex(e.uuid.toBytes() ?? new ArrayBuffer(0)).toUpperCase();
  const text = (e: KdbxEntry, name: string): string => {
    const v = e.fields.get(name);
    return v === undefined ? '' : typeof v === 'string' ? v : v.getText();
  };
  const find = (by: string, what: string): KdbxEntry | undefined => {
    entries ??= db.groups.flatMap((g) => [...g.allEntries()]);
    const want = what.toLowerCase();
    if (by === 'I') return entries.find((e) => ids(e) === what.toUpperCase().replace(/-/g, ''));
    if (by === 'O')
      return entries.find((e) =>
        [...e.fields].some(
          ([n, v]) => !Object.values(names).includes(n) && typeof v === 'string' && v.toLowerCase().includes(want),
        ),
      );
    return entries.find((e) => text(e, names[by]!).toLowerCase().includes(want));
  };
  const resolve = (s: string, depth: number): string =>
    !s.includes('{') || depth > deepest
      ? s
      : s.replace(form, (whole, want: string, by: string, what: string) => {
          const e = find(by.toUpperCase(), what);
          // One that refers to nothing is kept as it is written.
          if (!e) return whole;
          return want.toUpperCase() === 'I' ? ids(e) : resolve(text(e, names[want.toUpperCase()]!), depth + 1);
        });
  return (s) => resolve(s, 0);
}
