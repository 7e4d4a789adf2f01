// A page over plain http from another machine has no cryptography: it says so and how to get HTTPS.
import { chromium } from '@playwright/test';
import { accessible, expect, test, watch } from './fixtures';
import { startServer } from './setup';

test('plain http from another machine says how to get HTTPS', async ({ launchOptions }) => {
  const s = await startServer({ TLS: 'off' });
  const far = `http://vault.example:${s.port}`;
  const args = [...(launchOptions.args ?? []), '--host-resolver-rules=MAP vault.example 127.0.0.1'];
  const browser = await chromium.launch({ ...launchOptions, args });
  try {
    const page = await (await browser.newContext()).newPage();
    const faults = watch(page, [/request to vault\.example/, /Cross-Origin-Opener-Policy header has been ignored/]);
    await page.goto(far);
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    await expect(page.getByRole('heading', { name: 'HTTPS is needed' })).toBeVisible();
    await expect(page.getByText('TLS=self-signed')).toBeVisible();
    await expect(page.getByLabel('Master password')).toHaveCount(0);
    await accessible(page, 'HTTPS is needed');
    await page.getByRole('button', { name: 'Deutsch' }).click();
    await expect(page.getByRole('heading', { name: 'HTTPS wird benötigt' })).toBeVisible();
    await page.goto(far + '/#/send/abc/def');
    await expect(page.getByRole('heading', { name: 'HTTPS wird benötigt' })).toBeVisible();
    expect(faults).toEqual([]);

    await page.goto(s.url); // the server's own machine is as good
    await expect(page.getByLabel('Master password', { exact: true })).toBeVisible();
  } finally {
    await browser.close();
    await s.stop();
  }
});
