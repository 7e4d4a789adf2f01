// 390 pixels wide: one pane at a time, a bar at the bottom, nothing wider than the screen.
import type { Page } from '@playwright/test';
import { accessible, bring, expect, login, row, test } from './fixtures';

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

const fits = (page: Page) =>
  expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth), 'width of the page').toBe(390);

test('list, item, editor and menu on a phone', async ({ vault }) => {
  const items = ['One', 'Two with a rather long name that does not fit in a row of a phone'].map((n) =>
    login(n, {
      username: 'ann@example.com',
      password: 'x'.repeat(80),
      totp: 'JBSWY3DPEHPK3PXP',
      uris: ['https://example.com/' + 'y'.repeat(120)],
    }),
  );
  await bring(vault, { folders: [], items });
  const bar = vault.getByRole('navigation', { name: 'Quick navigation' });
  const side = vault.getByRole('navigation', { name: 'Main navigation' });
  await expect(bar).toBeVisible();
  await expect(side).toBeHidden();
  await fits(vault);
  await accessible(vault, 'list on a phone');
  await row(vault, 'One').tap();
  await expect(vault.getByRole('heading', { name: 'One' })).toBeVisible();
  await expect(vault.getByRole('grid')).toBeHidden();
  await vault.getByRole('button', { name: 'Show Password' }).tap();
  await fits(vault);
  await accessible(vault, 'item on a phone');
  await vault.getByRole('button', { name: 'Edit' }).tap();
  await vault.getByRole('button', { name: 'Add field' }).tap();
  await fits(vault);
  await accessible(vault, 'editor on a phone');
  await vault.getByRole('button', { name: 'Cancel' }).tap();
  await vault.getByRole('button', { name: 'Back' }).tap();
  await expect(vault.getByRole('grid')).toBeVisible();

  await bar.getByRole('button', { name: 'Menu' }).tap();
  await expect(side).toBeVisible();
  await accessible(vault, 'menu on a phone');
  await vault.touchscreen.tap(375, 300); // beside it
  await expect(side).toBeHidden();
  await bar.getByRole('button', { name: 'Menu' }).tap();
  await side.getByRole('link', { name: /^Favorites/ }).tap();
  await expect(side).toBeHidden();
  await expect(vault.getByText('No favorites yet.')).toBeVisible();
  await bar.getByRole('link', { name: 'Codes' }).tap();
  await expect(vault.getByRole('listitem')).toHaveCount(2);
  await fits(vault);
  await accessible(vault, 'codes on a phone');
  await bar.getByRole('link', { name: 'Generator' }).tap();
  await expect(vault.getByRole('heading', { name: 'Generator' })).toBeVisible();
  await fits(vault);
  await bar.getByRole('link', { name: 'Vault' }).tap();
  await vault.getByRole('button', { name: 'Select items' }).tap();
  await row(vault, 'One').tap();
  await fits(vault);
  await accessible(vault, 'selecting on a phone');
  await bar.getByRole('button', { name: 'Lock' }).tap();
  await expect(vault.getByRole('heading', { name: 'Your vault is locked' })).toBeVisible();
  await fits(vault);
});
