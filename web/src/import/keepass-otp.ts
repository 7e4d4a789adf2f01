// The ways in which KeePass programs and plug-ins keep a code's secret, as one otpauth address or secret.
import { toBase32 } from './base32';
import { fromBase64, utf8 } from '../worker/bytes';
import type { Fields } from './keepass';

/** Takes the fields of a code; '' if the entry has none. A form that cannot be read stays a field. */
export function takeOtp(f: Fields): string {
  const otp = f.peek('otp').trim();
  if (/^(otpauth|steam):\/\//i.test(otp)) return f.take('otp');
  if (otp.includes('key=')) return keyed(f);
  const seed = f.peek('TOTP Seed').trim();
  if (seed) return tray(f);
  return native(f);
}

const build = (secret: string, period: string, digits: string, algorithm = 'SHA1'): string => {
  const s = secret.replace(/[\s-]/g, '').toUpperCase().replace(/=+$/, '');
  if (period === '30' && digits === '6' && algorithm === 'SHA1') return s;
  return `otpauth://totp/KeePass?secret=${s}&period=${period}&digits=${digits}&algorithm=${algorithm}`;
};

/** KeeOtp: key=JBSW...&step=30&size=6, or a type of Steam. */
function keyed(f: Fields): string {
  const q = new URLSearchParams(f.take('otp').trim());
  const secret = q.get('key') ?? '';
  if (/steam/i.test(q.get('type') ?? '') || /steam/i.test(q.get('encoder') ?? '')) return `steam://${secret}`;
  return build(secret, q.get('step') ?? '30', q.get('size') ?? '6', (q.get('otpHashMode') ?? 'SHA1').toUpperCase());
}

/** KeeTrayTOTP: a seed, and settings such as "30;6" or "30;S" for Steam. */
function tray(f: Fields): string {
  const seed = f.take('TOTP Seed');
  const [period = '30', digits = '6'] = f.take('TOTP Settings').trim().split(';');
  if (digits.toUpperCase() === 'S') return `steam://${seed.replace(/\s/g, '')}`;
  return build(seed, period || '30', /^\d+$/.test(digits) ? digits : '6');
}

const prefix = 'TimeOtp-Secret';

/** KeePass 2.47 and later: TimeOtp-Secret in one of four encodings. */
function native(f: Fields): string {
  const decoders: [string, (s: string) => string][] = [
    ['-Base32', (s) => s],
    ['-Hex', (s) => toBase32(Uint8Array.from(s.match(/[\da-f]{2}/gi) ?? [], (h) => parseInt(h, 16)))],
    ['-Base64', (s) => toBase32(fromBase64(s.trim()))],
    ['', (s) => toBase32(utf8(s))],
  ];
  for (const [suffix, decode] of decoders) {
    const raw = f.peek(prefix + suffix);
    if (!raw) continue;
    let secret: string;
    try {
      secret = decode(raw);
    } catch {
      continue;
    }
    f.take(prefix + suffix);
    const hash = /HMAC-SHA-(1|256|512)/.exec(f.take('TimeOtp-Algorithm'))?.[1] ?? '1';
    return build(secret, f.take('TimeOtp-Period') || '30', f.take('TimeOtp-Length') || '6', 'SHA' + hash);
  }
  return '';
}
