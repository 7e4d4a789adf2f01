// Opening the vault with a key that the system's keychain keeps. The user key lies in this window's storage under that
// key: each half alone opens nothing. It is an unlock, no sign-in: whoever comes with it needs a session that still stands.
import { ApiError } from './api';
import { checkPassword, openWith, type Device } from './account';
import { fromBase64, toBase64 } from './bytes';
import { copyName, dropHalf, loadCopy, loadHalf, saveHalf } from './copy';
import { openText, seal, SymKey } from './encstring';
import { keychainKey } from './keys';
import { getKey, putKey, usable } from './program';
import { keepNow, state } from './state';

type Opened = { email: string; user: string };

const gone = (): ApiError => new ApiError(404, 'keychain-gone', '');

/** What the settings show. */
export async function keychain(): Promise<{ usable: boolean; on: boolean }> {
  return { usable: await usable(), on: await own() };
}

const own = async (): Promise<boolean> => (await loadHalf())?.copy === copyName(state.email);

/** Makes both halves for the open vault. What another account of this vault had is forgotten. */
export async function keychainOn(password: string): Promise<void> {
  if (!(await checkPassword(password))) throw new ApiError(400, 'wrong-password', '');
  if (!state.keep) throw new ApiError(400, 'keychain-shared', '');
  await dropHalf();
  await keepNow();
  await make(state.profile.id);
}

export const keychainOff = (): Promise<void> => dropHalf();

async function make(id: string): Promise<void> {
  const key = crypto.getRandomValues(new Uint8Array(32));
  const vault = await putKey(id, key);
  const opened: Opened = { email: state.email, user: toBase64(state.user.raw) };
  const wrapped = seal(keychainKey(key, vault, id), JSON.stringify(opened));
  key.fill(0);
  await saveHalf({ id, copy: copyName(state.email), wrapped });
}

/** Whether the keychain can open a vault here: the one of this address, or any for ''. */
export async function keychainFor(email: string): Promise<boolean> {
  const h = await loadHalf();
  return !!h?.wrapped && (!email || h.copy === copyName(email));
}

/** Makes halves that rest anew, now that the person has signed in. Returns whether they want any. */
export async function keychainAgain(): Promise<boolean> {
  const h = await loadHalf();
  if (h && !h.wrapped && (await own()) && state.keep) await make(h.id);
  return !!h;
}

/** Opens the vault of whoever turned this on; returns their address. */
export async function unlockByKeychain(device: Device): Promise<string> {
  const h = await loadHalf();
  if (!h?.wrapped) throw gone();
  const lost = async (): Promise<never> => {
    await dropHalf();
    throw gone();
  };
  const { vault, key } = await getKey(h.id).catch((e: unknown) => {
    if (e instanceof ApiError && e.status === 404) return lost();
    throw e;
  });
  let opened: Opened;
  try {
    opened = JSON.parse(openText(keychainKey(key, vault, h.id), h.wrapped)) as Opened;
  } catch {
    return lost();
  }
  key.fill(0);
  const copy = await loadCopy(opened.email);
  if (!copy || copyName(opened.email) !== h.copy) return lost();
  await openWith(copy, new SymKey(fromBase64(opened.user)), opened.email, device);
  return opened.email;
}
