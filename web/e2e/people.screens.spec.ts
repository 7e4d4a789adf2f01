// Pictures of the audit log, and of what second factors ask: set-up forms and the second step.
import { expect, logIn, makePerson, test, url } from './fixtures';
import { code, virtualKey } from './keys';
import { fits, shoot } from './pictures';

test('activity and second factors', async ({ page }) => {
  const p = await makePerson(url(), 'sam@example.com');
  const kept = (await p.api('POST', '/passwords', { service: 'City library', password: 'x1' })) as { id: string };
  await p.api('GET', '/passwords/' + kept.id);
  await p.api('PATCH', '/passwords/' + kept.id, { password: 'x2' });
  await expect(p.api('POST', '/step-up', { password: 'not it' })).rejects.toThrow('422');
  await logIn(page, p);
  await page.goto(url() + '/#/settings/activity');
  await expect(page.getByText('Item added').last()).toBeVisible();
  await shoot(page, 'settings-activity', fits);

  await virtualKey(page, 'usb');
  await page.goto(url() + '/#/settings/factors');
  const forms = [
    ['Authenticator app', 'app'],
    ['Security key', 'key'],
    ['Passkey', 'passkey'],
  ] as const;
  for (const [name, file] of forms) {
    await page.getByRole('button', { name: 'Add: ' + name }).click();
    await expect(page.getByRole('button', { name: 'Turn on' })).toBeVisible();
    if (file === 'app')
      await expect(page.getByRole('img', { name: 'QR code for the authenticator app' })).toBeVisible();
    await shoot(page, 'factor-' + file, fits);
    await page.reload();
    await logIn(page, p);
    await page.goto(url() + '/#/settings/factors');
  }
  await page.getByRole('button', { name: 'Add: Authenticator app' }).click();
  await page.getByLabel('The code that the app shows').fill(code(await page.getByTestId('seed').innerText(), -1));
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.getByRole('button', { name: 'Show the recovery code' }).click();
  await expect(page.getByTestId('recovery')).toBeVisible();
  await shoot(page, 'factor-recovery', fits);
  await page.getByRole('button', { name: 'Add: Security key' }).click();
  await page.getByLabel('Name', { exact: true }).fill('blue');
  await page.getByRole('button', { name: 'Turn on' }).click();
  await expect(page.getByRole('button', { name: 'Remove blue' })).toBeVisible();
  await page.getByRole('button', { name: 'Log out', exact: true }).click();
  await page.getByLabel('E-mail address', { exact: true }).fill(p.email);
  await page.getByLabel('Master password', { exact: true }).fill(p.password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  const how = page.getByLabel('How do you confirm?');
  for (const [name, file] of [
    ['Authenticator app', 'app'],
    ['Security key', 'key'],
  ] as const) {
    await how.selectOption({ label: name });
    await shoot(page, 'second-step-' + file, fits);
  }
});
