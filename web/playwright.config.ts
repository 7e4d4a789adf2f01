import { defineConfig, devices } from '@playwright/test';

const launch = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--ignore-certificate-errors', // a service worker has no other way to accept a test's own authority
  ],
};

export default defineConfig({
  testDir: './e2e',
  outputDir: './test-results',
  globalSetup: './e2e/setup.ts',
  fullyParallel: false,
  workers: Number(process.env.E2E_WORKERS ?? 1),
  retries: process.env.CI ? 1 : 0,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: [['list']],
  use: {
    ignoreHTTPSErrors: true,
    launchOptions: launch,
    trace: 'retain-on-failure',
    ...devices['Desktop Chrome'],
    channel: undefined,
    permissions: ['clipboard-read', 'clipboard-write'],
  },
  projects: [
    { name: 'specs', testIgnore: /screens|speed|window.spec/ },
    { name: 'window', testMatch: /window.spec/ }, // through the desktop program's gate: make desktop-specs
    { name: 'speed', testMatch: /speed/ },
    { name: 'screens', testMatch: /screens/ },
  ],
});
