// Reads a vault's file of any known kind. The kind is told by what the file holds: names are often wrong.
// Nothing here talks to the server or keeps anything.
import { isBitwardenCsv, readBitwardenCsv } from './bitwarden-csv';
import { readEncrypted } from './bitwarden-encrypted';
import { readBitwarden } from './bitwarden-json';
import { chromeCsv, readFirefox, readLogins, safariCsv, strongroomCsv } from './browsers';
import { readCsv, type Table } from './csv';
import type { Opts, Result } from './draft';
import { isObj, parseJson } from './json';
import { isKdb, isKdbx } from './keepass-magic';
import { readLastPass } from './lastpass';
import { most, textOf, within } from './limits';
import { readNordPass } from './nordpass';
import { isOnePasswordCsv, readOnePasswordCsv } from './onepassword-csv';
import { read1pux } from './onepassword-1pux';
import { readProton, readProtonCsv, readProtonZip } from './proton';
import { ImportError } from './types';
import { unzip } from './zip';

/** Reads a file. What is wrong with it is an ImportError; what of it cannot come over is in problems. */
export async function parse(name: string, bytes: Uint8Array, opts: Opts): Promise<Result> {
  within(bytes.length, most.file, name);
  if (isKdbx(bytes)) return (await keepass()).readKdbx(bytes, opts);
  if (isKdb(bytes)) throw new ImportError('unknown-format', 'KeePass 1 (.kdb)');
  if (bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2]! <= 8) return readArchive(bytes);
  const text = textOf(bytes);
  const start = text.slice(0, 1000).trimStart();
  if (start.startsWith('{')) return readJson(text, opts);
  if (/^<(\?xml|KeePassFile)/.test(start)) {
    if (!/<KeePassFile[\s>]/.test(text.slice(0, 4000))) throw new ImportError('unknown-format', 'XML');
    return (await keepass()).readKeePassXml(text);
  }
  if (/^(<|\[|-----BEGIN)/.test(start) || start === '') throw new ImportError('unknown-format', start.slice(0, 30));
  return readTable(text);
}

/** kdbxweb is large: it is loaded when it is needed. */
const keepass = () => import('./keepass-file');

function readArchive(bytes: Uint8Array): Result {
  const archive = unzip(bytes);
  if (archive.has('export.data')) return read1pux(archive);
  return readProtonZip(archive);
}

function readJson(text: string, opts: Opts): Promise<Result> | Result {
  const root = parseJson(text);
  if (!isObj(root)) throw new ImportError('unknown-format', 'JSON');
  if (root.encrypted === true && typeof root.vaults !== 'object') return readEncrypted(root, opts);
  if ('vaults' in root) return readProton(root);
  if (Array.isArray(root.accounts)) return read1pux(new Map([['export.data', new TextEncoder().encode(text)]]));
  if ('items' in root) return readBitwarden(root, 'bitwarden-json');
  throw new ImportError('unknown-format', 'JSON');
}

type Has = (name: string) => boolean;
const all =
  (...names: string[]) =>
  (has: Has): boolean =>
    names.every(has);

/** Tables, told by their columns. The first that fits reads: those with names of their own come first. */
const tables: [fits: (has: Has) => boolean, read: (t: Table) => Result][] = [
  [isBitwardenCsv, readBitwardenCsv],
  [all('url', 'username', 'password', 'extra', 'name', 'grouping'), readLastPass],
  [all('url', 'username', 'password', 'httprealm', 'formactionorigin'), readFirefox],
  [all('name', 'cardholdername', 'cardnumber'), readNordPass],
  [all('type', 'name', 'totp', 'createtime'), readProtonCsv],
  [isOnePasswordCsv, readOnePasswordCsv],
  [all('service', 'url', 'username', 'password'), (t) => readLogins(t, strongroomCsv, ['id'])],
  [(has) => all('title', 'url', 'username', 'password')(has) && !has('group'), (t) => readLogins(t, safariCsv)],
  [all('name', 'url', 'username', 'password'), (t) => readLogins(t, chromeCsv)],
];

function readTable(text: string): Result {
  const t = readCsv(text);
  const has = (name: string): boolean => t.columns.includes(name);
  const kind = tables.find(([fits]) => fits(has));
  if (!kind) throw new ImportError('unknown-format', t.columns.slice(0, 6).join(', ').slice(0, 100));
  return kind[1](t);
}
