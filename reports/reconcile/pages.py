"""What the pages show, held against the witness: every place, year and path, each asked as its page asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from participants.models import Pathway
from reports.funnel import ORDER, Cube, Funnel, Row, load_cube, load_jobs
from reports.questions import FunnelQuery

from .findings import Check, Finding, Findings
from .witness import COLUMNS, PERMIT, Counts, JobCounts, Place, empty_counts, names_of

WORDS = {
    "reached": "Sampai",
    "completed": "Selesai",
    "waived": "Dispensasi",
    "current": "Sekarang di sini",
    "stopped": "Berhenti",
}


def compare_pages(counts: Counts, findings: Findings) -> int:
    """Compare all figures; returns how many pages' questions were asked."""
    names = _compare_cells(counts, findings)
    for name in sorted(names):
        query = query_of(name)
        cube = load_cube(query, area_length=query.child_length, with_centers=True)
        # What a page shows is the sum of its parts; the parts by kecamatan were compared above.
        _compare_funnel(cube.total(), names[name], findings, where=spoken(name), area=query.area)
        jobs, counted = load_jobs(query), counts.jobs.get(name, JobCounts())
        for what, shown, own in (
            ("Pekerjaan dilaporkan", jobs.reported, counted.reported),
            ("Pekerjaan dikonfirmasi", jobs.confirmed, counted.confirmed),
        ):
            if shown != own:
                findings.add(
                    Finding(Check.PEKERJAAN, what, spoken(name), str(shown), str(own), area=query.area)
                )
    return len(names)


def query_of(name: str) -> FunnelQuery:
    """The question behind a page: `ID`, an area, "pusat P31.74.07", "tahun 2026", "jalur mulai_usaha"."""
    kind, _, value = name.rpartition(" ")
    if kind == "pusat":
        return FunnelQuery(center=value)
    if kind == "tahun":
        return FunnelQuery(year=int(value))
    return FunnelQuery(pathway=value) if kind == "jalur" else FunnelQuery(area=name)


def spoken(name: str) -> str:
    """The page as a sentence names it."""
    kind, _, value = name.rpartition(" ")
    if kind == "jalur":
        return f"jalur {Pathway(value).label}" if value in Pathway.values else name
    if kind == "tahun":
        return f"angkatan {value}"
    return name if kind else ("Indonesia" if name == "ID" else f"wilayah {name}")


def _compare_cells(counts: Counts, findings: Findings) -> dict[str, list[int]]:
    """Compare by kecamatan, centre, year and path at once; returns the sums of every page of both sides."""
    shown: dict[Place, list[Row]] = defaultdict(list)
    for row in load_cube(FunnelQuery(), area_length=8, with_centers=True).rows:
        shown[Place(row.area, row.center, row.year, row.pathway)].append(row)
    pages: dict[str, list[int]] = defaultdict(empty_counts)
    for place in sorted({*counts.cells, *shown}):
        own = counts.cells.get(place) or empty_counts()
        for name in names_of(place):
            pages[name] = [one + other for one, other in zip(pages[name], own, strict=True)]
        where = (
            f"kecamatan {place.district}, pusat {place.center or '–'}, angkatan {place.year}, "
            f"jalur {place.pathway}"
        )
        _compare_funnel(Cube(shown[place]).total(), own, findings, where=where, area=place.district)
    return pages


def _compare_funnel(funnel: Funnel, counts: list[int], findings: Findings, *, where: str, area: str) -> None:
    for check, what, shown, own in _figures(funnel, counts):
        if shown != own:
            findings.add(Finding(check, what, where, str(shown), str(own), area=area))


def _figures(funnel: Funnel, counts: list[int]) -> Iterator[tuple[Check, str, int, int]]:
    """Every figure of a funnel beside what was counted anew."""
    for column, name in enumerate(COLUMNS):
        for stage in ORDER:
            what = f"{WORDS[name]} tahap {stage.number}. {stage.label}"
            counted = counts[column * 7 + stage.number - 1]
            yield Check.CORONG, what, getattr(funnel.at(stage), name), counted
    yield Check.IZIN, "Orang yang punya izin", funnel.permits, counts[PERMIT]
