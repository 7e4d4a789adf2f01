import { Gunzip } from 'fflate';
import { within } from './limits';

/** Unpacks gzip up to a limit of bytes. */
export function gunzip(data: Uint8Array, limit: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let n = 0;
  const g = new Gunzip((part) => {
    parts.push(part);
    within((n += part.length), limit, 'it unpacks to too much');
  });
  // In small pieces, so that no one call can unpack much more than the limit.
  for (let at = 0; at < data.length; at += 16_384) g.push(data.subarray(at, at + 16_384), at + 16_384 >= data.length);
  // fflate takes what it gets: the length behind the data tells whether that was all.
  if (data.length < 18 || new DataView(data.buffer, data.byteOffset).getUint32(data.length - 4, true) !== n)
    throw new Error('gzip: it ends early');
  const out = new Uint8Array(n);
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}
