// `node lighthouse.mjs <chrome> <runs> < pages.json`: Lighthouse as a phone on a slow line, several times a page.
// pages.json: [{url, cookie}]. Prints [{url, scores: {category: [0..100, …]}, failed: {category: [audit, …]}}].
import { readFileSync } from "node:fs";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const [chromePath, runs] = process.argv.slice(2);
const pages = JSON.parse(readFileSync(0, "utf8"));
const categories = ["performance", "accessibility", "best-practices", "seo"];
const chrome = await launch({
  chromePath,
  chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
try {
  const all = [];
  for (const { url, cookie } of pages) {
    const scores = Object.fromEntries(categories.map((name) => [name, []]));
    const failed = Object.fromEntries(categories.map((name) => [name, new Set()]));
    for (let run = 0; run < Number(runs); run += 1) {
      const extraHeaders = cookie ? { Cookie: cookie } : undefined;
      const options = { port: chrome.port, onlyCategories: categories, extraHeaders, logLevel: "silent" };
      let { lhr } = await lighthouse(url, options);
      // It now and then misses the beginning of a page's trace, and asks itself to be run again.
      if (lhr.runtimeError) ({ lhr } = await lighthouse(url, options));
      if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
      for (const name of categories) {
        scores[name].push(Math.round(lhr.categories[name].score * 100));
        for (const { id, weight } of lhr.categories[name].auditRefs) {
          const { score } = lhr.audits[id];
          if (weight && score !== null && score < 0.9) failed[name].add(id);
        }
      }
    }
    all.push({ url, scores, failed: Object.fromEntries(categories.map((name) => [name, [...failed[name]]])) });
  }
  console.log(JSON.stringify(all));
} finally {
  await chrome.kill();
}
