import { describe, expect, test } from 'vitest';
import { counts, fieldsOf, hard, hiddenOf, load, multiline, named, problems, read, uris, type Counts } from './helpers';

const none = { fields: 0, files: 0, uris: 0, history: 0, folders: 0 };

test.each<[file: string, source: string, counts: Partial<Counts>]>([
  ['old-program.csv', 'strongroom-csv', { items: 3, uris: 2 }],
  ['chrome.csv', 'chrome-csv', { items: 3, uris: 3 }],
  ['firefox.csv', 'firefox-csv', { items: 2, fields: 1, uris: 3 }],
  ['safari.csv', 'safari-csv', { items: 2, uris: 2 }],
  ['bitwarden.csv', 'bitwarden-csv', { items: 3, fields: 3, uris: 2, folders: 2 }],
  ['1password.csv', '1password-csv', { items: 3, fields: 1, uris: 2, folders: 2 }],
  ['lastpass.csv', 'lastpass-csv', { items: 7, fields: 7, uris: 2, folders: 5 }],
  ['proton.csv', 'proton', { items: 5, fields: 4, uris: 2, folders: 1 }],
  ['nordpass.csv', 'nordpass-csv', { items: 5, fields: 5, uris: 2, folders: 2 }],
])('%s', async (file, source, want) => {
  const r = await load(file);
  expect(r.source).toBe(source);
  expect(counts(r)).toEqual({ ...none, ...want });
});

test('the old program: every cell as it was', async () => {
  const r = await load('old-program.csv');
  const post = named(r, 'Post office');
  expect(post).toMatchObject({ type: 1, notes: '', favorite: false });
  expect(post.login).toMatchObject({ username: 'anna', password: hard });
  expect(uris(post)).toEqual(['https://post.example.com/login']);
  expect(named(r, 'Router').login!.password).toBe('=1+1');
  expect(named(r, 'Übersetzer 翻訳').login!.username).toBe('müller');
  expect(problems(r)).toEqual({ 'field-dropped id': 3, 'row-skipped row 5': 1 });
});

describe('browsers', () => {
  test('Chrome: notes, apps, and an entry without a name', async () => {
    const r = await load('chrome.csv');
    expect(named(r, 'shop.example.com')).toMatchObject({ notes: multiline, login: { password: hard } });
    expect(uris(named(r, 'Bank app'))).toEqual(['androidapp://com.example.bank']);
    expect(named(r, 'nameless.example.com').login!.password).toBe('only-a-password');
    expect(r.problems).toEqual([]);
  });

  test('Firefox: two origins, the realm, and when the password changed', async () => {
    const r = await load('firefox.csv');
    const forum = named(r, 'forum.example.org');
    expect(uris(forum)).toEqual(['https://forum.example.org', 'https://login.example.org']);
    expect(forum.login!.passwordRevisionDate).toBe('2023-04-01T00:00:00.000Z');
    expect(fieldsOf(named(r, 'intranet.example.net'))).toEqual({ httpRealm: 'Staff only' });
    expect(problems(r)).toMatchObject({ 'date-unreadable soon': 1, 'field-dropped guid': 2 });
  });

  test('Safari: the code', async () => {
    const i = named(await load('safari.csv'), 'example.com (anna)');
    expect(i.login!.totp).toBe('otpauth://totp/example.com:anna?secret=JBSWY3DPEHPK3PXP&issuer=example.com');
    expect(i.notes).toBe('remember the cat');
  });
});

test('Bitwarden: folder, fields of a cell, several addresses, archive', async () => {
  const r = await load('bitwarden.csv');
  const i = named(r, 'Portal');
  expect(i).toMatchObject({ folder: 'Work/Clients', favorite: true, reprompt: 1, notes: multiline });
  expect(fieldsOf(i)).toEqual({ PIN: '0042', question: 'which: one?' });
  expect(uris(i)).toEqual(['https://portal.example.com', 'https://portal.example.org/?a=1,2']);
  expect(i.login).toMatchObject({ username: 'anna', password: hard, totp: 'JBSWY3DPEHPK3PXP' });
  expect(named(r, 'Alarm code')).toMatchObject({ type: 2, notes: '4711', archived: true });
  expect(named(r, 'Old card')).toMatchObject({ type: 2, fields: [{ name: 'number', value: '4111111111111111' }] });
  expect(problems(r)).toEqual({ 'type-unknown card': 1 });
});

test('1Password: tags, archive, favourites, notes', async () => {
  const r = await load('1password.csv');
  const i = named(r, 'Airline');
  expect(i).toMatchObject({ folder: 'Travel/Planes', favorite: true, notes: multiline });
  expect(fieldsOf(i)).toEqual({ tags: 'Travel/Planes, Loyalty' });
  expect(i.login!.totp).toContain('digits=8');
  expect(named(r, 'Old forum').archived).toBe(true);
  expect(named(r, 'Door')).toMatchObject({ type: 2, folder: 'Home', notes: 'the code is 1234' });
});

