// What the audit log names, in words. Kinds are the server's; one that it learned since is shown by its name.
import { t, type Key } from '../i18n.svelte';
import type { IconName } from '../icons';
import en from '../../messages/en.json';
import { groups, type Group } from './groups';

const groupIcons: Record<Group, IconName> = {
  signin: 'box-arrow-right',
  factors: 'shield-lock',
  refused: 'exclamation-triangle',
  account: 'person',
  vault: 'key',
  sends: 'send',
  admin: 'gear',
};

const isOf = (g: Group, kind: string): boolean => (groups[g] as readonly string[]).includes(kind);

/** Whether a line tells of something that was refused. */
export const refused = (kind: string): boolean => isOf('refused', kind);

export const iconOf = (kind: string): IconName =>
  refused(kind)
    ? groupIcons.refused
    : groupIcons[(Object.keys(groups) as Group[]).find((g) => isOf(g, kind)) ?? 'admin'];

export const kindName = (kind: string): string => ('event.' + kind in en ? t(`event.${kind}` as Key) : kind);
export const groupName = (g: Group): string => t(`activity.group.${g}` as Key);

/** What official clients report, by their number of it. */
const reported: Record<string, Key> = {
  '1007': 'event.client.export',
  '1107': 'event.client.viewed',
  '1108': 'event.client.shown',
  '1111': 'event.client.copied',
  '1114': 'event.client.filled',
};

/** A line's first words. */
export const titleOf = (kind: string, detail: string | undefined): string =>
  kind === 'client' && detail && detail in reported ? t(reported[detail]!) : kindName(kind);

const doors: Record<string, Key> = {
  rest: 'activity.door.rest',
  'access-token': 'activity.door.token',
  bitwarden: 'activity.door.apps',
};
export const doorName = (door: string): string => (door in doors ? t(doors[door]!) : door);
