// The open vault as the page sees it: rows to show, and requests to the worker that holds everything secret.
import workerUrl from '../worker/vault.worker?worker&url';
import type { SignedIn } from '../worker/account';
import type { Row } from '../worker/cipher';
import type { Folder } from '../worker/model';
import type { Event } from '../worker/state';
import type { Ops, Reply, Request } from '../worker/vault.worker';
import { clearClipboard } from './clipboard.svelte';
import { deviceId, deviceName, deviceType } from './device';
import { prefs, savePrefs } from './prefs.svelte';
import { compile, hayOf, type Query } from './search';
import { dismissAll } from './toast.svelte';
import { scriptUrl } from './trusted';

/** What went wrong with a request. status 0: the server was not reached; -1: a fault of ours. */
export class VaultError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export const session = $state({
  state: 'out' as 'out' | 'locked' | 'second-factor' | 'enrol' | 'open',
  email: '',
  keep: true,
  providers: [] as number[],
  /** where codes are mailed to, masked, and what a security key is asked with: in the second step */
  mailTo: '',
  key: null as object | null,
  /** why the person was signed out, if they did not do it */
  why: '' as '' | 'ended' | 'changed' | 'deleted' | 'idle',
  online: true,
  synced: 0,
  /** second lines of all rows are there */
  complete: false,
  /** a device that asks to log in */
  asked: '',
});

export const progress = $state<Record<string, { done: number; total: number }>>({});

let rowStore = $state.raw<Row[]>([]);
let folderStore = $state.raw<Folder[]>([]);
let sendsVersion = $state(0);
let hays: string[] = [];

export const rows = (): Row[] => rowStore;
export const folders = (): Folder[] => folderStore;
/** Grows when Sends changed: what shows them reads it. */
export const sendsChanged = (): number => sendsVersion;
export const folderName = (id: string | null): string => folderStore.find((f) => f.id === id)?.name ?? '';

let worker: Worker | undefined;
let seq = 0;
const waiting = new Map<number, { ok: (v: unknown) => void; no: (e: Error) => void }>();

/** Starts the worker with the login page, so that it is warm when the password has been typed. */
export function warm(): void {
  if (worker) return;
  worker = new Worker(scriptUrl(workerUrl), { type: 'module', name: 'vault' });
  worker.onmessage = (e: MessageEvent<Reply | Event>) => ('event' in e.data ? happened(e.data) : answer(e.data));
  worker.postMessage({ device: deviceType() });
}

function answer(r: Reply): void {
  const w = waiting.get(r.id);
  waiting.delete(r.id);
  if ('error' in r) w?.no(new VaultError(r.error.status, r.error.code, r.error.message));
  else w?.ok(r.ok);
}

type Result<K extends keyof Ops> = Awaited<ReturnType<Ops[K]>>;

