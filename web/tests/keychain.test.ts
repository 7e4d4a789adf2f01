// What opens the vault with a key of the system's keychain: the halves, and when they go.
import { beforeEach, describe, expect, test, vi } from 'vitest';

/** As much of IndexedDB as the worker uses. */
const stores = new Map<string, Map<string, unknown>>();
const done = (f: () => unknown) => {
  const r: { result?: unknown; onsuccess?: () => void; onupgradeneeded?: () => void } = {};
  queueMicrotask(() => {
    r.result = f();
    r.onsuccess?.();
  });
  return r;
};
const store = (name: string) => {
  const m = stores.get(name) ?? new Map<string, unknown>();
  stores.set(name, m);
  return {
    get: (k: string) => done(() => m.get(k)),
    put: (v: unknown, k: string) => done(() => void m.set(k, structuredClone(v))),
    delete: (k: string) => done(() => void m.delete(k)),
  };
};
const db = { transaction: () => ({ objectStore: store }), close: () => undefined };
vi.stubGlobal('indexedDB', { open: () => done(() => db) });

const posted: { event: string; why?: string }[] = [];
vi.stubGlobal('postMessage', (e: { event: string }) => posted.push(e));

const email = 'kim@example.com';
const id = '6f1d7f0e-0a52-4b2b-9a8e-3a1f0c9d7b11';
const password = 'correct horse battery staple';
const device = { id: 'd', type: 9, name: 'window' };
const kdf = { kdfType: 0 as const, iterations: 5_000 };

/** What the program and the server answer with. */
const program = { kept: new Map<string, string>(), vault: 'https://vault.example.com', status: 200 };
const server = { status: 200, sync: {}, asked: [] as string[] };
vi.stubGlobal('fetch', async (path: string, init: { method: string; body: string | null }) => {
  if (path.startsWith('/desktop/keychain/')) {
    if (program.status !== 200) return new Response('no', { status: program.status });
    if (init.method === 'PUT') {
      program.kept.set(path, (JSON.parse(init.body!) as { Key: string }).Key);
      return Response.json({ Vault: program.vault });
    }
    if (init.method === 'DELETE') {
      program.kept.delete(path);
      return new Response(null, { status: 204 });
    }
    const Key = program.kept.get(path);
    return Key ? Response.json({ Vault: program.vault, Key }) : new Response('none', { status: 404 });
  }
  server.asked.push(`${path} ${init.body ?? ''}`);
  if (server.status === 0) throw new TypeError('no net');
  if (server.status !== 200) return Response.json({ error: 'invalid_grant' }, { status: server.status });
  if (path === '/identity/connect/token') return Response.json({ access_token: 'a', expires_in: 3600 });
  if (path === '/api/accounts/revision-date') return Response.json(0);
  if (path === '/api/devices') return Response.json({ data: [{ id: 'own', identifier: 'd' }] });
  return Response.json(path.startsWith('/api/sync') ? server.sync : {});
});
vi.mock('../src/worker/listen', () => ({ listen: () => undefined }));

/** A worker that knows nothing yet, as after each lock. */
async function worker() {
  vi.resetModules();
  const { state } = await import('../src/worker/state');
  const chain = await import('../src/worker/keychain');
  const copy = await import('../src/worker/copy');
  return { state, ...chain, ...copy, account: await import('../src/worker/account') };
}

/** One in which the vault of somebody is open. */
async function open(who = email, account = id) {
  const w = await worker();
  const { SymKey, seal } = await import('../src/worker/encstring');
  const { masterKey, stretch } = await import('../src/worker/keys');
  const { Session } = await import('../src/worker/api');
  const user = SymKey.random();
  Object.assign(w.state, { email: who, keep: true, kdf, salt: who, user, device: 'd', synced: Date.now() });
  w.state.protectedKey = seal(stretch(await masterKey(password, who, kdf)), user.raw);
  w.state.profile = { id: account, email: who } as never;
  w.state.session = new Session({ access: 'a', refresh: 'refresh-token', expires: Date.now() + 3_600_000 });
  return w;
}

const entry = '/desktop/keychain/' + id;

beforeEach(() => {
  stores.clear();
  program.kept.clear();
  Object.assign(program, { vault: 'https://vault.example.com', status: 200 });
  Object.assign(server, { status: 200, sync: {}, asked: [] });
  posted.length = 0;
});

describe('turning it on', () => {
  test('needs the master password, and keeps neither half without it', async () => {
    const w = await open();
    await expect(w.keychainOn('not it')).rejects.toMatchObject({ code: 'wrong-password' });
    expect(program.kept.size).toBe(0);
    expect(await w.loadHalf()).toBeUndefined();
  });

  test('keeps nothing on a computer that is shared', async () => {
    const w = await open();
    w.state.keep = false;
    await expect(w.keychainOn(password)).rejects.toMatchObject({ code: 'keychain-shared' });
    expect(program.kept.size).toBe(0);
  });

  test('keeps nothing when the keychain does not take the key', async () => {
    const w = await open();
    program.status = 503;
    await expect(w.keychainOn(password)).rejects.toMatchObject({ code: 'keychain-closed' });
    expect(await w.loadHalf()).toBeUndefined();
  });

  test('leaves half here and half there, and neither tells the other', async () => {
    const w = await open();
    await w.keychainOn(password);
    const { toBase64, fromBase64 } = await import('../src/worker/bytes');
    const { openText, SymKey } = await import('../src/worker/encstring');
    const { keychainKey } = await import('../src/worker/keys');
    const key = fromBase64(program.kept.get(entry)!);
    expect(key).toHaveLength(32);
    const half = (await w.loadHalf())!;
    expect(JSON.stringify(half)).not.toContain(email);
    for (const secret of [w.state.user.raw, key]) expect(JSON.stringify(half)).not.toContain(toBase64(secret));
    expect(toBase64(w.state.user.raw)).not.toContain(toBase64(key).slice(0, 20));
    const under = (vault: string, account: string) => () => openText(keychainKey(key, vault, account), half.wrapped);
    expect(JSON.parse(under(program.vault, id)())).toEqual({ email, user: toBase64(w.state.user.raw) });
    expect(under('https://other.example.com', id), 'of another vault').toThrow();
    expect(under(program.vault, id.replace('6', '7')), 'of another account').toThrow();
    expect(() => openText(SymKey.random(), half.wrapped)).toThrow();
    expect(await w.keychain()).toMatchObject({ on: true });
  });

  test('for another account takes it from the first', async () => {
    const first = await open();
    await first.keychainOn(password);
    const other = id.replaceAll('1', '2');
    const w = await open('lee@example.com', other);
    await w.keychainOn(password);
    expect([...program.kept.keys()]).toEqual(['/desktop/keychain/' + other]);
    expect(await w.keychainFor(email)).toBe(false);
    expect(await w.keychainFor('lee@example.com')).toBe(true);
    expect(await w.keychainFor('')).toBe(true);
  });
});

