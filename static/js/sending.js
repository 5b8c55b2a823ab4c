// Sends what waits: one sender at a time in this browser, each entry as its own author, each once (the server
// knows its submission_id). Used by pages and by the worker.
import * as store from "./store.js";

const PATIENCE = 20_000; // milliseconds for one answer; afterwards there is "no signal" and the entry stays
const KEPT = 24 * 60 * 60 * 1000; // how long a sent entry is still listed, without its words
const LATER = new Set([401, 408, 413, 425, 429]); // 413: a proxy in between; the portal itself takes no such form

const channel = "BroadcastChannel" in self ? new BroadcastChannel("okoce-kiriman") : null;
const listeners = new Set();

/** Calls back whenever something was stored, sent, refused or thrown away, also in another tab. */
export function onChange(callback) {
  listeners.add(callback);
  if (channel) channel.onmessage = () => listeners.forEach((one) => one());
}

export function changed() {
  listeners.forEach((one) => one());
  channel?.postMessage("");
}

async function ask(address, options = {}) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    const answer = await fetch(address, {
      credentials: "same-origin", cache: "no-store", redirect: "manual", signal: patience.signal, ...options,
    });
    const isJson = (answer.headers.get("Content-Type") ?? "").startsWith("application/json");
    return { status: answer.status, isRedirect: answer.type === "opaqueredirect", data: isJson ? await answer.json() : null };
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** { author, token } of whoever is signed in; null without signal. */
export async function visitor() {
  const answer = await ask("/sinyal/");
  if (answer?.isRedirect) return { author: "", token: "" }; // signed in, but the second step is missing
  return answer?.status === 200 ? answer.data : null;
}

/** Posts one entry. Answers with the state that is to be stored, or with why it has to wait. */
async function post(entry, token, later) {
  const body = new URLSearchParams(entry.fields);
  const headers = { "X-Author": entry.author, "X-CSRFToken": token, ...(later ? { "X-Later": "1" } : {}) };
  const answer = await ask(entry.action, { method: "POST", body, headers });
  if (!answer) return { why: "signal" };
  const { status, data } = answer;
  if (answer.isRedirect) return { why: "signed-out" };
  if (status === 200 && data) return { state: "sent", next: data.next, sent_at: Date.now(), fields: [], lines: [] };
  if (data?.is_foreign) return { why: "foreign" };
  if (status === 403 && !data) return { why: "token" };
  if (status >= 400 && status < 500 && !LATER.has(status)) return { state: "refused", status, reasons: data?.reasons ?? [] };
  return { why: "busy" };
}

async function deliver(entry, token, later = false) {
  let result = await post(entry, token, later);
  if (result.why === "token") {
    // The page's token is older than the session: ask for a new one, once.
    const who = await visitor();
    if (!who) return { why: "signal" };
    if (who.author !== entry.author) return { why: who.author ? "foreign" : "signed-out" };
    result = await post(entry, who.token, later);
    if (result.why === "token") result = { state: "refused", status: 403, reasons: [] };
  }
  if (result.state) {
    await store.change(entry.id, result);
    changed();
  }
  return result;
}

/** One sender at a time; where the browser knows no locks, the server's own care has to do. */
function alone(act, options = {}) {
  return navigator.locks ? navigator.locks.request("okoce-kiriman", options, act) : act(true);
}

/** Sends one entry now, with the token of its page. */
export function sendNow(id, token) {
  return alone(async () => {
    const entry = await store.get(id);
    if (!entry || entry.state !== "waiting") return entry ?? { why: "gone" };
    return deliver(entry, token);
  });
}

/** Sends what waits of one author. Answers "" when nothing waits any more, else why something does. */
export function sendAll(author) {
  return alone(
    async (lock) => {
      if (!lock) return "busy";
      const entries = await store.of(author);
      for (const old of entries.filter((entry) => entry.state === "sent" && Date.now() - entry.sent_at > KEPT)) {
        await store.remove(old.id);
      }
      const waiting = entries.filter((entry) => entry.state === "waiting");
      if (!waiting.length) return "";
      const who = await visitor();
      if (!who) return "signal";
      if (who.author !== author) return who.author ? "foreign" : "signed-out";
      for (const entry of waiting) {
        const { why } = await deliver(entry, who.token, true);
        if (why) return why;
      }
      return "";
    },
    { ifAvailable: true },
  );
}
