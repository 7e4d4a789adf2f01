// What is looked for in the audit log, as the server is asked for it.
import { groups, type Group } from './groups';

/** only: a kind, 'group:' and a group, or '' for all. from and until are days as they are here, both included. */
export type Filter = { only: string; from: string; until: string; user: string };
export const anything = (): Filter => ({ only: '', from: '', until: '', user: '' });

/** Midnight here at the beginning of a day, or so many days later. */
function midnight(day: string, later = 0): string {
  const [y = 0, m = 1, d = 1] = day.split('-').map(Number);
  return new Date(y, m - 1, d + later).toISOString();
}

export function query(f: Filter): URLSearchParams {
  const q = new URLSearchParams();
  const kinds = f.only.startsWith('group:') ? groups[f.only.slice(6) as Group].join() : f.only;
  if (kinds) q.set('kind', kinds);
  if (f.from) q.set('from', midnight(f.from));
  if (f.until) q.set('until', midnight(f.until, 1));
  if (f.user) q.set('user', f.user);
  return q;
}
