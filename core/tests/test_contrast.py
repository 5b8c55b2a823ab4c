"""Every pair of colours that can meet on a page keeps WCAG's contrast, in both themes."""

import re
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = Path(settings.BASE_DIR) / "static" / "css" / "_tokens.scss"
TEXT, PART = 4.5, 3.0
"""WCAG 2.2, 1.4.3 (text) and 1.4.11 (controls, focus, parts of charts)."""

SURFACES = ("bg", "surface", "sunken")
TONES = ("done", "wait", "waive", "stop", "danger", "info")

TEXT_PAIRS = [
    *((ink, back) for ink in ("text", "muted", "link", "brand") for back in SURFACES),
    *((f"{tone}-text", back) for tone in ("done", "wait", "danger", "info") for back in SURFACES),
    *((f"{tone}-text", f"{tone}-soft") for tone in TONES),
    *((ink, f"{tone}-soft") for tone in TONES for ink in ("text", "link")),
    *((ink, "brand-soft") for ink in ("text", "muted", "brand", "link")),
    *(("on-brand", back) for back in ("brand", "brand-hover")),
    ("on-done", "done"),
    ("on-danger", "danger"),
    ("bg", "text"),  # the toast
    ("on-panel", "panel"),
    ("panel-muted", "panel"),
    ("panel", "on-panel"),
    ("panel", "panel-muted"),  # a button of the panel under the pointer
    *(("seq-ink-lo", f"seq-{step}") for step in (1, 2, 3)),
    *(("seq-ink-hi", f"seq-{step}") for step in (4, 5)),
]

PART_PAIRS = [
    *(("border", back) for back in SURFACES),
    *(
        ("focus", back)
        for back in (*SURFACES, "brand-soft", "danger-soft", "wait-soft", "done-soft", "info-soft")
    ),
    *(("brand", back) for back in SURFACES),
    *((tone, back) for tone in TONES for back in ("surface", "bg", f"{tone}-soft")),
    *((f"viz-{part}", "surface") for part in ("done", "now", "waive")),
    *((f"cat-{number}", "surface") for number in range(1, 6)),
    ("panel-focus", "panel"),
    ("panel-line", "panel"),
]


def themes() -> dict[str, dict[str, str]]:
    """Colours by name of both themes, as written in the source of the style sheet."""
    source = TOKENS.read_text(encoding="utf-8")
    found = {}
    for name in ("light", "dark"):
        block = re.search(rf"@mixin {name} \{{(.*?)\n\}}", source, re.S)
        assert block, f"no mixin {name} in {TOKENS}"
        found[name] = dict(re.findall(r"--ok-([\w-]+):\s*(#[0-9a-f]{6})\b", block[1]))
    return found


THEMES = themes()


def channels(colour: str) -> list[float]:
    """The three channels of `#rrggbb` as linear light (sRGB, WCAG's definition)."""
    values = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values]


def luminance(colour: str) -> float:
    red, green, blue = channels(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_wcags() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("pairs", "least"), [(TEXT_PAIRS, TEXT), (PART_PAIRS, PART)], ids=["text", "controls and charts"]
)
def test_pairs_that_meet_keep_their_contrast(theme: str, pairs: list[tuple[str, str]], least: float) -> None:
    colours = THEMES[theme]
    measured = {f"{ink} on {back}": contrast(colours[ink], colours[back]) for ink, back in pairs}
    weak = {pair: round(ratio, 2) for pair, ratio in measured.items() if ratio < least}
    assert not weak


def test_both_themes_set_the_same_names() -> None:
    assert set(THEMES["light"]) == set(THEMES["dark"])


def test_no_part_of_the_style_uses_a_raw_colour() -> None:
    """Semantic roles only; paper (black on white) is the one exception."""
    raw = []
    for part in sorted(TOKENS.parent.glob("_*.scss")):
        if part.name in {"_tokens.scss", "_bootstrap.scss", "_print.scss"}:
            continue
        for line in part.read_text(encoding="utf-8").splitlines():
            if re.search(r"#[0-9a-f]{3,6}\b(?!\{)", line.split("//")[0]) and "#{" not in line:
                raw.append(f"{part.name}: {line.strip()}")
    assert not raw


# Colour vision: Machado, Oliveira and Fernandes 2009, severity 1.0.
DEFICIENCIES = {
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
APART = 12
"""Least CIE76 distance between two parts of one chart: plainly different beside each other."""


def lab(colour: str, matrix: tuple[tuple[float, ...], ...] | None) -> tuple[float, float, float]:
    """CIE L*a*b* of a colour, as seen with a colour-vision deficiency when a matrix is given."""
    light = channels(colour)
    if matrix:
        light = [max(0.0, min(1.0, sum(a * b for a, b in zip(row, light, strict=True)))) for row in matrix]
    to_xyz = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.95047, 1.0, 1.08883)
    x, y, z = (
        _curve(sum(a * b for a, b in zip(row, light, strict=True)) / reference)
        for row, reference in zip(to_xyz, white, strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _curve(value: float) -> float:
    return value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eyes", [None, *DEFICIENCIES])
def test_parts_of_a_chart_differ_for_every_eye(theme: str, eyes: str | None) -> None:
    colours = THEMES[theme]
    steps = [f"seq-{number}" for number in range(1, 6)]
    pairs = [
        *combinations([f"cat-{number}" for number in range(1, 6)], 2),
        *combinations(["viz-done", "viz-now", "viz-left"], 2),
        *pairwise(steps),
    ]
    matrix = DEFICIENCIES[eyes] if eyes else None
    near = {}
    for one, other in pairs:
        distance = (
            sum(
                (a - b) ** 2
                for a, b in zip(lab(colours[one], matrix), lab(colours[other], matrix), strict=True)
            )
            ** 0.5
        )
        if distance < APART:
            near[f"{one} and {other}"] = round(distance)
    assert not near
