// Starts the built server over TLS in an empty folder, and stops it after the last spec. With E2E_URL the specs go to a
// server that runs already, such as one in several processes. Those that need one of their own start it all the same, or
// have it started by who listens at E2E_SERVERS (e2e/split_test.go).
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const binary = (): string => path.resolve(import.meta.dirname, process.env.STRONGROOM_BIN ?? '../../strongroom');

const freePort = (): Promise<number> =>
  new Promise((ok) => {
    const s = createServer().listen(0, '127.0.0.1', () => {
      const port = (s.address() as { port: number }).port;
      s.close(() => ok(port));
    });
  });

export type Server = { url: string; code: string; data: string; port: number; stop: (keep?: boolean) => Promise<void> };

/** A server of its own, for what the shared one must not suffer. env adds settings; data and port continue an earlier one. */
export async function startServer(
  env: Record<string, string> = {},
  data = mkdtempSync(path.join(tmpdir(), 'strongroom-e2e-')),
  port = 0,
): Promise<Server> {
  port ||= await freePort();
  if (process.env.E2E_SERVERS && env.TLS !== 'off') return split(process.env.E2E_SERVERS, env, data, port);
  const child: ChildProcess = spawn(binary(), ['serve'], {
    cwd: data,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: data,
      DATA_DIR: data,
      LISTEN: `localhost:${port}`,
      TLS: 'self-signed',
      SIGNUPS: 'open',
      OUTBOUND: 'off',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  child.stdout!.on('data', (b: Buffer) => (out += b));
  child.stderr!.on('data', (b: Buffer) => (out += b));
  const gone = new Promise<void>((ok) => child.once('exit', () => ok()));
  const scheme = (env.TLS ?? 'self-signed') === 'off' ? 'http' : 'https';
  const url = `${scheme}://localhost:${port}`;
  for (const began = Date.now(); !out.includes('Serving');) {
    if (child.exitCode !== null || Date.now() - began > 60_000) throw new Error('the server did not start: ' + out);
    await new Promise((ok) => setTimeout(ok, 50));
  }
  await new Promise((ok) => setTimeout(ok, 100));
  const code = /Setup code\s+(\S+)/.exec(out)?.[1] ?? '';
  const stop = async (keep = false): Promise<void> => {
    child.kill('SIGTERM');
    await gone;
    if (!keep) rmSync(data, { recursive: true, force: true });
  };
  return { url, code, data, port, stop };
}

/** A server in several processes behind a proxy. */
async function split(by: string, env: Record<string, string>, data: string, port: number): Promise<Server> {
  const r = await fetch(by, { method: 'PUT', body: JSON.stringify({ env, data, port }) });
  const { url, code } = (await r.json()) as { url: string; code: string };
  const stop = async (keep = false): Promise<void> => {
    await fetch(by, { method: 'DELETE', body: JSON.stringify({ data }) });
    if (!keep) rmSync(data, { recursive: true, force: true });
  };
  return { url, code, data, port, stop };
}

export default async function setup(): Promise<() => Promise<void>> {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; // the test's own authority
  if (process.env.E2E_URL) return () => Promise.resolve();
  const s = await startServer();
  process.env.E2E_URL = s.url;
  process.env.E2E_CODE = s.code;
  return () => s.stop();
}
