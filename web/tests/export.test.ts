import { expect, test } from 'vitest';
import { exportCsv, exportEncrypted, exportJson, type Vault } from '../src/import/export';
import type { ImportItem } from '../src/import/types';
import type { Kdf } from '../src/worker/keys';
import type { Item } from '../src/worker/model';
import { hard, load, multiline, named, problems, read, refusal, type Result } from './helpers';

/** What an import gave, as a vault that the server would answer with. */
function vaultOf(r: Result): Vault {
  const folders = r.folders.map((name, n) => ({ id: `f${n}`, name }));
  const items = r.items.map((i, n): Item => {
    const { folder, files, archived, deleted, ...content } = i;
    const date = '2024-05-06T07:08:09.123Z';
    return {
      ...content,
      id: `i${n}`,
      folderId: folders.find((f) => f.name === folder)?.id ?? null,
      attachments: files.map((f, k) => ({ id: `a${k}`, fileName: f.name, size: f.bytes.length })),
      creationDate: date,
      revisionDate: date,
      deletedDate: deleted ? date : null,
      archivedDate: archived ? date : null,
    };
  });
  return { folders, items };
}

const light: Kdf = { kdfType: 1, iterations: 2, memory: 16, parallelism: 1 };

test('JSON comes back as it went', async () => {
  const before = await load('bitwarden.json');
  const after = await read(exportJson(vaultOf(before)));
  expect(after.items).toEqual(before.items);
  expect(after.folders).toEqual(before.folders);
  expect(after.source).toBe('bitwarden-json');
});

test.each<[string, Kdf]>([
  ['Argon2id', light],
  ['PBKDF2', { kdfType: 0, iterations: 5_000 }],
])('encrypted JSON comes back with its password only, %s', async (_, cost) => {
  const before = await load('bitwarden.json');
  const text = await exportEncrypted(vaultOf(before), 'pä ss', cost);
  expect(text).not.toContain('Portal');
  expect((await read(text, 'pä ss')).items).toEqual(before.items);
  expect(await refusal(read(text))).toBe('password-needed');
  expect(await refusal(read(text, 'pä ss '))).toBe('password-wrong');
  const again = JSON.parse(await exportEncrypted(vaultOf(before), 'pä ss', cost)) as Record<string, string>;
  expect(again.salt).not.toBe((JSON.parse(text) as Record<string, string>).salt);
});

test('encrypted JSON has the members that clients look for', async () => {
  const o = JSON.parse(await exportEncrypted({ folders: [], items: [] }, 'p', light)) as Record<string, unknown>;
  expect(o).toMatchObject({
    encrypted: true,
    passwordProtected: true,
    kdfType: 1,
    kdfIterations: 2,
    kdfMemory: 16,
    kdfParallelism: 1,
  });
  expect(o.encKeyValidation_DO_NOT_EDIT).toMatch(/^2\./);
  expect(o.data).toMatch(/^2\./);
});

test('CSV: logins and notes come back as they went', async () => {
  const before = await load('bitwarden.csv');
  const after = await read(exportCsv(vaultOf(before)));
  expect(after.items).toEqual(before.items);
});

test('CSV: what it has no columns for becomes a note with fields', async () => {
  const r = await read(exportCsv(vaultOf(await load('bitwarden.json'))));
  expect(r.items.length).toBe(7);
  expect(named(r, 'Visa')).toMatchObject({ type: 2, folder: 'Familie 👪' });
  expect(named(r, 'Visa').fields).toContainEqual({ name: 'Number', value: '4111111111111111', type: 0 });
  const key = named(r, 'Deploy key').fields.find((f) => f.name === 'Private key')!;
  expect(key.value).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----\n[\s\S]*\n-----END OPENSSH PRIVATE KEY-----\n$/);
  expect(problems(r)).toEqual({});
});

const formulas = ['=1+1', '+49 221', '-5', '@SUM(A1)', '\t=1', '\r=1', "'=1", "''=1", '=cmd|"/C calc"!A0', '\uFF1D1'];

test('CSV: no cell is a formula, and every one comes back', async () => {
  const base = vaultOf(await load('bitwarden.csv'));
  const items = formulas.map((f, n): Item => ({
    ...base.items[0]!,
    id: `x${n}`,
    name: `n${n}`,
    notes: f,
    login: { username: f, password: f, totp: '', uris: [] },
  }));
  const csv = exportCsv({ ...base, items });
  for (const cell of csv
    .replace(/"(?:[^"]|"")*"/g, (s) => s.slice(1, -1).replaceAll('""', '"').replace(/[,\n]/g, ' '))
    .split(/,|\r\n/))
    expect(cell).not.toMatch(/^[=+\-@\t\r\uFF1D]/);
  const r = await read(csv);
  expect(r.items.map((i) => i.login!.password)).toEqual(formulas);
  expect(r.items.map((i) => i.notes)).toEqual(formulas);
});

test('CSV: an apostrophe of a file that was not guarded stays', async () => {
  const r = await read("name,login_uri,login_username,login_password,type\nn,,u,'=x,login\n");
  expect(r.items[0]!.login!.password).toBe("'=x");
});

test('CSV: quotes, line ends and scripts', async () => {
  const base = vaultOf(await load('bitwarden.csv'));
  const item: Item = {
    ...base.items[0]!,
    notes: multiline,
    fields: [{ name: 'f: g', value: multiline, type: 0 }],
    login: { username: '日本', password: hard, totp: '', uris: [] },
  };
  const [i] = (await read(exportCsv({ ...base, items: [item] }))).items as [ImportItem];
  expect(i.notes).toBe(multiline);
  expect(i.login).toMatchObject({ username: '日本', password: hard });
  expect(i.fields).toEqual([{ name: 'f g', value: multiline, type: 0 }]);
});

/** What is absent and what is null are the same; attached files are not in a JSON export. */
const clean = (i: ImportItem): ImportItem => ({
  ...i,
  files: [],
  ...(i.login && { login: { ...i.login, passwordRevisionDate: i.login.passwordRevisionDate ?? null } }),
});

test.each(['1password.1pux', 'proton.zip', 'nordpass.csv', 'lastpass.csv', 'keepass.xml'])(
  '%s, imported and exported as JSON, comes back',
  async (file) => {
    const before = await load(file);
    const after = await read(exportJson(vaultOf(before)));
    expect(after.items.map(clean)).toEqual(before.items.map(clean));
  },
);
