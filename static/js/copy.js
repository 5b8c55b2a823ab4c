// Copy a code, print a page: buttons that only mean something with script are hidden until here.
for (const button of document.querySelectorAll("[data-copy], [data-print]")) button.hidden = false;

document.addEventListener("click", async (event) => {
  if (event.target.closest("[data-print]")) window.print();
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Tersalin";
  } catch {
    button.textContent = "Belum tersalin, salin dengan tangan";
  }
});
