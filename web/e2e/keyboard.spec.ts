// Everything by keyboard alone: there is no pointer in this file. And every shortcut that the help lists.
import type { Page } from '@playwright/test';
import { accessible, clipboard, expect, logIn, row, test, unlock } from './fixtures';

/** Tabs until what is focused has this name: how a person without a pointer goes there. */
async function to(page: Page, name: string): Promise<void> {
  for (let i = 0; i < 150; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const e = document.activeElement as HTMLInputElement | null;
      return (e?.getAttribute('aria-label') ?? e?.labels?.[0]?.textContent ?? e?.textContent ?? '').trim();
    });
    if (at === name || (at.startsWith(name) && /^[\d\s]*$/.test(at.slice(name.length)))) return;
  }
  throw new Error(`no way by Tab to ${name}`);
}

test('every action by keyboard alone', async ({ page, person }) => {
  test.setTimeout(300_000);
  const press = (k: string) => page.keyboard.press(k);
  const push = async (name: string) => (await to(page, name), await press('Enter'));
  const type = async (name: string, text: string) => (await to(page, name), await page.keyboard.type(text));
  const heading = (name: string) => page.getByRole('heading', { name, exact: true });
  await page.goto(new URL('/#/', process.env.E2E_URL).href);
  await page.getByLabel('E-mail address', { exact: true }).waitFor();
  await type('E-mail address', person.email);
  await type('Master password', person.password);
  await press('Enter');
  await page.getByText('There is nothing here yet.').waitFor();

  for (const name of ['Alpha', 'Beta']) {
    await push('New item');
    await page.getByLabel('Type', { exact: true }).waitFor();
    await type('Name', name);
    await push('Generate a password');
    await push('Use this one');
    await type('User name', 'user of ' + name);
    await push('Save');
    await expect(heading(name)).toBeVisible();
  }
  await push('Favorite');
  await expect(page.getByRole('button', { name: 'Favorite' })).toHaveAttribute('aria-pressed', 'true');
  await push('Show Password');
  await expect(page.getByRole('button', { name: 'Hide Password' })).toBeFocused();
  await push('Copy User name');
  await expect.poll(() => clipboard(page)).toBe('user of Beta');
  await push('Edit');
  await push('Add website');
  await type('Website', 'https://example.com');
  await to(page, 'When this address matches');
  await page.keyboard.type('Exact');
  await push('Add field');
  await type('Field name', 'PIN');
  await type('Value', '0042');
  await push('Save');
  await expect(page.getByText('0042')).toBeVisible();
  await push('Duplicate');
  await push('Cancel');
  await push('Archive');
  await expect(row(page, 'Beta')).toHaveCount(0);

  await push('Manage folders');
  await type('New folder', 'Bank');
  await press('Enter');
  await expect(page.getByLabel('Name of the folder Bank')).toBeVisible();
  await press('Escape');
  await push('Select items');
  await to(page, 'All items');
  await press('ArrowDown');
  await press('Space');
  await expect(page.getByText('1 selected')).toBeVisible();
  await press('Space');
  await expect(page.getByText('0 selected')).toBeVisible();
  await accessible(page, 'ticking by key');
  await press('Space');
  await to(page, 'Move to folder');
  await page.keyboard.type('Bank');
  await push('Move');
  await expect(page.getByText('Done for 1 item')).toBeVisible();
  await push('Bank');
  await expect(row(page, 'Alpha')).toBeVisible();
  await to(page, 'Width of the list');
  const width = () => page.getByRole('separator').getAttribute('aria-valuenow');
  const was = Number(await width());
  await press('ArrowRight');
  expect(Number(await width())).toBe(was + 20);
  await push('Trash');
  await expect(page.getByText('The trash is empty.')).toBeVisible();
  await push('Log out');
  await expect(heading('Log in')).toBeVisible();
});

