// Sends: made with their limits, listed, received by who has the link alone, switched off and deleted.
import type { Browser, Page } from '@playwright/test';
import { accessible, expect, test, url, watch } from './fixtures';

test.use({ allowed: [/status of 4\d\d/] });

type Wanted = {
  name?: string;
  text?: string;
  file?: { name: string; mimeType: string; buffer: Buffer };
  days?: string;
  max?: string;
  password?: string;
  hideEmail?: boolean;
  hidden?: boolean;
};

/** Makes one and returns its link, which is on the clipboard. */
async function make(vault: Page, w: Wanted): Promise<string> {
  await vault.getByRole('button', { name: 'New Send' }).click();
  const d = vault.getByRole('dialog', { name: 'New Send' });
  if (w.name) await d.getByLabel('Name', { exact: true }).fill(w.name);
  if (w.text) await d.getByLabel('Text', { exact: true }).fill(w.text);
  if (w.file) await d.getByLabel('Or a file').setInputFiles(w.file);
  if (w.days) await d.getByLabel('Delete after').selectOption(w.days);
  if (w.max) await d.getByLabel(/^How often/).fill(w.max);
  if (w.password) await d.getByLabel('Password of the Send').fill(w.password);
  if (w.hideEmail) await d.getByLabel('Do not show my e-mail address').check();
  if (w.hidden) await d.getByLabel('Hide the text until').check();
  await d.getByRole('button', { name: 'Make the Send and copy its link' }).click();
  await expect(d).toHaveCount(0);
  const link = (): Promise<string> => vault.evaluate(() => navigator.clipboard.readText());
  await expect.poll(link).toContain(url() + '/#/send/');
  const made = await link();
  await vault.evaluate(() => navigator.clipboard.writeText(''));
  return made;
}

/** A browser without a session, at a Send's page. */
async function stranger(browser: Browser, link: string): Promise<{ page: Page; done: () => Promise<void> }> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const faults = watch(page, [/status of 4\d\d/]);
  await page.goto(link);
  await page.getByRole('button', { name: 'Open it' }).click();
  const done = async (): Promise<void> => {
    expect(faults).toEqual([]);
    await context.close();
  };
  return { page, done };
}

const row = (vault: Page, name: string) => vault.getByRole('listitem').filter({ hasText: name });
const gone = /no longer there: it has expired, was opened as often as allowed, or was deleted/;

