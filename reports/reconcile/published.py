"""The stored daily cut, held against the log as of its cut-off.

Only what is shown is compared: a hidden figure (NULL) has nothing to be wrong about, and that too few are
hidden is proved where the hiding is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from participants.models import Stage
from reports.models import PublicCut, PublicFigures

from .findings import Check, Finding, Findings
from .witness import BATCH, PERMIT, Counts, JobCounts, Place, empty_counts

Key = tuple[str, int, str]
"""Area, year (0 = all) and path ("" = all) of a published line."""

FIGURES = ("Sampai", "Selesai", "Dispensasi", "Sekarang di sini")
"""The figures of a stage in a cut, in their order; the witness keeps them in the same."""


def latest_cut() -> PublicCut | None:
    """The cut that the public pages show."""
    return PublicCut.objects.order_by("-day").first()


def compare_cut(cut: PublicCut, counts: Counts, findings: Findings) -> int:
    """Compare every shown figure of a cut with `counts`, taken as of its cut-off; returns rows read."""
    funnels: dict[Key, list[int]] = defaultdict(empty_counts)
    for place, own in counts.cells.items():
        for key in _keys(place):
            funnels[key] = [one + other for one, other in zip(funnels[key], own, strict=True)]
    jobs: dict[Key, JobCounts] = defaultdict(JobCounts)
    for place, job in counts.job_cells.items():
        for key in _keys(place):
            jobs[key].reported += job.reported
            jobs[key].confirmed += job.confirmed
    read = 0
    seen: set[Key] = set()
    for row in PublicFigures.objects.filter(cut=cut).order_by("pk").iterator(chunk_size=BATCH):
        read += 1
        key = (row.area, row.year, row.pathway)
        seen.add(key)
        for what, shown, counted in _figures(row, funnels.get(key) or empty_counts(), jobs.get(key)):
            if shown is not None and shown != counted:
                where = f"wilayah {row.area}, angkatan {row.year or 'semua'}, jalur {row.pathway or 'semua'}"
                findings.add(Finding(Check.POTONGAN, what, where, str(shown), str(counted), area=row.area))
    registered = funnels.get(("ID", 0, ""), empty_counts())[0]
    if registered and ("ID", 0, "") not in seen and read:
        findings.add(
            Finding(Check.POTONGAN, "Baris nasional", "Indonesia", "hilang", str(registered), area="ID")
        )
    return read


def _keys(place: Place) -> Iterator[Key]:
    for area in ("ID", *(place.district[:length] for length in (2, 5, 8))):
        yield area, 0, ""
        yield area, place.year, ""
        yield area, 0, place.pathway


def _figures(
    row: PublicFigures, counts: list[int], jobs: JobCounts | None
) -> Iterator[tuple[str, int | None, int]]:
    for stage, shown in zip(Stage, row.stages, strict=True):
        for column, what in enumerate(FIGURES):
            counted = counts[column * 7 + stage.number - 1]
            yield f"{what} tahap {stage.number}. {stage.label}", shown[column], counted
    own = jobs or JobCounts()
    yield "Orang yang punya izin", row.permits, counts[PERMIT]
    yield "Pekerjaan dilaporkan", row.reported, own.reported
    yield "Pekerjaan dikonfirmasi", row.confirmed, own.confirmed
