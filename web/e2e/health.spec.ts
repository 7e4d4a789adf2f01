// Vault health: what is found, the banner on an item, and the breach check, which is off until it is switched on.
import { accessible, expect, test, url } from './fixtures';

test.use({ allowed: [/status of 503 .*\/api\/v1\/breach\//] }); // the server asks nothing of the internet

const old = {
  encrypted: false,
  folders: [],
  items: [
    {
      type: 1,
      name: 'Ancient',
      creationDate: '2015-05-01T00:00:00.000Z',
      login: { username: 'anna', password: 'bq7-Tkz9-Wm4x-Pv2c', passwordRevisionDate: '2018-05-01T00:00:00.000Z' },
    },
  ],
};

test('every kind of finding, a banner where it matters, and nothing left to do', async ({ vault, person }) => {
  const add = (service: string, password: string, more: object = {}) =>
    person.api('POST', '/passwords', { service, username: 'anna', password, ...more });
  const totp = { totp: 'JBSWY3DPEHPK3PXP' };
  const weak = await add('Weak one', 'hunter2', { url: 'https://weak.example', ...totp });
  await add('Twin A', 'zR4-vQm8-Lp3t-Xn6s', { url: 'https://a.example', ...totp });
  await add('Twin B', 'zR4-vQm8-Lp3t-Xn6s', { url: 'https://b.example', ...totp });
  await add('Plain http', 'hG5-wYb2-Ck9d-Js7f', { url: 'http://plain.example', ...totp });
  await add('At home', 'nF8-xUc3-Dl6e-Kt4g', { url: 'http://192.168.1.1', ...totp });
  await add('No codes', 'mE2-yTd7-Fq5h-Lr9j', { url: 'https://codes.example' });
  await vault.goto(url() + '/#/import');
  const buffer = Buffer.from(JSON.stringify(old));
  await vault.locator('#imp-file').setInputFiles({ name: 'old.json', mimeType: 'application/json', buffer });
  await vault.getByRole('button', { name: 'Import 1 item' }).click();
  await expect(vault.locator('.alert-success')).toContainText('1 item imported');

  await vault.goto(url() + '/#/health');
  await expect(vault.getByText('7 logins checked in this browser.')).toBeVisible();
  await accessible(vault, 'vault health');
  const found: [RegExp, string[]][] = [
    [/2 items share a password/, ['Twin A', 'Twin B']],
    [/1 weak password/, ['Weak one']],
    [/1 login with an unencrypted address/, ['Plain http']],
    [/1 login without a second factor/, ['No codes']],
    [/1 password older than three years/, ['Ancient']],
  ];
  for (const [what, names] of found) {
    const group = vault.getByRole('button', { name: what });
    await group.click();
    await expect(group).toHaveAttribute('aria-expanded', 'true');
    await expect(vault.getByRole('listitem').getByRole('link')).toHaveText(names);
    await accessible(vault, `vault health, ${names[0]}`);
    await group.click();
  }
  await vault.getByRole('button', { name: /2 items share/ }).click();
  await vault.getByRole('link', { name: 'Twin B' }).click();
  await expect(vault.getByText('Another item has the same password. Give each its own.')).toBeVisible();
  await accessible(vault, 'an item with a finding');

  await person.api('DELETE', '/passwords/' + weak.id);
  await vault.goto(url() + '/#/health');
  await expect(vault.getByRole('navigation').getByRole('link', { name: /All items\s*6/ })).toBeVisible();
  await vault.getByRole('button', { name: 'Check again' }).click();
  await expect(vault.getByText('6 logins checked')).toBeVisible();
  await expect(vault.getByRole('button', { name: /weak password/ })).toHaveCount(0);
});

test('a vault without findings is told so, and the breach check asks nobody until it is switched on', async ({
  vault,
  person,
}) => {
  await person.api('POST', '/passwords', {
    service: 'Good',
    url: 'https://good.example',
    password: 'kD3-vNs8-Rw6q-Hb5z',
    totp: 'JBSWY3DPEHPK3PXP',
  });
  const asked: string[] = [];
  vault.on('request', (r) => void (r.url().includes('/breach/') && asked.push(r.url())));
  await vault.goto(url() + '/#/health');
  await expect(vault.getByText('Nothing to do: all your logins look good.')).toBeVisible();
  const allow = vault.getByRole('switch', { name: 'Allow this check' });
  await expect(allow).not.toBeChecked();
  await expect(vault.getByRole('button', { name: 'Check now' })).toHaveCount(0);
  expect(asked).toEqual([]);
  await allow.check();
  await accessible(vault, 'vault health, breach check allowed');
  await vault.getByRole('button', { name: 'Check now' }).click();
  await expect(vault.getByText(/This server asks nothing of the internet/)).toBeVisible();
  await accessible(vault, 'breach check, refused');
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatch(/\/api\/v1\/breach\/[0-9A-F]{5}$/);
});
