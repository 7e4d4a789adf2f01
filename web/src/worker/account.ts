// Signing in, unlocking, registering: from a password to an open vault.
import { ask, ApiError, client, Session, tokensOf, type TokenAnswer } from './api';
import { Box, dropCopy, dropHalf, loadCopy, loadRemembered, saltBox, saveRemembered, type Copy } from './copy';
import { fromBase64Url, toBase64 } from './bytes';
import { EncStringError, open, openFrom, SymKey, text } from './encstring';
import { authHash, chooseKdf, masterKey, newAccount, stretch, weakKdf, type Kdf } from './keys';
import { forgetCopy, keepNow, keepSoon, post, show, state, update, type Sync } from './state';
import type { Row } from './cipher';
import type { Folder } from './model';

export type Device = { id: string; type: number; name: string };
export type SignIn = { email: string; password: string; device: Device; keep: boolean };
export type SignedIn =
  | { state: 'open' }
  /** the server asks for a second factor, and this account has none yet */
  | { state: 'enrol' }
  /** email is masked; key is what a security key is asked with */
  | { state: 'second-factor'; providers: number[]; email: string; key: object | null };

const wrong = (): ApiError => new ApiError(400, 'wrong-password', 'Wrong e-mail or password.');

/** The server's words for a name or password that is wrong; official clients look for them, too. */
const wrongWords = 'Username or password is incorrect. Try again.';

type Grant = { form: Record<string, string>; master: Uint8Array | null; kdf: Kdf; ticket?: string };
let pending: Grant | undefined;

/** Opens the vault: from the sealed copy at once where there is one, else from the server. */
export async function signIn(a: SignIn): Promise<SignedIn> {
  state.email = a.email;
  state.device = a.device.id;
  state.keep = a.keep;
  client.deviceType = a.device.type;
  const copy = a.keep ? await loadCopy(a.email) : undefined;
  if (copy && (await openCopy(copy, a))) return { state: 'open' };
  const { kdf, salt } = await prelogin(a.email).catch((e: unknown) => {
    throw copy && e instanceof ApiError && e.status === 0 ? new ApiError(400, 'wrong-password', '') : e;
  });
  const master = await masterKey(a.password, salt, kdf);
  const form = { ...formOf(a.device), username: a.email, password: await authHash(master, a.password) };
  const token = a.keep ? await loadRemembered(a.email) : '';
  return grant({ form: token ? { ...form, twoFactorProvider: '5', twoFactorToken: token } : form, master, kdf });
}

/** Answers the second-factor step of signIn. */
export function secondFactor(provider: number, token: string, remember: boolean): Promise<SignedIn> {
  if (!pending) throw new ApiError(400, 'not-asked', 'Sign in first.');
  const form = {
    ...pending.form,
    twoFactorProvider: String(provider),
    twoFactorToken: token,
    twoFactorRemember: remember ? '1' : '0',
  };
  return grant({ ...pending, form });
}

/** Has a code mailed for the second-factor step. */
export async function sendCode(): Promise<void> {
  if (!pending) throw new ApiError(400, 'not-asked', 'Sign in first.');
  await ask('/api/two-factor/send-email-login', {
    json: { email: state.email, ssoEmail2FaSessionToken: pending.ticket, deviceIdentifier: state.device },
  });
}

async function prelogin(email: string): Promise<{ kdf: Kdf; salt: string }> {
  const p = (await (await ask('/identity/accounts/prelogin/password', { json: { email } })).json()) as {
    kdfSettings: Kdf;
    salt: string;
  };
  if (weakKdf(p.kdfSettings))
    throw new ApiError(
      400,
      'weak-kdf',
      'The server asks for a key derivation that is too weak. The password was not used.',
    );
  return { kdf: p.kdfSettings, salt: p.salt };
}

const formOf = (d: Device): Record<string, string> => ({
  grant_type: 'password',
  scope: 'api offline_access',
  client_id: 'web',
  deviceType: String(d.type),
  deviceIdentifier: d.id,
  deviceName: d.name,
});

