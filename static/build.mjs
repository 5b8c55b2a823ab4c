// Builds static/dist/app.css (Bootstrap's Sass with the portal's theme), admin.css (the same colours for Django's admin)
// and the scripts: app.js on every page,
// queue.js where forms wait for signal, draft.js and registration.js for the registration with the names it may say
// (places.json), sw.js served as /sw.js.
// `npm run build`; `npm run build -- --watch` keeps an eye on the sources. No source maps are shipped.
import { mkdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build as bundle } from "esbuild";
import * as sass from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const scripts = ["app.js", "queue.js", "draft.js", "registration.js", "sw.js"];

/** Names of ours and Bootstrap's that a rule reads without a fallback but nobody sets: always a mistake. */
function unset(css) {
  const set = new Set([...css.matchAll(/(--(?:ok|bs)-[\w-]+)\s*:/g)].map((match) => match[1]));
  const read = [...css.matchAll(/var\((--(?:ok|bs)-[\w-]+)\)/g)].map((match) => match[1]);
  return [...new Set(read)].filter((name) => !set.has(name));
}

/** First four digits of a NIK → kab/kota, as people say it (short_regency in centers/models.py). */
function places() {
  const lines = readFileSync(join(here, "..", "centers", "data", "regencies.csv"), "utf8").trim().split(/\r?\n/).slice(1);
  const pairs = lines.map((line) => line.split(",")).map(([code, , name]) => [code.replace(".", ""), name.replace(" Administrasi ", " ")]);
  return JSON.stringify(Object.fromEntries(pairs));
}

/** Compile one style sheet into static/dist and return it. */
function style(name) {
  const { css } = sass.compile(join(here, "css", `${name}.scss`), {
    style: "compressed",
    loadPaths: [join(here, "..", "node_modules")],
    quietDeps: true,
    silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
  });
  const missing = unset(css);
  if (missing.length) throw new Error(`CSS variables read but never set: ${missing.join(", ")}`);
  writeFileSync(join(dist, `${name}.css`), css);
  return css;
}

async function build() {
  mkdirSync(dist, { recursive: true });
  const css = style("app");
  style("admin");
  writeFileSync(join(dist, "places.json"), places());
  await bundle({
    entryPoints: scripts.map((name) => join(here, "js", name)),
    outdir: dist,
    bundle: true,
    minify: true,
    format: "iife",
    target: ["chrome80", "firefox78", "safari13"],
    legalComments: "none",
    logLevel: "warning",
  });
  const size = brotliCompressSync(Buffer.from(css)).length;
  const sizes = scripts.map((name) => `${name} ${brotliCompressSync(readFileSync(join(dist, name))).length}`);
  console.log(`static/dist: app.css ${css.length} bytes (${size} with brotli); with brotli: ${sizes.join(", ")}`);
}

await build();
if (process.argv.includes("--watch")) {
  let timer;
  for (const folder of ["css", "js"]) {
    watch(join(here, folder), () => {
      clearTimeout(timer);
      timer = setTimeout(() => build().catch((error) => console.error(error.message)), 80);
    });
  }
}
