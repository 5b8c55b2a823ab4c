// The worker of the portal, served as /sw.js with the line `const SHELL = {...}` in front. It keeps the style,
// the scripts and one page that is the same for everybody, and answers with them only when there is no signal.
// Pages of signed-in people are never kept. docs/decisions/0017-offline.md
import { sendAll, changed } from "./sending.js";
import * as store from "./store.js";

const { version, page, files, static: folder, signOut } = SHELL;
const NAME = `okoce-${version}`;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(NAME).then((cache) => cache.addAll([...files, new Request(page, { credentials: "omit" })])).then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const clean = async () => {
    for (const name of await caches.keys()) if (name !== NAME) await caches.delete(name);
    await self.registration.navigationPreload?.enable();
    await self.clients.claim();
  };
  event.waitUntil(clean());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (address.origin !== location.origin) return;
  if (request.method === "POST") {
    if (request.mode === "navigate" && signOut.includes(address.pathname)) event.respondWith(goodbye(request));
  } else if (request.mode === "navigate") {
    event.respondWith(visit(event));
  } else if (request.method === "GET" && address.pathname.startsWith(folder)) {
    event.respondWith(asset(request));
  }
});

async function visit(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch (fault) {
    const kept = await caches.match(page);
    if (!kept) throw fault;
    return kept;
  }
}

async function asset(request) {
  try {
    return await fetch(request);
  } catch (fault) {
    const kept = await caches.match(request);
    if (!kept) throw fault;
    return kept;
  }
}

/** Signs out, and forgets what the user had here once the portal has done it: it leads elsewhere, or says goodbye. */
async function goodbye(request) {
  const answer = await fetch(request);
  if (answer.type === "opaqueredirect" || answer.ok) {
    await store.empty(await store.author());
    changed();
  }
  return answer;
}

self.addEventListener("sync", (event) => {
  if (event.tag !== "kirim") return;
  const send = async () => {
    const why = await sendAll(await store.author());
    if (why === "signal" || why === "busy") throw new Error(why); // the browser asks again later
  };
  event.waitUntil(send());
});
