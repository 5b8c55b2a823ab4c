// Builds static/dist/app.css (Bootstrap's Sass with the portal's theme) and static/dist/app.js.
// `npm run build`; `npm run build -- --watch` keeps an eye on the sources. No source maps are shipped.
import { mkdirSync, watch, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build as bundle } from "esbuild";
import * as sass from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");

/** Names of ours and Bootstrap's that a rule reads without a fallback but nobody sets: always a mistake. */
function unset(css) {
  const set = new Set([...css.matchAll(/(--(?:ok|bs)-[\w-]+)\s*:/g)].map((match) => match[1]));
  const read = [...css.matchAll(/var\((--(?:ok|bs)-[\w-]+)\)/g)].map((match) => match[1]);
  return [...new Set(read)].filter((name) => !set.has(name));
}

async function build() {
  mkdirSync(dist, { recursive: true });
  const { css } = sass.compile(join(here, "css", "app.scss"), {
    style: "compressed",
    loadPaths: [join(here, "..", "node_modules")],
    quietDeps: true,
    silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
  });
  const missing = unset(css);
  if (missing.length) throw new Error(`CSS variables read but never set: ${missing.join(", ")}`);
  writeFileSync(join(dist, "app.css"), css);
  await bundle({
    entryPoints: [join(here, "js", "app.js")],
    outfile: join(dist, "app.js"),
    bundle: true,
    minify: true,
    format: "iife",
    target: ["chrome80", "firefox78", "safari13"],
    legalComments: "none",
    logLevel: "warning",
  });
  const size = brotliCompressSync(Buffer.from(css)).length;
  console.log(`static/dist: app.css ${css.length} bytes (${size} with brotli), app.js`);
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
