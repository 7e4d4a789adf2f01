// The administration, as /api/v1 has it. This session may ask for it, because nothing there opens a vault.
import type { components } from '../api.gen';
import { nextPage } from './link';
import { state } from './state';

export type Answer = { body: unknown; next: string };
export type Role = components['schemas']['UserJSON']['role'];

/** What this person is on the instance. */
export const role = async (): Promise<Role> =>
  (await state.session.json<components['schemas']['UserJSON']>('/api/v1/users/me')).role;

/** Asks one route under /admin. next is the path of the following page, '' on the last. */
export async function admin(method: string, path: string, json?: unknown): Promise<Answer> {
  const r = await state.session.fetch('/api/v1/admin/' + path, { method, ...(json === undefined ? {} : { json }) });
  const text = await r.text();
  return { body: text ? JSON.parse(text) : undefined, next: nextPage(r, '/api/v1/admin/') };
}
