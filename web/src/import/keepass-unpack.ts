// What kdbxweb would unpack without a limit, unpacked with one, between its own steps.
import { ByteUtils, Consts, HashedBlockTransform, KdbxError, ProtectedValue, type Kdbx } from 'kdbxweb';
import { fromBase64, toBase64, utf8 } from '../worker/bytes';
import { gunzip } from './gunzip';
import { most, textOf } from './limits';
import { ImportError } from './types';

/** kdbxweb removes tabs as it reads XML; as a reference they stay. Only in texts, never inside a tag. */
export const keepTabs = (xml: string): string => xml.replace(/>[^<]*\t[^<]*/g, (s) => s.replaceAll('\t', '&#9;'));

/** The opened content of version 4: an inner header with the attachments, then the XML. */
export function unpack4(db: Kdbx, opened: ArrayBuffer): ArrayBuffer {
  const all = inflate(db, new Uint8Array(opened), most.unpacked);
  const v = new DataView(all.buffer, all.byteOffset, all.byteLength);
  let at = 0;
  for (let id = -1; id !== 0;) {
    if (at + 5 > all.length) throw new ImportError('malformed', 'the inner header ends early');
    id = all[at]!;
    at += 5 + v.getUint32(at + 1, true);
  }
  const xml = utf8(keepTabs(textOf(all.subarray(at))));
  const out = new Uint8Array(at + xml.length);
  out.set(all.subarray(0, at));
  out.set(xml, at);
  return ByteUtils.arrayToBuffer(out);
}

/** The opened content of version 3: known bytes, then the XML in hashed blocks. */
export async function unpack3(db: Kdbx, opened: ArrayBuffer): Promise<ArrayBuffer> {
  const start = new Uint8Array(db.header.streamStartBytes ?? new ArrayBuffer(0));
  const all = new Uint8Array(opened);
  if (start.length === 0 || start.some((x, i) => all[i] !== x)) throw new KdbxError(Consts.ErrorCodes.InvalidKey);
  const packed = await HashedBlockTransform.decrypt(opened.slice(start.length));
  const xml = utf8(keepTabs(textOf(inflate(db, new Uint8Array(packed), most.text))));
  const blocks = new Uint8Array(await HashedBlockTransform.encrypt(ByteUtils.arrayToBuffer(xml)));
  const out = new Uint8Array(start.length + blocks.length);
  out.set(start);
  out.set(blocks, start.length);
  return ByteUtils.arrayToBuffer(out);
}

/** Unpacks, and tells kdbxweb that there is nothing left to unpack. */
function inflate(db: Kdbx, data: Uint8Array, limit: number): Uint8Array {
  if (db.header.compression !== Consts.CompressionAlgorithm.GZip) return data;
  db.header.compression = Consts.CompressionAlgorithm.None;
  return gunzip(data, limit);
}

/** Steps in before the XML is read: unpacks attachments in it, and afterwards fills the list of those
 * that entries name but the file does not hold. */
export function watchBinaries(db: Kdbx): readonly string[] {
  const missing: string[] = [];
  const load = db.loadFromXml.bind(db);
  db.loadFromXml = async (ctx) => {
    const doc = db.xml!;
    let left: number = most.unpacked;
    for (const tag of ['Binary', 'Value'])
      for (const e of Array.from(doc.getElementsByTagName(tag))) {
        if (!/^true$/i.test(e.getAttribute('Compressed') ?? '')) continue;
        const packed = e.protectedValue?.getBinary() ?? fromBase64((e.textContent ?? '').replace(/\s/g, ''));
        const bytes = gunzip(packed, left);
        left -= bytes.length;
        e.removeAttribute('Compressed');
        if (e.protectedValue) e.protectedValue = ProtectedValue.fromBinary(ByteUtils.arrayToBuffer(bytes));
        else e.textContent = toBase64(bytes);
      }
    const refs = Array.from(doc.getElementsByTagName('Value')).flatMap((e) => {
      const ref = e.getAttribute('Ref');
      return ref && !inHistory(e) ? [{ ref, name: e.parentNode?.firstChild?.textContent?.trim() || keyOf(e) }] : [];
    });
    const out = await load(ctx);
    for (const { ref, name } of refs) if (!db.binaries.getByRef({ ref })) missing.push(name);
    return out;
  };
  return missing;
}

const keyOf = (value: Element): string => value.parentNode?.textContent?.trim() ?? '';

function inHistory(e: Element): boolean {
  for (let n: Node | null = e; n; n = n.parentNode) if (n.nodeName === 'History') return true;
  return false;
}
