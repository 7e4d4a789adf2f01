// The quick search: its keys were pressed in another program, and the desktop program made its window small for one item.
import { desktop, hand } from './desktop';

/** on while the window is the quick search's; times counts how often it came; types says that it can type elsewhere. */
export const quick = $state({ on: false, times: 0, types: false });

/** Hears of it from the program, which may have made the window small before this page was there. */
export function listen(): void {
  if (!desktop) return;
  const come = (): void => void ((quick.on = true), quick.times++);
  addEventListener('strongroom-quick', come);
  addEventListener('strongroom-quick-end', () => (quick.on = false));
  hand('quick')
    .then((r) => r.json() as Promise<{ On: boolean; Types: boolean }>)
    .then(
      (is) => ((quick.types = is.Types), is.On && !quick.on && come()),
      () => undefined, // the program is older than this page
    );
}

/** Has the program put its window back to where it was before. */
export function leave(): void {
  hand('leave').catch(() => (quick.on = false));
}

const codes = ['nobody', 'moved', 'held', 'grabbed', 'text', 'keys'] as const;

/** Has the program type into the window that was active before. Why it did not comes back, '' when it did. */
export async function typeElsewhere(values: string[]): Promise<'' | 'failed' | (typeof codes)[number]> {
  try {
    await hand('type', { Values: values });
    return '';
  } catch (e) {
    const r = (e as Error).cause;
    const said = r instanceof Response ? ((await r.json().catch(() => ({}))) as { Code?: string }) : {};
    return codes.find((c) => c === said.Code) ?? 'failed';
  }
}
