// Second factors and passkeys of the open account. What a passkey opens the vault with is made here.
import type { components } from '../api.gen';
import { proof } from './account';
import { toBase64 } from './bytes';
import { seal, sealTo } from './encstring';
import { stretch } from './keys';
import { state } from './state';

type Schemas = components['schemas'];
export type Factor = Schemas['FactorJSON'];
export type Factors = Schemas['FactorsJSON'];
export type Remembered = Schemas['RememberedJSON'];
export type KeyKind = 'webauthn' | 'passkey';

const base = '/api/v1/users/me/';
const call = <T>(method: string, path: string, json?: unknown): Promise<T> =>
  state.session.json<T>(base + path, { method, ...(json === undefined ? {} : { json }) });

export const factors = (): Promise<Factors> => call('GET', 'factors');

/** Shows the master password again, for what the server asks it for; returns until when that counts. */
export async function stepUp(password: string): Promise<number> {
  const json = { proof: await proof(password) };
  return Date.parse((await state.session.json<{ proven_until: string }>('/api/v1/step-up', { json })).proven_until);
}

export const beginAuthenticator = (): Promise<Schemas['SeedJSON']> => call('POST', 'factors/authenticator');
export const addAuthenticator = (secret: string, code: string, ticket: string): Promise<Factor> =>
  call('POST', 'factors/authenticator/confirm', { secret, code, ticket });
export const beginEmail = (email: string): Promise<Schemas['TicketJSON']> => call('POST', 'factors/email', { email });
export const addEmail = (email: string, code: string, ticket: string): Promise<Factor> =>
  call('POST', 'factors/email/confirm', { email, code, ticket });
export const addYubiKey = (otp: string, name: string): Promise<Factor> =>
  call('POST', 'factors/yubikey', { otp, name });

/** What the browser makes a key with. */
export const beginKey = async (kind: KeyKind): Promise<object> =>
  (await call<{ options: object }>('POST', 'factors/key', { kind })).options;

/** Keeps a key that was made; prf is what a passkey made for opening the vault. */
export async function addKey(kind: KeyKind, name: string, credential: object, prf: Uint8Array | null): Promise<Factor> {
  return call('POST', 'factors/key/confirm', { kind, name, credential, ...(prf ? await unlock(prf) : {}) });
}

/** The user key for a key pair whose private half only what the passkey makes can open. */
async function unlock(prf: Uint8Array): Promise<object> {
  const params = { name: 'RSA-OAEP', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-1' };
  const pair = await crypto.subtle.generateKey(params, true, ['encrypt', 'decrypt']);
  const pub = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  const priv = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
  const key = stretch(prf);
  prf.fill(0);
  return {
    supports_unlock: true,
    encrypted_user_key: await sealTo(toBase64(pub), state.user.raw),
    encrypted_public_key: seal(state.user, pub),
    encrypted_private_key: seal(key, priv),
  };
}

export const removeFactor = (id: string): Promise<void> => call('DELETE', 'factors/' + id);
export const recoveryCode = async (): Promise<string> =>
  (await call<{ code: string }>('POST', 'factors/recovery-code')).code;
export const remembered = (): Promise<Remembered[]> => call('GET', 'remembered-devices');
export const forgetDevice = (id: string): Promise<void> => call('DELETE', 'remembered-devices/' + id);
