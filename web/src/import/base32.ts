const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Base32 (RFC 4648) without padding, as codes' secrets are written. */
export function toBase32(b: Uint8Array): string {
  let out = '';
  let v = 0;
  let bits = 0;
  for (const x of b) {
    v = ((v << 8) | x) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) out += alphabet[(v >>> (bits - 5)) & 31];
  }
  return bits ? out + alphabet[(v << (5 - bits)) & 31] : out;
}
