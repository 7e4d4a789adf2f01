// Archives. What an entry says it unpacks to is counted before anything is unpacked, and fflate fills no
// more than that: a small file cannot become a large one.
import { unzipSync, type UnzipFileInfo } from 'fflate';
import { most, within } from './limits';
import { ImportError } from './types';

/** Unpacks an archive whole: path to bytes. Directories are left out. */
export function unzip(bytes: Uint8Array): Map<string, Uint8Array> {
  let entries = 0;
  let total = 0;
  const filter = (f: UnzipFileInfo): boolean => {
    within(++entries, most.entries, `more than ${most.entries} entries`);
    within((total += Math.max(f.size, f.originalSize)), most.unpacked, 'it unpacks to more than 256 MB');
    return !f.name.endsWith('/');
  };
  try {
    return new Map(Object.entries(unzipSync(bytes, { filter })));
  } catch (e) {
    if (e instanceof ImportError) throw e;
    throw new ImportError('malformed', `the archive: ${(e as Error).message}`);
  }
}
