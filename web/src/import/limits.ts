// How much a file may hold. A browser's worker has to hold all of it at once, and a file may have been
// made to use up its memory: every reader counts before it unpacks.
import { ImportError } from './types';

export const most = {
  /** bytes of a file as chosen */
  file: 200 * 1024 * 1024,
  /** bytes of a text: CSV, JSON, XML */
  text: 64 * 1024 * 1024,
  /** bytes that an archive may unpack to, and its entries */
  unpacked: 256 * 1024 * 1024,
  entries: 20_000,
  rows: 100_000,
  columns: 500,
  /** characters of one value */
  value: 1024 * 1024,
  /** entries of one item's lists; what the server keeps of one */
  list: 2_000,
  /** levels of folders and of JSON */
  depth: 64,
  /** what deriving a key may cost: KiB of memory, KiB times passes, rounds of AES */
  kdfMemory: 1024 * 1024,
  kdfWork: 32 * 1024 * 1024,
  kdfRounds: 200_000_000,
} as const;

export function within(n: number, limit: number, where: string): void {
  if (n > limit) throw new ImportError('too-large', where);
}

/** Decodes a text as UTF-8 or, with its byte order mark, UTF-16. Anything else is malformed. */
export function textOf(b: Uint8Array): string {
  within(b.length, most.text, `${Math.round(b.length / 1024 / 1024)} MB`);
  const wide = b[0] === 0xff && b[1] === 0xfe ? 'utf-16le' : b[0] === 0xfe && b[1] === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(wide, { fatal: true }).decode(b);
  } catch {
    throw new ImportError('malformed', 'its text is not UTF-8');
  }
}
