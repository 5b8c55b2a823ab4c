// The draft of the registration. On a phone it survives a closed tab, for a day; on a computer, which others may
// use too, only a reload. It is never shown by itself, holds no password and no consent, and goes after success.
import { fill, read } from "./fields.js";

const KEY = "okoce-pendaftaran";
const LIFE = 24 * 60 * 60 * 1000;
const isPhone = matchMedia("(pointer: coarse) and (hover: none)").matches;

const place = () => (isPhone ? localStorage : sessionStorage);
const forget = () => [localStorage, sessionStorage].forEach((one) => one.removeItem(KEY));

function load() {
  const draft = JSON.parse(place().getItem(KEY) ?? "null");
  return draft && Date.now() - draft.at < LIFE ? draft : null;
}

function begin(form, offer) {
  const empty = JSON.stringify(kept(form));
  let at;
  form.addEventListener("input", () => {
    clearTimeout(at);
    at = setTimeout(save, 300);
  });
  // A tab may be closed before the pause is over.
  document.addEventListener("visibilitychange", () => { if (document.hidden && at) save(); });
  window.addEventListener("pagehide", () => { if (at) save(); });

  function save() {
    at = undefined;
    const fields = kept(form);
    offer.hidden = true;
    if (JSON.stringify(fields) === empty) return;
    place().setItem(KEY, JSON.stringify({ at: Date.now(), fields: [...fields, ["submission_id", form.elements.submission_id.value]] }));
  }

  const draft = load();
  if (!draft) {
    forget();
    return;
  }
  if (form.dataset.draft !== "baru") return; // the server has just shown what was typed
  offer.querySelector("[data-at]").textContent = new Intl.DateTimeFormat("id-ID", { hour: "2-digit", minute: "2-digit" }).format(draft.at).replace(":", ".");
  offer.hidden = false;
  offer.querySelector("[data-resume]").addEventListener("click", () => {
    fill(form, draft.fields);
    offer.hidden = true;
    form.querySelector("input:not([type=hidden])").focus();
  });
  offer.querySelector("[data-drop]").addEventListener("click", () => {
    forget();
    offer.hidden = true;
    form.querySelector("input:not([type=hidden])").focus();
  });
}

/** All but the consent, which is given anew, and the id of the sending. */
const kept = (form) => read(form).filter(([name]) => name !== "consent" && name !== "submission_id");

/** After "perlu diperiksa": what comes next is another sending. */
function renew() {
  const draft = load();
  if (draft) place().setItem(KEY, JSON.stringify({ ...draft, fields: draft.fields.filter(([name]) => name !== "submission_id") }));
}

try {
  const form = document.querySelector("form[data-draft]");
  const state = document.currentScript.dataset.draft;
  if (form) begin(form, document.querySelector("[data-offer]"));
  else if (state === "periksa") renew();
  else forget();
} catch { /* storage is closed in this browser: the form works without a draft */ }
