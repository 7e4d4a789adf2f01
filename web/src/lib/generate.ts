// Passwords, passphrases and user names, from the browser's random numbers without bias.

export type PasswordOptions = {
  length: number;
  lower: boolean;
  upper: boolean;
  digits: boolean;
  special: boolean;
  unambiguous: boolean;
  minDigits: number;
  minSpecial: number;
};
export type PassphraseOptions = { words: number; separator: string; capitalize: boolean; digit: boolean };
export type UsernameOptions = {
  kind: 'word' | 'plus' | 'catchall';
  email: string;
  domain: string;
  capitalize: boolean;
  digits: boolean;
};

const sets = {
  lower: 'abcdefghijklmnopqrstuvwxyz',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  digits: '0123456789',
  special: '!@#$%^&*-_=+?',
};
const ambiguous = /[Il1O0o]/g;

/** A number below n, every one as likely as any other. */
export function below(n: number): number {
  const limit = Math.floor(0x1_0000_0000 / n) * n;
  const b = new Uint32Array(1);
  do crypto.getRandomValues(b);
  while (b[0]! >= limit);
  return b[0]! % n;
}

const pick = (s: string): string => s[below(s.length)]!;

function shuffle(a: string[]): string[] {
  for (let i = a.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [a[i], a[j]] = [a[j]!, a[i]!];
  }
  return a;
}

/** At least one of every chosen kind; with none chosen, small letters. */
export function password(o: PasswordOptions): string {
  const of = (k: keyof typeof sets): string => (o.unambiguous ? sets[k].replace(ambiguous, '') : sets[k]);
  const kinds = (Object.keys(sets) as (keyof typeof sets)[]).filter((k) => o[k]);
  if (kinds.length === 0) kinds.push('lower');
  const least = (k: keyof typeof sets): number =>
    k === 'digits' ? Math.max(1, o.minDigits) : k === 'special' ? Math.max(1, o.minSpecial) : 1;
  const out = kinds.flatMap((k) => Array.from({ length: least(k) }, () => pick(of(k))));
  const all = kinds.map(of).join('');
  while (out.length < o.length) out.push(pick(all));
  return shuffle(out).slice(0, Math.max(o.length, kinds.length)).join('');
}

const capital = (w: string): string => w[0]!.toUpperCase() + w.slice(1);

export async function passphrase(o: PassphraseOptions): Promise<string> {
  const { words } = await import('./words');
  const out = Array.from({ length: o.words }, () => words[below(words.length)]!).map((w) =>
    o.capitalize ? capital(w) : w,
  );
  if (o.digit) {
    const i = below(out.length);
    out[i] += String(below(10));
  }
  return out.join(o.separator);
}

export async function username(o: UsernameOptions): Promise<string> {
  const { words } = await import('./words');
  const letters = Array.from({ length: 8 }, () => pick(sets.lower + sets.digits)).join('');
  if (o.kind === 'plus') {
    const [name = '', host = ''] = o.email.split('@');
    return host ? `${name}+${letters}@${host}` : '';
  }
  if (o.kind === 'catchall') return o.domain ? `${letters}@${o.domain.replace(/^@/, '')}` : '';
  const w = words[below(words.length)]!;
  return (o.capitalize ? capital(w) : w) + (o.digits ? String(below(10_000)).padStart(4, '0') : '');
}

/** What a password's characters are, for colouring. */
export function classOf(c: string): 'digit' | 'letter' | 'special' {
  if (/\p{N}/u.test(c)) return 'digit';
  return /\p{L}/u.test(c) ? 'letter' : 'special';
}

/** Bits of what the options leave to chance: a lower bound. */
export function passwordBits(o: PasswordOptions): number {
  const n = (Object.keys(sets) as (keyof typeof sets)[])
    .filter((k) => o[k])
    .reduce((s, k) => s + (o.unambiguous ? sets[k].replace(ambiguous, '') : sets[k]).length, 0);
  return Math.floor(o.length * Math.log2(n || 26));
}
