// The generator's options and what it made in this tab.
import type { PassphraseOptions, PasswordOptions, UsernameOptions } from './generate';
import { session } from './vault.svelte';

export const options = $state({
  kind: 'password' as 'password' | 'passphrase' | 'username',
  password: {
    length: 20,
    lower: true,
    upper: true,
    digits: true,
    special: true,
    unambiguous: false,
    minDigits: 1,
    minSpecial: 1,
  } as PasswordOptions,
  passphrase: { words: 5, separator: '-', capitalize: false, digit: true } as PassphraseOptions,
  username: { kind: 'word', email: '', domain: '', capitalize: true, digits: true } as UsernameOptions,
});

const most = 100;
let made = $state<{ value: string; at: number }[]>([]);

export const generated = (): { value: string; at: number }[] => made;

export function remember(value: string): void {
  if (value && session.state === 'open')
    made = [{ value, at: performance.timeOrigin + performance.now() }, ...made].slice(0, most);
}

/** Forgets what was made, when the vault locks. */
export function forget(): void {
  made = [];
}
