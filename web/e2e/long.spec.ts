// A vault of 10,000 items: only what is in view is in the page, and the rest is told to assistive technology.
import { accessible, expect, logIn, logins, row, test } from './fixtures';

const n = 10_000;

test('10,000 rows scroll, by wheel and by key, and are searched', async ({ person, page, vault }) => {
  test.setTimeout(300_000);
  await person.api('POST', '/passwords/import', logins(5_000));
  await person.api('POST', '/passwords/import', logins(n).slice(5_000));
  const grid = page.getByRole('grid');
  await vault.reload();
  await logIn(vault, person);
  await expect(grid).toHaveAttribute('aria-rowcount', String(n));
  await expect(page.getByText('10,000 items')).toBeVisible();
  const inPage = () => row(page).count();
  expect(await inPage()).toBeLessThan(60);
  await expect(row(page, 'Service 00000')).toHaveAttribute('aria-rowindex', '1');
  await grid.evaluate((g) => g.scrollTo(0, g.scrollHeight / 2));
  await expect(row(page, 'Service 05000')).toHaveAttribute('aria-rowindex', '5001');
  expect(await inPage()).toBeLessThan(60);
  await accessible(page, 'the middle of a long list');
  await grid.focus();
  await page.keyboard.press('End');
  await expect(row(page, 'Service 09999')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Service 09999' })).toBeVisible();
  const active = () =>
    grid.evaluate((g) =>
      document.getElementById(g.getAttribute('aria-activedescendant') ?? '')?.getAttribute('aria-rowindex'),
    );
  await expect.poll(active).toBe(String(n));
  await page.keyboard.press('ArrowUp');
  await expect.poll(active).toBe(String(n - 1));
  await page.keyboard.press('PageUp');
  await expect.poll(async () => Number(await active())).toBeLessThan(n - 5);
  await page.keyboard.press('Home');
  await expect.poll(active).toBe('1');
  await page.getByRole('searchbox').fill('service 0777');
  await expect(grid).toHaveAttribute('aria-rowcount', '11'); // 00777 holds it, too
  await expect(row(page, 'Service 07770')).toHaveAttribute('aria-rowindex', '2');
  await expect(row(page, 'Service 07779')).toContainText('user7779@example.com');
  await page.getByRole('button', { name: 'Select items' }).click();
  await page.getByRole('button', { name: 'All / none' }).click();
  await page.locator('.pane.list').getByRole('button', { name: 'Move to trash' }).click();
  await expect(page.getByText('Nothing found for')).toBeVisible();
  await page.getByRole('searchbox').fill('');
  await expect(grid).toHaveAttribute('aria-rowcount', String(n - 11));
});
