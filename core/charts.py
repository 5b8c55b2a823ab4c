"""Geometry of the server-side charts: parts of a bar in percent, tiles of a map in SVG units."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.formats import number

PARTS = ("done", "waived", "now", "stopped")
"""Order of the parts of a funnel bar, always the same: selesai, dispensasi, sekarang di sini, berhenti."""

PAINT = {
    "done": 'class="v-done"',
    # a pattern of the page: named on the element, because browsers differ on names inside a style sheet
    "waived": 'fill="url(#hatch)"',
    "now": 'class="v-now"',
    "stopped": 'class="v-stopped"',
}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a bar: where it begins and how long it is (percent), and its paint."""

    x: str
    width: str
    paint: str


def bar_parts(total: int, amounts: Mapping[str, int]) -> list[Part]:
    """Return the filled parts of a track whose full width is `total`; what is left over stays empty.

    A part that would fall off the end (figures that do not fit together) is cut there. Nothing is drawn for a
    `total` of 0.
    """
    parts: list[Part] = []
    if total <= 0:
        return parts
    start = 0.0
    for name in PARTS:
        width = min(max(amounts.get(name, 0), 0) * 100 / total, 100 - start)
        if width > 0:
            parts.append(Part(f"{start:.2f}%", f"{width:.2f}%", PAINT[name]))
            start += width
    return parts


TILE_W, TILE_H, TILE_GAP = 86, 74, 6
CORNERS = (19, 25, 23, 17)
"""Radii in turn, so that tiles look like stones and not like a table."""

LINE_LIMIT = 12
"""Longest line of a tile's name, in letters; a longer word is cut with a full stop."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One placed tile: figure and name with their places, the class of its step (`q0` = not shown).

    `word`: it shows a word ("Buka") where others show a figure.
    """

    x: int
    y: int
    radius: int
    middle: int
    figure_y: int
    figure: str
    lines: list[tuple[int, str]]
    css: str
    ink: str
    word: bool
    href: str
    name: str


@dataclass(frozen=True, slots=True)
class TileMap:
    """A drawn map: size in units, tiles, and the thick lines between groups as one path."""

    width: int
    height: int
    tiles: list[Tile]
    edges: str


def tile_map(tiles: Iterable[Mapping[str, Any]]) -> TileMap:
    """Place tiles on their grid.

    Each tile: `col`, `row` (from 0), `label` (name), `value` (number or ready text; None = not shown), `step`
    (1–5, 0 or None = not shown), `href`, `name` (the whole sentence for a screen reader; it begins with what
    is seen: "17 Gambir, …"), `group` (its kab/kota: a thick line is drawn where two groups meet).
    """
    rows = list(tiles)
    groups = {(tile["col"], tile["row"]): tile.get("group") for tile in rows}
    placed = [_place(tile, index) for index, tile in enumerate(rows)]
    columns = max((tile["col"] for tile in rows), default=0) + 1
    lines = max((tile["row"] for tile in rows), default=0) + 1
    return TileMap(
        width=columns * (TILE_W + TILE_GAP),
        height=lines * (TILE_H + TILE_GAP),
        tiles=placed,
        edges="".join(_edges(groups)),
    )


def _place(tile: Mapping[str, Any], index: int) -> Tile:
    x = tile["col"] * (TILE_W + TILE_GAP) + TILE_GAP // 2
    y = tile["row"] * (TILE_H + TILE_GAP) + TILE_GAP // 2
    step = tile.get("step") or 0
    value = tile.get("value")
    names = name_lines(str(tile["label"]))
    first = y + (47 if len(names) > 1 else 54)
    return Tile(
        x=x,
        y=y,
        radius=CORNERS[index % len(CORNERS)],
        middle=x + TILE_W // 2,
        figure_y=y + (28 if len(names) > 1 else 33),
        figure="" if value is None else number(value) if isinstance(value, int) else str(value),
        lines=[(first + 15 * place, text) for place, text in enumerate(names)],
        css=f"q{step}",
        ink="ihi" if step >= 4 else "ilo",
        word=isinstance(value, str) and not value[:1].isdigit(),
        href=str(tile.get("href") or ""),
        name=str(tile.get("name") or tile["label"]),
    )


def name_lines(label: str) -> list[str]:
    """Return a name on at most two lines of LINE_LIMIT letters ("Kebayoran" / "Baru")."""
    if len(label) <= LINE_LIMIT:
        return [label]
    words = label.split()
    first = words.pop(0)
    while words and len(first) + 1 + len(words[0]) <= LINE_LIMIT:
        first += " " + words.pop(0)
    return [_cut(line) for line in (first, " ".join(words)) if line]


def _cut(line: str) -> str:
    return line if len(line) <= LINE_LIMIT else line[: LINE_LIMIT - 1].rstrip() + "."


def _edges(groups: Mapping[tuple[int, int], Any]) -> Sequence[str]:
    """Lines in the gap between neighbours of different groups, as path commands."""
    paths = []
    for (col, row), group in groups.items():
        left, top = col * (TILE_W + TILE_GAP), row * (TILE_H + TILE_GAP)
        right, bottom = left + TILE_W + TILE_GAP, top + TILE_H + TILE_GAP
        if groups.get((col + 1, row), group) != group:
            paths.append(f"M{right} {top + 3}v{TILE_H}")
        if groups.get((col, row + 1), group) != group:
            paths.append(f"M{left + 3} {bottom}h{TILE_W}")
    return paths