test('every shortcut of the help', async ({ page, person }) => {
  const more = { totp: 'JBSWY3DPEHPK3PXP' };
  for (const service of ['Alpha', 'Beta', 'Gamma'])
    await person.api('POST', '/passwords', { service, username: 'u-' + service, password: 'p-' + service, ...more });
  await logIn(page, person);
  const press = (k: string) => page.keyboard.press(k);
  const search = page.getByRole('searchbox');
  const heading = (name: string) => page.getByRole('heading', { name, exact: true });
  const list = page.getByRole('grid');
  await expect(row(page)).toHaveCount(3);

  const tried = new Map<string, () => Promise<void>>([
    [
      'Ctrl+K',
      async () => (
        await press('Control+k'),
        await expect(page.getByRole('dialog', { name: 'Command palette' })).toBeVisible(),
        await press('Escape')
      ),
    ],
    [
      '?',
      async () => (
        await press('?'),
        await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible(),
        await press('Escape')
      ),
    ],
    [
      'a … z',
      async () => (
        await press('b'),
        await expect(search).toHaveValue('b'),
        await expect(row(page)).toHaveCount(1),
        await press('Escape'),
        await expect(search).toHaveValue('')
      ),
    ],
    [
      '↑ ↓ PgUp PgDn',
      async () => {
        await list.focus();
        await press('ArrowDown');
        await expect(heading('Alpha')).toBeVisible();
        await press('PageDown');
        await expect(heading('Gamma')).toBeVisible();
        await press('PageUp');
        await press('ArrowDown');
        await press('ArrowUp');
        await expect(heading('Alpha')).toBeVisible();
      },
    ],
    [
      'Space',
      async () => {
        await page.getByRole('button', { name: 'Select items' }).press('Enter');
        await list.focus();
        await press('Home');
        await press('Space');
        await expect(page.getByText('1 selected')).toBeVisible();
        await page.getByRole('button', { name: 'Select items' }).press('Enter');
        await list.focus();
      },
    ],
    [
      'Enter',
      async () => (
        await press('Enter'),
        await expect(page.getByRole('button', { name: 'Favorite' })).toBeFocused(),
        await list.focus()
      ),
    ],
    ['u', async () => (await press('u'), await expect.poll(() => clipboard(page)).toBe('u-Alpha'))],
    ['p', async () => (await press('p'), await expect.poll(() => clipboard(page)).toBe('p-Alpha'))],
    ['t', async () => (await press('t'), await expect.poll(() => clipboard(page)).toMatch(/^\d{6}$/))],
    [
      'e',
      async () => (
        await press('e'),
        await expect(heading('Edit item')).toBeVisible(),
        await page.getByRole('button', { name: 'Cancel' }).press('Enter'),
        await expect(page.getByRole('button', { name: 'Cancel' })).toHaveCount(0),
        await list.focus()
      ),
    ],
    [
      'n',
      async () => (
        await press('n'),
        await expect(heading('New item')).toBeVisible(),
        await page.getByRole('button', { name: 'Cancel' }).press('Enter'),
        await expect(page.getByRole('button', { name: 'Cancel' })).toHaveCount(0),
        await list.focus()
      ),
    ],
    [
      'Delete',
      async () => {
        await press('Home');
        await expect(heading('Alpha')).toBeVisible();
        await press('Delete');
        await expect(row(page)).toHaveCount(2);
      },
    ],
    [
      'Esc',
      async () => {
        await list.focus();
        await press('Home');
        await expect(heading('Beta')).toBeVisible();
        await press('Escape');
        await expect(heading('Beta')).toHaveCount(0);
      },
    ],
    [
      'Ctrl+Shift+L',
      async () => (await press('Control+Shift+L'), await expect(heading('Your vault is locked')).toBeVisible()),
    ],
  ]);
  await press('?');
  await accessible(page, 'help');
  const listed = await page.getByRole('dialog').locator('kbd').allInnerTexts();
  expect([...listed].sort()).toEqual([...tried.keys()].sort());
  await press('Escape');
  for (const [key, press] of tried) await test.step(key, press);
  await unlock(page, person);
});
