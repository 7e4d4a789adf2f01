// The service worker: the page's own files without a network. Nothing of a vault passes through it: it answers
// only for files of the build, and for the page itself, which is asked of the server first.
/* global self, caches, fetch, __FILES__, __VERSION__ */
const name = 'strongroom-' + __VERSION__;
const files = new Set(__FILES__);

self.addEventListener('install', (e) => {
  e.waitUntil(
    caches
      .open(name)
      .then((c) => c.addAll([...files]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (e) => {
  e.waitUntil(
    caches
      .keys()
      .then((all) =>
        Promise.all(all.filter((n) => n !== name && n.startsWith('strongroom-')).map((n) => caches.delete(n))),
      )
      .then(() => self.clients.claim()),
  );
});

/** A file of the build never changes under its name, so what was fetched once is kept. */
async function asset(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const r = await fetch(request);
  if (r.ok) await (await caches.open(name)).put(request, r.clone());
  return r;
}

self.addEventListener('fetch', (e) => {
  const u = new URL(e.request.url);
  if (e.request.method !== 'GET' || u.origin !== self.location.origin) return;
  if (u.pathname.startsWith('/assets/')) e.respondWith(asset(e.request));
  else if (files.has(u.pathname))
    e.respondWith(fetch(e.request).catch(() => caches.match(u.pathname).then((r) => r ?? Response.error())));
});
