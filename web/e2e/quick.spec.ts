// The desktop program's quick search, with a program that is played here.
import { accessible, bring, expect, logIn, login, makePerson, password, test } from './fixtures';

test.use({ allowed: [/status of 409 .*desktop.type/] }); // what typing failed with

test('quick search finds, copies, types and goes', async ({ page }) => {
  const asked: [string, unknown][] = [];
  let answer = { status: 204, body: '' };
  await page.addInitScript(() => localStorage.setItem('strongroom.desktop', '1'));
  await page.route('**/desktop/*', (route) => {
    const what = route.request().url().split('/').pop()!;
    if (what === 'shown') return route.fulfill({ status: 204 });
    if (what === 'quick') return route.fulfill({ json: { On: false, Types: true } });
    asked.push([what, route.request().postDataJSON()]);
    if (what === 'leave' || (what === 'type' && answer.status === 204)) void event('strongroom-quick-end');
    return route.fulfill(what === 'type' ? answer : { status: 204 });
  });
  const event = (name: string) => page.evaluate((n) => void dispatchEvent(new Event(n)), name);
  await logIn(page, await makePerson());
  await bring(page, {
    folders: [],
    items: [
      login('Alpha', { username: 'ann', password: 'a-secret' }),
      login('Bank', { username: 'bert', password: 'b-secret', totp: 'JBSWY3DPEHPK3PXP' }),
      login('Guarded', { username: 'carl', password: 'c-secret', reprompt: 1 }),
      login('Nameless', { username: '', password: 'n-secret' }),
    ],
  });
  const quick = page.getByRole('dialog', { name: 'Quick search' });
  const box = quick.getByRole('combobox');
  const option = quick.getByRole('option');
  const find = async (text: string) => {
    asked.length = 0;
    await event('strongroom-quick');
    await expect(box).toBeFocused();
    await expect(box).toHaveValue('');
    await page.keyboard.type(text);
  };

  await page.keyboard.press('Control+k'); // what was open is out of its way
  await find('');
  await expect(option).toHaveCount(4);
  await accessible(page, 'quick search');
  await page.keyboard.press('ArrowDown');
  await expect(box).toHaveAttribute('aria-activedescendant', 'quick-1');
  await expect(option.nth(1)).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(quick).toBeHidden();
  expect(asked.map((a) => a[0])).toEqual(['copy', 'leave']);
  expect(asked[0]![1]).toMatchObject({ Text: 'b-secret' });

  await find('alp');
  await expect(quick.getByRole('button', { name: 'Ctrl+T' })).toHaveCount(0); // it has no code
  await page.keyboard.press('Control+u');
  await expect(quick).toBeHidden();
  expect(asked[0]![1]).toMatchObject({ Text: 'ann' });

  await find('bank');
  await page.keyboard.press('Control+t');
  await expect(quick).toBeHidden();
  expect((asked[0]![1] as { Text: string }).Text).toMatch(/^\d{6}$/);

  await find('bank');
  await page.keyboard.press('Control+Enter');
  await expect(quick).toBeHidden();
  expect(asked).toEqual([['type', { Values: ['bert', 'b-secret'] }]]);
  await find('nameless');
  await page.keyboard.press('Control+Enter');
  await expect(quick).toBeHidden();
  expect(asked).toEqual([['type', { Values: ['n-secret'] }]]);

  answer = { status: 409, body: JSON.stringify({ Error: 'it moved', Code: 'moved' }) };
  await find('bank');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('Another window became active, so typing stopped.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(quick).toBeHidden();

  await find('guarded');
  await page.keyboard.press('Enter');
  const guard = page.getByRole('dialog', { name: 'This item asks for your master password' });
  await expect(guard).toBeVisible();
  expect(asked).toEqual([]);
  await guard.getByLabel('Master password', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
  await expect(quick).toBeHidden();
  expect(asked[0]![1]).toMatchObject({ Text: 'c-secret' });

  // Locked, its keys lead to the page that takes the password, and from there to the search.
  await event('strongroom-lock');
  await event('strongroom-quick');
  await expect(quick).toBeHidden();
  await page.getByLabel('Master password', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
  await expect(box).toBeFocused();
  await event('strongroom-lock');
  asked.length = 0;
  await page.keyboard.press('Escape');
  await expect.poll(() => asked).toEqual([['leave', {}]]);
});