/** A fresh worker where it was turned on before. */
async function locked() {
  const w = await open();
  await w.keychainOn(password);
  const key = w.state.user.raw.slice();
  return { key, w: await worker() };
}

describe('unlocking', () => {
  test('opens the vault with a session that still stands, and the password is still what it was', async () => {
    const { key, w } = await locked();
    expect(await w.unlockByKeychain(device)).toBe(email);
    expect(w.state.user.raw).toEqual(key);
    expect(server.asked[0]).toContain('refresh_token=refresh-token');
    expect(posted.map((p) => p.event)).toContain('rows');
    expect(await w.account.checkPassword(password)).toBe(true);
    expect(await w.account.checkPassword('not it')).toBe(false);
  });

  test('offline it opens what is kept here', async () => {
    const { w } = await locked();
    server.status = 0;
    expect(await w.unlockByKeychain(device)).toBe(email);
    expect(await w.keychainFor(email)).toBe(true);
  });

  test('a session that has ended shows nothing and takes both halves along, until the person signs in', async () => {
    const { w } = await locked();
    server.status = 400;
    await expect(w.unlockByKeychain(device)).rejects.toMatchObject({ code: 'keychain-ended' });
    expect(posted.map((p) => p.event)).not.toContain('rows');
    expect(program.kept.size).toBe(0);
    expect((await w.loadHalf())!.wrapped).toBe('');
    expect(await w.keychainFor(email)).toBe(false);
    const again = await open();
    expect(await again.keychainAgain()).toBe(true);
    expect(await again.keychainFor(email)).toBe(true);
    expect(program.kept.size).toBe(1);
  });

  test.each([429, 500])('a server that answers %i is as one that is away', async (status) => {
    const { w } = await locked();
    server.status = status;
    expect(await w.unlockByKeychain(device)).toBe(email);
    expect(program.kept.size).toBe(1);
  });

  test('a keychain that is closed takes nothing away', async () => {
    const { w } = await locked();
    program.status = 503;
    await expect(w.unlockByKeychain(device)).rejects.toMatchObject({ code: 'keychain-closed' });
    expect(await w.keychainFor(email)).toBe(true);
  });

  const another = async () => {
    const { toBase64 } = await import('../src/worker/bytes');
    return toBase64(crypto.getRandomValues(new Uint8Array(32)));
  };
  test.each([
    ['is gone', async () => void program.kept.delete(entry)],
    ['is another', async () => void program.kept.set(entry, await another())],
    ['is for another vault', async () => void (program.vault = 'https://other.example.com')],
    ['has no copy to open', async () => void stores.get('copies')!.delete((await worker()).copyName(email))],
  ])('a key that %s is forgotten, with the half that is here', async (_, change) => {
    const { w } = await locked();
    await change();
    await expect(w.unlockByKeychain(device)).rejects.toMatchObject({ code: 'keychain-gone' });
    expect(await w.keychainFor('')).toBe(false);
    expect(program.kept.size).toBe(0);
    expect(w.state.user).toBeUndefined();
  });
});

describe('both halves go', () => {
  const gone = async (w: Awaited<ReturnType<typeof open>>) => {
    expect(await w.loadHalf()).toBeUndefined();
    expect(program.kept.size).toBe(0);
  };

  test('when it is turned off', async () => {
    const w = await open();
    await w.keychainOn(password);
    await w.keychainOff();
    await gone(w);
  });

  test('on signing out', async () => {
    const w = await open();
    await w.keychainOn(password);
    await w.account.signOut();
    await gone(w);
  });

  test('when the master password or the keys change here', async () => {
    const w = await open();
    await w.keychainOn(password);
    await (await import('../src/worker/settings')).rekey(password, 'another one', kdf, null);
    await gone(w);
  });

  test('when the password was changed elsewhere', async () => {
    const { w } = await locked();
    await w.unlockByKeychain(device);
    const masterPasswordUnlock = { salt: email, masterKeyEncryptedUserKey: 'another', kdf };
    server.sync = { profile: {}, folders: [], ciphers: [], sends: [], userDecryption: { masterPasswordUnlock } };
    await w.account.sync(true);
    expect(posted.at(-1)).toEqual({ event: 'out', why: 'changed' });
    await gone(w);
  });

  test('but not those of another account', async () => {
    const w = await open();
    await w.keychainOn(password);
    await w.dropCopy('lee@example.com');
    expect(await w.keychainFor(email)).toBe(true);
    expect(program.kept.size).toBe(1);
  });
});
