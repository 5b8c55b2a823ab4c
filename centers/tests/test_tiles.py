"""The tile map of Jakarta."""

from __future__ import annotations

from centers.tiles import Cell, tile_map


def test_every_kecamatan_has_its_own_place() -> None:
    drawing = tile_map({}, label="Peta")
    assert len({(tile.x, tile.y) for tile in drawing.tiles}) == 44
    assert all(tile.x + drawing.tile_width <= drawing.width for tile in drawing.tiles)
    assert all(tile.y + drawing.tile_height <= drawing.height for tile in drawing.tiles)
    assert [len(group.tiles) for group in drawing.groups] == [2, 8, 6, 8, 10, 10]
    assert drawing.groups[4].regency_name == "Kota Jakarta Selatan"


def test_thick_lines_lie_only_between_tiles_of_different_kota() -> None:
    drawing = tile_map({}, label="Peta")
    owner = {(tile.x, tile.y): tile.regency_code for tile in drawing.tiles}
    gap = 3
    for edge in drawing.edges:
        if edge.x1 == edge.x2:
            y = min(edge.y1, edge.y2) + gap
            pair = owner[edge.x1 - gap - drawing.tile_width, y], owner[edge.x1 + gap, y]
        else:
            x = min(edge.x1, edge.x2) + gap
            pair = owner[x, edge.y1 - gap - drawing.tile_height], owner[x, edge.y1 + gap]
        assert pair[0] != pair[1]
    assert len(drawing.edges) > 20


def test_names_stand_in_the_tile_in_full() -> None:
    drawing = tile_map({"31.73.02": Cell("25", 3, "/x/", "25 persen")}, label="Peta")
    grogol = next(tile for tile in drawing.tiles if tile.code == "31.73.02")
    assert [line.text for line in grogol.lines] == ["Grogol", "Petamburan"]
    assert grogol.label == "25 Grogol Petamburan: 25 persen"
    for tile in drawing.tiles:
        baselines = [line.y for line in tile.lines]
        assert tile.y < min(baselines)
        assert max(baselines) < tile.y + drawing.tile_height
        assert all(len(line.text) <= 12 for line in tile.lines)
