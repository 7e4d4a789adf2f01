// What the kinds of items look like.
import { ItemType } from '../worker/model';
import type { Key } from './i18n.svelte';
import type { IconName } from './icons';

export const kinds: { type: ItemType; name: Key; icon: IconName }[] = [
  { type: ItemType.login, name: 'type.login', icon: 'globe' },
  { type: ItemType.note, name: 'type.note', icon: 'sticky' },
  { type: ItemType.card, name: 'type.card', icon: 'credit-card' },
  { type: ItemType.identity, name: 'type.identity', icon: 'person' },
  { type: ItemType.sshKey, name: 'type.ssh', icon: 'terminal' },
];

export const kindOf = (type: number): (typeof kinds)[number] => kinds.find((k) => k.type === type) ?? kinds[1]!;

/** The types of an identity's and a card's members, as messages. */
export const label = (group: 'card' | 'identity' | 'ssh', member: string): Key => `${group}.${member}` as Key;

export const matchNames: Key[] = [
  'match.domain',
  'match.host',
  'match.start',
  'match.exact',
  'match.regex',
  'match.never',
];

/** An address that a browser may be sent to, '' for anything else: never javascript: or data:. */
export function launchable(uri: string): string {
  const s = /^[a-z][a-z0-9+.-]*:/i.test(uri) ? uri : /^[\w-]+(\.[\w-]+)+/.test(uri) ? 'https://' + uri : '';
  return /^(https?|ftp|ssh):/i.test(s) ? s : '';
}
