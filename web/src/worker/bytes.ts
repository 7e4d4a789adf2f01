// Bytes as text and back. Decoding is strict: what another client would refuse is refused here.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const codes = new Int8Array(128).fill(-1);
for (let i = 0; i < 64; i++) codes[alphabet.charCodeAt(i)] = i;

/** Decodes standard base64 with padding; anything else throws. */
export function fromBase64(s: string): Uint8Array {
  if (s.length % 4 !== 0) throw new Error('base64: length');
  const pad = s.endsWith('==') ? 2 : s.endsWith('=') ? 1 : 0;
  const n = s.length - pad;
  const out = new Uint8Array((s.length / 4) * 3 - pad);
  let o = 0;
  let acc = 0;
  for (let i = 0; i < n; i++) {
    const code = s.charCodeAt(i);
    const v = code < 128 ? codes[code]! : -1;
    if (v < 0) throw new Error('base64: character');
    acc = (acc << 6) | v;
    if ((i & 3) === 3) {
      out[o++] = acc >>> 16;
      out[o++] = acc >>> 8;
      out[o++] = acc;
      acc = 0;
    }
  }
  if (pad === 1) {
    out[o++] = acc >>> 10;
    out[o] = acc >>> 2;
    if (acc & 3) throw new Error('base64: trailing bits');
  } else if (pad === 2) {
    out[o] = acc >>> 4;
    if (acc & 15) throw new Error('base64: trailing bits');
  }
  return out;
}

export function toBase64(b: Uint8Array): string {
  let s = '';
  for (let i = 0; i < b.length; i += 0x8000) s += String.fromCharCode(...b.subarray(i, i + 0x8000));
  return btoa(s);
}

export const toBase64Url = (b: Uint8Array): string =>
  toBase64(b).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

export const fromBase64Url = (s: string): Uint8Array =>
  fromBase64(s.replace(/-/g, '+').replace(/_/g, '/') + '='.repeat((4 - (s.length % 4)) % 4));

export const toHex = (b: Uint8Array): string => Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('');

const encoder = new TextEncoder();
export const utf8 = (s: string): Uint8Array => encoder.encode(s);
