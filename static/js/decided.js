// When somebody pressed the button, by their own clock: a form that waits for signal says when it was decided.
document.addEventListener("submit", (event) => {
  const control = event.target.querySelector("[data-decided]");
  if (control) control.value = new Date().toISOString();
}, true);
