"""Jakarta's 44 kecamatan as tiles for `{% tile_map %}`: figures by kecamatan code in, placed tiles out.

The grid (7 columns, 9 rows) is `centers/data/jakarta_tile_grid.csv`; the drawing is `core.charts`. The public
directory puts the status of the centres in it, the dashboards a number per kecamatan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from centers.loading import read_csv

PROVINCE = "31"


@dataclass(frozen=True)
class Cell:
    """What one kecamatan shows.

    `value`: number or short word in the tile, None = not shown. `step`: tone 1–5, 0 = not shown.
    `description`: what the screen reader adds after the name ("16,9 %, 43 dari 254").
    """

    value: int | str | None
    step: int
    href: str = ""
    description: str = ""


NOTHING = Cell(value=None, step=0)


def jakarta_tiles(cells: Mapping[str, Cell]) -> list[dict[str, Any]]:
    """All 44 tiles in the form `core.charts.tile_map` takes; a kecamatan without a cell is drawn empty.

    Besides what the drawing needs each has `code` and `full_name` ("Kebayoran Baru, Kota Jakarta Selatan").
    """
    tiles = []
    for place in _grid():
        cell = cells.get(place["code"], NOTHING)
        seen = f"{'' if cell.value is None else cell.value} {place['label']}".strip()
        told = f": {cell.description}" if cell.description else ""
        tiles.append(
            {
                **place,
                "value": cell.value,
                "step": cell.step,
                "href": cell.href,
                # begins with what is seen, so that people who speak to their computer can name it
                "name": f"{seen}, {regency_names()[place['group']]}{told}",
            }
        )
    return tiles


@cache
def regency_names() -> dict[str, str]:
    """Names of Jakarta's kab/kota as people say them, by code."""
    return {
        row["code"]: row["name"].replace(" Administrasi ", " ")
        for row in read_csv("regencies.csv")
        if row["province_code"] == PROVINCE
    }


@cache
def _grid() -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "code": row["code"],
            "label": row["name"].replace("Kepulauan Seribu", "Kep. Seribu"),
            "full_name": f"{row['name']}, {regency_names()[row['regency_code']]}",
            "group": row["regency_code"],
            "col": int(row["col"]),
            "row": int(row["row"]),
        }
        for row in read_csv("jakarta_tile_grid.csv")
    )
