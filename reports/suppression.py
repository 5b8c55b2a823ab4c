"""Which figures may be public, so that nobody can work out a group of 1 to 4 people from all of them.

A layer is one kind of figure (everybody registered, everybody who reached P2, people with a permit …) in the
tree nation → province → kab/kota → kecamatan. An area's figures are shown or hidden as one block. Two things
must hold for every shown area: its own cells are safe, and so is what is left of it when its shown parts are
taken away. Then the layer says as much as a list of separate groups of people whose cells are all safe,
however it is added up and subtracted. Decision 0015 argues why the layers together say no more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from accounts.access import NATION

LEAST = 5
"""The smallest group of people that is shown (UU PDP 27/2022 and the portal's rule: 0, or at least 5)."""

Cells = tuple[int, ...]
"""The counts that an area's block gives away, differences between its figures included."""


def is_safe(cells: Sequence[int]) -> bool:
    """Whether no cell speaks of 1 to 4 people. A difference may be negative: its size counts."""
    return all(cell == 0 or abs(cell) >= LEAST for cell in cells)


def parent_of(area: str) -> str:
    """The area around: kecamatan → kab/kota → province → nation."""
    return area.rpartition(".")[0] or NATION


def shown_areas(
    cells: Mapping[str, Cells], sizes: Mapping[str, int], *, within: Collection[str]
) -> frozenset[str]:
    """The areas whose block of this layer is public.

    `cells` has every area with people, up to the nation, and adds up from part to whole. `sizes` is the
    figure by which the smallest part is hidden first. Only areas `within` come into question: those of the
    layer that this one refines. A part is public only where the whole is.
    """
    parts: dict[str, list[str]] = {}
    for area in sorted(cells):
        if area != NATION:
            parts.setdefault(parent_of(area), []).append(area)
    found = set[str]()
    open_areas = [NATION] if NATION in within and is_safe(cells.get(NATION, (0,))) else []
    while open_areas:
        area = open_areas.pop()
        found.add(area)
        open_areas += _shown_parts(area, parts.get(area, []), cells, sizes, within)
    return frozenset(found)


def _shown_parts(
    whole: str,
    parts: Sequence[str],
    cells: Mapping[str, Cells],
    sizes: Mapping[str, int],
    within: Collection[str],
) -> list[str]:
    """The parts of a shown area that may be shown: safe ones, and so many that the rest is safe as well.

    Where one is hidden, those with nothing are hidden too: "hidden" must not mean "at least one".
    """
    shown = [part for part in parts if part in within and is_safe(cells[part])]
    shown.sort(key=lambda part: (-sizes[part], part))
    while True:
        if len(shown) < len(parts):
            shown = [part for part in shown if sizes[part]]
        rest = _rest(cells[whole], [cells[part] for part in shown])
        if is_safe(rest):
            return shown
        # One more hidden part may be enough; otherwise the smallest goes and the search goes on.
        for index in range(len(shown) - 1, -1, -1):
            if is_safe(tuple(left + more for left, more in zip(rest, cells[shown[index]], strict=True))):
                del shown[index]
                break
        else:
            shown.pop()


def _rest(whole: Cells, parts: Sequence[Cells]) -> Cells:
    rest = list(whole)
    for part in parts:
        for index, count in enumerate(part):
            rest[index] -= count
    return tuple(rest)
