// The files beside a 1PUX's data: files/<document id>__<name>.
import type { Draft } from './draft';
import { str, type Obj } from './json';
import type { ImportItem } from './types';

export type Files = { take(documentId: string): Uint8Array | undefined };

export function filesOf(archive: Map<string, Uint8Array>): Files {
  const byId = new Map<string, Uint8Array>();
  for (const [path, bytes] of archive) {
    const m = /^files\/([^_/]+)__/.exec(path);
    if (m) byId.set(m[1]!, bytes);
  }
  return { take: (id) => byId.get(id) };
}

/** Takes a file into an item; one that the archive does not hold is counted. */
export function attach(d: Draft, i: ImportItem, file: Obj, files: Files): void {
  const name = str(file.fileName) || str(file.documentId);
  const bytes = files.take(str(file.documentId));
  if (bytes) i.files.push({ name, bytes });
  else d.problem('file-dropped', name);
}
