// Attachments, dropped and chosen, come back as they were; a draft survives locking and reloading.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { accessible, bring, expect, logIn, login, row, test, unlock } from './fixtures';

/** Drops files made in the page, as from a file manager. */
async function drop(page: Page, files: { name: string; bytes: Buffer }[]): Promise<void> {
  const data = await page.evaluateHandle(
    (list) => {
      const t = new DataTransfer();
      for (const f of list) t.items.add(new File([Uint8Array.from(atob(f.b64), (c) => c.charCodeAt(0))], f.name));
      return t;
    },
    files.map((f) => ({ name: f.name, b64: f.bytes.toString('base64') })),
  );
  const zone = page.getByRole('group', { name: 'Add attachments' });
  await zone.dispatchEvent('dragover', { dataTransfer: data });
  await expect(zone).toHaveClass(/over/);
  await zone.dispatchEvent('drop', { dataTransfer: data });
}

test('attachments by drag and drop: progress, equal bytes, delete', async ({ vault }) => {
  await bring(vault, { folders: [], items: [login('Papers', {})] });
  await row(vault, 'Papers').click();
  const big = randomBytes(6 * 1024 * 1024);
  const small = Buffer.from('kurz & gut\n');
  let progress = false;
  await vault.route('**/attachment/**', async (r) => {
    if (
      r.request().method() === 'POST' &&
      r
        .request()
        .url()
        .match(/attachment\/[^/]+$/) &&
      !r.request().url().endsWith('v2')
    )
      progress ||= await vault.getByRole('progressbar').isVisible();
    await r.continue();
  });
  await drop(vault, [
    { name: 'big.bin', bytes: big },
    { name: 'kürz.txt', bytes: small },
  ]);
  const item = (name: string) => vault.getByRole('listitem').filter({ hasText: name });
  await expect(item('big.bin')).toContainText(/6(\.\d)? M/);
  await expect(item('kürz.txt')).toBeVisible();
  expect(progress).toBe(true);
  await accessible(vault, 'attachments');
  for (const [name, bytes] of [
    ['big.bin', big],
    ['kürz.txt', small],
  ] as const) {
    const saved = vault.waitForEvent('download');
    await vault.getByRole('button', { name: 'Download ' + name }).click();
    const d = await saved;
    expect(d.suggestedFilename()).toBe(name);
    expect(readFileSync(await d.path()).equals(bytes)).toBe(true);
  }
  await vault.getByRole('button', { name: 'Delete big.bin' }).click();
  await vault.getByRole('button', { name: 'Really delete?' }).click();
  await expect(item('big.bin')).toHaveCount(0);
  await expect(item('kürz.txt')).toBeVisible();
  await vault
    .getByLabel('Drop files here')
    .setInputFiles({ name: 'chosen.txt', mimeType: 'text/plain', buffer: small });
  await expect(item('chosen.txt')).toBeVisible();
});

test('a draft survives locking and reloading, until it is saved or discarded', async ({ vault, person }) => {
  const name = vault.getByLabel('Name', { exact: true });
  await vault.getByRole('button', { name: 'New item' }).first().click();
  await name.fill('Half done');
  await vault.getByLabel('Password', { exact: true }).pressSequentially('typed');
  await vault.keyboard.press('Control+Shift+L'); // at once after the last letter
  await unlock(vault, person);
  await expect(vault.getByText('You were writing “Half done”')).toBeVisible();
  await accessible(vault, 'a draft was found');
  await vault.getByRole('button', { name: 'Go on writing' }).click();
  await expect(name).toHaveValue('Half done');
  await expect(vault.getByLabel('Password', { exact: true })).toHaveValue('typed');
  await vault.getByLabel('Notes').fill('more');
  await vault.keyboard.press('Control+Shift+L');
  await expect(vault.getByRole('heading', { name: 'Your vault is locked' })).toBeVisible();
  await vault.reload();
  await logIn(vault, person);
  await vault.getByRole('button', { name: 'Go on writing' }).click();
  await expect(vault.getByLabel('Notes')).toHaveValue('more');
  await vault.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(vault.getByText('Saved', { exact: true })).toBeVisible(); // the row may come before, by the live channel
  await vault.keyboard.press('Control+Shift+L');
  await unlock(vault, person);
  await expect(row(vault, 'Half done')).toBeVisible();
  await expect(vault.getByText('You were writing')).toHaveCount(0);
  await row(vault, 'Half done').click();
  await vault.getByRole('button', { name: 'Edit' }).click();
  await vault.getByLabel('Notes').fill('thrown away');
  await vault.keyboard.press('Control+Shift+L');
  await unlock(vault, person);
  await vault.getByRole('button', { name: 'Discard the draft' }).click();
  await expect(vault.getByText('You were writing')).toHaveCount(0);
  await row(vault, 'Half done').click();
  await expect(vault.getByText('thrown away')).toHaveCount(0);
});
