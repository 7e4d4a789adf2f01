// What the worker asks of the desktop program around the window: a key in the system's keychain, which the page never sees.
import { ApiError, ask } from './api';
import { fromBase64, toBase64 } from './bytes';

const patience = 180_000; // a person may have to open the keychain
const path = (account: string): string => '/desktop/keychain/' + account;

const failed = (e: unknown): never => {
  if (e instanceof ApiError && e.status === 404) throw new ApiError(404, 'keychain-gone', '');
  throw new ApiError(503, 'keychain-closed', '');
};

/** Whether there is a keychain that can be used. */
export async function usable(): Promise<boolean> {
  try {
    return ((await (await ask('/desktop/keychain')).json()) as { Usable: boolean }).Usable;
  } catch {
    return false;
  }
}

/** Keeps a key for an account; returns the vault that the program knows this page as. */
export async function putKey(account: string, key: Uint8Array): Promise<string> {
  const init = { method: 'PUT', json: { Key: toBase64(key) }, timeout: patience };
  return ((await (await ask(path(account), init).catch(failed)).json()) as { Vault: string }).Vault;
}

export async function getKey(account: string): Promise<{ vault: string; key: Uint8Array }> {
  const r = await ask(path(account), { timeout: patience }).catch(failed);
  const { Vault, Key } = (await r.json()) as { Vault: string; Key: string };
  return { vault: Vault, key: fromBase64(Key) };
}

export const dropKey = (account: string): Promise<unknown> => ask(path(account), { method: 'DELETE' }).catch(failed);