/** Asks the worker. */
export function call<K extends keyof Ops>(op: K, ...args: Parameters<Ops[K]>): Promise<Result<K>> {
  warm();
  const id = ++seq;
  return new Promise<Result<K>>((ok, no) => {
    waiting.set(id, { ok: ok as (v: unknown) => void, no });
    // What a page holds as state is wrapped, and what is wrapped cannot be sent; bytes never are.
    const plain = args.map((a) => (a instanceof Uint8Array ? a : $state.snapshot(a)));
    worker!.postMessage({ id, op, args: plain } satisfies Request);
  });
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

function happened(e: Event): void {
  switch (e.event) {
    case 'rows':
      setRows(e.rows);
      folderStore = e.folders;
      session.complete = e.complete;
      break;
    case 'subtitles':
      return subtitles(e.subs, e.complete);
    case 'patch':
      return patch(e.rows, e.gone, e.folders);
    case 'sends':
      sendsVersion++;
      break;
    case 'status':
      session.online = e.online;
      session.synced = e.synced;
      break;
    case 'out':
      end('out', e.why);
      break;
    case 'asked':
      session.asked = e.id;
      break;
    case 'progress':
      progress[e.task] = { done: e.done, total: e.total };
  }
}

function setRows(next: Row[]): void {
  rowStore = next;
  hays = next.map(hayOf);
}

/** New row objects, for a keyed list leaves a reference that it knows alone. */
function subtitles(subs: [string, string, string][], complete: boolean): void {
  const by = new Map(subs.map((s) => [s[0], s]));
  setRows(
    rowStore.map((r) => {
      const s = by.get(r.id);
      return s ? { ...r, sub: s[1], host: s[2] } : r;
    }),
  );
  session.complete = complete;
}

function patch(changed: Row[], gone: string[], fs: Folder[]): void {
  folderStore = fs;
  if (changed.length === 0 && gone.length === 0) return;
  const out = new Set([...gone, ...changed.map((r) => r.id)]);
  setRows([...rowStore.filter((r) => !out.has(r.id)), ...changed].sort((a, b) => collator.compare(a.name, b.name)));
}

/** Signs in or unlocks; what is wrong throws VaultError. */
export async function signIn(email: string, password: string, keep: boolean): Promise<void> {
  session.why = '';
  const device = { id: deviceId(keep), type: deviceType(), name: deviceName() };
  entered(await call('signIn', { email, password, device, keep }), email, keep);
}

export async function secondFactor(provider: number, token: string, remember: boolean): Promise<void> {
  entered(await call('secondFactor', provider, token, remember), session.email, session.keep);
}

/** Signs in with what a passkey answered. */
export async function signInPasskey(response: object, prf: Uint8Array | null, keep: boolean): Promise<void> {
  session.why = '';
  const device = { id: deviceId(keep), type: deviceType(), name: deviceName() };
  const r = await call('signInPasskey', device, keep, response, prf);
  entered(r.in, r.email, keep);
}

/** Unlocks with the system's keychain, for whoever turned that on in this window. */
export async function unlockByKeychain(): Promise<void> {
  session.why = '';
  const device = { id: deviceId(true), type: deviceType(), name: deviceName() };
  entered({ state: 'open' }, await call('unlockByKeychain', device), true);
}

/** Goes on to the vault once the second factor that the server asks for is there. */
export async function enrolled(): Promise<void> {
  entered(await call('enter'), session.email, session.keep);
}

/** Takes over the answer of a sign-in. */
export function entered(r: SignedIn, email: string, keep: boolean): void {
  session.email = email;
  session.keep = keep;
  session.state = r.state;
  const asked = r.state === 'second-factor' ? r : undefined;
  session.providers = asked?.providers ?? [];
  session.mailTo = asked?.email ?? '';
  session.key = asked?.key ?? null;
  if (r.state === 'open' && prefs.keychain)
    void call('keychainAgain').then(
      (keychain) => savePrefs({ keychain }),
      () => undefined,
    );
}

let unsaved: (() => Promise<unknown>) | undefined;

/** What an editor wants sealed before the vault locks; undefined when there is nothing any more. */
export function beforeLock(keep: typeof unsaved): void {
  unsaved = keep;
}

/** Ends the worker, and with it every key. The page forgets all it showed. */
export async function lock(why: '' | 'idle' = ''): Promise<void> {
  const keep = unsaved;
  unsaved = undefined;
  if (keep) await Promise.race([keep(), new Promise((ok) => setTimeout(ok, 500))]);
  end('locked', why);
}

function end(state: 'out' | 'locked', why: typeof session.why): void {
  worker?.terminate();
  worker = undefined;
  for (const w of waiting.values()) w.no(new VaultError(-1, 'locked', 'The vault was locked.'));
  waiting.clear();
  setRows([]);
  folderStore = [];
  Object.assign(session, { state, why, complete: false, asked: '', providers: [], key: null });
  if (state === 'out') session.email = prefs.email;
  for (const k of Object.keys(progress)) delete progress[k];
  dismissAll();
  void clearClipboard();
}

/** Signs out: the session ends at the server, this browser forgets its copy. */
export async function signOut(): Promise<void> {
  await call('signOut').catch(() => undefined);
  end('out', '');
}

/** The rows that a query and a filter leave, in their order. */
export function search(query: Query, keep: (r: Row) => boolean): Row[] {
  const match = compile(query);
  const all = rowStore;
  const out: Row[] = [];
  for (let i = 0; i < all.length; i++) if (keep(all[i]!) && match(all[i]!, hays[i]!)) out.push(all[i]!);
  return out;
}
