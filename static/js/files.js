// After choosing a file: its name and size, "Hapus", and a word when it is larger than the form takes.
const size = (bytes) => {
  if (bytes < 1e6) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1e6).toFixed(1).replace(/\.0$/, "").replace(".", ",")} MB`;
};

document.addEventListener("change", (event) => {
  const input = event.target;
  const frame = input.closest?.("[data-file]");
  if (!frame || input.type !== "file") return;
  frame.querySelector(".file-chosen")?.remove();
  const [file] = input.files;
  if (!file) return;
  const limit = Number(input.dataset.max ?? 0);
  const total = [...input.files].reduce((sum, one) => sum + one.size, 0);
  const line = document.createElement("p");
  line.className = "file-chosen small";
  line.setAttribute("role", "status");
  const words = document.createElement("span");
  const name = input.files.length > 1 ? `${input.files.length} berkas` : file.name;
  words.textContent = limit && file.size > limit
    ? `${name}, ${size(file.size)}. Terlalu besar: paling besar ${size(limit)}. Pilih berkas lain.`
    : `${name}, ${size(total)}`;
  const drop = document.createElement("button");
  drop.type = "button";
  drop.className = "btn btn-sm btn-link";
  drop.textContent = "Hapus";
  drop.addEventListener("click", () => {
    input.value = "";
    line.remove();
    input.focus();
  });
  line.append(words, drop);
  frame.append(line);
});
