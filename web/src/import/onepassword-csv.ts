// 1Password's CSV, of version 8 and of version 7.
import { ItemType } from '../worker/model';
import type { Table } from './csv';
import { field, totp, uri } from './build';
import { Draft, type Result } from './draft';
import { splitTags } from './tags';

const yes = /^(1|true|yes)$/i;

export function isOnePasswordCsv(has: (name: string) => boolean): boolean {
  return (
    has('title') &&
    has('password') &&
    (has('archived') || has('tags') || has('one-time password') || (has('favorite') && has('otpauth')))
  );
}

export function readOnePasswordCsv(t: Table): Result {
  const d = new Draft();
  for (const r of t.rows) {
    if (r.empty) {
      d.problem('row-skipped', `row ${r.n}`);
      continue;
    }
    const [folder, tags] = splitTags(r.take('tags'));
    const url = r.take('url') || r.take('website') || r.take('urls');
    const secrets = [r.take('username'), r.take('password'), r.take('otpauth') || r.take('one-time password')] as const;
    const isNote = !url && secrets.every((s) => !s);
    const i = d.item(isNote ? ItemType.note : ItemType.login, r.take('title'), folder);
    field(i, 'tags', tags);
    i.notes = r.take('notes') || r.take('notesplain');
    i.favorite = yes.test(r.take('favorite'));
    if (yes.test(r.take('archived'))) i.archived = true;
    if (i.login) {
      [i.login.username, i.login.password] = secrets;
      for (const u of url.split(/[\s,]+(?=[a-z]+:\/\/)/i)) uri(i, u);
      totp(i, secrets[2]);
    }
    for (const [n, v] of r.rest()) field(i, n, v);
  }
  return d.done('1password-csv');
}