type Asked = {
  TwoFactorProviders2?: Record<string, { Email?: string } | null>;
  SsoEmail2faSessionToken?: string;
};

async function grant(g: Grant): Promise<SignedIn> {
  let t: TokenAnswer;
  try {
    t = (await (await ask('/identity/connect/token', { form: g.form })).json()) as TokenAnswer;
  } catch (e) {
    const asked = e instanceof ApiError ? (e.body as Asked) : {};
    const providers = asked.TwoFactorProviders2;
    if (!providers && e instanceof ApiError) {
      if (e.message === wrongWords) throw new ApiError(400, 'sign-in-wrong', '');
      if (g.form.twoFactorToken && e.status === 400) throw new ApiError(400, 'code-wrong', '');
    }
    if (!providers) throw e;
    const { twoFactorProvider, twoFactorToken, ...form } = g.form; // a token that was stale is not sent again
    void [twoFactorProvider, twoFactorToken];
    pending = { ...g, form, ticket: asked.SsoEmail2faSessionToken ?? '' };
    return {
      state: 'second-factor',
      providers: Object.keys(providers).map(Number),
      email: providers['1']?.Email ?? '',
      key: providers['7'] ?? null,
    };
  }
  pending = undefined;
  if (t.TwoFactorToken && state.keep) await saveRemembered(state.email, t.TwoFactorToken);
  return opened(t, g.kdf, () => {
    if (g.master) state.user = unwrap(g.master, state.protectedKey);
  });
}

/** Takes the session that was granted, has the user key unwrapped, and shows the vault. */
async function opened(t: TokenAnswer, kdf: Kdf, key: () => void | Promise<void>): Promise<SignedIn> {
  begin(t);
  const u = t.UserDecryptionOptions?.MasterPasswordUnlock;
  if (t.AccountKeys?.securityState || !u)
    throw new ApiError(
      400,
      'second-kind',
      'This account uses the second generation of keys, which the web vault cannot open yet.',
    );
  state.kdf = kdf;
  state.salt = u.Salt;
  state.protectedKey = u.MasterKeyEncryptedUserKey;
  await key();
  return enter();
}

/** Downloads and shows the vault, or says that the account must have a second factor first. */
export async function enter(): Promise<SignedIn> {
  try {
    await download();
    return { state: 'open' };
  } catch (e) {
    if (!(e instanceof ApiError) || e.status !== 400) throw e;
    const f = await state.session.json<{ required: boolean; enrolled: boolean }>('/api/v1/users/me/factors');
    if (!f.required || f.enrolled) throw e;
    return { state: 'enrol' };
  }
}

// Passkeys: who has one signs in without the password, and what only the passkey can make opens the vault.

export type PasskeyOptions = { options: object };

/** What the browser asks for a passkey with. */
export async function passkeyOptions(): Promise<object> {
  const r = await ask('/identity/accounts/webauthn/assertion-options');
  return ((await r.json()) as PasskeyOptions).options;
}

/** Signs in with what a passkey answered; prf is what it made for opening the vault. Returns whose it is. */
export async function signInPasskey(
  device: Device,
  keep: boolean,
  response: object,
  prf: Uint8Array | null,
): Promise<{ email: string; in: SignedIn }> {
  client.deviceType = device.type;
  const form = { ...formOf(device), grant_type: 'webauthn', deviceResponse: JSON.stringify(response) };
  const t = await ask('/identity/connect/token', { form }).then(
    async (r) => (await r.json()) as TokenAnswer,
    (e: unknown) => {
      throw e instanceof ApiError && e.message === wrongWords ? new ApiError(400, 'passkey-wrong', '') : e;
    },
  );
  const wrapped = t.UserDecryptionOptions?.WebAuthnPrfOption;
  const k = t.UserDecryptionOptions?.MasterPasswordUnlock?.Kdf;
  if (!wrapped || !prf || !k) throw new ApiError(400, 'passkey-closed', '');
  const email = emailOf(t.access_token);
  state.email = email;
  state.device = device.id;
  state.keep = keep;
  const kdf: Kdf = { kdfType: k.KdfType, iterations: k.Iterations, memory: k.Memory, parallelism: k.Parallelism };
  const done = await opened(t, kdf, async () => {
    const raw = open(stretch(prf), wrapped.EncryptedPrivateKey);
    prf.fill(0);
    const algorithm = { name: 'RSA-OAEP', hash: 'SHA-1' };
    const priv = await crypto.subtle.importKey('pkcs8', raw as BufferSource, algorithm, false, ['decrypt']);
    state.user = new SymKey(await openFrom(priv, wrapped.EncryptedUserKey));
  });
  return { email, in: done };
}

