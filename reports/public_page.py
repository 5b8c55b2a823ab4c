"""What a public page shows of the stored cut: the answer to one question, and its parts.

Only stored figures are read: the cost is the same however many people there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.urls import reverse

from accounts.access import NATION
from core.clock import today
from core.formats import number, percent
from participants.models import Pathway, Stage
from programs.pipeline.stages import stages_of

from .models import PublicCut, PublicFigures
from .places import Place
from .published import STAGES, Counts, Published
from .questions import FIRST_COHORT, FilterForm, FunnelQuery
from .suppression import LEAST, parent_of

HIDDEN_WORDS = f"Disembunyikan: ada kelompok kurang dari {LEAST} orang, yang bisa dikenali."

WORDS: dict[Stage, tuple[str, str]] = {
    Stage.PENDAFTARAN: ("Mendaftar", "mendaftar"),
    Stage.PELATIHAN: ("Ikut pelatihan", "ikut pelatihan"),
    Stage.PENDAMPINGAN: ("Didampingi", "didampingi"),
    Stage.PERIZINAN: ("Mengurus izin", "sampai mengurus izin usaha"),
    Stage.PEMASARAN: ("Pemasaran", "sampai pemasaran"),
    Stage.PELAPORAN_KEUANGAN: ("Pelaporan keuangan", "sampai pelaporan keuangan"),
    Stage.PERMODALAN: ("Permodalan", "sampai permodalan"),
}
"""What reaching a stage means to a reader: on its own, and inside a sentence."""

_HIDDEN_STAGES: tuple[Counts, ...] = ((None, None, None, None),) * STAGES
_NO_STAGES: tuple[Counts, ...] = ((0, 0, 0, 0),) * STAGES


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a breakdown: who got to P1 … P4, and who has a permit. None is hidden."""

    label: str
    href: str
    reached: Sequence[int | None]
    permits: int | None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A table of lines, what its rows are, and what a reader should know about it."""

    title: str
    first: str
    lines: Sequence[Line]
    with_permits: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One question and what the cut says to it."""

    query: FunnelQuery
    place: Place
    cut: PublicCut
    figures: Published

    @property
    def is_empty(self) -> bool:
        """Whether nobody registered here."""
        return self.figures.stages[0][0] == 0

    @property
    def is_hidden(self) -> bool:
        """Whether not even the number of registered may be shown."""
        return self.figures.stages[0][0] is None

    @property
    def has_hidden(self) -> bool:
        """Whether anything of the shape of `corong.json` is left out."""
        whole = [count for counts in self.figures.stages for count in counts]
        return None in (*whole, self.figures.permits, self.figures.reported, self.figures.confirmed)

    @property
    def registered(self) -> int | None:
        return self.figures.stages[0][0]

    def reached(self, stage: Stage) -> int | None:
        return self.figures.stages[stage.number - 1][0]


def find(cut: PublicCut, query: FunnelQuery) -> Published:
    """The figures of one question. What the cut does not have is hidden, or nobody where that is certain."""
    around = [query.area]
    while around[-1] != NATION:
        around.append(parent_of(around[-1]))
    rows = {
        (row.area, row.year, row.pathway): published(row)
        for row in cut.figures.filter(
            area__in=around, year__in=[0, query.year or 0], pathway__in=["", query.pathway]
        )
    }
    row = rows.get((query.area, query.year or 0, query.pathway))
    if row is not None:
        return row
    nearest = next((area for area in around if (area, 0, "") in rows), None)
    is_nobody = nearest is not None and (
        rows[nearest, 0, ""].stages[0][0] == 0
        or (nearest != query.area and not rows[nearest, 0, ""].elsewhere)
    )
    counts, none = (_NO_STAGES, 0) if is_nobody else (_HIDDEN_STAGES, None)
    return Published(query.area, query.year or 0, query.pathway, counts, none, none, none)


def published(row: PublicFigures) -> Published:
    """A stored row as it was computed."""
    return Published(
        area=row.area,
        year=row.year,
        pathway=row.pathway,
        stages=tuple(tuple(counts) for counts in row.stages),
        permits=row.permits,
        reported=row.reported,
        confirmed=row.confirmed,
        elsewhere=row.elsewhere,
    )


def load_parts(cut: PublicCut, query: FunnelQuery, place: Place) -> dict[str, Published]:
    """The shown areas one level down, of the same cohort and path. One statement."""
    rows = cut.figures.filter(area__in=list(place.inside), year=query.year or 0, pathway=query.pathway)
    return {row.area: published(row) for row in rows.order_by("area")}


def load_splits(cut: PublicCut, query: FunnelQuery) -> list[Published]:
    """The shown cohorts and paths of the area, newest cohort first. One statement."""
    rows = cut.figures.filter(area=query.area).exclude(year=0, pathway="").order_by("-year", "pathway")
    return [published(row) for row in rows]


def funnel_rows(answer: Answer) -> list[dict[str, Any]]:
    """Rows of the component `funnel_list`; the last stages that say the same stand together."""
    rows: list[dict[str, Any]] = []
    previous: int | None = None
    last = (answer.query.pathway and len(stages_of(answer.query.pathway))) or STAGES
    for stage in list(Stage)[:last]:
        reached = answer.reached(stage)
        name, _ = WORDS[stage]
        if rows and not reached and reached == rows[-1]["reached"]:
            rows[-1]["number"] = f"{rows[-1]['first']}–{stage.number}"
            rows[-1]["name"] = f"{rows[-1]['name']}, {name.lower()}"
            continue
        rows.append(
            {
                "first": stage.number,
                "number": str(stage.number),
                "name": name,
                "reached": reached,
                "loss": _loss(stage, reached, previous),
            }
        )
        previous = reached
    return rows


