// Reads and fills the fields of a form, for what is kept in the browser. Never a password, never a token.
const isSecret = (control) =>
  control.type === "password" || "reveal" in control.dataset || /password|one-time-code/.test(control.autocomplete ?? "") ||
  control.name === "csrfmiddlewaretoken";

const controls = (form) =>
  [...form.elements].filter((control) => control.name && !control.disabled && !["submit", "button", "file", "fieldset"].includes(control.type) && !isSecret(control));

const isOff = (control) => (control.type === "checkbox" || control.type === "radio") && !control.checked;

/** [[name, value]] of what would be sent. */
export const read = (form) => controls(form).filter((control) => !isOff(control)).map((control) => [control.name, control.value]);

const words = (element) => element?.textContent.replace(/\s+/g, " ").trim() ?? "";

/** [[label, value]] for people: what was written, under the words of the form. */
export function told(form) {
  const lines = [];
  for (const control of controls(form)) {
    if (control.type === "hidden" || isOff(control) || !control.value) continue;
    const label = words(control.labels?.[0]);
    const legend = words(control.closest("fieldset")?.querySelector("legend"));
    if (control.type === "radio") lines.push([legend, label]);
    else if (control.type === "checkbox") lines.push([label, "ya"]);
    else lines.push([label, control.tagName === "SELECT" ? words(control.selectedOptions[0]) : control.value]);
  }
  return lines;
}

/** Puts values back where they were typed; opens what they would be hidden in. */
export function fill(form, pairs) {
  for (const control of controls(form)) {
    const values = pairs.filter(([name]) => name === control.name).map(([, value]) => value);
    if (control.type === "checkbox" || control.type === "radio") control.checked = values.includes(control.value);
    else if (values.length) control.value = values[0];
    const box = control.closest("details");
    if (box && values.some(Boolean)) box.open = true;
  }
}
