// Pictures of the console: each section light, dark and as wide as a phone.
import { expect, logIn, makePerson, test, type Person } from './fixtures';
import { fits, shoot } from './pictures';
import { startServer, type Server } from './setup';

let s: Server;
let root: Person;
test.beforeAll(async () => {
  s = await startServer({ NODE_NAME: 'vault-1', PUBLIC_URL: '', SIGNUPS: '' });
  root = await makePerson(s.url, 'alice', { setup_code: s.code });
  for (const [email, role] of [
    ['bob@example.com', 'auditor'],
    ['carol@example.com', 'user'],
  ]) {
    const made = (await root.api('POST', '/admin/invitations', { email, role, by: 'link' })) as { link: string };
    await makePerson(s.url, email!, { invitation: new URLSearchParams(made.link.split('?')[1]).get('token')! });
  }
  await root.api('POST', '/admin/invitations', { email: 'dave@example.com', by: 'link' });
  await root.api('PUT', '/admin/settings/SIGNUPS', { value: 'example.com' });
});
test.afterAll(() => s.stop());

const sections = ['people', 'invitations', 'instance', 'nodes', 'jobs', 'storage', 'health', 'activity'];

test('the console', async ({ page }) => {
  await logIn(page, root, s.url);
  for (const section of sections) {
    await page.goto(`${s.url}/#/admin/${section}`);
    await expect(page.getByText('Loading…')).toHaveCount(0);
    await shoot(page, 'admin-' + section, fits);
  }
  await page.goto(`${s.url}/#/admin/people`);
  await page.getByRole('button', { name: /carol/ }).click();
  await expect(page.getByRole('dialog', { name: 'carol@example.com' })).toContainText('Registered');
  await shoot(page, 'admin-person', fits);
});