/** The address that an access token names. */
function emailOf(token: string): string {
  const claims = text(fromBase64Url(token.split('.')[1] ?? ''));
  return (JSON.parse(claims) as { email: string }).email;
}

const ended = (): void => void (state.ending || post({ event: 'out', why: 'ended' }));

function begin(t: TokenAnswer): void {
  state.session = new Session(tokensOf(t));
  state.session.ended = ended;
}

function unwrap(master: Uint8Array, wrapped: string): SymKey {
  try {
    return new SymKey(open(stretch(master), wrapped));
  } finally {
    master.fill(0);
  }
}

const fetchSync = async (): Promise<{ text: string; sync: Sync }> => {
  const text = await (await state.session.fetch('/api/sync?excludeDomains=true', { timeout: 120_000 })).text();
  return { text, sync: JSON.parse(text) as Sync };
};

const hear = (): void =>
  void import('./listen').then(
    (m) => m.listen(),
    () => undefined,
  );

async function download(): Promise<void> {
  const { text, sync } = await fetchSync();
  state.synced = Date.now();
  void show(sync).then(() => keepSoon(text));
  post({ event: 'status', online: true, synced: state.synced });
  hear();
}

/** Opens the sealed copy. false: the password does not fit it (any more), so the server is asked. */
async function openCopy(copy: Copy, a: SignIn): Promise<boolean> {
  const salt = await (await saltBox(a.email)).open(copy.salt).catch(() => undefined);
  if (salt === undefined) return false; // of an earlier release
  const master = await masterKey(a.password, salt, copy.kdf);
  const proof = await authHash(master, a.password);
  try {
    state.user = unwrap(master, copy.protectedKey);
  } catch (e) {
    if (!(e instanceof EncStringError)) throw e;
    return false;
  }
  const box = await takeCopy(copy, salt);
  await showCopy(box, copy);
  void state
    .waiting!.then(() => resume({ ...formOf(a.device), username: a.email, password: proof }))
    .catch(() => undefined);
  return true;
}

/** Opens the sealed copy with a user key that came otherwise than by the password. The session must still stand, as far
 * as the server can be asked: there is nothing to begin another with. */
export async function openWith(copy: Copy, user: SymKey, email: string, device: Device): Promise<void> {
  Object.assign(state, { email, user, device: device.id, keep: true });
  client.deviceType = device.type;
  const box = await takeCopy(copy, await (await saltBox(email)).open(copy.salt));
  await state.session.refresh().catch(async (e: unknown) => {
    if (!refused(e)) return;
    await dropHalf(true);
    throw new ApiError(401, 'keychain-ended', '');
  });
  await showCopy(box, copy);
  void state.waiting!.then(() => resume()).catch(() => undefined);
}

/** Whether the server said that a session has ended; anything else may pass. */
const refused = (e: unknown): boolean => e instanceof ApiError && e.status >= 400 && e.status < 429;

/** Takes over what stands in a copy about the account and its session. The user key is there. */
async function takeCopy(copy: Copy, salt: string): Promise<Box> {
  state.kdf = copy.kdf;
  state.salt = salt;
  state.protectedKey = copy.protectedKey;
  const box = await Box.make(state.user, 'copy');
  const session = JSON.parse(await box.open(copy.session)) as { refresh: string };
  state.session = new Session({ access: '', refresh: session.refresh, expires: 0 });
  return box;
}

