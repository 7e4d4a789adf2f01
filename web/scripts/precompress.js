// After the build: the service worker with its list of files, and brotli and gzip copies, so that the server
// compresses nothing. Assets stay in the binary compressed only; a client that takes neither gets them inflated.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const walk = (dir) =>
  readdirSync(dir).flatMap((f) => {
    const p = path.join(dir, f);
    return statSync(p).isDirectory() ? walk(p) : [p];
  });
const urlOf = (f) => '/' + path.relative('dist', f).split(path.sep).join('/');

const files = walk('dist').filter((f) => !path.basename(f).startsWith('.'));
// What is needed seldom and is large (dictionaries, KeePass) is kept once it was used. What the page begins with is
// needed always, however large: it may be asked for before the service worker is there.
const first = new Set(readFileSync('dist/index.html', 'utf8').match(/\/assets\/[^"']+/g));
const list = files
  .filter((f) => first.has(urlOf(f)) || statSync(f).size < 100_000)
  .map(urlOf)
  .map((u) => (u === '/index.html' ? '/' : u))
  .sort();
const version = createHash('sha256');
for (const f of files.sort()) version.update(f).update(readFileSync(f));
const worker = readFileSync('scripts/sw.js', 'utf8')
  .replace(/^\/\/.*\n|^\/\*.*\*\/\n/gm, '')
  .replaceAll('__FILES__', JSON.stringify(list))
  .replaceAll('__VERSION__', JSON.stringify(version.digest('hex').slice(0, 16)));
writeFileSync('dist/sw.js', worker);

for (const f of walk('dist').filter((f) => /\.(js|css|html|svg|json|webmanifest)$/.test(f))) {
  const b = readFileSync(f);
  writeFileSync(
    f + '.br',
    brotliCompressSync(b, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: b.length },
    }),
  );
  writeFileSync(f + '.gz', gzipSync(b, { level: 9 }));
  if (urlOf(f).startsWith('/assets/')) rmSync(f);
}
writeFileSync('dist/.keep', '');
