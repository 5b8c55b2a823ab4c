// The worker answers only when there is no signal (static/js/sw.js). It is asked for last, when the page stands.
if ("serviceWorker" in navigator) {
  window.addEventListener("load", () => navigator.serviceWorker.register("/sw.js").catch(() => {}));
}
