"""The tiles of Jakarta's map."""

from __future__ import annotations

from centers.tiles import Cell, jakarta_tiles
from core.charts import tile_map


def test_every_kecamatan_has_a_place_of_its_own_with_its_whole_name() -> None:
    tiles = jakarta_tiles({})
    assert len({(tile["col"], tile["row"]) for tile in tiles}) == 44
    drawn = {tile["code"]: " ".join(text for _, text in placed.lines)
             for tile, placed in zip(tiles, tile_map(tiles).tiles, strict=True)}  # fmt: skip
    assert all(drawn[tile["code"]] == tile["label"] for tile in tiles), "a name was cut"


def test_a_tile_says_its_figure_name_and_kota() -> None:
    tiles = {tile["code"]: tile for tile in jakarta_tiles({"31.73.02": Cell(25, 3, "/x/", "25 persen")})}
    assert tiles["31.73.02"]["name"] == "25 Grogol Petamburan, Kota Jakarta Barat: 25 persen"
    assert (tiles["31.73.02"]["value"], tiles["31.73.02"]["step"], tiles["31.73.02"]["href"]) == (
        25,
        3,
        "/x/",
    )
    assert (tiles["31.74.01"]["value"], tiles["31.74.01"]["step"]) == (None, 0)
