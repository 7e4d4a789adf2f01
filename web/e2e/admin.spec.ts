// The console: an administrator invites, changes and looks; an auditor only looks; nobody else gets in.
import type { Browser, Page } from '@playwright/test';
import { accessible, expect, logIn, makePerson, password, test, watch, type Person } from './fixtures';
import { startServer, type Server } from './setup';

let s: Server;
let root: Person;
test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  s = await startServer({ SIGNUPS: '', NODE_NAME: 'vault-1', INVITATION_DAYS: '3' });
  root = await makePerson(s.url, 'root', { setup_code: s.code });
});
test.afterAll(() => s.stop());

/** A page of one's own, logged in, that is closed with what must not have happened on it. */
async function as(browser: Browser, p: { email: string; password: string }, use: (page: Page) => Promise<void>) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const faults = watch(page);
  await logIn(page, p, s.url);
  await use(page);
  expect(faults, 'errors, violations and foreign requests').toEqual([]);
  await context.close();
}

const section = async (page: Page, name: string): Promise<void> => {
  await page.getByRole('navigation', { name: 'Administration' }).getByRole('link', { name, exact: true }).click();
};

/** Answers the dialog that asks for the password. */
async function stepUp(page: Page, secret = password): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Show that it is you' });
  await dialog.getByLabel('Master password', { exact: true }).fill(secret);
  await dialog.getByRole('button', { name: 'Continue' }).click();
}

let link = '';

test('an administrator invites by link, after showing the password again', async ({ browser }) => {
  await as(browser, root, async (page) => {
    await page.getByRole('link', { name: 'Administration' }).click();
    await expect(page.getByRole('list', { name: 'People' })).toContainText('root@example.com');
    await accessible(page, 'people');
    await section(page, 'Invitations');
    await page.getByLabel('E-mail address').fill('bob@example.com');
    await page.getByLabel('Role').selectOption('auditor');
    await page.getByRole('button', { name: 'Invite', exact: true }).click();
    await accessible(page, 'step-up');
    await stepUp(page, 'not my password');
    await expect(page.getByRole('dialog').getByRole('alert')).toBeVisible();
    await stepUp(page);
    link = await page.getByRole('status').locator('code').innerText();
    expect(link).toContain('/#/finish-signup?');
    await expect(page.getByRole('list', { name: 'Invitations' })).toContainText('bob@example.com');
    await accessible(page, 'invitations');
    await page.getByRole('button', { name: 'New link for bob@example.com' }).click(); // no password: it is fresh
    await expect(page.getByRole('status').locator('code')).not.toHaveText(link);
    link = await page.getByRole('status').locator('code').innerText();
  });
});

test('the link opens an account, once', async ({ browser }) => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const faults = watch(page);
  await page.goto(link.replace(/^https?:\/\/[^/]+/, s.url));
  await page.getByLabel('Master password', { exact: true }).fill(password);
  await page.getByLabel('Master password, once more', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('navigation', { name: 'Main navigation' })).toBeAttached();
  expect(faults).toEqual([]);
  await context.close();
});

test('an auditor sees everything and can change nothing', async ({ browser }) => {
  await as(browser, { email: 'bob@example.com', password }, async (page) => {
    await page.goto(s.url + '/#/admin/people');
    await expect(page.getByText('You are an auditor')).toBeVisible();
    await page.getByRole('button', { name: /root@example\.com/ }).click();
    await expect(page.getByRole('dialog')).toContainText('Registered');
    await expect(page.getByRole('dialog').getByRole('button', { name: /Suspend|Delete|Save/ })).toHaveCount(0);
    await page.getByRole('button', { name: 'Close' }).click();
    for (const [name, shown] of [
      ['Invitations', 'Nobody is invited'],
      ['Settings', 'SIGNUPS'],
      ['Nodes', 'vault-1'],
      ['Jobs', 'trash'],
      ['Storage', 'users'],
      ['Health', 'administrator'],
    ] as const) {
      await section(page, name);
      await expect(page.locator('main')).toContainText(shown);
      await expect(page.getByRole('button', { name: /^(Save|Run|Invite|Send)/ })).toHaveCount(0);
    }
  });
});

