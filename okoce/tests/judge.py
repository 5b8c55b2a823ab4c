"""Judges pages as they stand in a browser, and their HTML as it was sent.

`judge_page` looks at one open page; `invalid_html` gives many documents to html-validate in one process.
Both need `okoce/testing/node/node_modules`, which `make test` installs.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from okoce.screens import SMALL_TARGETS
from okoce.testing.services import ROOT

TOOLS = ROOT / "okoce" / "testing" / "node"
NARROWEST = 320
"""CSS pixels that a page must fit into (WCAG 2.2, 1.4.10)."""

AXE = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return found.violations.map((one) => {
    const node = one.nodes[0];
    const data = node.any.concat(node.all, node.none).map((check) => check.message).slice(0, 1);
    return `axe ${one.id}: ${one.nodes.length} × ${node.html.slice(0, 140)} ${data}`;
  });
}"""

STRUCTURE = """() => {
  const faults = [];
  const count = (selector) => document.querySelectorAll(selector).length;
  if (count("h1") !== 1) faults.push(`${count("h1")} h1`);
  if (count("main") !== 1) faults.push(`${count("main")} main`);
  const isFrame = !document.querySelector("main.slip");
  for (const part of isFrame ? ["body > header", "body > footer"] : [])
    if (count(part) !== 1) faults.push(`${count(part)} × ${part}`);
  if (!document.title.trim()) faults.push("no title");
  if (document.documentElement.lang !== "id") faults.push("language not told");
  if (count("[style], [onclick], [onchange], [onsubmit]")) faults.push("inline style or handler");
  return faults;
}"""

# Called after a Tab, so that the browser shows focus as it does to somebody at the keys. An element shows
# its focus itself, or through its label, its frame or what follows it.
UNSEEN_FOCUS = """() => {
  const wanted = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const look = (element) => {
    const near = [element, element.nextElementSibling, element.closest("label"), element.parentElement,
      element.parentElement?.parentElement].filter(Boolean);
    return near.map((one) => {
      const style = getComputedStyle(one);
      return [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow].join();
    }).join("|");
  };
  const unseen = [];
  for (const element of document.querySelectorAll(wanted)) {
    if (element.disabled || !element.checkVisibility({ visibilityProperty: true })) continue;
    document.activeElement?.blur();
    const before = look(element);
    element.focus({ preventScroll: true });
    if (document.activeElement !== element) continue;
    if (look(element) === before) unseen.push(element.outerHTML.slice(0, 120));
  }
  document.activeElement?.blur();
  return unseen;
}"""


OVERHANG = """() => {
  const wide = document.documentElement.clientWidth;
  const over = document.documentElement.scrollWidth - wide;
  if (over <= 0) return [];
  const out = [...document.querySelectorAll("body *")].filter((one) =>
    one.getBoundingClientRect().right > wide + 0.5 && !one.closest(".visually-hidden, svg"));
  return [`${over} px too wide: ${out.slice(-2).map((one) => one.outerHTML.slice(0, 140)).join(" | ")}`];
}"""


@cache
def axe_script() -> str:
    """The source of axe-core; fails with advice when it is not installed."""
    path = TOOLS / "node_modules" / "axe-core" / "axe.min.js"
    assert path.exists(), "axe-core is missing: `make test` installs it into okoce/testing/node"
    return path.read_text(encoding="utf-8")


def judge_page(page: Page, *, with_targets: bool = True) -> list[str]:
    """What is wrong with the page that stands in the browser; its size is left at the narrowest width."""
    faults: list[str] = list(page.evaluate(STRUCTURE))
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(axe_script())
    faults += page.evaluate(AXE)
    if with_targets:
        faults += [f"target below 44 px: {words}" for words in page.evaluate(SMALL_TARGETS)]
    page.keyboard.press("Tab")
    faults += [f"focus is not seen: {html}" for html in page.evaluate(UNSEEN_FOCUS)]
    page.set_viewport_size({"width": NARROWEST, "height": 740})
    faults += [f"at {NARROWEST} px {words}" for words in page.evaluate(OVERHANG)]
    return faults


def invalid_html(folder: Path) -> list[str]:
    """The faults of every .html file in the folder, as html-validate tells them."""
    node = shutil.which("node") or str(ROOT / ".venv" / "bin" / "node")
    done = subprocess.run(
        [node, str(TOOLS / "validate.mjs"), str(folder)],
        check=False, cwd=TOOLS, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, f"html-validate did not run:\n{done.stderr[-2000:]}"
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return [f"{one['file']}:{one['line']}: {one['rule']}: {one['message']}" for one in found]
