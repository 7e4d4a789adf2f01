// What other devices change, brought into the open vault as it happens.
import { sync } from './account';
import { ApiError } from './api';
import type { RawCipher } from './cipher';
import { dropCopy } from './copy';
import { Listener, type Notice } from './live';
import { keepSoon, post, put, remove, state } from './state';

const kind = { itemUpdate: 0, itemCreate: 1, itemGone: 2, itemDelete: 9, logOut: 11, asked: 15 };

let listener: Listener | undefined;
let wasConnected = false;

/** Starts to listen, once. */
export function listen(): void {
  listener ??= new Listener(
    async () => '/notifications/hub?access_token=' + encodeURIComponent(await state.session.token()),
    (n) => void heard(n).catch(() => undefined),
    () => {
      if (wasConnected) void sync(false).catch(() => undefined);
      wasConnected = true;
    },
    // The server may be gone, or only this way to it: a request tells.
    () => void sync(false).catch(() => undefined),
  );
}

async function heard(n: Notice): Promise<void> {
  if (n.device === state.device && n.device) return; // what this device did it knows
  if (n.kind === kind.logOut) {
    if (state.ending) return;
    await dropCopy(state.email);
    post({ event: 'out', why: 'changed' });
    return;
  }
  if (n.kind === kind.asked) post({ event: 'asked', id: n.id });
  else if (n.kind === kind.itemUpdate || n.kind === kind.itemCreate) await one(n.id);
  else if (n.kind === kind.itemGone || n.kind === kind.itemDelete) gone(n.id);
  else await sync(true);
}

/** Fetches one item. */
export async function one(id: string): Promise<void> {
  try {
    const c = await state.session.json<RawCipher>(`/api/ciphers/${id}/details`);
    post({ event: 'patch', rows: [put(c)], gone: [], folders: state.folders });
    keepSoon();
  } catch (e) {
    if (!(e instanceof ApiError) || e.status !== 404) throw e;
    gone(id);
  }
}

function gone(id: string): void {
  remove(id);
  post({ event: 'patch', rows: [], gone: [id], folders: state.folders });
  keepSoon();
}
