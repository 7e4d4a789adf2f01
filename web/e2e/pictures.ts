// Pictures for docs/screens.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, type Page } from '@playwright/test';

const out = path.resolve(import.meta.dirname, '../../docs/screens');
mkdirSync(out, { recursive: true });

/** The screen as it is now, three times: light, dark and as wide as a phone. look is asked before each. */
export async function shoot(
  page: Page,
  name: string,
  look?: (page: Page, what: string) => Promise<void>,
): Promise<void> {
  const wide = { width: 1280, height: 800 };
  for (const [suffix, scheme, size] of [
    ['light', 'light', wide],
    ['dark', 'dark', wide],
    ['phone', 'light', { width: 390, height: 844 }],
  ] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.setViewportSize(size);
    await page.mouse.move(0, 0);
    await look?.(page, `${name} ${suffix}`);
    await page.waitForTimeout(250); // what moves has come to rest
    await page.screenshot({ path: path.join(out, `${name}-${suffix}.png`) });
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(wide);
}

/** Nothing is wider than the screen. */
export async function fits(page: Page, what: string): Promise<void> {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide, `${what}: nothing is wider than the screen`).toBeLessThanOrEqual(0);
}
