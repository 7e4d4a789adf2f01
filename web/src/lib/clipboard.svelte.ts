// Copying, with the clipboard cleared after a while and when the vault locks.
import { desktop, hand } from './desktop';
import { t } from './i18n.svelte';
import { prefs } from './prefs.svelte';
import { toast } from './toast.svelte';

let timer: ReturnType<typeof setInterval> | undefined;
let held = false;

/** What is left on the clipboard, for the toast's countdown; 0 when nothing of ours is there. */
export const clip = $state({ left: 0, of: 0 });

/** Copies a value. An absent one clears what was there before, so that nobody pastes the wrong thing. True when it is there. */
export async function copy(what: string, value: string): Promise<boolean> {
  if (!value) {
    await clearClipboard();
    toast(t('copy.absent', { what }), 'warning');
    return false;
  }
  try {
    // The program clears what it copied even when this page is gone by then.
    await (desktop ? hand('copy', { Text: value, Seconds: prefs.clearAfter }) : navigator.clipboard.writeText(value));
  } catch {
    toast(t('copy.failed'), 'danger');
    return false;
  }
  held = true;
  toast(t('copy.done', { what }), 'success', true);
  clearInterval(timer);
  if (prefs.clearAfter === 0) return true;
  clip.of = clip.left = prefs.clearAfter;
  timer = setInterval(() => {
    if (--clip.left <= 0) void clearClipboard();
  }, 1000);
  return true;
}

/** Empties the clipboard if what is on it came from here. */
export async function clearClipboard(): Promise<void> {
  clearInterval(timer);
  clip.left = 0;
  if (!held) return;
  held = false;
  try {
    await (desktop ? hand('copy', { Text: '', Seconds: 0 }) : navigator.clipboard.writeText(''));
  } catch {
    held = true; // the page is in the background: once it is back
    addEventListener('focus', () => void clearClipboard(), { once: true });
  }
}
