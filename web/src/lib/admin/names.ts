// The console's words for what the server names.
import type { Role } from '../../worker/admin';
import { t, type Key } from '../i18n.svelte';
import type { Finding, Job, Setting, User } from './console.svelte';

export const roles: readonly Role[] = ['user', 'auditor', 'admin'];
export const states: readonly User['state'][] = ['active', 'suspended'];

const roleNames: Record<Role, Key> = {
  user: 'admin.role.user',
  auditor: 'admin.role.auditor',
  admin: 'admin.role.admin',
};
const stateNames: Record<User['state'], Key> = { active: 'admin.state.active', suspended: 'admin.state.suspended' };
const jobNames: Record<Job['state'], Key> = {
  waiting: 'admin.job.waiting',
  running: 'admin.job.running',
  done: 'admin.job.done',
  failed: 'admin.job.failed',
  stuck: 'admin.job.stuck',
};
const sourceNames: Record<Setting['from'], Key> = {
  flag: 'admin.from.flag',
  environment: 'admin.from.environment',
  '.env': 'admin.from.env',
  administrator: 'admin.from.administrator',
  default: 'admin.from.default',
};
const levelNames: Record<Finding['level'], Key> = {
  fault: 'admin.level.fault',
  advice: 'admin.level.advice',
  good: 'admin.level.good',
};

export const roleName = (r: Role): string => t(roleNames[r]);
export const stateName = (s: User['state']): string => t(stateNames[s]);
export const jobState = (s: Job['state']): string => t(jobNames[s]);
export const sourceName = (s: Setting['from']): string => t(sourceNames[s]);
export const levelName = (l: Finding['level']): string => t(levelNames[l]);
