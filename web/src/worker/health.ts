// What could be better about a vault: a to-do list, not a score.
import { sha1 } from '@noble/hashes/legacy.js';
import { toHex, utf8 } from './bytes';
import { hostOf } from './cipher';
import type { Item } from './model';
import { post, state } from './state';
import { strengthOf } from './strength';

export type Finding = 'weak' | 'reused' | 'old' | 'no-totp' | 'insecure' | 'breached';
export type Health = { findings: [string, Finding, number][]; checked: number };

const year = 365 * 24 * 3600 * 1000;
/** A password of this age is worth a thought where it guards something. */
const old = 3 * year;

const private_ =
  /^(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[?::1)|\.(local|lan|internal|home\.arpa|localhost)$/;

function insecure(uri: string): boolean {
  return /^http:\/\//i.test(uri) && !private_.test(hostOf(uri).replace(/:\d+$/, ''));
}

/** Looks at every login that is not in the trash. The number with a finding: how many share the password, its
 * score, its age in days, or in how many breaches it was. */
export async function health(): Promise<Health> {
  const items = (await state.items()).filter((i) => i.login && !i.deletedDate);
  const users = new Map<string, string[]>();
  for (const i of items)
    if (i.login!.password) users.set(i.login!.password, [...(users.get(i.login!.password) ?? []), i.id]);
  const findings: Health['findings'] = [];
  const scores = new Map<string, number>();
  let n = 0;
  for (const i of items) {
    const l = i.login!;
    if (l.password) {
      let score = scores.get(l.password);
      if (score === undefined)
        scores.set(l.password, (score = (await strengthOf(l.password, [l.username, i.name])).score));
      if (score < 3) findings.push([i.id, 'weak', score]);
      const shared = users.get(l.password)!.length;
      if (shared > 1) findings.push([i.id, 'reused', shared]);
      const age = Date.now() - Date.parse(l.passwordRevisionDate ?? i.creationDate);
      if (age > old) findings.push([i.id, 'old', Math.floor(age / 86_400_000)]);
      if (!l.totp && !l.fido2Credentials?.length && l.uris.some((u) => /^https?:|\./.test(u.uri)))
        findings.push([i.id, 'no-totp', 0]);
    }
    if (l.uris.some((u) => insecure(u.uri))) findings.push([i.id, 'insecure', 0]);
    if (++n % 50 === 0) {
      post({ event: 'progress', task: 'health', done: n, total: items.length });
      await new Promise((ok) => setTimeout(ok)); // other requests come first
    }
  }
  return { findings, checked: items.length };
}

/** Asks for the passwords that were in known breaches: only five digits of each one's hash leave this worker. */
export async function breaches(): Promise<Health['findings']> {
  const byPrefix = new Map<string, Map<string, string[]>>();
  for (const i of (await state.items()).filter((x: Item) => x.login?.password && !x.deletedDate)) {
    const h = toHex(sha1(utf8(i.login!.password))).toUpperCase();
    const tails = byPrefix.get(h.slice(0, 5)) ?? new Map<string, string[]>();
    tails.set(h.slice(5), [...(tails.get(h.slice(5)) ?? []), i.id]);
    byPrefix.set(h.slice(0, 5), tails);
  }
  const out: Health['findings'] = [];
  let n = 0;
  for (const [prefix, tails] of byPrefix) {
    const found = await state.session.json<Record<string, number>>('/api/v1/breach/' + prefix);
    for (const [tail, ids] of tails) for (const id of found[tail] ? ids : []) out.push([id, 'breached', found[tail]!]);
    post({ event: 'progress', task: 'breach', done: ++n, total: byPrefix.size });
  }
  return out;
}
