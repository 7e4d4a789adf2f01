/* eslint-disable @typescript-eslint/no-explicit-any -- an answer is what its spec says of it */
// What every spec shares: people with vaults, a page that tolerates no violation, and the question to axe.
import { AxeBuilder } from '@axe-core/playwright';
import { test as base, expect, type Browser, type Locator, type Page } from '@playwright/test';

export { expect };
export const password = 'correct horse battery staple';
export const url = (): string => process.env.E2E_URL!;

/** Somebody with an account; api asks the REST door with their session. */
export type Person = {
  email: string;
  password: string;
  api: (method: string, path: string, body?: unknown) => Promise<any>;
};

let count = 0;

async function ask(at: string, method: string, path: string, token: string, body?: unknown): Promise<any> {
  const headers: Record<string, string> = token ? { Authorization: 'Bearer ' + token } : {};
  const form = body instanceof URLSearchParams;
  if (body !== undefined && !form) headers['Content-Type'] = 'application/json';
  const r = await fetch(at + path, {
    method,
    headers,
    body: form ? body : body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await r.text();
  if (!r.ok) throw new Error(`${method} ${path}: ${r.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

/** Makes an account through the REST door, at the shared server unless another is given. */
export async function makePerson(
  at = url(),
  name = `p${process.pid}-${++count}`,
  more: Record<string, string> = {},
): Promise<Person> {
  const email = name.includes('@') ? name : `${name}@example.com`;
  await ask(at, 'POST', '/api/v1/register', '', { username: email, password, ...more });
  const t = await ask(at, 'POST', '/api/v1/token', '', new URLSearchParams({ username: email, password }));
  return { email, password, api: (method, path, body) => ask(at, method, '/api/v1' + path, t.access_token, body) };
}

/** Logins for a vault, made of their number. */
export const logins = (n: number, more: (i: number) => object = () => ({})): object[] =>
  Array.from({ length: n }, (_, i) => ({
    service: `Service ${String(i).padStart(5, '0')}`,
    url: `https://service${i}.example.com/login`,
    username: `user${i}@example.com`,
    password: `pass-${i}-Qz7!vK${(i * 7919) % 10_007}`,
    ...more(i),
  }));

/** What a page did that none may do: errors, violations of the policy, requests to elsewhere. */
export function watch(page: Page, allow: RegExp[] = []): string[] {
  const faults: string[] = [];
  const note = (s: string): void => void (allow.some((a) => a.test(s)) || faults.push(s));
  page.on('console', (m) => m.type() === 'error' && note(`console: ${m.text()} ${m.location().url}`));
  page.on('pageerror', (e) => note(`error: ${e.stack ?? e.message}`));
  page.on('request', (r) => {
    const u = new URL(r.url());
    if (!['localhost', '127.0.0.1'].includes(u.hostname) && !/^(data|blob|chrome-extension):$/.test(u.protocol))
      note(`request to ${u.host}`);
  });
  void page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (e) =>
      console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`),
    );
  });
  return faults;
}

/** Logs in at the page that is open. */
export async function logIn(page: Page, p: { email: string; password: string }, at = url()): Promise<void> {
  await page.goto(at + '/#/');
  await page.getByLabel('E-mail address', { exact: true }).fill(p.email);
  await page.getByLabel('Master password', { exact: true }).fill(p.password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await expect(page.locator('.shell')).toBeVisible();
}

/** A login as an export of Bitwarden's has it. */
export function login(name: string, more: { uris?: string[]; [member: string]: unknown }): object {
  const { uris = [], folderId = null, favorite = false, reprompt = 0, fields = [], notes = null, ...l } = more;
  const base = { type: 1, name, folderId, favorite, reprompt, fields, notes };
  return { ...base, login: { username: null, password: null, totp: null, ...l, uris: uris.map((uri) => ({ uri })) } };
}

/** Fills the open vault through its import, and goes to the list. */
export async function bring(page: Page, data: { folders: object[]; items: object[] }): Promise<void> {
  await page.goto(new URL('/#/import', page.url()).href);
  const buffer = Buffer.from(JSON.stringify({ encrypted: false, ...data }));
  await page.locator('#imp-file').setInputFiles({ name: 'vault.json', mimeType: 'application/json', buffer });
  await page.getByRole('button', { name: /^Import \d+ items?$/ }).click();
  await page.getByRole('link', { name: 'Open the vault' }).click();
  await expect(row(page).first()).toBeVisible();
}

/** Rows of the list, or the one of a name. */
export const row = (page: Page, name = ''): Locator =>
  name
    ? page.getByRole('row').filter({ has: page.locator('.main > div:first-child').getByText(name, { exact: true }) })
    : page.getByRole('row');

export const clipboard = (page: Page): Promise<string> => page.evaluate(() => navigator.clipboard.readText());

/** Unlocks the page that is locked. */
export async function unlock(page: Page, p: { password: string }): Promise<void> {
  await page.getByLabel('Master password', { exact: true }).fill(p.password);
  await page.getByRole('button', { name: 'Unlock', exact: true }).click();
  await expect(page.locator('.shell')).toBeVisible();
}

/** No violation of WCAG 2.2 AA or axe's best practices, light and dark. */
export async function accessible(page: Page, what: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(
      (v) =>
        `${v.id} (${v.impact}): ${v.nodes.map((n) => n.target.join(' ') + ' ' + (n.failureSummary ?? '')).join('; ')}`,
    );
    expect.soft(found, `${what}, ${colorScheme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

type Fixtures = { person: Person; vault: Page; allowed: RegExp[]; second: () => Promise<Page> };

/** person has an empty vault; vault is a page in which theirs is open; second opens the same vault in another browser. */
export const test = base.extend<Fixtures>({
  allowed: [[], { option: true }],
  person: async ({}, use) => use(await makePerson()),
  page: async ({ page, allowed }, use) => {
    const faults = watch(page, allowed);
    await use(page);
    expect(faults, 'errors, violations and foreign requests').toEqual([]);
  },
  vault: async ({ page, person }, use) => {
    await logIn(page, person);
    await use(page);
  },
  second: async ({ browser, person }, use) => {
    const opened: Awaited<ReturnType<Browser['newContext']>>[] = [];
    await use(async () => {
      const c = await browser.newContext({ ignoreHTTPSErrors: true });
      opened.push(c);
      const page = await c.newPage();
      await logIn(page, person);
      return page;
    });
    for (const c of opened) await c.close();
  },
});
