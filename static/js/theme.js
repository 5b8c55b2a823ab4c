// The theme changes at once, so a half-filled form stays as it is; the cookie is set by the same request.
const THEMES = { terang: "light", gelap: "dark" };

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  if (!form.matches("[data-theme]") || !button) return;
  event.preventDefault();
  const body = new FormData(form);
  body.set(button.name, button.value);
  fetch(form.action, { method: "POST", body, redirect: "manual" })
    .then(() => {
      const theme = THEMES[button.value];
      if (theme) document.documentElement.dataset.bsTheme = theme;
      else delete document.documentElement.dataset.bsTheme;
      for (const other of document.querySelectorAll(`button[form="${form.id}"]`)) other.setAttribute("aria-pressed", String(other === button));
    })
    .catch(() => form.submit());
}, true);
