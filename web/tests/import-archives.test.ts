import { expect, test } from 'vitest';
import { bytes, counts, fieldsOf, hard, hiddenOf, load, multiline, named, problems, read, uris } from './helpers';

test('1PUX: items, fields and attachments', async () => {
  const r = await load('1password.1pux');
  expect(r.source).toBe('1password-1pux');
  expect(counts(r)).toEqual({ items: 9, fields: 9, files: 2, uris: 3, history: 1, folders: 3 });
  const i = named(r, 'Dropbox');
  expect(i).toMatchObject({ folder: 'Personal/Cloud/Files', favorite: true, notes: multiline });
  expect(i.login).toMatchObject({
    username: 'anna',
    password: hard,
    totp: 'otpauth://totp/Dropbox?secret=JBSWY3DPEHPK3PXP',
  });
  expect(uris(i)).toEqual(['https://dropbox.example.com/', 'https://www.dropbox.example.com/']);
  expect(i.passwordHistory).toEqual([{ password: 'older', lastUsedDate: '2020-01-01T00:00:00.000Z' }]);
  expect(fieldsOf(i)).toEqual({
    tags: 'Cloud/Files, Work',
    city: 'Köln',
    'Security: PIN': '0042',
    'Security: since': '2020-01-01',
  });
  expect(hiddenOf(i)).toEqual(['Security: PIN']);
  expect(i.files.map((f) => [f.name, new TextDecoder().decode(f.bytes)])).toEqual([['codes ü.txt', '1111 2222']]);
});

test('1PUX: cards, people, keys, states', async () => {
  const r = await load('1password.1pux');
  expect(named(r, 'Gold card').card).toEqual({
    cardholderName: 'Anna Müller',
    brand: 'Mastercard',
    number: '5555555555554444',
    expMonth: '3',
    expYear: '2031',
    code: '321',
  });
  expect(fieldsOf(named(r, 'Gold card'))).toEqual({ 'valid from': '2021-03', PIN: '1111' });
  expect(named(r, 'Me').identity).toMatchObject({
    firstName: 'Anna',
    middleName: 'B',
    lastName: 'Müller',
    address1: 'Ring 1',
    postalCode: '50667',
    email: 'anna@example.com',
    phone: '+49221',
  });
  expect(named(r, 'Deploy key').sshKey!.keyFingerprint).toMatch(/^SHA256:/);
  expect(named(r, 'Note').archived).toBe(true);
  expect(named(r, 'Passport')).toMatchObject({
    type: 2,
    deleted: true,
    fields: [
      { name: 'number', value: 'C01X00T47' },
      { name: 'expires', value: '2030-01-01' },
    ],
  });
  expect(named(r, 'Contract').files[0]!.bytes.length).toBe(70);
  expect(named(r, 'Bare password')).toMatchObject({ folder: 'Team-Shared', login: { password: 'bare' } });
  expect(named(r, 'Server').login).toMatchObject({ username: 'root', password: 'toor' });
  expect(problems(r)).toEqual({
    'field-dropped createdAt': 9,
    'shared Bare password': 5,
    'type-unknown Passport': 1,
    'file-dropped lost.pdf': 1,
    'field-dropped reference': 1,
  });
});

test.each(['proton.json', 'proton.zip'])('%s: items and fields', async (file) => {
  const r = await load(file);
  const files = file.endsWith('.zip') ? 1 : 0;
  expect(r.source).toBe('proton');
  expect(counts(r)).toEqual({ items: 7, fields: 12, files, uris: 3, history: 0, folders: 2 });
  const shop = named(r, 'Shop');
  expect(shop).toMatchObject({ folder: 'Personal', favorite: true, notes: multiline });
  expect(shop.login).toMatchObject({ username: 'anna', password: hard });
  expect(uris(shop)).toEqual([
    'https://shop.example.com/',
    'https://shop.example.org/',
    'androidapp://com.example.shop',
  ]);
  expect(fieldsOf(shop)).toEqual({
    Email: 'anna@example.com',
    PIN: '0042',
    colour: 'blau',
    'second code': 'JBSWY3DPEHPK3PXQ',
  });
  expect(hiddenOf(shop)).toEqual(['PIN', 'second code']);
  expect(named(r, 'Card').card).toMatchObject({ expMonth: '3', expYear: '2031', code: '123' });
  expect(named(r, 'Poem')).toMatchObject({ notes: 'roses', deleted: true });
  expect(named(r, 'Me').identity).toMatchObject({
    lastName: 'Müller',
    ssn: '12 345',
    passportNumber: 'C01',
    company: 'Example GmbH',
  });
  expect(fieldsOf(named(r, 'Me'))).toEqual({
    'shoe size': '39',
    'Clubs: chess': 'member 7',
    Website: 'https://anna.example.com',
  });
  expect(named(r, 'Deploy key').sshKey!.keyFingerprint).toBe('SHA256:O+eInKFwwUdLUzAIC6Gijp/mlAMdmcgPr01SzXdwHXY');
  expect(problems(r)).toMatchObject({
    'field-dropped passkey: shop.example.com': 1,
    'type-unknown alias': 1,
    'type-unknown wifi': 1,
    'shared Me': 1,
  });
  expect(r.problems.filter((p) => p.code === 'file-dropped').map((p) => p.count)).toEqual([2 - files]);
});

test('the data of a 1PUX without its archive', async () => {
  const { unzipSync } = await import('fflate');
  const r = await read(unzipSync(bytes('1password.1pux'))['export.data']!);
  expect(counts(r)).toMatchObject({ items: 9, files: 0 });
  expect(problems(r)['file-dropped codes ü.txt']).toBe(3);
});