test('a text is received as often as allowed, and not after it was switched off', async ({
  vault,
  person,
  browser,
}) => {
  await vault.goto(url() + '/#/sends');
  await expect(vault.getByText('You have no Sends.')).toBeVisible();
  await accessible(vault, 'Sends, none');
  await vault.getByRole('button', { name: 'New Send' }).click();
  await accessible(vault, 'a new Send');
  await vault.getByRole('button', { name: 'Make the Send and copy its link' }).click();
  await expect(vault.getByRole('alert')).toHaveText('Write a text or choose a file first.');
  await accessible(vault, 'a new Send, refused');
  await vault.keyboard.press('Escape');

  const link = await make(vault, { name: 'The door', text: 'code 4711', days: '2 days', max: '2' });
  await expect(row(vault, 'The door')).toContainText('opened 0 of 2 times');
  await accessible(vault, 'Sends');
  const first = await stranger(browser, link);
  await expect(first.page.getByTestId('send-text')).toHaveText('code 4711');
  await expect(first.page.getByText('From ' + person.email)).toBeVisible();
  await accessible(first.page, 'a received text');
  await expect(row(vault, 'The door')).toContainText('opened 1 of 2 times');

  await row(vault, 'The door').getByRole('button', { name: 'Switch off' }).click();
  await expect(row(vault, 'The door')).toContainText('switched off');
  await accessible(vault, 'Sends, one switched off');
  await first.page.reload();
  await first.page.getByRole('button', { name: 'Open it' }).click();
  await expect(first.page.getByRole('alert')).toHaveText(gone);
  await accessible(first.page, 'a Send that is gone');
  await row(vault, 'The door').getByRole('button', { name: 'Switch on' }).click();
  await expect(row(vault, 'The door')).not.toContainText('switched off');
  await first.page.getByRole('button', { name: 'Open it' }).click();
  await expect(first.page.getByTestId('send-text')).toHaveText('code 4711');
  await first.page.reload();
  await first.page.getByRole('button', { name: 'Open it' }).click();
  await expect(first.page.getByRole('alert')).toHaveText(gone);
  await first.page.getByRole('link', { name: 'Strongroom' }).click();
  await expect(first.page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await first.done();
});

test('a password guards it, the sender and the text stay hidden', async ({ vault, person, browser }) => {
  await vault.goto(url() + '/#/sends');
  const link = await make(vault, {
    name: 'Guarded',
    text: 'only for you',
    password: 'open sesame',
    hideEmail: true,
    hidden: true,
  });
  await expect(row(vault, 'Guarded')).toContainText('with a password');
  const s = await stranger(browser, link);
  const field = s.page.getByLabel('Password of the Send');
  await accessible(s.page, 'a Send asks for its password');
  await field.fill('open barley');
  await s.page.getByRole('button', { name: 'Open it' }).click();
  await expect(s.page.getByRole('alert')).toHaveText("This is not the Send's password. Ask the sender for it.");
  await accessible(s.page, "not the Send's password");
  await field.fill('open sesame');
  await s.page.getByRole('button', { name: 'Open it' }).click();
  await expect(s.page.getByTestId('send-text')).toHaveText('••••••••');
  await s.page.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(s.page.getByTestId('send-text')).toHaveText('only for you');
  await expect(s.page.getByText(person.email)).toHaveCount(0);

  await row(vault, 'Guarded').getByRole('button', { name: 'Switch off' }).click();
  await row(vault, 'Guarded').getByRole('button', { name: 'Switch on' }).click();
  await expect(row(vault, 'Guarded')).toContainText('with a password');
  const other = await make(vault, { text: 'another text' });
  await s.page.goto(other);
  await expect(s.page.getByTestId('send-text')).toHaveCount(0);
  await s.page.getByRole('button', { name: 'Open it' }).click();
  await expect(s.page.getByTestId('send-text')).toHaveText('another text');
  await expect(s.page.getByRole('heading', { name: 'Untitled' })).toBeVisible();
  await s.page.goto(other.slice(0, -6));
  await s.page.getByRole('button', { name: 'Open it' }).click();
  await expect(s.page.getByRole('alert')).toHaveText(/incomplete or damaged/);
  await s.done();
});

test('a file is received whole, and gone once it is deleted', async ({ vault, browser }) => {
  await vault.goto(url() + '/#/sends');
  const buffer = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251));
  const link = await make(vault, { file: { name: 'plan ü.bin', mimeType: 'application/octet-stream', buffer } });
  await expect(row(vault, 'plan ü.bin')).toContainText('opened 0 times');
  await row(vault, 'plan ü.bin').getByRole('button', { name: 'Copy link' }).click();
  await expect.poll(() => vault.evaluate(() => navigator.clipboard.readText())).toBe(link);

  const s = await stranger(browser, link);
  await expect(s.page.getByText(/plan ü\.bin \(300(\.\d)? KB\)/)).toBeVisible();
  await accessible(s.page, 'a received file');
  const download = s.page.waitForEvent('download');
  await s.page.getByRole('button', { name: 'Download' }).click();
  const d = await download;
  expect(d.suggestedFilename()).toBe('plan ü.bin');
  const chunks: Buffer[] = [];
  for await (const c of await d.createReadStream()) chunks.push(c as Buffer);
  expect(Buffer.concat(chunks).equals(buffer)).toBe(true);

  vault.once('dialog', (q) => void q.accept());
  await row(vault, 'plan ü.bin').getByRole('button', { name: 'Delete plan ü.bin' }).click();
  await expect(vault.getByText('You have no Sends.')).toBeVisible();
  await s.page.reload();
  await s.page.getByRole('button', { name: 'Open it' }).click();
  await expect(s.page.getByRole('alert')).toHaveText(gone);
  await s.done();
});
