"""The dashboard's read model: one question, and everything the page shows of it, counted once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.access import NATION
from accounts.models import User
from centers.models import Agency, Center
from centers.tiles import PROVINCE as MAPPED_PROVINCE
from centers.tiles import Cell, jakarta_tiles, regency_names
from core.formats import number, percent
from participants.models import Pathway, Stage, Status
from programs.pipeline.people import IN_PROGRESS
from programs.pipeline.stages import stages_of

from .attention import Attention, load_attention
from .funnel import Cube, Funnel, Jobs, load_cube, load_jobs
from .places import Place, area_names, district_names
from .questions import FilterForm, FunnelQuery, lens_for, lenses, sees_area

CENTERS_SHOWN = 100
"""Longest list of centres on a page; the downloads have them all."""

CENTERS_OFFERED = 60
"""Longest list of centres in the filter."""

STEPS = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a breakdown. `passed` is None where the path does not go so far.

    `links` leads from the name of a figure to the people behind it.
    """

    label: str
    href: str
    registered: int
    passed: int | None
    permits: int
    current: int
    silent: int = 0
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A table of lines and what its rows are."""

    title: str
    first: str
    lines: Sequence[Line]
    note: str = ""
    with_silent: bool = False


@dataclass(frozen=True, slots=True)
class TilePicture:
    """Jakarta's map and the same figures as lists per kab/kota."""

    tiles: list[dict[str, Any]]
    legend: list[str]
    groups: list[tuple[str, list[dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class Board:
    """Everything the page shows. Shares are of `funnel.registered` unless said otherwise."""

    query: FunnelQuery
    place: Place
    title: str
    trail: list[dict[str, str]]
    at: datetime
    goal: Stage
    funnel: Funnel
    rows: list[dict[str, Any]]
    path_note: str
    jobs: Jobs
    waiting: list[dict[str, str]]
    areas: Breakdown | None
    others: list[Breakdown]
    picture: TilePicture | None
    form: FilterForm
    agency: str

    @property
    def passed(self) -> int:
        """Who got past the stage of the headline."""
        return self.funnel.at(self.goal).passed

    @property
    def permits_href(self) -> str:
        """The people with a verified base permit."""
        return people_address(self.query, izin="1") if self.funnel.permits else ""

    @property
    def is_empty(self) -> bool:
        return self.funnel.registered == 0


def load_board(user: User, query: FunnelQuery, place: Place, *, at: datetime) -> Board | None:
    """Count and name everything of one question; None when the asked centre does not exist.

    The number of statements does not depend on how many people, areas or centres there are.
    """
    parts = 8 if query.center and query.area == NATION else query.child_length
    mapped = query.area == MAPPED_PROVINCE and not query.center
    with_centers = query.area != NATION or bool(query.center)
    cube = load_cube(query, area_length=8 if mapped else parts, with_centers=with_centers)
    by_center = cube.by_center() if with_centers else {}
    center_names = _center_names(query, user, place, by_center)
    if query.center and query.center not in center_names:
        return None
    attention = load_attention(query, area_length=parts, at=at)
    goal = _goal(query.pathway)
    funnel = cube.total()
    names = place.inside
    if query.center and query.area == NATION:
        names = district_names(cube.by_area(8))
    return Board(
        query=query,
        place=place,
        title=_title(query, place, center_names),
        trail=_trail(user, query, place, center_names),
        at=at,
        goal=goal,
        funnel=funnel,
        rows=funnel_rows(funnel, query),
        path_note=_path_note(query.pathway),
        jobs=load_jobs(query),
        waiting=_waiting(attention, query),
        areas=_areas(user, query, place, cube.by_area(parts), names, attention, goal),
        others=_others(query, cube, by_center, center_names, goal),
        picture=_picture(query, cube.by_area(8), goal) if mapped else None,
        form=_filters(user, query, place, center_names),
        agency=_agency_name(query.agency),
    )


def people_address(query: FunnelQuery, **extra: str) -> str:
    """The people list with the same filters, and more of its own: `tahap`, `status`, `sampai`, `selesai`,
    `dispensasi`, `lewat`, `izin`, `diam`, `bukti`."""
    pairs = {**extra, **query.parameters()}
    return f"{reverse('people')}?{urlencode(pairs)}" if pairs else reverse("people")


def funnel_rows(funnel: Funnel, query: FunnelQuery) -> list[dict[str, Any]]:
    """Rows of the component `funnel_table`: the stages of the path, with links to the people behind."""
    shown = stages_of(query.pathway) if query.pathway else tuple(Stage)
    rows = []
    previous: int | None = None
    for figures in funnel.stages:
        if figures.stage not in shown:
            continue
        stage = figures.stage
        links = {}
        if figures.reached:
            links["reached"] = people_address(query, sampai=stage)
        if figures.completed:
            links["completed"] = people_address(query, selesai=stage)
        if figures.waived:
            links["waived"] = people_address(query, dispensasi=stage)
        if figures.current:
            links["current"] = people_address(query, tahap=stage, status=IN_PROGRESS)
        if figures.stopped:
            links["stopped"] = people_address(query, tahap=stage, status=Status.BERHENTI)
        rows.append(
            {
                "number": stage.number,
                "name": stage.label,
                "reached": figures.reached,
                "previous": previous,
                "completed": figures.completed,
                "waived": figures.waived,
                "current": figures.current,
                "stopped": figures.stopped,
                "links": links,
            }
        )
        previous = figures.reached
    return rows


def _goal(pathway: str) -> Stage:
    """The stage of the headline: a base permit, or for job seekers the end of their path."""
    return Stage.PERIZINAN if not pathway or Stage.PERIZINAN in stages_of(pathway) else stages_of(pathway)[-1]


def _path_note(pathway: str) -> str:
    if not pathway or stages_of(pathway) == tuple(Stage):
        return ""
    return f"Jalur {Pathway(pathway).label} selesai di tahap {stages_of(pathway)[-1].label}."


def _title(query: FunnelQuery, place: Place, centers: Mapping[str, str]) -> str:
    parts = [centers[query.center] if query.center else place.name]
    if query.center and query.area != NATION:
        parts.append(place.name)
    parts.append(f"angkatan {query.year}" if query.year else "semua angkatan")
    if query.pathway:
        parts.append(f"jalur {Pathway(query.pathway).label}")
    return ", ".join(parts)


def _trail(user: User, query: FunnelQuery, place: Place, centers: Mapping[str, str]) -> list[dict[str, str]]:
    """Areas around, as far as the user may see them, then the place, then the centre."""
    path = reverse("dashboard")
    steps = [
        {"label": name, "href": query.address(path, area=code, center="")}
        for code, name in place.around
        if sees_area(user, code)
    ]
    if sees_area(user, query.area) and not (query.center and query.area == NATION):
        steps.append({"label": place.name, "href": query.address(path, center="") if query.center else ""})
    if query.center:
        steps.append({"label": centers[query.center], "href": ""})
    return steps


def _center_names(query: FunnelQuery, user: User, place: Place, found: Iterable[str]) -> dict[str, str]:
    """Names of every centre the page speaks of, own ones of a manager included, in code order."""
    codes = {code for code in found if code} | {lens.center for lens in lenses(user) if lens.center}
    if query.center:
        codes.add(query.center)
    if query.area == NATION and codes <= {query.center}:
        return {query.center: place.name} if query.center else {}
    return dict(Center.objects.filter(pk__in=codes).order_by("pk").values_list("pk", "name"))


def _line(
    label: str,
    href: str,
    funnel: Funnel,
    goal: Stage | None,
    *,
    part: FunnelQuery | None,
    silent: int = 0,
) -> Line:
    """One row; `part` is the question about its people alone, None when the people list cannot ask it."""
    passed = funnel.at(goal).passed if goal else None
    links = {}
    if part is not None:
        behind = {
            "registered": (funnel.registered, {}),
            "passed": (passed, {"lewat": str(goal)}),
            "permits": (funnel.permits, {"izin": "1"}),
            "silent": (silent, {"diam": "1"}),
        }
        links = {name: people_address(part, **asked) for name, (count, asked) in behind.items() if count}
    return Line(
        label=label,
        href=href,
        registered=funnel.registered,
        passed=passed,
        permits=funnel.permits,
        current=sum(figures.current for figures in funnel.stages),
        silent=silent,
        links=links,
    )


def _areas(
    user: User,
    query: FunnelQuery,
    place: Place,
    parts: Mapping[str, Funnel],
    names: Mapping[str, str],
    attention: Attention,
    goal: Stage,
) -> Breakdown | None:
    """The next level down; every current area is listed, with or without people."""
    if query.level == 3:
        return None
    path = reverse("dashboard")
    lines = []
    for code in sorted({*names, *parts}):
        funnel = parts.get(code)
        may_open = lens_for(user, area=code, center=query.center) is not None
        href = query.address(path, area=code) if may_open else ""
        label = names.get(code, code)
        if funnel is None:
            lines.append(Line(label, href, 0, 0, 0, 0))
        else:
            part, silent = replace(query, area=code), attention.silent.get(code, 0)
            lines.append(_line(label, href, funnel, goal, part=part, silent=silent))
    if query.level == 0:
        # 38 provinces, most of them without people: those with people are enough.
        lines = [line for line in lines if line.registered]
    if not lines:
        return None
    name = "kecamatan" if query.center else place.inside_name
    return Breakdown(f"Per {name}", "Wilayah", lines, with_silent=True)


def _others(
    query: FunnelQuery,
    cube: Cube,
    by_center: Mapping[str, Funnel],
    centers: Mapping[str, str],
    goal: Stage,
) -> list[Breakdown]:
    """By path, cohort and centre; a dimension the question already fixes is left out."""
    path = reverse("dashboard")
    found = []
    if not query.pathway:
        lines = [
            _line(
                Pathway(code).label,
                query.address(path, pathway=code),
                funnel,
                _passes(code, goal),
                part=replace(query, pathway=code),
            )
            for code, funnel in sorted(
                cube.by_pathway().items(), key=lambda pair: Pathway.values.index(pair[0])
            )
        ]
        found.append(Breakdown("Per jalur", "Jalur", lines))
    if query.year is None:
        lines = [
            _line(
                f"Angkatan {year}",
                query.address(path, year=year),
                funnel,
                goal,
                part=replace(query, year=year),
            )
            for year, funnel in sorted(cube.by_year().items(), reverse=True)
        ]
        found.append(Breakdown("Per angkatan", "Tahun daftar", lines))
    if by_center and not query.center:
        ranked = sorted(by_center.items(), key=lambda pair: (-pair[1].registered, pair[0]))
        lines = [
            _line(
                centers.get(code, code) if code else "Belum punya pusat",
                query.address(path, center=code) if code in centers else "",
                funnel,
                goal,
                part=replace(query, center=code) if code else None,
            )
            for code, funnel in ranked[:CENTERS_SHOWN]
        ]
        more = len(ranked) - len(lines)
        note = f"{number(more)} pusat lain ada di unduhan CSV." if more > 0 else ""
        found.append(Breakdown("Per pusat", "Pusat", lines, note))
    return [breakdown for breakdown in found if breakdown.lines]


def _passes(pathway: str, goal: Stage) -> Stage | None:
    return goal if goal in stages_of(pathway) else None


def _waiting(attention: Attention, query: FunnelQuery) -> list[dict[str, str]]:
    """What waits, each with the list of the people behind the number."""
    found: list[tuple[int, str, dict[str, str]]] = []
    if attention.evidence:
        late = f" ({number(attention.late_evidence)} lebih dari 3 hari)" if attention.late_evidence else ""
        found.append((attention.evidence, f"peserta menunggu buktinya diperiksa{late}", {"bukti": "1"}))
    if attention.waiting:
        found.append((attention.waiting, "pendaftar menunggu pusat", {"status": str(Status.MENUNGGU_PUSAT)}))
    if attention.silent_total:
        found.append((attention.silent_total, "peserta diam lewat batas", {"diam": "1"}))
    return [
        {"value": number(value), "text": text, "href": people_address(query, **extra)}
        for value, text, extra in found
    ]


def _picture(query: FunnelQuery, districts: Mapping[str, Funnel], goal: Stage) -> TilePicture:
    """Per kecamatan the whole percent of those registered who got past the stage of the headline."""
    shares = {
        code: round(funnel.at(goal).passed * 100 / funnel.registered)
        for code, funnel in districts.items()
        if funnel.registered
    }
    lowest, width = _bands(shares.values())
    path = reverse("dashboard")
    cells = {}
    for code, share in shares.items():
        figures = districts[code]
        passed = figures.at(goal).passed
        told = (
            f"{percent(passed, figures.registered)} yaitu {number(passed)} dari {number(figures.registered)}"
        )
        step = min((share - lowest) // width + 1, STEPS)
        cells[code] = Cell(share, step, href=query.address(path, area=code), description=told)
    tiles = jakarta_tiles(cells)
    for tile in tiles:
        tile["told"] = cells[tile["code"]].description if tile["code"] in cells else ""
    ordered = sorted(tiles, key=lambda tile: str(tile["code"]))
    groups = [
        (regency_names()[code], list(group))
        for code, group in groupby(ordered, key=lambda tile: str(tile["group"]))
    ]
    return TilePicture(tiles, _legend(lowest, width), groups)


def _bands(shares: Iterable[int]) -> tuple[int, int]:
    """Lowest value and width (whole percent) of five equal bands that hold every share."""
    values = list(shares) or [0]
    lowest = min(values)
    return lowest, max(1, -(-(max(values) - lowest + 1) // STEPS))


def _legend(lowest: int, width: int) -> list[str]:
    starts = [lowest + width * index for index in range(STEPS)]
    words = [f"di bawah {starts[1]}%"]
    for start in starts[1:-1]:
        words.append(f"{start}%" if width == 1 else f"{start}–{start + width - 1}%")
    return [*words, f"{starts[-1]}% ke atas"]


def _filters(user: User, query: FunnelQuery, place: Place, centers: Mapping[str, str]) -> FilterForm:
    """Offer the areas around and inside, the user's other areas, and the centres the page names."""
    own = [lens.area for lens in lenses(user) if not lens.center]
    areas: dict[str, str] = {}
    if own:
        areas |= {code: name for code, name in place.around if sees_area(user, code)}
        areas |= {place.code: place.name} | place.inside
        if missing := [code for code in own if code not in areas]:
            areas |= area_names(missing)
    choices = list(centers.items()) if len(centers) <= CENTERS_OFFERED else []
    if own and choices:
        choices = [("", "Semua pusat"), *choices]
    return FilterForm.showing(query, areas=list(areas.items()), centers=choices)


def _agency_name(code: str) -> str:
    """The SKPD whose people alone are counted, or nothing."""
    return Agency.objects.filter(pk=code).values_list("name", flat=True).first() or code if code else ""
