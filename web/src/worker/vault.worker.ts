// The vault's worker: every key and every decryption is here, and locking ends it. The page asks by name and gets
// an answer or an error; what happens by itself comes as events.
import * as account from './account';
import { ApiError, client } from './api';
import * as items from './items';
import { state } from './state';
import { strengthOf } from './strength';
import { fingerprint } from './fingerprint';

type Verbs = Record<string, (...args: never[]) => unknown>;

/** A verb whose code comes when it is asked for: opening a vault does not wait for what is needed seldom. */
function later<M extends Verbs, K extends keyof M>(load: () => Promise<M>, name: K) {
  return async (...args: Parameters<M[K]>): Promise<Awaited<ReturnType<M[K]>>> =>
    (await load())[name]!(...args) as Awaited<ReturnType<M[K]>>;
}
const admin = () => import('./admin');
const events = () => import('./events');
const health = () => import('./health');
const sends = () => import('./sends');
const factors = () => import('./factors');
const keychain = () => import('./keychain');
const settings = () => import('./settings');
const transfer = () => import('./transfer');

const ops = {
  signIn: account.signIn,
  secondFactor: account.secondFactor,
  sendCode: account.sendCode,
  passkeyOptions: account.passkeyOptions,
  signInPasskey: account.signInPasskey,
  enter: account.enter,
  register: account.register,
  startSignUp: account.startSignUp,
  chooseKdf: account.chooseKdf,
  signOut: account.signOut,
  askDevice: account.askDevice,
  answered: account.answered,
  checkPassword: account.checkPassword,
  sync: account.sync,
  item: items.item,
  code: items.code,
  codeOf: async (secret: string) => items.codeOf(secret),
  save: items.save,
  act: items.act,
  move: items.move,
  favorite: items.favorite,
  saveFolder: items.saveFolder,
  deleteFolder: items.deleteFolder,
  attach: items.attach,
  download: items.download,
  detach: items.detach,
  keepDraft: items.keepDraft,
  draft: items.draft,
  sends: later(sends, 'sends'),
  addSend: later(sends, 'addSend'),
  deleteSend: later(sends, 'deleteSend'),
  disableSend: later(sends, 'disableSend'),
  receive: later(sends, 'receive'),
  receiveFile: later(sends, 'receiveFile'),
  profile: later(settings, 'profile'),
  saveProfile: later(settings, 'saveProfile'),
  verifyEmail: later(settings, 'verifyEmail'),
  rekey: later(settings, 'rekey'),
  rotate: later(settings, 'rotate'),
  devices: later(settings, 'devices'),
  dropDevice: later(settings, 'dropDevice'),
  signOutEverywhere: later(settings, 'signOutEverywhere'),
  apiKey: later(settings, 'apiKey'),
  domains: later(settings, 'domains'),
  saveDomains: later(settings, 'saveDomains'),
  deleteAccount: later(settings, 'deleteAccount'),
  purge: later(settings, 'purge'),
  askings: later(settings, 'askings'),
  answer: later(settings, 'answer'),
  accessTokens: later(settings, 'accessTokens'),
  addAccessToken: later(settings, 'addAccessToken'),
  revokeAccessToken: later(settings, 'revokeAccessToken'),
  about: later(settings, 'about'),
  factors: later(factors, 'factors'),
  stepUp: later(factors, 'stepUp'),
  beginAuthenticator: later(factors, 'beginAuthenticator'),
  addAuthenticator: later(factors, 'addAuthenticator'),
  beginEmail: later(factors, 'beginEmail'),
  addEmail: later(factors, 'addEmail'),
  addYubiKey: later(factors, 'addYubiKey'),
  beginKey: later(factors, 'beginKey'),
  addKey: later(factors, 'addKey'),
  removeFactor: later(factors, 'removeFactor'),
  recoveryCode: later(factors, 'recoveryCode'),
  remembered: later(factors, 'remembered'),
  forgetDevice: later(factors, 'forgetDevice'),
  role: later(admin, 'role'),
  admin: later(admin, 'admin'),
  events: later(events, 'events'),
  eventsFile: later(events, 'eventsFile'),
  keychain: later(keychain, 'keychain'),
  keychainOn: later(keychain, 'keychainOn'),
  keychainOff: later(keychain, 'keychainOff'),
  keychainFor: later(keychain, 'keychainFor'),
  keychainAgain: later(keychain, 'keychainAgain'),
  unlockByKeychain: later(keychain, 'unlockByKeychain'),
  strength: strengthOf,
  fingerprint,
  health: later(health, 'health'),
  breaches: later(health, 'breaches'),
  preview: later(transfer, 'preview'),
  commit: later(transfer, 'commit'),
  exported: later(transfer, 'exported'),
  online: async () => state.session?.tokens.access !== '',
};

export type Ops = typeof ops;
export type Request = { id: number; op: keyof Ops; args: unknown[] };
export type Reply = { id: number } & ({ ok: unknown } | { error: { status: number; code: string; message: string } });

onmessage = (e: MessageEvent<Request | { device: number }>) => {
  if ('device' in e.data) {
    client.deviceType = e.data.device;
    return;
  }
  const { id, op, args } = e.data;
  const f = ops[op] as (...a: unknown[]) => Promise<unknown>;
  f(...args).then(
    (ok) => postMessage({ id, ok } satisfies Reply),
    (x: unknown) => {
      const error =
        x instanceof ApiError
          ? { status: x.status, code: x.code, message: x.message }
          : { status: -1, code: 'internal', message: x instanceof Error ? x.message : String(x) };
      postMessage({ id, error } satisfies Reply);
    },
  );
};
