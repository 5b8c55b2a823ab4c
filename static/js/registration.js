// The page of registration answers when somebody LEAVES a field: what the NIK tells, how we will write the number,
// whether the password is long enough. Never while typing, never about an empty field, never in the way of sending.
import { nik, password, phone } from "./telling.js";

const given = document.currentScript.dataset;
const { form } = document.getElementById("id_nik");
const options = { today: given.today, serials: "serials" in given, places: {} };

// The icons "check" and "info" of core/icons.py, each as one path.
const RIGHT = "M20 6 9 17l-5-5";
const WRONG = "M3 12a9 9 0 1 0 18 0 9 9 0 1 0-18 0M12 11v5M12 8h.01";
const EMPTY = '<svg class="i" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=""/></svg><span></span>';

/** A place to say something about one field, and when to say it. */
function listen(control, judge) {
  const line = document.getElementById(`${control.id}-l`);
  line.innerHTML = EMPTY;
  const words = line.lastChild;
  const say = (told) => {
    if ((told?.words ?? "") === words.textContent) return; // what has been read out is not read out again
    words.textContent = told?.words ?? "";
    line.querySelector("path").setAttribute("d", !told ? "" : told.isRight ? RIGHT : WRONG);
    line.className = !told ? "told" : told.isRight ? "told is-right" : "told is-wrong";
  };
  const box = control.closest(".reveal") ?? control; // a password stands beside its button
  box.addEventListener("focusout", (event) => {
    // Looking up the number in another window is not leaving the field.
    if (document.hasFocus() && !box.contains(event.relatedTarget)) say(judge(control.value));
  });
  control.addEventListener("input", () => {
    const told = judge(control.value);
    if (told?.words !== words.textContent) say(null); // it is being corrected
    if (told?.isRight) mend(control);
  });
}

/** An error of the last sending is over as soon as the value is right; its place stays, so that nothing moves. */
function mend(control) {
  if (!control.hasAttribute("aria-invalid")) return;
  control.removeAttribute("aria-invalid");
  control.classList.remove("is-invalid");
  control.setAttribute("aria-describedby", control.getAttribute("aria-describedby").replace(`${control.id}-e`, "").trim());
  control.closest(".field-error").classList.add("is-mended");
}

const { nik: number } = form.elements;
listen(number, (text) => nik(text, options));
listen(form.elements.phone, phone);
listen(form.elements.password, password);

// Who writes a NIK is not asked why there is none; the words about the NIK stand in that place.
const without = document.querySelector(".nik > details");
const settle = () => { without.hidden = number.value.trim() !== "" && !without.open; };
number.addEventListener("input", settle);
// A draft may have been filled in; what has the focus is never taken away.
form.addEventListener("focusin", (event) => { if (!without.contains(event.target)) settle(); });

// Names of kab/kota, fetched whole when the NIK is begun, so that nobody learns which one was looked up.
number.addEventListener("focus", async () => {
  try {
    options.places = await (await fetch(given.places)).json();
  } catch { /* no signal: the rest is said without the place */ }
}, { once: true });