test('LastPass: notes that are forms become what they are', async () => {
  const r = await load('lastpass.csv');
  expect(named(r, 'Mail')).toMatchObject({
    folder: 'Private/Mail',
    favorite: true,
    notes: multiline,
    login: { totp: 'JBSWY3DPEHPK3PXP' },
  });
  const card = named(r, 'Card');
  expect(card.card).toEqual({
    cardholderName: 'Anna Müller',
    brand: 'Visa',
    number: '4111111111111111',
    expMonth: '3',
    expYear: '2031',
    code: '123',
  });
  expect(card.notes).toBe('keep it\nsafe');
  const me = named(r, 'Me');
  expect(me.identity).toMatchObject({
    title: 'Dr',
    lastName: 'Müller',
    address1: 'Ring 1',
    city: 'Köln',
    postalCode: '50667',
    phone: '4922155501 ext. 7',
  });
  expect(fieldsOf(me)).toEqual({ Gender: 'f' });
  const key = named(r, 'Deploy key');
  expect(key.sshKey!.privateKey).toMatch(
    /^-----BEGIN OPENSSH PRIVATE KEY-----\n[\s\S]+-----END OPENSSH PRIVATE KEY-----$/,
  );
  expect(key.sshKey!.keyFingerprint).toBe('SHA256:O+eInKFwwUdLUzAIC6Gijp/mlAMdmcgPr01SzXdwHXY');
  expect(hiddenOf(key)).toEqual(['Passphrase']);
  expect(fieldsOf(named(r, 'Wifi'))).toEqual({ SSID: 'home', Password: 'wifi-pass' });
  expect(named(r, 'Plain note').notes).toBe('just a text: with a colon');
  expect(problems(r)).toEqual({ 'type-unknown Wi-Fi Password': 1, 'shared Team': 1, 'folder-only Private/Empty': 1 });
});

test('Proton: JSON in the cell of a note', async () => {
  const r = await load('proton.csv');
  const shop = named(r, 'Shop');
  expect(uris(shop)).toEqual(['https://shop.example.com', 'https://m.shop.example.com']);
  expect(fieldsOf(shop)).toEqual({ Email: 'anna@example.com' });
  expect(shop.login).toMatchObject({ username: 'anna', password: hard });
  const card = named(r, 'Card');
  expect(card.card).toMatchObject({ brand: 'Mastercard', expMonth: '11', expYear: '2030', code: '321' });
  expect(card.notes).toBe('blue');
  expect(hiddenOf(card)).toEqual(['PIN']);
  expect(named(r, 'Me').identity).toMatchObject({ firstName: 'Anna', lastName: 'Müller', city: 'Köln' });
  expect(fieldsOf(named(r, 'News'))).toEqual({ Alias: 'news.k4d@alias.example.com' });
});

test('NordPass: one table for all kinds', async () => {
  const r = await load('nordpass.csv');
  const portal = named(r, 'Portal');
  expect(portal.folder).toBe('Work');
  expect(uris(portal)).toEqual(['https://portal.example.com', 'https://portal.example.org']);
  expect(fieldsOf(portal)).toEqual({ Member: '12', Secret: 's3' });
  expect(hiddenOf(portal)).toEqual(['Secret']);
  const card = named(r, 'Card');
  expect(card.card).toMatchObject({
    brand: 'Amex',
    number: '378282246310005',
    expMonth: '4',
    expYear: '2029',
    code: '1234',
  });
  expect(fieldsOf(card)).toEqual({ PIN: '5555', zipcode: '50667' });
  expect(named(r, 'Me').identity).toMatchObject({
    firstName: 'Anna',
    middleName: 'Berta',
    lastName: 'Müller',
    postalCode: '50667',
    state: 'NRW',
  });
  expect(fieldsOf(named(r, 'Pass'))).toEqual({ Number: 'C01X00T47' });
  expect(problems(r)).toEqual({ 'type-unknown passport': 1, 'folder-only Empty': 1 });
});

describe('tables in general', () => {
  test('a column that nobody knows becomes a field', async () => {
    const r = await read('name,url,username,password,Security Answer\nA,https://a.example,u,p,blue\n');
    expect(fieldsOf(r.items[0]!)).toEqual({ 'Security Answer': 'blue' });
  });

  test.each([';', '\t'])('another separator: %j', async (sep) => {
    const r = await read(
      ['service', 'url', 'username', 'password'].join(sep) +
        '\n' +
        ['A', 'https://a.example', 'u,1', 'p'].join(sep) +
        '\n',
    );
    expect(r.source).toBe('strongroom-csv');
    expect(r.items[0]!.login!.username).toBe('u,1');
  });

  test('UTF-16, as Excel writes it', async () => {
    const text = '\uFEFFname,url,username,password\r\nÄ,https://a.example,ü,p\r\n';
    const b = new Uint8Array(text.length * 2);
    for (let i = 0; i < text.length; i++) new DataView(b.buffer).setUint16(i * 2, text.charCodeAt(i), true);
    expect((await read(b)).items[0]).toMatchObject({ name: 'Ä', login: { username: 'ü' } });
  });

  test('the order and the case of columns do not matter', async () => {
    const r = await read('PASSWORD,Username,URL,Name\np,u,https://a.example,A\n');
    expect(r.items[0]).toMatchObject({ name: 'A', login: { username: 'u', password: 'p' } });
  });
});
