// The send queue of a page: forms marked with data-queue are stored first, then sent, now or when there is a
// signal again. The line under the header tells what waits; /kiriman/ lists it. docs/decisions/0017-offline.md
import { fill, read, told } from "./fields.js";
import { changed, onChange, sendAll, sendNow, visitor } from "./sending.js";
import * as store from "./store.js";

const script = document.currentScript;
const device = matchMedia("(pointer: coarse)").matches ? "HP" : "komputer";
const RETRY = 15_000;
const LONGEST = 5 * 60_000;
let author = script.dataset.author ?? "";
let why = navigator.onLine ? "" : "signal";
let pause = RETRY;
let timer;

const show = (element, on) => { if (element) element.hidden = !on; };
const notes = (count) => `${count} catatan`;

// The line under the header -------------------------------------------------------------------------------
const banner = document.querySelector("[data-signal]");

function line(waiting, refused, sent) {
  if (why === "signal") {
    const rest = waiting ? ` ${notes(waiting)} menunggu.` : "";
    return ["off", `Anda sedang tanpa sinyal. Catatan disimpan di ${device} ini dan dikirim otomatis.${rest}`];
  }
  if (waiting && why === "signed-out") return ["wait", `Masuk lagi supaya ${notes(waiting)} terkirim.`];
  if (waiting && why === "foreign") return ["wait", `${notes(waiting)} menunggu penulisnya masuk lagi.`];
  if (refused) return ["bad", `${notes(refused)} belum diterima.`];
  if (waiting) return ["wait", `${notes(waiting)} menunggu dikirim.`];
  if (sent) return ["done", `${notes(sent)} sudah terkirim.`];
  return ["", ""];
}

/** Sent since the last page, by whichever tab or by the worker: told once, and on this page until it is left. */
const toldHere = new Set();

function news(entries) {
  for (const entry of entries.filter((one) => one.state === "sent" && !one.seen)) {
    toldHere.add(entry.id);
    store.change(entry.id, { seen: true });
  }
  return entries.filter((one) => toldHere.has(one.id)).length;
}

async function draw() {
  const entries = await store.of(author);
  const count = (state) => entries.filter((entry) => entry.state === state).length;
  if (banner) {
    const [state, words] = line(count("waiting"), count("refused"), news(entries));
    banner.dataset.signal = state;
    banner.querySelector("[data-words]").textContent = words;
    show(banner.querySelector("a"), entries.length > 0);
    // The region itself always stands there: screen readers only read out what changes inside of one.
    show(banner.firstElementChild, Boolean(words));
  }
  for (const list of document.querySelectorAll("[data-sendings]")) drawList(list, entries);
  drawKept(entries);
  show(document.querySelector("[data-mine]"), entries.length > 0);
  return entries;
}

// The list ------------------------------------------------------------------------------------------------
const clock = new Intl.DateTimeFormat("id-ID", { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
const when = (at) => clock.format(at).replace(" pukul ", ", ").replace(":", ".");

const ADVICE = {
  403: "Akun Anda tidak boleh mengirim ini lagi. Sampaikan isinya kepada pengelola pusat, lalu hapus catatan ini.",
  404: "Mungkin peserta ini sudah pindah pendamping. Sampaikan isinya kepada pengelola pusat, lalu hapus catatan ini.",
  422: "Buka formulirnya, betulkan isinya, lalu simpan lagi.",
};

function drawList(list, entries) {
  show(list.querySelector("[data-none]"), !entries.length);
  show(list.querySelector("[data-script]"), false);
  const template = list.querySelector("template");
  const items = [...entries].reverse().map((entry) => {
    const item = template.content.cloneNode(true).firstElementChild;
    const part = (name) => item.querySelector(`[data-${name}]`);
    item.dataset.entry = entry.id;
    part("title").textContent = entry.title;
    for (const badge of item.querySelectorAll("[data-state]")) if (badge.dataset.state !== entry.state) badge.remove();
    part("when").textContent = entry.state === "sent" ? `Terkirim ${when(entry.sent_at)}` : `Disimpan ${when(entry.made_at)}`;
    const isRefused = entry.state === "refused";
    show(part("refused"), isRefused);
    if (isRefused) {
      part("reasons").replaceChildren(...(entry.reasons ?? []).map((reason) => Object.assign(document.createElement("li"), { textContent: reason })));
      part("advice").textContent = ADVICE[entry.status] ?? "Coba kirim ulang. Bila masih ditolak, sampaikan isinya kepada pengelola pusat.";
    }
    show(part("content"), entry.lines.length > 0);
    part("lines").replaceChildren(...entry.lines.map(([label, value]) => {
      const row = document.createElement("div");
      row.append(Object.assign(document.createElement("dt"), { textContent: label }), Object.assign(document.createElement("dd"), { textContent: value }));
      return row;
    }));
    const open = part("open");
    show(open, isRefused && entry.status === 422);
    open.href = `${entry.action}#kiriman=${entry.id}`;
    show(part("retry"), isRefused && entry.status !== 422);
    show(part("drop"), entry.state !== "sent");
    show(part("next"), entry.state === "sent");
    part("next").href = entry.next ?? "";
    for (const name of ["next", "open", "retry", "drop"]) part(name).append(Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: ` ${entry.title}` }));
    return item;
  });
  list.querySelector("[data-items]").replaceChildren(...items);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-retry], [data-drop], [data-send]");
  if (!button || !button.closest("[data-sendings]")) return;
  const id = button.closest("[data-entry]")?.dataset.entry;
  if ("drop" in button.dataset) {
    if (!button.classList.contains("btn-danger")) {
      // The second press deletes: what is gone here exists nowhere else.
      button.classList.replace("btn-link", "btn-danger");
      button.firstChild.textContent = "Ya, hapus catatan ini";
      return;
    }
    await store.remove(id);
    changed();
  } else {
    if (id) await store.change(id, { state: "waiting", reasons: [], status: 0 });
    await send();
  }
});

