// Keeps the shell; every page comes from the network, and without one stands the page that says so.
const KEPT = "shabaka-{{ mark }}", SHELL = {{ shell | tojson }};
addEventListener("install", (event) => event.waitUntil(
  caches.open(KEPT).then((kept) => kept.addAll(SHELL)).then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(
  caches.keys().then((names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))))
    .then(() => clients.claim())));
addEventListener("fetch", (event) => {
  const asked = event.request, at = new URL(asked.url);
  if (asked.method !== "GET" || at.origin !== location.origin) return;
  if (asked.mode === "navigate") event.respondWith(fetch(asked).catch(() => caches.match(SHELL[1])));
  else if (at.pathname + at.search === SHELL[0]) event.respondWith(caches.match(SHELL[0]).then((kept) => kept || fetch(asked)));
});
