// An account's own settings: its password and keys, its devices, its tokens.
import type { components } from '../api.gen';
import { proof, sync } from './account';
import { ask } from './api';
import { fromBase64, toBase64 } from './bytes';
import { keyOf, openItem, sealItem } from './cipher';
import { open, openText, seal, SymKey, sealTo } from './encstring';
import { authHash, masterKey, stretch, type Kdf } from './keys';
import { forgetCopy, post, state, type Profile } from './state';

const call = <T>(path: string, method: string, json?: unknown): Promise<T> =>
  state.session.json<T>(path, { method, ...(json === undefined ? {} : { json }) });

/** Asks for what ends every session, this one too: no other device did it. */
async function last<T>(path: string, method: string, json: unknown): Promise<T> {
  state.ending = true;
  try {
    return await state.session.json<T>(path, { method, json, timeout: 300_000 });
  } catch (e) {
    state.ending = false;
    throw e;
  }
}

export const profile = (): Promise<Profile> => call<Profile>('/api/accounts/profile', 'GET');

export async function saveProfile(name: string, hint: string): Promise<void> {
  state.profile = await call<Profile>('/api/accounts/profile', 'PUT', { name, masterPasswordHint: hint || null });
}

/** Has a letter sent whose link confirms the account's address. */
export const verifyEmail = (): Promise<void> => call('/api/accounts/verify-email', 'POST', {});

/** A new master password, a new derivation, or both; the user key stays, so nothing is encrypted anew. */
export async function rekey(password: string, next: string, kdf: Kdf, hint: string | null): Promise<void> {
  const old = await proof(password);
  const salt = state.salt;
  const master = await masterKey(next, salt, kdf);
  const wrapped = seal(stretch(master), state.user.raw);
  const settings = {
    kdfType: kdf.kdfType,
    iterations: kdf.iterations,
    memory: kdf.memory ?? null,
    parallelism: kdf.parallelism ?? null,
  };
  const changedKdf = JSON.stringify(settings) !== JSON.stringify({ ...settings, ...pickKdf(state.kdf) });
  await last(changedKdf && next === password ? '/api/accounts/kdf' : '/api/accounts/password', 'POST', {
    masterPasswordHash: old,
    masterPasswordHint: hint,
    authenticationData: { kdf: settings, masterPasswordAuthenticationHash: await authHash(master, next), salt },
    unlockData: { kdf: settings, masterKeyWrappedUserKey: wrapped, salt },
  });
  await forgetCopy();
}

const pickKdf = (k: Kdf): object => ({
  kdfType: k.kdfType,
  iterations: k.iterations,
  memory: k.memory ?? null,
  parallelism: k.parallelism ?? null,
});

/** Replaces the user key and encrypts everything anew. Progress is told as task 'rotate'. */
export async function rotate(password: string): Promise<void> {
  const old = await proof(password);
  await sync(true);
  const next = SymKey.random();
  const master = await masterKey(password, state.salt, state.kdf);
  const ciphers = await rotatedItems(next);
  const body = {
    oldMasterKeyAuthenticationHash: old,
    accountUnlockData: {
      masterPasswordUnlockData: {
        kdfType: state.kdf.kdfType,
        kdfIterations: state.kdf.iterations,
        kdfMemory: state.kdf.memory ?? null,
        kdfParallelism: state.kdf.parallelism ?? null,
        email: state.salt,
        masterKeyAuthenticationHash: await authHash(master, password),
        masterKeyEncryptedUserKey: seal(stretch(master), next.raw),
        masterPasswordHint: state.profile.masterPasswordHint,
      },
      emergencyAccessUnlockData: [],
      organizationAccountRecoveryUnlockData: [],
      passkeyUnlockData: await rotatedPasskeys(next),
      deviceKeyUnlockData: [],
    },
    accountKeys: {
      userKeyEncryptedAccountPrivateKey: seal(next, open(state.user, state.profile.privateKey)),
      accountPublicKey: await publicKey(),
    },
    accountData: {
      ciphers,
      folders: state.folders.map((f) => ({ id: f.id, name: seal(next, f.name) })),
      sends: state.sends.map((s) => ({ ...s, key: seal(next, open(state.user, s.key)) })),
    },
  };
  await last('/api/accounts/key-management/rotate-user-account-keys', 'POST', body);
  await forgetCopy();
}

/** What passkeys open the vault with, for the next user key. */
async function rotatedPasskeys(next: SymKey): Promise<object[]> {
  const r = await call<{ passkeyKeyData: { id: string; encryptedPublicKey: string }[] }>(
    '/api/accounts/key-management/key-rotation-data',
    'GET',
  );
  return Promise.all(
    r.passkeyKeyData.map(async (p) => {
      const pub = open(state.user, p.encryptedPublicKey);
      return {
        id: p.id,
        encryptedPublicKey: seal(next, pub),
        encryptedUserKey: await sealTo(toBase64(pub), next.raw),
      };
    }),
  );
}

const publicKey = async (): Promise<string> =>
  (await call<{ publicKey: string }>('/api/accounts/keys', 'GET')).publicKey;

