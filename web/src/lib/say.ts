// Errors in the person's language: what the server or the worker said, as a toast or a line.
import { t, type Key } from './i18n.svelte';
import { toast } from './toast.svelte';
import { VaultError } from './vault.svelte';
import en from '../messages/en.json';

/** The words for what went wrong. The server's own words are kept where we have none. */
export function words(e: unknown): string {
  if (!(e instanceof VaultError)) return t('error.internal', { what: String(e) });
  const key = `error.${e.code}`;
  if (key in en) return t(key as Key, { what: e.message });
  return e.status === -1 ? t('error.internal', { what: e.message }) : e.message;
}

/** Shows what went wrong; a vault that was locked meanwhile is none. */
export function say(e: unknown): void {
  if (e instanceof VaultError && e.code === 'locked') return;
  toast(words(e), 'danger');
}
