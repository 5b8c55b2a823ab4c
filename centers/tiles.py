"""Jakarta's 44 kecamatan as a tile map: one tile each, thick lines between the kab/kota.

The layout comes from `centers/data/jakarta_tile_grid.csv` (7 columns, 9 rows). The same geometry serves the public
directory (status of the centres) and the dashboards (a number per kecamatan). Sizes are units of the SVG's viewBox.
Draw with `centers/includes/_tile_map.html`, and below 768 px with `centers/includes/_tile_list.html`, where every
tile keeps its full name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from centers.loading import read_csv

PROVINCE = "31"

_WIDTH, _HEIGHT, _GAP, _MARGIN = 94, 74, 6, 3
_LINE = 15
_LONGEST_LINE = 12


@dataclass(frozen=True)
class Cell:
    """What a tile shows. `step` 1–5 is the tone, 0 or a missing cell an empty dashed tile.

    `value` stands in the tile in large type, `description` is the full sentence for those who hear the page.
    """

    value: str
    step: int
    href: str = ""
    description: str = ""


@dataclass(frozen=True)
class TextLine:
    """One line of a tile's name and its baseline."""

    text: str
    y: int


@dataclass(frozen=True)
class Tile:
    """One kecamatan with its place in the picture."""

    code: str
    name: str
    regency_code: str
    x: int
    y: int
    radius: int
    center_x: int
    value: str
    value_y: int
    lines: tuple[TextLine, ...]
    step: int
    href: str
    description: str

    @property
    def ink(self) -> str:
        """The class of the text that is readable on the tile's tone."""
        return "ihi" if self.step >= 4 else "ilo"

    @property
    def label(self) -> str:
        """The accessible name. It begins with what is seen in the tile."""
        seen = f"{self.value} {self.name}".strip()
        return f"{seen}: {self.description}" if self.description else seen


@dataclass(frozen=True)
class Edge:
    """A thick line between two tiles of different kab/kota."""

    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True)
class TileGroup:
    """The tiles of one kab/kota, for the list on a phone."""

    regency_code: str
    regency_name: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class TileMap:
    """All that the templates draw."""

    label: str
    width: int
    height: int
    tile_width: int
    tile_height: int
    tiles: tuple[Tile, ...]
    edges: tuple[Edge, ...]
    groups: tuple[TileGroup, ...]


@dataclass(frozen=True)
class _Place:
    code: str
    name: str
    regency_code: str
    col: int
    row: int


def tile_map(cells: Mapping[str, Cell], *, label: str) -> TileMap:
    """Lay out the 44 tiles. `cells` is keyed by kecamatan code; `label` names the picture."""
    places = _places()
    tiles = tuple(_tile(place, cells.get(place.code)) for place in places)
    ordered = sorted(tiles, key=lambda tile: tile.code)
    return TileMap(
        label=label,
        width=_x(max(place.col for place in places)) + _WIDTH + _MARGIN,
        height=_y(max(place.row for place in places)) + _HEIGHT + _MARGIN,
        tile_width=_WIDTH,
        tile_height=_HEIGHT,
        tiles=tiles,
        edges=_edges(),
        groups=tuple(
            TileGroup(code, _regency_names()[code], tuple(group))
            for code, group in groupby(ordered, key=lambda tile: tile.regency_code)
        ),
    )


def _tile(place: _Place, cell: Cell | None) -> Tile:
    cell = cell or Cell(value="", step=0)
    x, y = _x(place.col), _y(place.row)
    names = _name_lines(place.name)
    rows = len(names) + (1 if cell.value else 0)
    first = y + (_HEIGHT - rows * _LINE - (6 if cell.value else 0)) // 2 + 12
    offset = first + _LINE + 6 if cell.value else first
    return Tile(
        code=place.code, name=place.name, regency_code=place.regency_code, x=x, y=y,
        radius=15 + int(place.code[-2:]) * 7 % 11,
        center_x=x + _WIDTH // 2,
        value=cell.value, value_y=first + 3,
        lines=tuple(TextLine(text, offset + index * _LINE) for index, text in enumerate(names)),
        step=cell.step, href=cell.href, description=cell.description,
    )


def _name_lines(name: str) -> list[str]:
    """The whole name on one or two lines; only "Kepulauan" is shortened."""
    words = name.replace("Kepulauan Seribu", "Kep. Seribu").split()
    if len(words) == 1 or len(name) <= _LONGEST_LINE - 2:
        return [" ".join(words)]
    return [" ".join(words[:-1]), words[-1]]


def _x(col: int) -> int:
    return _MARGIN + col * (_WIDTH + _GAP)


def _y(row: int) -> int:
    return _MARGIN + row * (_HEIGHT + _GAP)


@cache
def _places() -> tuple[_Place, ...]:
    return tuple(
        _Place(row["code"], row["name"], row["regency_code"], int(row["col"]), int(row["row"]))
        for row in read_csv("jakarta_tile_grid.csv")
    )


@cache
def _regency_names() -> dict[str, str]:
    """Names of Jakarta's kab/kota as people say them."""
    return {
        row["code"]: row["name"].replace(" Administrasi ", " ")
        for row in read_csv("regencies.csv")
        if row["province_code"] == PROVINCE
    }


@cache
def _edges() -> tuple[Edge, ...]:
    """Lines in the gaps between neighbours of different kab/kota, long enough to meet at the corners."""
    at = {(place.col, place.row): place for place in _places()}
    half = _GAP // 2
    edges = []
    for (col, row), place in at.items():
        right, below = at.get((col + 1, row)), at.get((col, row + 1))
        x, y = _x(col), _y(row)
        if right and right.regency_code != place.regency_code:
            line = x + _WIDTH + half
            edges.append(Edge(line, y - half, line, y + _HEIGHT + half))
        if below and below.regency_code != place.regency_code:
            line = y + _HEIGHT + half
            edges.append(Edge(x - half, line, x + _WIDTH + half, line))
    return tuple(edges)
