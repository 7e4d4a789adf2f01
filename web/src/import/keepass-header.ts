// A KDBX file's header, looked at before its password is put to work: it may ask for hours or for gigabytes.
import { BinaryStream, ByteUtils, Consts, Int64, VarDictionary } from 'kdbxweb';
import { most, within } from './limits';
import { ImportError } from './types';

const field = { end: 0, rounds: 6, kdf: 11 };

/** Refuses what is cut short, another version, or a derivation that costs too much. */
export function checkHeader(b: Uint8Array): void {
  const v = new DataView(b.buffer, b.byteOffset, b.byteLength);
  const need = (to: number): void => {
    if (to > b.length) throw new ImportError('malformed', `the header ends at byte ${b.length}`);
  };
  need(12);
  const major = v.getUint16(10, true);
  if (major !== 3 && major !== 4) throw new ImportError('unknown-format', `KDBX ${major}`);
  const head = major === 4 ? 5 : 3;
  for (let at = 12; ;) {
    need(at + head);
    const id = b[at]!;
    const n = major === 4 ? v.getUint32(at + 1, true) : v.getUint16(at + 1, true);
    at += head;
    need(at + n);
    if (id === field.end) return;
    if (id === field.rounds && n === 8) within(Number(v.getBigUint64(at, true)), most.kdfRounds, 'rounds of AES');
    if (id === field.kdf && major === 4) checkKdf(b.slice(at, at + n));
    at += n;
  }
}

function checkKdf(bytes: Uint8Array): void {
  let p: VarDictionary;
  try {
    p = VarDictionary.read(new BinaryStream(ByteUtils.arrayToBuffer(bytes)));
  } catch {
    throw new ImportError('malformed', 'the parameters of the key derivation');
  }
  const number = (name: string): number => {
    const v = p.get(name);
    return v instanceof Int64 ? v.value : typeof v === 'number' ? v : 0;
  };
  const id = p.get('$UUID');
  if (!(id instanceof ArrayBuffer)) throw new ImportError('malformed', 'no key derivation');
  if (ByteUtils.bytesToBase64(id) === Consts.KdfId.Aes) return within(number('R'), most.kdfRounds, 'rounds of AES');
  const kib = number('M') / 1024;
  within(kib, most.kdfMemory, 'memory of Argon2');
  within(kib * number('I'), most.kdfWork, 'passes of Argon2');
  within(number('P'), 64, 'lanes of Argon2');
}
