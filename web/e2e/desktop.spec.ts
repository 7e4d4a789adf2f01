// What the pages do differently in the desktop program's window, with the program's part played here.
import { bring, expect, logIn, login, row, test } from './fixtures';

test.use({ allowed: [/503/] });

test('web sites open in the system browser, and copying goes by the program', async ({ page, person }) => {
  const asked: [string, unknown][] = [];
  let status = 204;
  await page.addInitScript(() => localStorage.setItem('strongroom.desktop', '1'));
  await page.route('**/desktop/*', (r) => {
    asked.push([new URL(r.request().url()).pathname, r.request().postDataJSON()]);
    return r.fulfill({ status });
  });
  await logIn(page, person);
  await bring(page, {
    folders: [],
    items: [login('Bank', { password: 'x-1', uris: ['https://bank.example/login?a=b'] })],
  });
  await row(page, 'Bank').click();
  const home = page.url();
  const open = page.getByRole('link', { name: 'Open https://bank.example/login?a=b' });
  const last = (): unknown => asked.at(-1);
  await open.click();
  await expect.poll(last).toEqual(['/desktop/open', { URL: 'https://bank.example/login?a=b' }]);
  await open.click({ button: 'middle' });
  await expect.poll(() => asked.filter(([what]) => what === '/desktop/open').length).toBe(2);
  await page.getByRole('button', { name: 'Copy Password', exact: true }).click();
  await expect
    .poll(last)
    .toEqual(['/desktop/copy', expect.objectContaining({ Text: expect.any(String), Seconds: expect.any(Number) })]);
  status = 503;
  await open.click();
  await expect(page.getByText('The system opened no browser')).toBeVisible();
  expect(page.url()).toBe(home);
  expect(page.context().pages()).toHaveLength(1);
});
