// The audit log, as /api/v1 has it: lines that name people and things by id, and hold nothing of a vault.
import type { components } from '../api.gen';
import { nextPage } from './link';
import { state } from './state';

export type Line = components['schemas']['EventLine'];

const below = '/api/v1/';

/** One page of lines. path is relative to /api/v1, and so is next: '' on the last page. */
export async function events(path: string): Promise<{ list: Line[]; next: string }> {
  const r = await state.session.fetch(below + path);
  return { list: (await r.json()) as Line[], next: nextPage(r, below) };
}

/** A file has this many pages of 1,000 lines at most. */
const mostPages = 100;

/** All lines that a path to an export leaves, as one file: what its pages repeat of a heading is there once. */
export async function eventsFile(path: string): Promise<{ text: string; whole: boolean }> {
  const parts: string[] = [];
  let next = path;
  while (next && parts.length < mostPages) {
    const r = await state.session.fetch(below + next);
    const body = await r.text();
    const csv = r.headers.get('Content-Type')?.startsWith('text/csv');
    parts.push(csv && parts.length ? body.slice(body.indexOf('\n') + 1) : body);
    next = nextPage(r, below);
  }
  return { text: parts.join(''), whole: next === '' };
}