async function rotatedItems(next: SymKey): Promise<object[]> {
  const out: object[] = [];
  const all = [...state.ciphers.values()];
  for (const c of all) {
    const was = state.key(c);
    const at = { folderId: c.folderId, archivedDate: c.archivedDate };
    // An item with a key of its own keeps what is under it: only that key is wrapped anew.
    const item = c.key
      ? { ...c, key: seal(next, was.raw) }
      : { id: c.id, ...sealItem(openItem(c, keyOf(c, state.user)), next, null, at) };
    const files = (c.attachments ?? []).map((a): [string, object] => [
      a.id,
      c.key
        ? { fileName: a.fileName, key: a.key }
        : { fileName: seal(next, openText(was, a.fileName)), key: seal(next, a.key ? open(was, a.key) : was.raw) },
    ]);
    out.push({ ...item, id: c.id, attachments: null, attachments2: files.length ? Object.fromEntries(files) : null });
    if (out.length % 200 === 0) {
      post({ event: 'progress', task: 'rotate', done: out.length, total: all.length });
      await new Promise((ok) => setTimeout(ok));
    }
  }
  post({ event: 'progress', task: 'rotate', done: all.length, total: all.length });
  return out;
}

export type DeviceRow = {
  id: string;
  name: string;
  type: number;
  identifier: string;
  creationDate: string;
  lastActivityDate: string | null;
  current: boolean;
};

export async function devices(): Promise<DeviceRow[]> {
  const r = await call<{ data: DeviceRow[] }>('/api/devices', 'GET');
  return r.data.map((d) => ({ ...d, current: d.identifier === state.device }));
}

export const dropDevice = (id: string): Promise<void> => call('/api/devices/' + id, 'DELETE');

/** Ends every session of the account, this one too. */
export async function signOutEverywhere(password: string): Promise<void> {
  await last('/api/accounts/security-stamp', 'POST', { masterPasswordHash: await proof(password) });
  await forgetCopy();
}

export async function apiKey(password: string, renew: boolean): Promise<{ id: string; key: string }> {
  const r = await call<{ apiKey: string }>(renew ? '/api/accounts/rotate-api-key' : '/api/accounts/api-key', 'POST', {
    masterPasswordHash: await proof(password),
  });
  return { id: 'user.' + state.profile.id, key: r.apiKey };
}

export const domains = async (): Promise<string[][]> =>
  (await call<{ equivalentDomains: string[][] | null }>('/api/settings/domains', 'GET')).equivalentDomains ?? [];

export const saveDomains = (groups: string[][]): Promise<void> =>
  call('/api/settings/domains', 'PUT', { equivalentDomains: groups, excludedGlobalEquivalentDomains: [] });

export async function deleteAccount(password: string): Promise<void> {
  await last('/api/accounts', 'DELETE', { masterPasswordHash: await proof(password) });
  await forgetCopy();
  post({ event: 'out', why: 'deleted' });
}

/** Deletes all items, folders and files. */
export async function purge(password: string): Promise<void> {
  await call('/api/ciphers/purge', 'POST', { masterPasswordHash: await proof(password) });
  await sync(true);
}

// Requests of other devices to log in.

export type Asking = { id: string; fingerprint: Uint8Array; device: string; address: string; created: string };
type RawAsking = {
  id: string;
  publicKey: string;
  requestDeviceType: string;
  requestIpAddress: string;
  creationDate: string;
};

export async function askings(): Promise<Asking[]> {
  const r = await call<{ data: RawAsking[] }>('/api/auth-requests/pending', 'GET');
  return r.data.map((a) => ({
    id: a.id,
    fingerprint: fromBase64(a.publicKey),
    device: a.requestDeviceType,
    address: a.requestIpAddress,
    created: a.creationDate,
  }));
}

/** Gives the user key to the device that asked, encrypted to its key, or refuses. */
export async function answer(id: string, approve: boolean): Promise<void> {
  const a = await call<RawAsking>('/api/auth-requests/' + id, 'GET');
  const key = approve ? await sealTo(a.publicKey, state.user.raw) : '';
  await call('/api/auth-requests/' + id, 'PUT', {
    key,
    masterPasswordHash: null,
    deviceIdentifier: state.device,
    requestApproved: approve,
  });
}

// Access tokens for machines: they open the vault at the server while they are used, so a session of the
// REST door, opened with the password for this one act, is what makes and lists them.

export type AccessToken = components['schemas']['AccessTokenJSON'];

async function withREST<T>(password: string, f: (token: string) => Promise<T>): Promise<T> {
  await proof(password);
  const form = { grant_type: 'password', username: state.email, password };
  const t = (await (await ask('/api/v1/token', { form })).json()) as { access_token: string };
  try {
    return await f(t.access_token);
  } finally {
    await ask('/api/v1/logout', { method: 'POST', token: t.access_token }).catch(() => undefined);
  }
}

export const accessTokens = (password: string): Promise<AccessToken[]> =>
  withREST(password, async (token) => (await (await ask('/api/v1/access-tokens', { token })).json()) as AccessToken[]);

export const addAccessToken = (password: string, t: components['schemas']['AccessTokenInBody']): Promise<AccessToken> =>
  withREST(
    password,
    async (token) => (await (await ask('/api/v1/access-tokens', { token, json: t })).json()) as AccessToken,
  );

export const revokeAccessToken = (password: string, id: string): Promise<void> =>
  withREST(password, async (token) => void (await ask('/api/v1/access-tokens/' + id, { method: 'DELETE', token })));

/** How the account's keys are derived, and a fingerprint of its public key's bytes. */
export const about = async (): Promise<{ kdf: Kdf; publicKey: Uint8Array; id: string }> => ({
  kdf: state.kdf,
  publicKey: fromBase64(await publicKey()),
  id: state.profile.id,
});
