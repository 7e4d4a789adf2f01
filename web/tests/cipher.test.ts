import { describe, expect, test } from 'vitest';
import {
  damaged,
  hostOf,
  keyOf,
  openItem,
  rowOf,
  sealItem,
  subtitleOf,
  subtitleStrings,
  type RawCipher,
} from '../src/worker/cipher';
import { openMany, seal, SymKey, text } from '../src/worker/encstring';
import { emptyContent, ItemType, type Content } from '../src/worker/model';
import { load } from './helpers';

const user = SymKey.random();
const at = { folderId: 'f' };

/** What the server answers to what was sent. */
const answered = (sent: Record<string, unknown>): RawCipher =>
  ({
    ...sent,
    id: 'i',
    organizationId: null,
    creationDate: '2024-01-01T00:00:00Z',
    revisionDate: '2024-02-02T00:00:00Z',
    deletedDate: null,
  }) as unknown as RawCipher;

const content = async (): Promise<Content[]> =>
  (await load('bitwarden.json')).items.map((i) => {
    const c: Partial<typeof i> = { ...i };
    for (const n of ['folder', 'files', 'archived', 'deleted'] as const) delete c[n];
    return c as Content;
  });

describe.each([
  ["under the user's key", false],
  ['under a key of its own', true],
])('items %s', (_, own) => {
  test('come back as they went', async () => {
    for (const c of await content()) {
      const k = own ? SymKey.random() : user;
      const raw = answered(sealItem(c, k, own ? seal(user, k.raw) : null, at));
      const item = openItem(raw, keyOf(raw, user));
      expect(item).toMatchObject({ id: 'i', folderId: 'f', attachments: [], deletedDate: null, archivedDate: null });
      const login = c.login && {
        ...c.login,
        passwordRevisionDate: c.login.passwordRevisionDate ?? null,
        fido2Credentials: c.login.fido2Credentials ?? [],
      };
      expect(item).toMatchObject(login ? { ...c, login } : c);
    }
  });

  test('send no text of a person in the clear', async () => {
    for (const c of await content()) {
      const s = JSON.stringify(sealItem(c, user, null, at));
      for (const t of [
        c.name,
        c.notes,
        c.login?.username,
        c.login?.password,
        c.card?.number,
        c.identity?.lastName,
        ...c.fields.map((f) => f.value),
      ])
        if (t && t.length > 3 && t !== 'true') expect(s).not.toContain(JSON.stringify(t).slice(1, -1));
    }
  });
});

test('a text that does not open shows as damaged, and hides no other', () => {
  const c = {
    ...emptyContent(ItemType.login),
    name: 'n',
    login: { username: 'u', password: 'p', totp: '', uris: [{ uri: 'https://a.example' }] },
  };
  const raw = answered(sealItem(c, user, null, at));
  raw.login!.password = seal(SymKey.random(), 'other');
  expect(openItem(raw, user)).toMatchObject({ name: 'n', login: { username: 'u', password: damaged } });
});

test('with a key of its own, an exchanged address is left out', () => {
  const k = SymKey.random();
  const c = {
    ...emptyContent(ItemType.login),
    name: 'n',
    login: { username: '', password: '', totp: '', uris: [{ uri: 'https://a.example' }, { uri: 'https://b.example' }] },
  };
  const raw = answered(sealItem(c, k, seal(user, k.raw), at));
  raw.login!.uris![0]!.uri = seal(k, 'https://evil.example');
  expect(openItem(raw, k).login!.uris.map((u) => u.uri)).toEqual(['https://b.example']);
});

test('another account does not open an item key', () => {
  const raw = answered(
    sealItem({ ...emptyContent(ItemType.note), name: 'n' }, user, seal(user, SymKey.random().raw), at),
  );
  expect(() => keyOf(raw, SymKey.random())).toThrow();
});

describe('rows', () => {
  const row = (c: Content): ReturnType<typeof rowOf> => {
    const raw = answered(sealItem(c, user, null, at));
    const { sub, host } = subtitleOf(subtitleStrings(raw).map((s) => (s ? text(openMany(user, [s])[0]!) : '')));
    return rowOf(raw, c.name, sub, host);
  };

  test('what is there, without opening it', async () => {
    const all = await content();
    const by = (name: string): ReturnType<typeof rowOf> => row(all.find((c) => c.name === name)!);
    expect(by('Portal')).toMatchObject({
      id: 'i',
      type: 1,
      sub: 'anna',
      host: 'portal.example.com',
      favorite: true,
      reprompt: true,
      totp: true,
      password: true,
      passkey: true,
      files: false,
      deleted: false,
      archived: false,
      folderId: 'f',
      changed: '2024-02-02T00:00:00Z',
    });
    expect(by('Alarm')).toMatchObject({ type: 2, sub: '', host: '', totp: false, password: false });
    expect(by('Visa').sub).toBe('Visa •••• 1111');
    expect(by('Me').sub).toBe('Anna Müller');
    expect(by('Deploy key').sub).toMatch(/^SHA256:/);
  });

  test('trash, archive and attachments', () => {
    const raw = answered(
      sealItem({ ...emptyContent(ItemType.note), name: 'n' }, user, null, {
        folderId: null,
        archivedDate: '2024-01-01T00:00:00Z',
      }),
    );
    raw.deletedDate = '2024-01-01T00:00:00Z';
    raw.attachments = [{ id: 'a', fileName: seal(user, 'f'), key: null, size: '3' }];
    expect(rowOf(raw, 'n')).toMatchObject({ deleted: true, archived: true, files: true, folderId: null });
    expect(openItem(raw, user).attachments).toEqual([{ id: 'a', fileName: 'f', size: 3 }]);
  });
});

test.each([
  ['https://user@a.example:8443/x?y', 'a.example:8443'],
  ['a.example/login', 'a.example'],
  ['androidapp://com.example.app', 'com.example.app'],
  ['', ''],
  ['http://', 'http://'],
  ['not an address', 'not an address'],
])('the host of %j', (uri, want) => {
  expect(hostOf(uri)).toBe(want);
});