/** Shows the rows at once; the items themselves are read meanwhile. */
async function showCopy(box: Box, copy: Copy): Promise<void> {
  if (copy.index) {
    const index = JSON.parse(await box.open(copy.index)) as { rows: Row[]; folders: Folder[]; synced: number };
    for (const r of index.rows) state.rows.set(r.id, r);
    state.folders = index.folders;
    state.synced = index.synced;
    post({ event: 'rows', rows: index.rows, folders: index.folders, complete: true });
  }
  post({ event: 'status', online: false, synced: state.synced });
  state.waiting = readCopy(box, copy).finally(() => (state.waiting = undefined));
}

async function readCopy(box: Box, copy: Copy): Promise<void> {
  const s = copy.sync && (JSON.parse(await box.open(copy.sync)) as Sync);
  if (!s) return;
  if (!copy.index) return show(s);
  state.profile = s.profile;
  state.sends = s.sends;
  state.rawFolders = s.folders;
  for (const c of s.ciphers) state.ciphers.set(c.id, c);
  post({ event: 'sends' });
}

/** Goes online after a copy was opened: with its refresh token, or anew with what the password proves. */
async function resume(fresh?: Record<string, string>): Promise<void> {
  try {
    if (!state.session.tokens.access) await state.session.refresh();
  } catch (e) {
    if (!(e instanceof ApiError) || e.status === 0 || (!fresh && !refused(e))) {
      retryLater(() => resume(fresh));
      return;
    }
    if (!fresh) {
      await dropHalf(true);
      ended();
      return;
    }
    if (!(await freshGrant(fresh))) return;
  }
  state.session.ended = ended;
  await sync(false);
  hear();
}

async function freshGrant(form: Record<string, string>): Promise<boolean> {
  try {
    begin((await (await ask('/identity/connect/token', { form })).json()) as TokenAnswer);
    await keepNow(); // what opens the vault without the password needs the session that stands
    return true;
  } catch (e) {
    if (e instanceof ApiError && e.status === 0) return false;
    await dropCopy(state.email); // the password was changed elsewhere, or a second factor is asked for
    post({ event: 'out', why: 'changed' });
    return false;
  }
}

let retry: ReturnType<typeof setTimeout> | undefined;

function retryLater(f: () => Promise<void>): void {
  post({ event: 'status', online: false, synced: state.synced });
  clearTimeout(retry);
  retry = setTimeout(() => void f().catch(() => undefined), 10_000);
}

let running: Promise<void> | undefined;

/** Brings the vault up to date; without force only when the account changed since. */
export function sync(force: boolean): Promise<void> {
  return (running ??= doSync(force).finally(() => (running = undefined)));
}

async function doSync(force: boolean): Promise<void> {
  try {
    if (!force) {
      const changed = await state.session.json<number>('/api/accounts/revision-date');
      if (changed <= state.synced - 60_000 && state.ciphers.size > 0) {
        post({ event: 'status', online: true, synced: state.synced });
        return;
      }
    }
    const { text, sync: s } = await fetchSync();
    state.synced = Date.now();
    const u = s.userDecryption?.masterPasswordUnlock;
    if (u && u.masterKeyEncryptedUserKey !== state.protectedKey) {
      await dropCopy(state.email);
      post({ event: 'out', why: 'changed' });
      return;
    }
    update(s);
    keepSoon(text);
    post({ event: 'status', online: true, synced: state.synced });
  } catch (e) {
    if (!(e instanceof ApiError) || e.status !== 0) throw e;
    retryLater(() => sync(force));
  }
}

export type NewAccount = {
  email: string;
  name: string;
  password: string;
  hint: string;
  kdf: Kdf;
  setupCode: string;
  token: string;
};

