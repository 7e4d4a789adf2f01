// The administration as the page sees it: what is asked goes through the worker's session, and what changes
// anything asks for the master password first, once in five minutes.
import type { components } from '../../api.gen';
import type { Role } from '../../worker/admin';
import { call, VaultError } from '../vault.svelte';

type Schemas = components['schemas'];
export type User = Schemas['AdminUserJSON'];
export type Person = Schemas['PersonJSON'];
export type Invitation = Schemas['InvitationJSON'];
export type Setting = Schemas['SettingJSON'];
export type Node = Schemas['NodeJSON'];
export type Job = Schemas['JobJSON'];
export type Finding = Schemas['FindingJSON'];
export type Storage = Schemas['StorageJSON'];

export const me = $state({ role: 'user' as Role });

/** The dialog was closed instead of answered: nothing was done, and its person knows. */
export class Cancelled extends Error {}

/** The dialog that asks for the password is open while somebody waits for it. */
export const stepUp = $state({ open: false });
let provenUntil = 0;
let waiting: { ok: () => void; no: (e: Error) => void } | undefined;

export async function loadRole(): Promise<void> {
  me.role = await call('role');
}

export async function get<T>(path: string): Promise<T> {
  return (await call('admin', 'GET', path)).body as T;
}

/** One page of a list, and the path of the next. */
export async function page<T>(path: string): Promise<{ list: T[]; next: string }> {
  const a = await call('admin', 'GET', path);
  return { list: a.body as T[], next: a.next };
}

/** Changes something. Whoever closes the dialog instead of showing the password gets Cancelled. */
export async function change<T = unknown>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  json?: unknown,
): Promise<T> {
  if (Date.now() > provenUntil - 5_000) await prove();
  try {
    return (await call('admin', method, path, json)).body as T;
  } catch (e) {
    if (!(e instanceof VaultError) || e.code !== 'step-up-required') throw e;
  }
  await prove();
  return (await call('admin', method, path, json)).body as T;
}

function prove(): Promise<void> {
  stepUp.open = true;
  return new Promise((ok, no) => (waiting = { ok, no }));
}

/** What the dialog does with the password. */
export async function shown(password: string): Promise<void> {
  provenUntil = await call('stepUp', password);
  waiting?.ok();
  waiting = undefined;
}

/** The dialog was closed. */
export function closed(): void {
  stepUp.open = false;
  waiting?.no(new Cancelled());
  waiting = undefined;
}
