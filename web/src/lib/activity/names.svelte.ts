// Names for the ids in the audit log: of people for whoever may list them, of one's own devices and items for oneself.
import type { Line } from '../../worker/events';
import { get, page, type User } from '../admin/console.svelte';
import { call, rows } from '../vault.svelte';

const known = $state<Record<string, string>>({});
let devicesAsked = false;
let everybody = false;

/** Asks for the names that lines need and that are not there yet. A name that cannot be had is no reason to show no line. */
export async function loadNames(everyone: boolean, lines: Line[]): Promise<void> {
  if (!everyone) return loadDevices();
  const ids = new Set(lines.flatMap((l) => [l.user, l.actor]).filter((id): id is string => !!id && !(id in known)));
  if (!ids.size) return;
  if (!everybody) {
    const p = await page<User>('users?limit=1000').catch(() => undefined);
    if (!p) return;
    for (const u of p.list) known[u.id] = u.username;
    everybody = p.next === '';
  }
  // On a server of more than a thousand, the others one by one; who is gone has no name any more.
  const rest = everybody ? [] : [...ids].filter((id) => !(id in known));
  await Promise.all(
    rest.map((id) =>
      get<User>('users/' + id).then(
        (u) => (known[id] = u.username),
        () => undefined,
      ),
    ),
  );
}

async function loadDevices(): Promise<void> {
  if (devicesAsked) return;
  devicesAsked = true;
  for (const d of await call('devices').catch(() => [])) known[d.identifier] = d.name;
}

/** Somebody's name, '' for one that is not known. */
export const nameOf = (id: string): string => known[id] ?? '';

/** What a device is called, or the beginning of its id. */
export const deviceOf = (id: string): string => known[id] ?? id.slice(0, 8);

/** The item of an id, while it is there. */
export const itemOf = (id: string | undefined): { id: string; name: string } | undefined =>
  id ? rows().find((r) => r.id === id) : undefined;
