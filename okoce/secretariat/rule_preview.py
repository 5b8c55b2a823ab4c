"""Whom a new value would affect if it held today: how many at each centre, and the first of them by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet

from accounts.models import User
from core.clock import ZONES, day_start, local_day
from helpdesk.models import Ticket, TicketRule, TicketStatus
from participants.deadlines import due_day
from participants.facts import load_shared_facts
from participants.models import Enrollment, RetentionKind, Status
from participants.retention import expired, months_before
from programs.pipeline.desk import last_late_day
from programs.pipeline.stages import checklists

from .rules import Rule

SHOWN = 20
"""People named in a preview."""
MOST = 5_000
"""People looked at one by one; beyond that the preview says so."""
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Affected:
    """One kind of change: what it is in words, how many by centre (largest first), and some by name."""

    words: str
    total: int
    by_center: tuple[tuple[str, int], ...] = ()
    people: tuple[Enrollment, ...] = ()

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.total - len(self.people) if self.people else 0


@dataclass(frozen=True, slots=True)
class Preview:
    """What a new value changes. `note` says what the figures do not cover."""

    before: int | None
    after: int
    changes: tuple[Affected, ...]
    note: str = ""

    @property
    def total(self) -> int:
        return sum(change.total for change in self.changes)


def preview(rule: Rule, *, value: int, since: date, actor: User, at: datetime) -> Preview:
    """What the value would change among those who are there today, as if it held now."""
    holding = rule.on(since)
    before = holding.value if holding else None
    if before is None:
        return Preview(None, value, (), "Belum ada nilai sebelumnya untuk dibandingkan.")
    if rule.family.slug == "simpan":
        return _retention(rule, before, value, actor, at)
    if rule.family.slug == "bantuan":
        return _help(rule, before, value, actor, at)
    stage, code = rule.key.split(".")
    ask = _THRESHOLDS.get(code, _requirement)
    return ask(stage, code, before, value, actor, at)


# Stages ----------------------------------------------------------------------------------------------------

_Asked = Callable[[str, str, int, int, User, datetime], Preview]


def _of_stage(stage: str, actor: User) -> QuerySet[Enrollment]:
    return Enrollment.objects.visible_to(actor).filter(
        stage=stage, status=Status.AKTIF, erased_at__isnull=True
    )


def _silence(stage: str, _code: str, before: int, after: int, actor: User, at: datetime) -> Preview:
    def silent(days: int) -> Q:
        found = Q(pk__in=[])
        for zone in ZONES:
            first_day_heard = local_day(at, zone) - timedelta(days=days - 1)
            found |= Q(zone=zone, last_activity_at__lt=day_start(first_day_heard, zone))
        return found

    here = _of_stage(stage, actor)
    return Preview(
        before,
        after,
        _both(
            ("akan terhitung diam dan diingatkan", here.filter(silent(after)).exclude(silent(before))),
            ("tidak lagi terhitung diam", here.filter(silent(before)).exclude(silent(after))),
        ),
    )


def _answers(stage: str, _code: str, before: int, after: int, actor: User, at: datetime) -> Preview:
    waiting = (
        Enrollment.objects.visible_to(actor)
        .open()
        .filter(stage=stage)
        .annotate(task=FilteredRelation("assignments", condition=Q(assignments__ended_at__isnull=True)))
        .filter(coach__isnull=False, task__isnull=False, task__accepted_at__isnull=True)
        .annotate(assigned_at=F("task__assigned_at"))
    )

    def late(days: int) -> Q:
        found = Q(pk__in=[])
        for zone in ZONES:
            until = day_start(last_late_day(local_day(at, zone), days) + timedelta(days=1), zone)
            found |= Q(zone=zone, assigned_at__lt=until)
        return found

    return Preview(
        before,
        after,
        _both(
            (
                "akan terhitung terlambat dijawab pendamping",
                waiting.filter(late(after)).exclude(late(before)),
            ),
            ("tidak lagi terlambat dijawab pendamping", waiting.filter(late(before)).exclude(late(after))),
        ),
    )


def _due(stage: str, _code: str, before: int, after: int, actor: User, at: datetime) -> Preview:
    newly: list[Enrollment] = []
    freed: list[Enrollment] = []
    # Only who entered the stage in the days between the two limits (and a week of rest days) can change.
    low, high = sorted((before, after))
    window = _of_stage(stage, actor).filter(
        stage_entered_at__gte=at - timedelta(days=high + 14),
        stage_entered_at__lte=at - timedelta(days=low - 1),
    )
    looked = 0
    for one in _people(window):
        looked += 1
        today = local_day(at, one.zone)
        was = due_day(one, {(stage, "tenggat"): before}) < today
        will = due_day(one, {(stage, "tenggat"): after}) < today
        if was != will:
            (newly if will else freed).append(one)
    return Preview(
        before,
        after,
        _lists(("langkahnya akan lewat batas", newly), ("langkahnya tidak lagi lewat batas", freed)),
        _limit_note(looked),
    )


def _requirement(stage: str, code: str, before: int, after: int, actor: User, at: datetime) -> Preview:
    """Who would be ready for the next stage with one value and not with the other."""
    newly: list[Enrollment] = []
    freed: list[Enrollment] = []
    looked, today = 0, local_day(at)
    for chunk in _chunks(_people(_of_stage(stage, actor))):
        looked += len(chunk)
        shared = load_shared_facts(chunk, on=today)
        lists = {
            value: checklists(
                chunk, on=today,
                shared=replace(shared, thresholds={**shared.thresholds, (stage, code): value}),
            )
            for value in (before, after)
        }  # fmt: skip
        for one in chunk:
            was, will = (all(item.is_met for item in lists[value][one.pk]) for value in (before, after))
            if was != will:
                (freed if will else newly).append(one)
    return Preview(
        before,
        after,
        _lists(
            ("siap naik tahap sekarang, dan akan tertahan", newly),
            ("tertahan sekarang, dan akan siap naik tahap", freed),
        ),
        _limit_note(looked),
    )


_THRESHOLDS: dict[str, _Asked] = {"batas_diam": _silence, "tenggat": _due, "terima_tugas": _answers}


# Help and retention ----------------------------------------------------------------------------------------


def _help(rule: Rule, before: int, after: int, actor: User, at: datetime) -> Preview:
    kind, code = rule.key.split(".")
    tickets = Ticket.objects.workable_by(actor).filter(kind=kind)
    if code != TicketRule.Code.BUKA_LAGI:
        waiting = tickets.waiting().count()
        return Preview(
            before, after, (),
            f"Batas dihitung saat pertanyaan masuk. {waiting} yang sedang menunggu tetap memakai batasnya "
            "sendiri; nilai baru berlaku untuk yang masuk sejak hari itu.",
        )  # fmt: skip
    first, last = sorted((at - timedelta(days=before), at - timedelta(days=after)))
    found = tickets.filter(status=TicketStatus.SELESAI, closed_at__gt=first, closed_at__lte=last)
    words = "tidak bisa dibuka lagi oleh penanyanya" if after < before else "bisa dibuka lagi oleh penanyanya"
    counts = Counter(found.values_list("center__name", flat=True))
    return Preview(before, after, _counted(f"pertanyaan yang sudah selesai {words}", counts))


def _retention(rule: Rule, before: int, after: int, actor: User, at: datetime) -> Preview:
    kind, today = RetentionKind(rule.key), local_day(at)

    def gone(months: int) -> QuerySet[Any]:
        return expired(kind, day_start(months_before(today, months)))

    words = "akan ikut dilepas" if after < before else "tetap disimpan lebih lama"
    if kind is RetentionKind.PESERTA_BERHENTI:
        more, less = gone(min(before, after)), gone(max(before, after))
        keys = more.exclude(pk__in=less.values("pk")).values("pk")
        people = Enrollment.objects.visible_to(actor).filter(pk__in=keys)
        verb = "akan diusulkan untuk dihapus" if after < before else "belum diusulkan untuk dihapus"
        return Preview(before, after, _both((verb, people)))
    difference = abs(gone(after).count() - gone(before).count())
    change = (
        (Affected(f"{rule.label[:1].lower()}{rule.label[1:]} {words}", difference),) if difference else ()
    )
    return Preview(before, after, change)


# parts -----------------------------------------------------------------------------------------------------


def _people(found: QuerySet[Enrollment]) -> Iterator[Enrollment]:
    rows = found.select_related("person", "center").order_by("registered_at", "pk")[:MOST]
    return rows.iterator(chunk_size=CHUNK)


def _chunks(rows: Iterable[Enrollment]) -> Iterator[list[Enrollment]]:
    chunk: list[Enrollment] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _limit_note(looked: int) -> str:
    return f"Dihitung dari {MOST} peserta pertama di tahap ini." if looked >= MOST else ""


def _both(*parts: tuple[str, QuerySet[Enrollment]]) -> tuple[Affected, ...]:
    """Counted and named in the database: two statements a part that has anybody."""
    found = []
    for words, rows in parts:
        counts = Counter(rows.order_by().values_list("center__name", flat=True))
        if counts:
            named = rows.select_related("person", "center").order_by("last_activity_at", "pk")[:SHOWN]
            found.append(Affected(f"orang {words}", counts.total(), _largest(counts), tuple(named)))
    return tuple(found)


def _lists(*parts: tuple[str, list[Enrollment]]) -> tuple[Affected, ...]:
    found = []
    for words, rows in parts:
        if rows:
            counts = Counter(one.center.name if one.center else None for one in rows)
            found.append(Affected(f"orang {words}", len(rows), _largest(counts), tuple(rows[:SHOWN])))
    return tuple(found)


def _counted(words: str, counts: Counter[Any]) -> tuple[Affected, ...]:
    return (Affected(words, counts.total(), _largest(counts)),) if counts else ()


def _largest(counts: Counter[Any]) -> tuple[tuple[str, int], ...]:
    return tuple((name or "Belum punya pusat", count) for name, count in counts.most_common())