/** Makes an account; its keys are made here and the server gets them wrapped. */
export async function register(n: NewAccount): Promise<void> {
  const { salt } = await prelogin(n.email); // the server completes a short name, and the key hangs on the whole
  const k = await newAccount(salt, n.password, n.kdf);
  const keys = { publicKey: k.publicKey, encryptedPrivateKey: k.protectedPrivateKey };
  const json = {
    email: salt,
    name: n.name,
    masterPasswordHint: n.hint || null,
    masterPasswordHash: k.authHash,
    key: k.protectedKey,
    userSymmetricKey: k.protectedKey,
    keys,
    userAsymmetricKeys: keys,
    kdf: n.kdf.kdfType,
    kdfIterations: n.kdf.iterations,
    kdfMemory: n.kdf.memory ?? null,
    kdfParallelism: n.kdf.parallelism ?? null,
    ...(n.setupCode ? { setupCode: n.setupCode } : {}),
    ...(n.token ? { emailVerificationToken: n.token } : {}),
  };
  await ask(n.token ? '/identity/accounts/register/finish' : '/identity/accounts/register', { json });
}

/** Asks whether an address may register. With mail the server sends a link and answers ''; else it gives the token. */
export async function startSignUp(email: string): Promise<string> {
  const s = await (await ask('/identity/accounts/register/send-verification-email', { json: { email } })).text();
  return s ? (JSON.parse(s) as string) : '';
}

export { chooseKdf };

/** Ends this session at the server and forgets this browser's copy. */
export async function signOut(): Promise<void> {
  await forgetCopy();
  const devices = await state.session
    .json<{ data: { id: string; identifier: string }[] }>('/api/devices')
    .catch(() => undefined);
  const own = devices?.data.find((d) => d.identifier === state.device);
  if (own) await state.session.fetch('/api/devices/' + own.id, { method: 'DELETE' }).catch(() => undefined);
}

// Log in with another device.

let asking: { pair: CryptoKeyPair; id: string; code: string; a: Omit<SignIn, 'password'> } | undefined;

/** Asks another device of the person for the key; returns what both should show. */
export async function askDevice(a: Omit<SignIn, 'password'>): Promise<{ fingerprint: Uint8Array; id: string }> {
  const params = { name: 'RSA-OAEP', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-1' };
  const pair = await crypto.subtle.generateKey(params, true, ['encrypt', 'decrypt']);
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  const code = Array.from(crypto.getRandomValues(new Uint32Array(25)), (n) => letters[n % letters.length]).join('');
  const json = { email: a.email, publicKey: toBase64(spki), deviceIdentifier: a.device.id, accessCode: code, type: 0 };
  client.deviceType = a.device.type;
  const r = await ask('/api/auth-requests', { json });
  const { id } = (await r.json()) as { id: string };
  asking = { pair, id, code, a };
  return { fingerprint: spki, id };
}

/** Looks whether the other device has answered. */
export async function answered(): Promise<'waiting' | 'denied' | SignedIn> {
  if (!asking) return 'denied';
  const { id, code, pair, a } = asking;
  const r = (await (await ask(`/api/auth-requests/${id}/response?code=${encodeURIComponent(code)}`)).json()) as {
    requestApproved: boolean | null;
    key: string | null;
    responseDate: string | null;
  };
  if (r.requestApproved === false || (r.responseDate && !r.requestApproved)) return 'denied';
  if (!r.requestApproved || !r.key) return 'waiting';
  state.email = a.email;
  state.device = a.device.id;
  state.keep = a.keep;
  state.user = new SymKey(await openFrom(pair.privateKey, r.key));
  asking = undefined;
  const { kdf } = await prelogin(a.email);
  return grant({
    form: { ...formOf(a.device), username: a.email, password: code, authRequest: id },
    master: null,
    kdf,
  });
}

/** Checks the master password of the open vault, for what asks for it again. */
export async function checkPassword(password: string): Promise<boolean> {
  const master = await masterKey(password, state.salt, state.kdf);
  try {
    return toBase64(unwrap(master, state.protectedKey).raw) === toBase64(state.user.raw);
  } catch {
    return false;
  }
}

/** The proof that the server wants before it does something that cannot be undone. */
export async function proof(password: string): Promise<string> {
  if (!(await checkPassword(password))) throw wrong();
  return authHash(await masterKey(password, state.salt, state.kdf), password);
}
