// After a refused form the reader stands at the summary; a link in it goes to the control and focuses it.
document.querySelector("[data-errors]")?.focus();

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-errors] a[href^='#']");
  const control = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!control) return;
  event.preventDefault();
  control.closest("details")?.setAttribute("open", "");
  control.focus({ preventScroll: true });
  (control.labels?.[0] ?? control).scrollIntoView({ block: "center" });
});