def _loss(stage: Stage, reached: int | None, previous: int | None) -> str:
    if reached is None:
        return HIDDEN_WORDS
    if stage.number == 1 or not previous:
        return ""
    if reached == 0:
        return "Belum ada yang sampai di langkah ini."
    lost = previous - reached
    if not lost:
        return "Semua dari langkah sebelumnya."
    share = percent(reached, previous)
    return f"{share} dari langkah sebelumnya. {number(lost)} orang tidak atau belum {WORDS[stage][1]}."


def table_rows(answer: Answer) -> list[dict[str, Any]]:
    """Rows of the table beside the funnel: every stage with all its figures."""
    rows = []
    previous: int | None = None
    for stage, (reached, completed, waived, current) in zip(Stage, answer.figures.stages, strict=True):
        rows.append(
            {
                "number": stage.number,
                "name": stage.label,
                "reached": reached,
                "previous": previous,
                "completed": completed,
                "waived": waived,
                "current": current,
            }
        )
        previous = reached
    return rows


def area_breakdown(answer: Answer, parts: Mapping[str, Published]) -> Breakdown | None:
    """The areas one level down; what is hidden stands together in one line, so that the table adds up."""
    query, place = answer.query, answer.place
    if query.level == 3 or answer.is_hidden or answer.is_empty or not place.inside:
        return None
    path = reverse("statistics")
    lines = [
        _line(place.inside.get(code, code), query.address(path, area=code), part)
        for code, part in sorted(parts.items())
        if part.stages[0][0]
    ]
    rest = _rest(answer.figures, parts.values())
    note = ""
    if any(rest.reached) or rest.permits:
        lines.append(replace(rest, label="Gabungan angka yang disembunyikan"))
        note = f"Angka yang menunjuk kurang dari {LEAST} orang masuk ke baris gabungan."
    elif len(lines) < len(place.inside):
        note = f"Di {number(len(place.inside) - len(lines))} {place.inside_name} lain belum ada pendaftar."
    is_whole = query.year is None and not query.pathway
    return Breakdown(f"Per {place.inside_name}", "Wilayah", lines, is_whole, note)


def other_breakdowns(answer: Answer, splits: Iterable[Published]) -> list[Breakdown]:
    """By cohort and by path, where the question fixes neither."""
    query = answer.query
    if query.year or query.pathway or answer.is_hidden or answer.is_empty:
        return []
    path, found = reverse("statistics"), []
    cohorts = [part for part in splits if part.year]
    shown = [part for part in cohorts if part.stages[0][0]]
    if shown:
        lines = [_line(f"Angkatan {part.year}", query.address(path, year=part.year), part) for part in shown]
        rest = _rest(answer.figures, cohorts)
        note = ""
        if any(rest.reached):
            lines.append(replace(rest, label="Angkatan lain, digabung"))
            note = f"Angkatan yang pendaftarnya kurang dari {LEAST} digabung dengan angkatan lain."
        found.append(Breakdown("Per tahun daftar", "Angkatan", lines, False, note))
    paths = {part.pathway: part for part in splits if part.pathway and part.stages[0][0] is not None}
    if paths:
        lines = [
            _line(label, query.address(path, pathway=code), paths[code])
            for code, label in Pathway.choices
            if code in paths
        ]
        found.append(Breakdown("Per jalur", "Jalur", lines, False))
    return found


def _line(label: str, href: str, part: Published) -> Line:
    return Line(label, href, [counts[0] for counts in part.stages[:4]], part.permits)


def _rest(whole: Published, parts: Iterable[Published]) -> Line:
    """The whole less its shown parts, figure by figure; a figure hidden in a part stays in the rest."""
    parts = list(parts)
    reached = [
        None if counts[0] is None else counts[0] - sum(part.stages[index][0] or 0 for part in parts)
        for index, counts in enumerate(whole.stages[:4])
    ]
    permits = None if whole.permits is None else whole.permits - sum(part.permits or 0 for part in parts)
    return Line("", "", reached, permits)


class PublicFilterForm(FilterForm):
    """The public filters: `wilayah`, `tahun`, `jalur`. There is no breakdown by centre."""

    pusat = None  # type: ignore[assignment]

    def asked(self) -> FunnelQuery:
        """The question of a valid form."""
        data = self.cleaned_data
        return FunnelQuery(area=data["wilayah"] or NATION, year=data["tahun"], pathway=data["jalur"])

    @classmethod
    def offering(cls, query: FunnelQuery, place: Place) -> PublicFilterForm:
        """The filters set to a question: the areas around and inside, every year, every path."""
        form = cls(
            initial={"wilayah": query.area, "tahun": query.year or "", "jalur": query.pathway},
        )
        areas = {**dict(place.around), place.code: place.name, **place.inside}
        form.fields["wilayah"].widget.choices = list(areas.items())  # type: ignore[attr-defined]
        return form

    def keep_what_was_written(self) -> PublicFilterForm:
        """Show a refused question as text, so that the reader sees what to mend; lists would hide it."""
        for name in ("wilayah", "tahun"):
            self.fields[name].widget = forms.TextInput()
        return self


def cohort_words(query: FunnelQuery) -> str:
    """ "angkatan 2018, jalur Mulai usaha"; what is not asked is said to be all."""
    year = f"angkatan {query.year}" if query.year else f"semua angkatan {FIRST_COHORT}–{today().year}"
    path = f"jalur {Pathway(query.pathway).label}" if query.pathway else "semua jalur"
    return f"{year}, {path}"
