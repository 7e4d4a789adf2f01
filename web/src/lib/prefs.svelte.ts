// How a person wants this browser to behave. Nothing of a vault is here; the address only where they asked for it.

export type Theme = 'system' | 'light' | 'dark';

const key = 'strongroom.prefs';
const defaults = {
  theme: 'system' as Theme,
  language: '' as '' | 'en' | 'de',
  compact: false,
  /** minutes without any act after which the vault locks; 0 never */
  lockAfter: 15,
  /** seconds after which the clipboard is cleared; 0 never */
  clearAfter: 30,
  /** the address to fill in, '' when it shall not be remembered */
  email: '',
  listWidth: 380,
  sideWidth: 230,
  breachCheck: false,
  /** the system's keychain may be able to open a vault here; the worker knows */
  keychain: false,
  /** the server's release that the person knows is newer than the program */
  toldNewer: '',
};

function load(): typeof defaults {
  try {
    return { ...defaults, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<typeof defaults>) };
  } catch {
    return { ...defaults };
  }
}

export const prefs = $state(load());

/** Keeps what changed. */
export function savePrefs(change: Partial<typeof defaults>): void {
  Object.assign(prefs, change);
  try {
    localStorage.setItem(key, JSON.stringify(prefs));
  } catch {
    return; // it holds until the page is closed
  } finally {
    applyTheme();
  }
}

const dark = matchMedia('(prefers-color-scheme: dark)');
dark.addEventListener('change', applyTheme);

export function applyTheme(): void {
  const t = prefs.theme === 'system' ? (dark.matches ? 'dark' : 'light') : prefs.theme;
  document.documentElement.dataset.bsTheme = t;
}
