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
export async function hand(what: 'copy' | 'choose' | 'shown', body: object = {}): Promise<void> {
  const headers = { 'Content-Type': 'application/json' };
  const r = await fetch('/desktop/' + what, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!r.ok) throw new Error(`${what}: ${r.status}`);
}
