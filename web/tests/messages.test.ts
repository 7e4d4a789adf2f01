// The texts of the screens: both languages whole, every key that the sources use there, none that they do not.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ImportError, ProblemCode, Source } from '../src/import/types';
import { groups } from '../src/lib/activity/groups';
import { matchNames, kinds } from '../src/lib/itemtype';
import de from '../src/messages/de.json';
import en from '../src/messages/en.json';
import type { Finding } from '../src/worker/health';
import { cardFields, identityFields } from '../src/worker/model';

type Messages = Record<string, string>;
const languages: Record<string, Messages> = { en, de };
const src = join(import.meta.dirname, '../src');
const read = (f: string): string => readFileSync(join(src, f), 'utf8');
const files = (readdirSync(src, { recursive: true }) as string[]).filter(
  (f) => /\.(svelte|ts)$/.test(f) && !/(words|icons)\.ts$/.test(f),
);

const plural = /_(zero|one|two|few|many|other)$/;
const placeholders = (s: string): string[] => [...new Set([...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!))].sort();
const forms = (m: Messages, key: string): string[] =>
  Object.keys(m).filter((k) => k === key || (k.startsWith(key + '_') && plural.test(k)));

/** Splits what stands between brackets at its own commas. from is the place after the opening bracket. */
function parts(text: string, from: number): string[] {
  const out: string[] = [];
  let start = from;
  let depth = 0;
  let quote = '';
  for (let i = from; i < text.length; i++) {
    const c = text[i]!;
    if (quote) {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (`'"\``.includes(c)) quote = c;
    else if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c) && depth-- === 0) return [...out, text.slice(start, i).trim()];
    else if (c === ',' && depth === 0) {
      out.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  throw new Error('no closing bracket: ' + text.slice(from, from + 80));
}

type Call = { at: string; key: string; values: string | undefined };

/** Every t(...) of a text, its arguments as they are written. */
const callsIn = (file: string, text: string): Call[] =>
  [...text.matchAll(/(?<![\w.$])t\((?!key: Key)/g)].map((m) => {
    const [key = '', values] = parts(text, m.index + 2);
    return { at: `${file}: t(${key})`, key, values };
  });

const calls = files.flatMap((f) => callsIn(f, read(f)));
const quoted = (s: string): string[] => [...s.matchAll(/'([^'\\\n]*)'/g)].map((m) => m[1]!);

/** The keys that a call names: one, or those of a condition. What a condition compares with is none. */
const literals = (key: string): string[] =>
  /^(kindOf|label|linked|known)\b/.test(key) ? [] : quoted(key.replace(/[!=]==\s*'[^']*'/g, ''));

const names = <K extends string>(o: Record<K, 0>): K[] => Object.keys(o) as K[];
const sources = names<Source>({
  'bitwarden-json': 0,
  'bitwarden-csv': 0,
  'bitwarden-encrypted': 0,
  'strongroom-csv': 0,
  'chrome-csv': 0,
  'firefox-csv': 0,
  'safari-csv': 0,
  'keepass-xml': 0,
  'keepass-kdbx': 0,
  '1password-1pux': 0,
  '1password-csv': 0,
  'lastpass-csv': 0,
  proton: 0,
  'nordpass-csv': 0,
});
const problems = names<ProblemCode>({
  'type-unknown': 0,
  'field-dropped': 0,
  'file-dropped': 0,
  'row-skipped': 0,
  'folder-only': 0,
  shared: 0,
  'date-unreadable': 0,
  'moved-to-file': 0,
});
const findings = names<Finding>({ weak: 0, reused: 0, old: 0, 'no-totp': 0, insecure: 0, breached: 0 });
const refusals = names<Exclude<ImportError['code'], 'password-needed'>>({
  'unknown-format': 0,
  'password-wrong': 0,
  malformed: 0,
  'account-restricted': 0,
  'too-large': 0,
});

/** The server's kinds of events: each has words, and a place among the filters. */
const eventKinds = [
  ...readFileSync(join(src, '../../internal/vault/event.go'), 'utf8').matchAll(/^\tEvent\w+: +"([\w-]+)",/gm),
].map((m) => m[1]!);

/** Keys that are put together while the page runs: as the sources write them, and what they can become. */
const computed: Record<string, readonly string[]> = {
  '`strength.${s.score}` as Key': ['0', '1', '2', '3', '4'].map((n) => 'strength.' + n),
  '`health.${f}.item` as Key': ['breached', 'reused', 'weak', 'insecure'].map((f) => `health.${f}.item`),
  '`health.${g.f}` as Key': findings.map((f) => 'health.' + f),
  '`health.${g.f}.why` as Key': findings.map((f) => `health.${f}.why`),
  "label('card', f)": cardFields.map((f) => 'card.' + f),
  "label('identity', f)": identityFields.map((f) => 'identity.' + f),
  '`generator.${kind}`': ['generator.password', 'generator.passphrase', 'generator.username'],
  '`generator.${k}`': ['upper', 'lower', 'digits', 'special', 'unambiguous', 'capitalize', 'digit'].map(
    (k) => 'generator.' + k,
  ),
  '`generator.user.${k}`': ['word', 'plus', 'catchall'].map((k) => 'generator.user.' + k),
  '`theme.${x}` as Key': ['theme.system', 'theme.light', 'theme.dark'],
  '`setup.step.${s}`': ['sheet', 'https', 'import', 'done'].map((s) => 'setup.step.' + s),
  '`settings.${s}` as Key': [
    'profile',
    'security',
    'factors',
    'devices',
    'activity',
    'tokens',
    'domains',
    'app',
    'danger',
  ].map((s) => 'settings.' + s),
  '`factor.${kind}` as Key': ['webauthn', 'yubikey', 'passkey'].map((k) => 'factor.' + k),
  '`factor.${kind}.about` as Key': ['webauthn', 'yubikey', 'passkey'].map((k) => `factor.${k}.about`),
  '`admin.${s}` as Key': ['people', 'invitations', 'instance', 'nodes', 'jobs', 'storage', 'health', 'activity'].map(
    (s) => 'admin.' + s,
  ),
  '`event.${kind}` as Key': eventKinds.map((k) => 'event.' + k),
  '`activity.group.${g}` as Key': Object.keys(groups).map((g) => 'activity.group.' + g),
  '`out.${session.why}` as Key': ['ended', 'changed', 'deleted', 'idle'].map((w) => 'out.' + w),
  '`quick.${why}`': ['failed', 'nobody', 'moved', 'held', 'grabbed', 'text', 'keys'].map((w) => 'quick.' + w),
  '`empty.${view}`': ['archive', 'favorites', 'folder'].map((v) => `empty.${v}`),
  '`export.${f}`': ['export.encrypted_json', 'export.json', 'export.csv'],
  '`source.${preview.source}` as Key': sources.map((s) => 'source.' + s),
  '`problem.${p.code}` as Key': problems.map((p) => 'problem.' + p),
  '`import.${l.duplicate}`': ['import.same', 'import.similar'],
  'known[`import.error.${e.code}`]!': refusals.map((c) => 'import.error.' + c),
  "kindOf(typeNames[parts[1] ?? ''] ?? 1).name": kinds.map((k) => k.name),
  m: matchNames,
  k: ['text', 'hidden', 'boolean', 'linked'].map((x) => 'field.' + x),
  // Lists of keys whose type is Key: the compiler sees to these.
  'a.name': [],
  'k.name': [],
  'p.name': [],
  'known[p]!': [],
  'linked[f.linkedId ?? 0]!': [],
  'names[f.kind]': [],
  'names[k]': [],
  'roleNames[r]': [],
  'stateNames[s]': [],
  'jobNames[s]': [],
  'sourceNames[s]': [],
  'levelNames[l]': [],
  'doors[door]!': [],
  'reported[detail]!': [],
  "kinds[k] ?? 'admin.kind.other'": ['admin.kind.other'],
  what: [],
  f: [],
  'key as Key': [], // say.ts: error codes, below
};

/** Codes of the server, and the words of OAuth that the identity door puts in their place. */
const serverCodes = [
  'temporarily_unavailable',
  ...[...readFileSync(join(src, '../../docs/errors.md'), 'utf8').matchAll(/^\| `([\w-]+)`/gm)].flatMap(([, c]) => [
    c!,
    c!.replace(/^send-access-/, '').replaceAll('-', '_'),
  ]),
];

describe.each(Object.entries(languages))('messages in %s', (lang, m) => {
  it('has the keys of English, and placeholders like it', () => {
    expect(Object.keys(m)).toEqual(Object.keys(en));
    for (const [k, s] of Object.entries(en)) expect([k, placeholders(m[k]!)]).toEqual([k, placeholders(s)]);
  });

  it('is plain text', () => {
    for (const [k, s] of Object.entries(m)) {
      expect(s, k).toMatch(/\S/);
      expect(s, k).toBe(s.trim());
      expect(s, k).not.toMatch(/<[a-z!/]|&#?\w+;/i);
      expect(s.replace(/\{\w+\}/g, ''), k).not.toMatch(/[{}]/);
    }
  });

  it('has the plurals of its language, each beside its message', () => {
    const categories = new Intl.PluralRules(lang).resolvedOptions().pluralCategories;
    for (const k of Object.keys(m).filter((x) => plural.test(x))) {
      expect(categories, k).toContain(plural.exec(k)![1]);
      expect(m, k).toHaveProperty([k.replace(plural, '')]);
    }
  });

  it('has a form for one wherever a number is named', () => {
    const same = ['bulk.n', 'import.found', 'send.used.of'];
    for (const k of Object.keys(m).filter((x) => !plural.test(x) && placeholders(m[x]!).includes('n')))
      expect(same.includes(k) || k + '_one' in m, k).toBe(true);
  });
});

it('know every kind of event of the server, and each can be looked for', () => {
  expect(eventKinds.length).toBeGreaterThan(60);
  expect([...new Set<string>(Object.values(groups).flat())].sort()).toEqual([...eventKinds].sort());
});

it('addresses people formally in German, and leaves no sentence in English', () => {
  for (const [k, s] of Object.entries(de)) {
    expect(s, k).not.toMatch(/(?<!\p{L})(du|dir|dich|dein\p{L}*)(?!\p{L})/iu);
    if (s.split(' ').length > 4) expect(s, k).not.toBe((en as Messages)[k]);
  }
});

describe('the sources', () => {
  it('are read at all', () => expect(calls.length).toBeGreaterThan(300));

  it('name only messages that there are', () => {
    for (const c of calls)
      for (const k of c.key in computed ? computed[c.key]! : literals(c.key)) expect(en, c.at).toHaveProperty([k]);
  });

  it('make keys only in the ways that are listed here, and every listed way is one of theirs', () => {
    const made = new Set(calls.filter((c) => literals(c.key).length === 0 || c.key in computed).map((c) => c.key));
    expect([...made].sort()).toEqual(Object.keys(computed).sort());
  });

  it('give every message its values, and no others', () => {
    for (const c of calls.filter((x) => !(x.key in computed))) {
      const given = c.values
        ? parts(c.values, 1)
            .filter(Boolean)
            .map((v) => /^\w+/.exec(v)![0])
        : [];
      for (const k of literals(c.key)) {
        const wanted = new Set(forms(en, k).flatMap((x) => placeholders((en as Messages)[x]!)));
        expect(
          [...wanted].filter((p) => !given.includes(p)),
          `${c.at} does not give`,
        ).toEqual([]);
        expect(
          given.filter((p) => p !== 'n' && p !== 'what' && !wanted.has(p)),
          `${c.at} gives`,
        ).toEqual([]);
      }
    }
  });

  it('use every message', () => {
    const typed = files.map(read).filter((text) => /\bKey\b/.test(text));
    const used = new Set([...calls.flatMap((c) => literals(c.key)), ...Object.values(computed).flat()]);
    for (const k of typed.flatMap(quoted)) used.add(k);
    const idle = Object.keys(en).filter((k) => !k.startsWith('error.') && !used.has(k.replace(plural, '')));
    expect(idle).toEqual([]);
  });

  it('have words for every error of theirs, and words for no error that cannot be', () => {
    const thrown = files.flatMap((f) =>
      [...read(f).matchAll(/new (?:Api|Vault)Error\(\s*[^,()]+,\s*'([\w-]+)',/g)].map((m) => m[1]!),
    );
    expect(thrown.length).toBeGreaterThan(8);
    for (const code of thrown) expect(en).toHaveProperty([`error.${code}`]);
    const codes = Object.keys(en)
      .filter((k) => k.startsWith('error.'))
      .map((k) => k.slice('error.'.length));
    const known = new Set([...thrown, ...serverCodes]);
    expect(codes.filter((c) => !known.has(c) && !/^http-\d{3}$/.test(c))).toEqual([]);
  });
});