// Sending -------------------------------------------------------------------------------------------------
async function send() {
  clearTimeout(timer);
  const before = (await store.of(author)).filter((entry) => entry.state === "waiting");
  if (!navigator.onLine) why = "signal";
  else if (before.length) {
    const result = await sendAll(author);
    if (result !== "busy") why = result;
  } else if (why !== "signal") why = "";
  const entries = await draw();
  if (!entries.some((entry) => entry.state === "waiting") && why !== "signal") return;
  timer = setTimeout(retry, pause);
  pause = Math.min(pause * 2, LONGEST);
}

/** Tries again; with nothing to send, only looks whether the signal is back. */
async function retry() {
  if (why === "signal" && navigator.onLine && (await visitor())) why = "";
  await send();
}

function again() {
  pause = RETRY;
  return retry();
}

// Forms ---------------------------------------------------------------------------------------------------
const kept = document.querySelector("[data-kept]");
let keptId = "";

function drawKept(entries) {
  if (!kept || !keptId) return;
  const entry = entries.find((one) => one.id === keptId);
  const state = entry?.state ?? "waiting";
  for (const part of kept.querySelectorAll("[data-when]")) show(part, part.dataset.when === state);
}

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  return [...bytes].map((byte, at) => (at === 4 || at === 6 || at === 8 || at === 10 ? "-" : "") + byte.toString(16).padStart(2, "0")).join("");
}

/** Where a form is posted: path and query, without the mark of an entry that is being mended. */
function target(form) {
  const { pathname, search } = new URL(form.action);
  return pathname + search;
}

async function keep(form) {
  const id = form.elements.submission_id.value;
  const entry = {
    id, author, action: target(form), title: form.dataset.queue, fields: read(form), lines: told(form),
    made_at: Date.now(), state: "waiting", status: 0, reasons: [],
  };
  await store.put(entry);
  navigator.storage?.persist?.().catch(() => {});
  const result = navigator.onLine ? await sendNow(id, form.elements.csrfmiddlewaretoken.value) : { why: "signal" };
  if (result.state === "sent") {
    await store.remove(id); // the next page says it
    location.assign(result.next);
    return;
  }
  if (result.state === "refused") {
    // The server says the same once more, on the page, beside each field.
    await store.remove(id);
    form.submit();
    return;
  }
  why = result.why;
  keptId = id;
  form.hidden = true;
  show(kept, true);
  kept.focus();
  changed();
  askWorker();
  clearTimeout(timer);
  timer = setTimeout(retry, pause);
}

/** The worker sends too, when the page is closed long before the signal comes back (where browsers can). */
async function askWorker() {
  try {
    const registration = await navigator.serviceWorker.ready;
    await registration.sync.register("kirim");
  } catch { /* the next page sends */ }
}

async function prepare(form) {
  const id = new URLSearchParams(location.hash.slice(1)).get("kiriman");
  const entry = id && (await store.get(id));
  if (entry && entry.author === author && entry.action.split("?")[0] === new URL(form.action).pathname) fill(form, entry.fields);
}

for (const form of author ? document.querySelectorAll("form[data-queue]") : []) {
  let isBusy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    event.submitter?.setAttribute("aria-busy", "true");
    try {
      await keep(form);
    } catch {
      form.submit(); // no room to store anything: as without script
    } finally {
      isBusy = false;
      event.submitter?.removeAttribute("aria-busy");
    }
  });
  kept?.querySelector("[data-again]")?.addEventListener("click", () => {
    form.reset();
    form.elements.submission_id.value = newId();
    keptId = "";
    show(kept, false);
    form.hidden = false;
    form.querySelector("input:not([type=hidden])")?.focus();
  });
}

// Signing out ---------------------------------------------------------------------------------------------
const question = document.querySelector("[data-leave]");

for (const form of document.querySelectorAll("form[data-sign-out]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!navigator.onLine) {
      why = "signal";
      await draw();
      return;
    }
    const unsent = (await store.of(author)).filter((entry) => entry.state !== "sent").length;
    if (unsent && question?.showModal) {
      question.querySelector("[data-count]").textContent = notes(unsent);
      question.querySelector("[data-go]").onclick = () => leave(form);
      question.showModal();
      return;
    }
    await leave(form);
  });
}

async function leave(form) {
  try {
    await store.empty(author);
    changed();
  } finally {
    form.submit();
  }
}

// Beginning -----------------------------------------------------------------------------------------------
async function begin() {
  if (author) await store.setAuthor(author);
  else author = await store.author();
  for (const form of document.querySelectorAll("form[data-queue]")) await prepare(form);
  onChange(draw);
  await send();
}

window.addEventListener("online", async () => {
  await again();
  if ("shell" in script.dataset) location.reload(); // the page that was wanted
});
window.addEventListener("offline", () => {
  why = "signal";
  draw();
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) again(); });
begin().catch(() => {});
