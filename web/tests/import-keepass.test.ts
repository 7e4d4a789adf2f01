import { expect, test } from 'vitest';
import {
  bytes,
  counts,
  fieldsOf,
  hard,
  hiddenOf,
  load,
  multiline,
  named,
  problems,
  read,
  refusal,
  uris,
} from './helpers';

const password = 'Kîeëpass 1';
const kdbx = ['keepass-3.kdbx', 'keepass-4-aes.kdbx', 'keepass-4-argon2d.kdbx', 'keepass-4-argon2id.kdbx'];

test.each([...kdbx, 'keepass.xml'])('%s: items, fields and attachments', async (file) => {
  const r = await load(file, password);
  expect(r.source).toBe(file.endsWith('.xml') ? 'keepass-xml' : 'keepass-kdbx');
  expect(counts(r)).toEqual({ items: 8, fields: 4, files: 2, uris: 5, history: 2, folders: 3 });
  const i = named(r, 'Portal');
  expect(i).toMatchObject({ folder: 'Work/Clients', favorite: true, notes: multiline });
  expect(i.login).toMatchObject({
    username: 'anna',
    password: hard,
    totp: 'otpauth://totp/Portal:anna?secret=JBSWY3DPEHPK3PXP&period=60',
    passwordRevisionDate: '2022-01-01T00:00:00.000Z',
  });
  expect(uris(i)).toEqual([
    'https://portal.example.com',
    'https://portal.example.org',
    'androidapp://com.example.portal',
  ]);
  expect(i.passwordHistory).toEqual([
    { password: 'older', lastUsedDate: '2022-01-01T00:00:00.000Z' },
    { password: 'oldest', lastUsedDate: '2021-01-01T00:00:00.000Z' },
  ]);
  expect(fieldsOf(i)).toEqual({
    PIN: '0042',
    Colour: 'blau <&>',
    Tags: 'web, vip',
    Expires: '2030-01-01T00:00:00.000Z',
  });
  expect(hiddenOf(i)).toEqual(['PIN']);
  expect(i.files.map((f) => f.name)).toEqual(['logo.png', 'läs mich.txt']);
  expect([...i.files[0]!.bytes.subarray(1, 4)]).toEqual([0x50, 0x4e, 0x47]);
  expect(new TextDecoder().decode(i.files[1]!.bytes)).toBe('attached');
  expect(named(r, 'Thrown away')).toMatchObject({ deleted: true, folder: '' });
  expect(named(r, 'Alarm')).toMatchObject({ type: 2, notes: '4711' });
  expect(problems(r)).toEqual({
    'field-dropped CreationTime': 8,
    'field-dropped plugin': 1,
    'field-dropped History': 1,
    'folder-only Nothing in it': 1,
  });
});

test('codes, in the ways of its programs and plug-ins', async () => {
  const r = await load('keepass-4-aes.kdbx', password);
  expect(named(r, 'Steam').login!.totp).toBe('steam://JBSWY3DPEHPK3PXP');
  expect(named(r, 'Plugin code').login!.totp).toBe(
    'otpauth://totp/KeePass?secret=JBSWY3DPEHPK3PXP&period=60&digits=8&algorithm=SHA1',
  );
  expect(named(r, 'Native code').login!.totp).toBe(
    'otpauth://totp/KeePass?secret=JBSWY3DPEHPK3PXP&period=30&digits=8&algorithm=SHA256',
  );
});

test('references and passkeys', async () => {
  const r = await load('keepass-4-aes.kdbx', password);
  expect(named(r, 'By reference').login).toMatchObject({ username: 'anna', password: hard });
  const [key] = named(r, 'Passkey').login!.fido2Credentials!;
  expect(key).toMatchObject({
    credentialId: 'b64.q83vEjRWeJA',
    rpId: 'key.example.com',
    userName: 'anna@key',
    userHandle: 'YW5uYQ',
    keyCurve: 'P-256',
  });
  expect(key!.keyValue).toMatch(/^MIGHAgEAMBMGByqGSM49[\w-]+$/);
  expect(named(r, 'Passkey').fields).toEqual([]);
});

test.each(kdbx)('%s: no password, a wrong one, half a file, a changed byte', async (file) => {
  expect(await refusal(load(file))).toBe('password-needed');
  expect(await refusal(load(file, 'wrong'))).toBe('password-wrong');
  const b = bytes(file);
  for (const n of [10, 40, 150, b.length - 40])
    expect(await refusal(read(b.slice(0, n), password)), `cut at ${n}`).toMatch(/^(malformed|password-wrong)/);
  const bad = b.slice();
  bad[bad.length - 60]! ^= 1;
  expect(await refusal(read(bad, password))).toMatch(/^(malformed|password-wrong)/);
});

test('a header that asks for too much is refused before the password is tried', async () => {
  const b = bytes('keepass-4-argon2id.kdbx');
  const v = new DataView(b.buffer);
  // The entry M of the parameters: type 5, a name of one letter, eight bytes.
  const at = b.findIndex((_, i) => b[i] === 0x4d && b[i - 4] === 1 && b[i - 5] === 5 && v.getUint32(i + 1, true) === 8);
  v.setBigUint64(at + 5, 1n << 42n, true);
  expect(await refusal(read(b, password))).toBe('too-large: memory of Argon2');
});

test('KeePass 1 and versions to come', async () => {
  expect(await refusal(read(Uint8Array.of(0x03, 0xd9, 0xa2, 0x9a, 0x65, 0xfb, 0x4b, 0xb5)))).toBe(
    'unknown-format: KeePass 1 (.kdb)',
  );
  const b = bytes('keepass-3.kdbx');
  b[10] = 9;
  expect(await refusal(read(b, password))).toBe('unknown-format: KDBX 9');
});

const xml = (inside: string): string =>
  `<?xml version="1.0"?><KeePassFile><Meta/><Root><Group><Name>R</Name>${inside}</Group></Root></KeePassFile>`;
const entry = (inside: string): string => `<Entry><String><Key>Title</Key><Value>E</Value></String>${inside}</Entry>`;

test('XML: an attachment that the file does not hold is counted', async () => {
  const r = await read(xml(entry('<Binary><Key>lost.pdf</Key><Value Ref="7"/></Binary>')));
  expect(problems(r)).toEqual({ 'file-dropped lost.pdf': 1 });
});

test.each([
  ['cut', xml(entry('')).slice(0, -40), /^malformed/],
  ['with a document type', '<!DOCTYPE KeePassFile [<!ENTITY a "b">]>' + xml(''), /^unknown-format/],
  [
    'with a document type behind its head',
    xml('').replace('<KeePassFile>', '<!DOCTYPE KeePassFile><KeePassFile>'),
    /^malformed: a document type/,
  ],
  ['of another kind', '<?xml version="1.0"?><html/>', /^unknown-format/],
  [
    'nested too deep',
    xml('<Group><Name>g</Name>'.repeat(80) + entry('') + '</Group>'.repeat(80)),
    /^too-large: a group/,
  ],
])('XML %s', async (_, text, want) => {
  expect(await refusal(read(text))).toMatch(want);
});