test('one person: found by the whole name only, suspended, let in again, deleted', async ({ browser }) => {
  const made = (await root.api('POST', '/admin/invitations', { email: 'carol@example.com', by: 'link' })) as {
    link: string;
  };
  const invitation = new URLSearchParams(made.link.split('?')[1]).get('token')!;
  const carol = await makePerson(s.url, 'carol', { invitation });
  await as(browser, root, async (page) => {
    await page.goto(s.url + '/#/admin/people');
    const list = page.getByRole('list', { name: 'People' });
    const find = async (name: string): Promise<void> => {
      await page.getByLabel('User name or e-mail address').fill(name);
      await page.getByRole('button', { name: 'Find' }).click();
    };
    await find('carol');
    await expect(list).toContainText('Nobody is like that');
    await find('carol@example.com');
    await list.getByRole('button', { name: /carol/ }).click();
    const dialog = page.getByRole('dialog', { name: 'carol@example.com' });
    await accessible(page, 'one person');
    await dialog.getByLabel('Room for files, in MiB').fill('12');
    await dialog.getByRole('button', { name: 'Save' }).last().click();
    await stepUp(page);
    await expect(dialog.getByLabel('Room for files, in MiB')).toHaveValue('12');
    await dialog.getByRole('button', { name: 'Suspend' }).click();
    await expect(dialog.getByRole('button', { name: 'Let in again' })).toBeVisible();
    await expect(list).toContainText('Suspended');
    await expect(carol.api('GET', '/users/me')).rejects.toThrow('401');
    await dialog.getByRole('button', { name: 'Let in again' }).click();
    await expect(dialog.getByRole('button', { name: 'Suspend' })).toBeVisible();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await dialog.getByRole('button', { name: 'Delete carol@example.com and their vault for good' }).click();
    await expect(dialog).toBeHidden();
    await expect(list).toContainText('Nobody is like that');
  });
});

test('settings say where they come from; what is set counts at once', async ({ browser }) => {
  await as(browser, root, async (page) => {
    await page.goto(s.url + '/#/admin/instance');
    const row = (name: string) => page.getByRole('listitem').filter({ has: page.getByLabel(name, { exact: true }) });
    await expect(row('SIGNUPS')).toContainText('Default');
    await row('SIGNUPS').getByLabel('SIGNUPS').fill('open');
    await row('SIGNUPS').getByRole('button', { name: 'Save' }).click();
    await stepUp(page);
    await expect(row('SIGNUPS')).toContainText('Administrator');
    await makePerson(s.url, 'dave');
    await row('SIGNUPS').getByRole('button', { name: 'Take SIGNUPS back to its default' }).click();
    await expect(row('SIGNUPS')).toContainText('Default');
    await expect(makePerson(s.url, 'erin')).rejects.toThrow('403');
    await page.getByLabel('Show all settings').check();
    await expect(row('INVITATION_DAYS')).toContainText('Environment');
    await expect(row('INVITATION_DAYS').getByRole('button')).toHaveCount(0);
    await expect(row('SECRET_KEY').getByLabel('SECRET_KEY')).toHaveValue('[redacted]');
    await accessible(page, 'settings');
  });
});

test('nodes, jobs, storage, health', async ({ browser }) => {
  await as(browser, root, async (page) => {
    await page.goto(s.url + '/#/admin/jobs');
    await page.getByRole('button', { name: 'Run trash now' }).click();
    await stepUp(page);
    await expect(page.getByText('A node runs it within seconds')).toBeVisible();
    for (const [name, shown] of [
      ['Jobs', 'sessions'],
      ['Nodes', 'vault-1'],
      ['Storage', 'access_tokens'],
      ['Health', 'Could be better'],
    ] as const) {
      await section(page, name);
      await expect(page.locator('main')).toContainText(shown);
      await accessible(page, name);
    }
  });
});

test('nobody else gets in', async ({ browser }) => {
  await as(browser, { email: 'dave@example.com', password }, async (page) => {
    await expect(page.getByRole('link', { name: 'Administration' })).toHaveCount(0);
    await page.goto(s.url + '/#/admin');
    await expect(page.getByText('Only administrators and auditors may see this.')).toBeVisible();
    await accessible(page, 'forbidden');
  });
});
