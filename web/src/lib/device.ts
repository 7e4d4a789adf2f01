// Which device this browser is to the server. The id is random and tells nothing.

const key = 'strongroom.device';
let own = '';

/** keep: the browser is the person's own, so that the server knows it again. */
export function deviceId(keep: boolean): string {
  if (own) return own;
  try {
    own = localStorage.getItem(key) ?? '';
  } catch {
    own = '';
  }
  own ||= crypto.randomUUID();
  if (keep) {
    try {
      localStorage.setItem(key, own);
    } catch {
      return own; // a browser that keeps nothing is a new device each time
    }
  }
  return own;
}

const kinds: [RegExp, number, string][] = [
  [/\bEdg\//, 12, 'Edge'],
  [/\bOPR\//, 11, 'Opera'],
  [/\bVivaldi\//, 18, 'Vivaldi'],
  [/\bFirefox\//, 10, 'Firefox'],
  [/\bChrom(e|ium)\//, 9, 'Chrome'],
  [/\bSafari\//, 17, 'Safari'],
];

const found = (): [RegExp, number, string] =>
  kinds.find(([re]) => re.test(navigator.userAgent)) ?? [/./, 14, 'Browser'];

/** The protocol's number of this kind of browser. */
export const deviceType = (): number => found()[1];
export const deviceName = (): string =>
  `${found()[2]}, ${/Windows|Mac OS|Android|iPhone|iPad|Linux/.exec(navigator.userAgent)?.[0] ?? '?'}`;
