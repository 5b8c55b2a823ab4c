// A file field: a button with our own words over the browser's control, which stays the one that is focused,
// pressed and read out. After choosing: name and size, a small picture, "Hapus", and a word when the file is
// larger than the form takes.
const PREVIEW_HEIGHT = 160;

const size = (bytes) => {
  if (bytes < 1e6) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1e6).toFixed(1).replace(/\.0$/, "").replace(".", ",")} MB`;
};

const words = (input) => {
  if (input.files.length) return "Ganti";
  return input.accept && !input.accept.includes("pdf") ? "Pilih foto" : "Pilih foto atau berkas";
};

const cover = (input) => {
  const pick = document.createElement("span");
  pick.className = "file-pick";
  const button = document.createElement("span");
  button.className = "btn btn-outline";
  button.setAttribute("aria-hidden", "true");
  button.textContent = words(input);
  input.before(pick);
  pick.append(input, button);
};

const preview = async (file, line) => {
  if (!file.type.startsWith("image/") || !window.createImageBitmap) return;
  const picture = await createImageBitmap(file, { resizeHeight: PREVIEW_HEIGHT }).catch(() => null);
  if (!picture || !line.isConnected) return;
  const canvas = document.createElement("canvas");
  canvas.className = "file-preview";
  canvas.setAttribute("aria-hidden", "true");
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext("2d").drawImage(picture, 0, 0);
  line.before(canvas);
};

const show = (frame, input) => {
  for (const old of frame.querySelectorAll(".file-chosen, .file-preview")) old.remove();
  input.nextElementSibling.textContent = words(input);
  const [file] = input.files;
  if (!file) return;
  const limit = Number(input.dataset.max ?? 0);
  const total = [...input.files].reduce((sum, one) => sum + one.size, 0);
  const isTooLarge = limit && file.size > limit;
  const line = document.createElement("p");
  line.className = "file-chosen small";
  line.setAttribute("role", "status");
  const name = input.files.length > 1 ? `${input.files.length} berkas` : file.name;
  const said = document.createElement("span");
  said.textContent = isTooLarge
    ? `${name}, ${size(file.size)}. Terlalu besar: paling besar ${size(limit)}. Pilih berkas lain.`
    : `${name}, ${size(total)}`;
  const drop = document.createElement("button");
  drop.type = "button";
  drop.className = "btn btn-sm btn-link";
  drop.textContent = "Hapus";
  drop.addEventListener("click", () => {
    input.value = "";
    show(frame, input);
    input.focus();
  });
  line.append(said, drop);
  frame.append(line);
  if (!isTooLarge) preview(file, line);
};

for (const frame of document.querySelectorAll("[data-file]")) {
  const input = frame.querySelector("input[type=file]");
  if (!input) continue;
  cover(input);
  if (input.files.length) show(frame, input);
  input.addEventListener("change", () => show(frame, input));
}
