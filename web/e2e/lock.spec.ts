// After locking the worker is gone and nothing that is stored can be read; after logging out the copy is gone too.
import type { Page } from '@playwright/test';
import { accessible, bring, expect, logIn, login, row, test, unlock } from './fixtures';

/** Everything that this origin keeps in the browser, as one text: strings as they are, bytes as Latin-1, Base64 and hex. */
const kept = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const out: string[] = [];
    const walk = (v: unknown): void => {
      if (v instanceof ArrayBuffer) v = new Uint8Array(v);
      if (ArrayBuffer.isView(v)) {
        const s = Array.from(v as Uint8Array, (b) => String.fromCharCode(b)).join('');
        out.push(s, btoa(s), Array.from(v as Uint8Array, (b) => b.toString(16).padStart(2, '0')).join(''));
      } else if (v instanceof CryptoKey) out.push('CryptoKey ' + v.extractable);
      else if (v && typeof v === 'object')
        for (const [k, x] of Object.entries(v)) {
          out.push(k);
          walk(x);
        }
      else out.push(String(v));
    };
    for (const s of [localStorage, sessionStorage]) for (const k of Object.keys(s)) out.push(k, s.getItem(k)!);
    const wait = <T>(r: IDBRequest<T>) =>
      new Promise<T>((ok, no) => ((r.onsuccess = () => ok(r.result)), (r.onerror = () => no(r.error))));
    for (const d of await indexedDB.databases()) {
      const db = await wait(indexedDB.open(d.name!));
      for (const name of db.objectStoreNames) {
        const store = db.transaction(name).objectStore(name);
        out.push(name, ...(await wait(store.getAllKeys())).map(String));
        (await wait(store.getAll())).forEach(walk);
      }
      db.close();
    }
    for (const c of await caches.keys())
      for (const r of await (await caches.open(c)).keys()) out.push('cached ' + new URL(r.url).pathname);
    return out.join('\n');
  });

const copies = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((ok) => {
        const r = indexedDB.open('strongroom');
        r.onsuccess = () => {
          const q = r.result.transaction('copies').objectStore('copies').count();
          q.onsuccess = () => (r.result.close(), ok(q.result));
        };
      }),
  );

const planted = {
  name: 'Planted-Name-8831',
  username: 'planted-user-5512',
  password: 'planted-Secret-9924!',
  uris: ['https://planted-host-7718.example/login'],
  notes: 'planted notes 6645',
  folder: 'Planted-Folder-3327',
};

const plant = (page: Page): Promise<void> =>
  bring(page, {
    folders: [{ id: 'f', name: planted.folder }],
    items: [login(planted.name, { ...planted, folderId: 'f' })],
  });

/** Texts in each coding that their bytes could have. */
const coded = (texts: string[]): string[] =>
  texts.flatMap((s) => {
    const b = Buffer.from(s);
    return [s, b.toString('base64').replace(/=+$/, ''), b.toString('hex')];
  });
const texts = Object.values(planted).flat();

function finds(all: string, secret: string[]): string[] {
  const low = all.toLowerCase();
  return secret.filter((s) => low.includes(s.toLowerCase()));
}

test('a locked vault leaves no worker and nothing to read', async ({ page, person }) => {
  const tokens: string[] = [];
  page.on('response', async (r) => {
    if (!r.url().endsWith('/identity/connect/token')) return;
    const t = (await r.json().catch(() => ({}))) as Record<string, string>;
    tokens.push(...[t.access_token, t.refresh_token].filter(Boolean as unknown as (s?: string) => s is string));
  });
  await logIn(page, person);
  await plant(page);
  await row(page, planted.name).click();
  await page.getByRole('button', { name: 'Show Password' }).click();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Notes').fill('a draft with planted notes 6645');
  await expect.poll(() => copies(page)).toBe(1);
  const worker = page.workers().find((w) => w.url().includes('vault.worker'))!;
  let gone = false;
  worker.once('close', () => (gone = true));
  await page.keyboard.press('Control+Shift+L');
  await expect(page.getByRole('heading', { name: 'Your vault is locked' })).toBeVisible();
  await expect.poll(() => gone).toBe(true);
  expect(page.workers()).not.toContain(worker); // the one that waits for the password knows nothing yet
  await accessible(page, 'locked');
  expect(tokens.length).toBeGreaterThan(1);
  const all = await kept(page);
  expect(all).toContain('drafts');
  expect(finds(all, coded([...texts, person.email, person.password, ...tokens]))).toEqual([]);
  expect(all).not.toContain('CryptoKey');
  expect(finds(await page.content(), coded([...texts, person.password, ...tokens]))).toEqual([]);
  await page.getByLabel('Master password', { exact: true }).fill('not the master password');
  await page.getByRole('button', { name: 'Unlock', exact: true }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await accessible(page, 'wrong password at unlocking');
  await unlock(page, person);
  await page.getByRole('button', { name: 'Go on writing' }).click();
  await expect(page.getByLabel('Notes')).toHaveValue('a draft with planted notes 6645');
});

test('logging out leaves no copy, and no session at the server', async ({ page, person }) => {
  await logIn(page, person);
  await plant(page);
  await expect.poll(() => copies(page)).toBe(1);
  const before = (await person.api('GET', '/sessions')).length;
  await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'Log out' }).click();
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await accessible(page, 'logged out');
  await expect(page.getByLabel('E-mail address', { exact: true })).toHaveValue('');
  await expect.poll(() => copies(page)).toBe(0);
  expect(finds(await kept(page), coded([...texts, person.email, person.password]))).toEqual([]);
  expect(finds(await page.content(), coded([...texts, person.email]))).toEqual([]);
  expect((await person.api('GET', '/sessions')).length).toBe(before - 1);
  await page.reload();
  expect(await copies(page)).toBe(0);
});

test('an address is remembered only where that was asked for; a shared computer keeps nothing', async ({
  page,
  person,
}) => {
  await page.goto(new URL('/#/', process.env.E2E_URL).href);
  await page.getByLabel('Shared computer: keep nothing here').check();
  await logIn(page, person);
  await plant(page);
  await page.getByRole('button', { name: 'New item' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill(planted.name);
  await page.keyboard.press('Control+Shift+L');
  await unlock(page, person);
  await expect(row(page, planted.name)).toBeVisible();
  expect(finds(await kept(page), coded([...texts, person.email]))).toEqual([]);
  expect(await copies(page).catch(() => 0)).toBe(0);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('Remember my e-mail address').check();
  await logIn(page, person);
  await page.reload();
  await expect(page.getByLabel('E-mail address', { exact: true })).toHaveValue(person.email);
});

test('the vault locks when nothing happens for its time, not before', async ({ page, person }) => {
  await page.clock.install();
  await logIn(page, person);
  await page.clock.fastForward('10:00');
  await page.keyboard.press('Shift'); // an act
  await page.clock.fastForward('10:00');
  await page.clock.runFor(6_000);
  await expect(page.getByRole('navigation', { name: 'Main navigation' })).toBeVisible();
  await page.clock.fastForward('15:00');
  await page.clock.runFor(6_000);
  await expect(page.getByText('Locked because nothing happened for a while.')).toBeVisible();
  await accessible(page, 'locked by the clock');
  await unlock(page, person);
});
