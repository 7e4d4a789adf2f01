// The last look at the vault's health, for the page and for banners on items.
import type { Finding } from '../worker/health';
import { call } from './vault.svelte';

export type Found = [string, Finding, number];

let list = $state.raw<Found[]>([]);
const state = $state({ checked: -1, at: 0, busy: false });
let byItem = new Map<string, Finding[]>();
let weakIds = $state.raw<ReadonlySet<string>>(new Set());

export const health = state;
export const found = (): Found[] => list;
export const weak = (): ReadonlySet<string> => weakIds;

/** What was found of one item, the lesser matters left out. */
export const findings = (id: string): Finding[] => {
  void list;
  return (byItem.get(id) ?? []).filter((f) => f !== 'old' && f !== 'no-totp');
};

function keep(next: Found[]): void {
  byItem = new Map();
  for (const [id, f] of next) byItem.set(id, [...(byItem.get(id) ?? []), f]);
  weakIds = new Set(next.filter((x) => x[1] === 'weak').map((x) => x[0]));
  list = next;
}

/** Looks at every login; what was known of breaches stays. */
export async function check(): Promise<void> {
  if (state.busy) return;
  state.busy = true;
  try {
    const h = await call('health');
    keep([...h.findings, ...list.filter((x) => x[1] === 'breached')]);
    Object.assign(state, { checked: h.checked, at: Date.now() });
  } finally {
    state.busy = false;
  }
}

/** Asks for known breaches, through the server. */
export async function checkBreaches(): Promise<void> {
  const b = await call('breaches');
  keep([...list.filter((x) => x[1] !== 'breached'), ...b]);
}

export function forgetHealth(): void {
  keep([]);
  Object.assign(state, { checked: -1, at: 0, busy: false });
}
