// The few requests that the page makes by itself: those without any secret.
import { VaultError } from './vault.svelte';

/** Posts JSON; what is wrong throws VaultError. */
export async function post(path: string, body: unknown): Promise<void> {
  let r: Response;
  try {
    r = await fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      credentials: 'same-origin', // the server has no cookies; what stands before it may: the desktop's gate, a proxy
      signal: AbortSignal.timeout(30_000),
    });
  } catch {
    throw new VaultError(0, 'offline', '');
  }
  if (r.ok) return;
  const b = (await r.json().catch(() => ({}))) as { message?: string };
  throw new VaultError(r.status, r.headers.get('Error-Code') ?? 'http-' + r.status, b.message ?? `HTTP ${r.status}`);
}
