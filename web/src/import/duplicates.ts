// Which imported items are in the vault already.
import type { Content, Item } from '../worker/model';
import type { ImportItem } from './types';

/** 'same' has nothing that the other lacks; 'similar' is about the same account, with something changed. */
export type Duplicate = 'same' | 'similar';

type Files = { name: string; size: number }[];

/** A mark for each imported item, null for a new one. An item that the file holds twice is the same as its first. */
export function markDuplicates(have: readonly Item[], items: readonly ImportItem[]): (Duplicate | null)[] {
  const same = new Map<string, Files[]>();
  const similar = new Set<string>();
  const add = (c: Content, files: Files): void => {
    const key = whole(c);
    same.set(key, [...(same.get(key) ?? []), files]);
    for (const k of about(c)) similar.add(k);
  };
  for (const i of have)
    add(
      i,
      i.attachments.map((a) => ({ name: a.fileName, size: a.size })),
    );
  const inVault = new Set(similar);
  return items.map((i) => {
    const files = i.files.map((f) => ({ name: f.name, size: f.bytes.length }));
    const holds = same
      .get(whole(i))
      ?.some((h) => files.every((f) => h.some((x) => x.name === f.name && x.size === f.size)));
    const near = about(i).some((k) => inVault.has(k));
    add(i, files);
    return holds ? 'same' : near ? 'similar' : null;
  });
}

/** Everything a person wrote, in one order; what the programs write around it does not count. */
function whole(c: Content): string {
  const l = c.login;
  return JSON.stringify([
    c.type,
    c.name,
    c.notes,
    l && [
      l.username,
      l.password,
      l.totp,
      l.uris.map((u) => u.uri),
      (l.fido2Credentials ?? []).map((p) => p.credentialId),
    ],
    c.card && Object.entries(c.card).sort(),
    c.identity && Object.entries(c.identity).sort(),
    c.sshKey && [c.sshKey.privateKey, c.sshKey.publicKey],
    c.fields.map((f) => [f.name, f.value, f.type]),
  ]);
}

/** What tells an item among others of its type: any one of these in common makes two similar. */
function about(c: Content): string[] {
  const key = (...parts: string[]): string[] =>
    parts.every(Boolean) ? [[c.type, ...parts].join('\n').toLowerCase()] : [];
  if (c.login) {
    const hosts = c.login.uris.map((u) => hostOf(u.uri)).filter(Boolean);
    const user = c.login.username;
    return [...key('name', c.name, user || '-'), ...new Set(hosts.flatMap((h) => key('host', h, user)))];
  }
  if (c.card) return key('number', c.card.number.replace(/\D/g, ''));
  if (c.identity)
    return [...key('email', c.identity.email), ...key('person', c.identity.firstName, c.identity.lastName)];
  if (c.sshKey)
    return [
      ...key('key', c.sshKey.publicKey.split(' ').slice(0, 2).join(' ')),
      ...key('private', c.sshKey.privateKey.trim()),
    ];
  return key('name', c.name);
}

function hostOf(uri: string): string {
  const m = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/?#@]*@)?([^/?#:]+)/i.exec(uri);
  return (m?.[1] ?? '').replace(/^www\./i, '').toLowerCase();
}
