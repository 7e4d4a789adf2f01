// Typed messages: English is there, other languages come when chosen. Plurals by Intl.PluralRules: key_one, key_other.
import en from '../messages/en.json';
import { prefs } from './prefs.svelte';

export type Key = keyof typeof en;
type Messages = Record<Key, string>;

export const languages = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof languages;

const loaders: Partial<Record<Language, () => Promise<{ default: Messages }>>> = {
  de: () => import('../messages/de.json'),
};
const state = $state({ lang: 'en' as Language, messages: en as Messages });

export const lang = (): Language => state.lang;

/** Takes the chosen language, else the browser's, else English. */
export async function loadLanguage(): Promise<void> {
  const wanted = prefs.language || navigator.languages.map((l) => l.slice(0, 2)).find((l) => l in languages) || 'en';
  const l = wanted as Language;
  state.messages = loaders[l] ? (await loaders[l]()).default : en;
  state.lang = l;
  document.documentElement.lang = l;
}

/** A message with its values put in; n chooses the plural. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  let k = key;
  if (typeof values.n === 'number') {
    const plural = `${key}_${new Intl.PluralRules(state.lang).select(values.n)}` as Key;
    if (plural in state.messages) k = plural;
  }
  return (state.messages[k] ?? en[k] ?? k).replace(/\{(\w+)\}/g, (_, n: string) => {
    const v = values[n];
    return typeof v === 'number' ? v.toLocaleString(state.lang) : (v ?? '');
  });
}

export const date = (s: string | number): string => new Date(s).toLocaleDateString(state.lang, { dateStyle: 'medium' });
export const dateTime = (s: string | number): string =>
  new Date(s).toLocaleString(state.lang, { dateStyle: 'medium', timeStyle: 'short' });

/** Bytes as people write them. */
export function size(n: number): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  let i = 0;
  for (; n >= 1000 && i < units.length - 1; i++) n /= 1000;
  return `${n.toLocaleString(state.lang, { maximumFractionDigits: i === 0 ? 0 : 1 })} ${units[i]}`;
}
