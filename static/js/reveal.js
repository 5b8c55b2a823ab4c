// A password may be looked at while typing.
for (const input of document.querySelectorAll("input[data-reveal]")) {
  const box = document.createElement("div");
  box.className = "reveal";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-outline";
  button.setAttribute("aria-controls", input.id);
  const label = () => {
    button.textContent = input.type === "password" ? "Lihat" : "Tutup";
    button.setAttribute("aria-label", input.type === "password" ? "Lihat kata sandi" : "Tutup kata sandi");
  };
  button.addEventListener("click", () => {
    input.type = input.type === "password" ? "text" : "password";
    label();
  });
  label();
  input.replaceWith(box);
  box.append(input, button);
  // the typed word must never leave as plain text that a browser would remember
  input.form?.addEventListener("submit", () => { input.type = "password"; });
}
