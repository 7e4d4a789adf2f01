// What a browser must load, in brotli bytes of the built files. `make web` comes first; without a build there is nothing to weigh.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const dist = path.resolve(import.meta.dirname, '../dist');
const built = existsSync(path.join(dist, 'index.html'));
if (!built && process.env.CI) throw new Error('web/dist is not built: make web');
const weight = (f: string): number => statSync(path.join(dist, f + '.br')).size;
const assets = built
  ? readdirSync(path.join(dist, 'assets'))
      .filter((f) => f.endsWith('.br'))
      .map((f) => f.slice(0, -3))
  : [];
const named = (re: RegExp): string[] => assets.filter((f) => re.test(f)).map((f) => 'assets/' + f);

describe.runIf(built)('sizes', () => {
  it('the first view is under 90 KB', () => {
    const html = readFileSync(path.join(dist, 'index.html'), 'utf8');
    const first = [
      'index.html',
      ...[...html.matchAll(/(?:src|href)="\/((?:assets\/|theme)[^"]+)"/g)].map((m) => m[1]!),
    ];
    expect(first.length).toBeGreaterThan(3);
    const page = first.reduce((n, f) => n + weight(f), 0);
    const worker = named(/^(vault\.worker|state|model|keys)-.*\.js$/).reduce((n, f) => n + weight(f), 0);
    expect(page).toBeLessThan(70_000);
    expect(page + worker, 'with the worker that starts beside it').toBeLessThan(90_000);
  });

  it('a screen that comes later is under 40 KB', () => {
    // Dictionaries of the strength meter, the word list and the KeePass reader are no screens.
    const data = /^(dist|index\.esm|words|keepass-file|json|import|decompress)-/;
    for (const f of assets.filter((a) => a.endsWith('.js') && !data.test(a)))
      expect(weight('assets/' + f), f).toBeLessThan(40_000);
  });

  it('every asset is there compressed twice, and never as it is', () => {
    for (const f of assets) {
      expect(existsSync(path.join(dist, 'assets', f + '.gz')), f).toBe(true);
      expect(existsSync(path.join(dist, 'assets', f)), f).toBe(false);
    }
  });
});
