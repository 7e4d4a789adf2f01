// A mail server for specs: it takes every letter and lets a spec wait for the one to an address.
import { createServer, type Server as Net, type Socket } from 'node:net';

export type Letter = { to: string; subject: string; text: string };
export type Post = { env: Record<string, string>; to: (address: string) => Promise<Letter>; stop: () => Promise<void> };

/** Undoes what mail does to long lines and letters outside of ASCII. */
function plain(source: string): string {
  const boundary = /boundary="?([^"\r\n;]+)/.exec(source)?.[1];
  const parts = boundary ? source.split('--' + boundary).slice(1) : [source];
  const part = parts.find((p) => /content-type: text\/plain/i.test(p)) ?? parts[0]!;
  const body = part.slice(part.indexOf('\r\n\r\n') + 4);
  if (/transfer-encoding: base64/i.test(part)) return Buffer.from(body, 'base64').toString('utf8');
  if (!/transfer-encoding: quoted-printable/i.test(part)) return body;
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, h: string) => String.fromCharCode(parseInt(h, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function speak(c: Socket, keep: (l: Letter) => void): void {
  let rest = '';
  let to = '';
  let data: string[] | undefined;
  const line = (l: string): string => {
    if (data) {
      if (l !== '.') return (data.push(l.replace(/^\./, '')), '');
      const source = data.join('\r\n');
      data = undefined;
      keep({ to, subject: /^subject: (.*)/im.exec(source)?.[1] ?? '', text: plain(source) });
      return '250 kept';
    }
    if (/^RCPT/i.test(l)) to = /<(.*?)>/.exec(l)?.[1] ?? '';
    if (/^EHLO/i.test(l)) return '250-localhost\r\n250 8BITMIME';
    if (/^DATA/i.test(l)) return ((data = []), '354 go');
    return /^QUIT/i.test(l) ? '221 bye' : '250 ok';
  };
  c.on('error', () => c.destroy());
  c.on('data', (b) => {
    const lines = (rest + b.toString('latin1')).split('\r\n');
    rest = lines.pop()!;
    for (const l of lines) {
      const said = line(l);
      if (said) c.write(said + '\r\n');
    }
  });
  c.write('220 localhost ready\r\n');
}

/** Starts one; env are the settings with which a server hands its letters to it. */
export async function startPost(): Promise<Post> {
  const letters: Letter[] = [];
  const waiting = new Set<() => void>();
  const server: Net = createServer((c) =>
    speak(c, (l) => {
      letters.push(l);
      for (const look of waiting) look();
    }),
  );
  await new Promise<void>((ok) => server.listen(0, '127.0.0.1', ok));
  const { port } = server.address() as { port: number };
  const to = (address: string): Promise<Letter> =>
    new Promise((ok) => {
      const look = (): void => {
        const at = letters.findIndex((l) => l.to === address);
        if (at < 0) return;
        waiting.delete(look);
        ok(letters.splice(at, 1)[0]!);
      };
      waiting.add(look);
      look();
    });
  return {
    env: {
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(port),
      SMTP_SECURITY: 'off',
      MAIL_FROM: 'Strongroom <vault@example.com>',
    },
    to,
    stop: () => new Promise((ok) => server.close(() => ok())),
  };
}

/** The first link of a letter. */
export const linkOf = (l: Letter): string => /https?:\/\/\S+/.exec(l.text)![0];
