// What a page asks of the program whose window it is in. In a browser there is none, and nothing is asked.

/** Whether this page is in the desktop program's window: its gate says so at the door, to an origin that is its own. */
export const desktop = ((): boolean => {
  try {
    return localStorage.getItem('strongroom.desktop') === '1';
  } catch {
    return false;
  }
})();

/** Asks the program around the window. It answers this origin's pages alone. */
export async function hand(
  what: 'copy' | 'choose' | 'open' | 'shown' | 'quick' | 'leave' | 'type',
  body: object = {},
): Promise<Response> {
  const headers = { 'Content-Type': 'application/json' };
  const r = await fetch('/desktop/' + what, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!r.ok) throw new Error(`${what}: ${r.status}`, { cause: r });
  return r;
}

/** The address that a click would lead to outside this vault; undefined for the vault's own pages. */
export function leads(target: EventTarget | null): string | undefined {
  const a = target instanceof Element ? target.closest<HTMLAnchorElement>('a[href]') : null;
  return a && a.origin !== location.origin && /^https?:$/.test(a.protocol) ? a.href : undefined;
}

/** Has web sites open in the system's browser: the window is the vault's alone, and no click and nothing dropped leads it elsewhere. */
export function stayHome(failed: () => void): void {
  const follow = (e: MouseEvent): void => {
    const url = leads(e.target);
    if (url === undefined) return;
    e.preventDefault();
    hand('open', { URL: url }).catch(failed);
  };
  addEventListener('click', follow, true);
  addEventListener('auxclick', follow, true);
  for (const what of ['dragover', 'drop']) addEventListener(what, (e) => e.preventDefault());
}

/** How this program's release stands to that of the vault's server. */
export type Newer = { On: boolean; Personal: boolean; Version: string; Server: string; Newer: boolean };

/** The server is asked by the program, and only where that was turned on. */
export async function newer(): Promise<Newer> {
  const r = await fetch('/desktop/newer');
  if (!r.ok) throw new Error(`newer: ${r.status}`);
  return (await r.json()) as Newer;
}

export async function tellNewer(on: boolean): Promise<void> {
  const headers = { 'Content-Type': 'application/json' };
  const r = await fetch('/desktop/newer', { method: 'PUT', headers, body: JSON.stringify({ On: on }) });
  if (!r.ok) throw new Error(`newer: ${r.status}`);
}
