// Second factors and passkeys: set up, shown at log-in, taken away. Chromium's own authenticator stands in for keys.
import { createServer, type Server, type Socket } from 'node:net';
import type { Page } from '@playwright/test';
import { accessible, expect, logIn, makePerson, test, url, type Person } from './fixtures';
import { code, virtualKey } from './keys';
import { startServer } from './setup';

const logOut = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Log out', exact: true }).click();
  await expect(page.getByLabel('Master password', { exact: true })).toBeVisible();
};

/** The first step of logging in. */
async function password(page: Page, p: Person, at = url()): Promise<void> {
  await page.goto(at + '/#/');
  await page.getByLabel('E-mail address', { exact: true }).fill(p.email);
  await page.getByLabel('Master password', { exact: true }).fill(p.password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
}

const open = (page: Page) => expect(page.getByRole('navigation', { name: 'Main navigation' })).toBeAttached();
const settings = (page: Page, at = url()) => page.goto(at + '/#/settings/factors');

async function addApp(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Add: Authenticator app' }).click();
  await expect(page.getByRole('img', { name: 'QR code for the authenticator app' })).toBeVisible();
  const seed = await page.getByTestId('seed').innerText();
  await page.getByLabel('The code that the app shows').fill(code(seed, -1));
  await page.getByRole('button', { name: 'Turn on' }).click();
  await expect(page.getByRole('button', { name: 'Remove Authenticator app' })).toBeVisible();
  return seed;
}

const refused = [
  /console: .*status of 400.*\/identity\/connect\/token/,
  /console: .*status of 422.*\/users\/me\/factors/,
];

test.describe('with refusals', () => {
  test.use({ allowed: refused });

  test('an authenticator app, a remembered browser, the recovery code', async ({ vault: page, person }) => {
    await settings(page);
    await expect(page.getByText('None: the password alone opens your vault.')).toBeVisible();
    await accessible(page, 'no second factor');
    await page.getByRole('button', { name: 'Add: Authenticator app' }).click();
    await page.getByLabel('The code that the app shows').fill('000000');
    await page.getByRole('button', { name: 'Turn on' }).click();
    await expect(page.getByRole('alert')).toBeVisible();
    await accessible(page, 'setting up an app');
    const seed = await addApp(page);
    await page.getByRole('button', { name: 'Show the recovery code' }).click();
    const recovery = await page.getByTestId('recovery').innerText();
    await accessible(page, 'a second factor');
    await logOut(page);

    await password(page, person);
    await expect(page.getByRole('heading', { name: 'Second step' })).toBeVisible();
    await accessible(page, 'second step');
    await page.getByLabel('Code', { exact: true }).fill('000000');
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByRole('alert')).toContainText('wrong or was used already');
    await page.getByLabel('Code', { exact: true }).fill(code(seed));
    await page.getByLabel('Do not ask again in this browser').check();
    await page.getByRole('button', { name: 'Continue' }).click();
    await open(page);
    await logOut(page);
    await password(page, person); // remembered
    await open(page);
    await settings(page);
    await page.getByRole('button', { name: 'Forget' }).click();
    await expect(page.getByRole('button', { name: 'Forget' })).toHaveCount(0);
    await logOut(page);
    await password(page, person);
    await page.getByLabel('How do you confirm?').selectOption({ label: 'Recovery code' });
    await page.getByLabel('Code', { exact: true }).fill(recovery);
    await page.getByRole('button', { name: 'Continue' }).click();
    await open(page);
    await settings(page);
    await expect(page.getByText('None: the password alone opens your vault.')).toBeVisible();
  });

  test('a passkey opens the vault without the password, until it is removed', async ({ vault: page, person }) => {
    await person.api('POST', '/passwords', { service: 'Behind the passkey', password: 'pw' });
    const key = await virtualKey(page, 'internal');
    await settings(page);
    await page.getByRole('button', { name: 'Add: Passkey' }).click();
    await page.getByLabel('Name', { exact: true }).fill('this laptop');
    await accessible(page, 'adding a passkey');
    await page.getByRole('button', { name: 'Turn on' }).click();
    await expect(page.getByRole('button', { name: 'Remove this laptop' })).toBeVisible();
    expect((await key.cdp.send('WebAuthn.getCredentials', { authenticatorId: key.id })).credentials).toHaveLength(1);
    await logOut(page);
    await page.getByRole('button', { name: 'Log in with a passkey' }).click();
    await open(page);
    await expect(page.getByText('Behind the passkey').first()).toBeVisible();

    await logOut(page);
    await logIn(page, person);
    await settings(page);
    await page.getByRole('button', { name: 'Remove this laptop' }).click();
    await expect(page.getByRole('button', { name: 'Remove this laptop' })).toHaveCount(0);
    await logOut(page);
    await page.getByRole('button', { name: 'Log in with a passkey' }).click();
    await expect(page.getByRole('alert')).toContainText('not known here');
  });

  test('a security key is the second step, until it is removed', async ({ vault: page, person }) => {
    await virtualKey(page, 'usb');
    await settings(page);
    await page.getByRole('button', { name: 'Add: Security key' }).click();
    await page.getByLabel('Name', { exact: true }).fill('blue');
    await page.getByRole('button', { name: 'Turn on' }).click();
    await expect(page.getByRole('button', { name: 'Remove blue' })).toBeVisible();
    await logOut(page);
    await password(page, person);
    await expect(page.getByText('Have your security key')).toBeVisible();
    await accessible(page, 'second step with a key');
    await page.getByRole('button', { name: 'Use the key' }).click();
    await open(page);
    await settings(page);
    await page.getByRole('button', { name: 'Remove blue' }).click();
    await expect(page.getByText('None: the password alone opens your vault.')).toBeVisible();
    await logOut(page);
    await logIn(page, person);
  });

  test('codes by e-mail, and a server that asks everybody for a second factor', async ({ page }) => {
    const post = await mailServer();
    const s = await startServer({
      SECOND_FACTOR: 'required',
      SMTP_HOST: 'localhost',
      SMTP_PORT: String(post.port),
      SMTP_SECURITY: 'off',
      MAIL_FROM: 'vault@example.com',
    });
    try {
      const person = await makePerson(s.url, 'alice@example.com');
      await password(page, person, s.url);
      await expect(page.getByRole('heading', { name: 'One more step' })).toBeVisible();
      await accessible(page, 'a second factor is asked for');
      await expect(page.getByRole('button', { name: 'Continue' })).toBeDisabled();
      await page.getByRole('button', { name: 'Add: Code by e-mail' }).click();
      await page.getByRole('button', { name: 'Send a code' }).click();
      await page.getByLabel('Code', { exact: true }).fill(await post.code());
      await page.getByRole('button', { name: 'Turn on' }).click();
      await page.getByRole('button', { name: 'Continue' }).click();
      await open(page);
      await logOut(page);
      await password(page, person, s.url);
      await expect(page.getByText('A code was sent to al***@example.com.')).toBeVisible();
      await page.getByLabel('Code', { exact: true }).fill(await post.code());
      await page.getByRole('button', { name: 'Continue' }).click();
      await open(page);
    } finally {
      await s.stop();
      post.stop();
    }
  });
});

/** A mail server that keeps the codes of the letters it is handed. */
async function mailServer(): Promise<{ port: number; code: () => Promise<string>; stop: () => void }> {
  const codes: string[] = [];
  const server: Server = createServer((c: Socket) => {
    let letter = '';
    let data = false;
    c.on('error', () => undefined);
    c.write('220 localhost\r\n');
    c.on('data', (b) => {
      for (const line of b.toString().split('\r\n')) {
        if (data) {
          letter += line + '\n';
          if (line !== '.') continue;
          const found = /^Subject: Your code: (\d{6})/m.exec(letter);
          if (found) codes.push(found[1]!);
          data = false;
          letter = '';
          c.write('250 kept\r\n');
        } else if (/^DATA/i.test(line)) {
          data = true;
          c.write('354 go\r\n');
        } else if (/^QUIT/i.test(line)) c.end('221 bye\r\n');
        else if (line) c.write('250 ok\r\n');
      }
    });
  });
  await new Promise<void>((ok) => server.listen(0, '127.0.0.1', ok));
  return {
    port: (server.address() as { port: number }).port,
    code: async () => {
      await expect.poll(() => codes.length).toBeGreaterThan(0);
      return codes.shift()!;
    },
    stop: () => void server.close(),
  };
}
