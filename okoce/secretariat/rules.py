"""The dated rules of every app as one kind of thing: listed, added for a day to come, withdrawn before it.

What holds and what held never changes: the tables refuse it themselves (`core.dated`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models, transaction

from accounts.models import User
from core import audit
from core.dated import first_free_day_after
from core.formats import day as day_words
from core.refusals import Refused
from helpdesk.models import Kind, TicketRule
from participants.models import RetentionKind, RetentionRule, Stage, Threshold


@dataclass(frozen=True, slots=True)
class Family:
    """One table of dated rows: which columns say what the value is about, and which holds the value."""

    slug: str
    title: str
    model: type[models.Model]
    about: tuple[str, ...]
    value: str
    has_end: bool

    @property
    def label(self) -> str:
        return self.model._meta.label_lower


FAMILIES: dict[str, Family] = {
    family.slug: family
    for family in (
        Family("tahap", "Syarat dan batas waktu tahap", Threshold, ("stage", "code"), "value", True),
        Family("bantuan", "Pertanyaan dan keluhan", TicketRule, ("kind", "code"), "value", True),
        Family("simpan", "Masa simpan data", RetentionRule, ("kind",), "months", False),
    )
}

UNITS: dict[str, tuple[str, str, int, int]] = {
    "batas_diam": ("Hari tanpa kabar sampai diingatkan", "hari", 1, 365),
    "tenggat": ("Hari sampai langkah jatuh tempo", "hari", 1, 365),
    "terima_tugas": ("Hari kerja sampai pendamping menjawab tugas", "hari kerja", 1, 60),
    "hadir_persen": ("Kehadiran paling sedikit", "persen", 1, 100),
    "tawaran_jam": ("Jam untuk menjawab tawaran tempat di kelas", "jam", 1, 168),
    "masa_serah": ("Hari berkenalan sesudah peserta dialihkan", "hari", 1, 30),
    "naik_diam": ("Berapa kali batas diam sampai pengelola diberi tahu", "kali", 1, 12),
    "konfirmasi_hari": ("Hari sampai pertemuan dihitung tanpa jawaban peserta", "hari", 1, 60),
    "cicilan_persen": ("Bagian uang masuk, di atasnya cicilan disebut berat", "persen", 1, 100),
    "sesi": ("Pertemuan paling sedikit", "pertemuan", 1, 60),
    "bulan_buku_kas": ("Bulan buku kas paling sedikit", "bulan", 1, 60),
}
"""Code of a threshold → its words, unit, least and greatest value."""
HELP_UNITS: dict[str, tuple[str, str, int, int]] = {
    TicketRule.Code.TENGGAT: ("Hari kerja sampai dijawab", "hari kerja", 1, 60),
    TicketRule.Code.NAIK: ("Hari kerja lewat batas sampai atasan diberi tahu", "hari kerja", 1, 60),
    TicketRule.Code.BUKA_LAGI: ("Hari untuk membuka lagi", "hari", 1, 365),
}
_MOST_MONTHS = 240


@dataclass(frozen=True, slots=True)
class Value:
    """One value with the days it holds; `until` is exclusive, None is open."""

    pk: int
    value: int
    since: date
    until: date | None
    source: str

    def holds_on(self, day: date) -> bool:
        """Whether this value is the one that counts on a day."""
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its words, its values from the oldest to the newest."""

    family: Family
    key: str
    place: str
    label: str
    unit: str
    least: int
    most: int
    values: tuple[Value, ...]

    @property
    def about(self) -> dict[str, str]:
        """The columns that say which rule this is."""
        return dict(zip(self.family.about, self.key.split("."), strict=True))

    @property
    def title(self) -> str:
        """ "Pendampingan: pertemuan paling sedikit"."""
        return f"{self.place}: {self.label[:1].lower()}{self.label[1:]}" if self.place else self.label

    def on(self, day: date) -> Value | None:
        """The value that counts on a day."""
        return next((value for value in reversed(self.values) if value.holds_on(day)), None)

    def after(self, day: date) -> list[Value]:
        """Values that begin after a day."""
        return [value for value in self.values if value.since > day]

    def before(self, day: date) -> list[Value]:
        """Values that ended, the newest first."""
        return [value for value in reversed(self.values) if value.until is not None and value.until <= day]

    def said(self, value: int) -> str:
        """ "14 hari"."""
        return f"{value} {self.unit}"


def load_rules() -> list[Rule]:
    """Every rule with all its values, in the order of the programme; three statements."""
    return [rule for family in FAMILIES.values() for rule in _of_family(family)]


def find_rule(slug: str, key: str) -> Rule | None:
    """One rule, or None; one statement."""
    family = FAMILIES.get(slug)
    if family is None:
        return None
    return next((rule for rule in _of_family(family) if rule.key == key), None)


def _of_family(family: Family) -> list[Rule]:
    found: dict[str, list[Any]] = {}
    for row in family.model._default_manager.order_by(*family.about, "valid_from"):
        found.setdefault(".".join(getattr(row, name) for name in family.about), []).append(row)
    return sorted((_rule(family, key, rows) for key, rows in found.items()), key=_order)


def _order(rule: Rule) -> tuple[int, str]:
    parts = rule.key.split(".")
    return (list(Stage.values).index(parts[0]) if rule.family.slug == "tahap" else 0, rule.key)


def _rule(family: Family, key: str, rows: list[Any]) -> Rule:
    place, label, unit, least, most = _words(family, key.split("."))
    values = []
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        # Without an end of its own, a value holds until the next one begins.
        until = row.valid_until if family.has_end else following and following.valid_from
        values.append(Value(row.pk, getattr(row, family.value), row.valid_from, until, row.source))
    return Rule(family, key, place, label, unit, least, most, tuple(values))


def _words(family: Family, parts: list[str]) -> tuple[str, str, str, int, int]:
    if family.slug == "simpan":
        return "", RetentionKind(parts[0]).label, "bulan", 0, _MOST_MONTHS
    place = Stage(parts[0]).label if family.slug == "tahap" else Kind(parts[0]).label
    known: Mapping[str, tuple[str, str, int, int]] = UNITS if family.slug == "tahap" else HELP_UNITS
    return (place, *known.get(parts[1], (parts[1], "", 0, 100_000)))


# Acts ------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_value(
    *, rule: Rule, value: int, since: date, source: str, reason: str, actor: User, at: datetime
) -> Value:
    """A new value from a day to come; what holds until then ends the day before, a later one stays.

    Raises Refused when the day has begun somewhere in the country, when a value begins on it already, or when
    the value is the one that would hold anyway.
    """
    family = rule.family
    current = _locked(rule)
    _require(current, value=value, since=since, at=at)
    holding = current.on(since)
    fields: dict[str, Any] = {family.value: value, "valid_from": since, "source": source, **rule.about}
    if family.has_end:
        fields["valid_until"] = holding.until if holding else _next_start(current, since)
        if holding is not None:
            family.model._default_manager.filter(pk=holding.pk).update(valid_until=since)
    row: Any = family.model(**fields)
    row.full_clean(validate_constraints=False)
    row.save(force_insert=True)
    words = f"{rule.title}: {rule.said(value)} mulai {day_words(since)}"
    audit.record(
        actor=actor, action="aturan.ditambah", obj=row, reason=reason,
        detail={"words": words, "before": holding.value if holding else None, "source": source},
    )  # fmt: skip
    return Value(row.pk, value, since, fields.get("valid_until"), source)


@transaction.atomic
def withdraw(*, rule: Rule, pk: int, reason: str, actor: User, at: datetime) -> None:
    """Take back a value that has not begun anywhere; the one before it goes on. Raises Refused."""
    family = rule.family
    current = _locked(rule)
    gone = next((value for value in current.values if value.pk == pk), None)
    if gone is None:
        raise Refused("Nilai ini sudah dicabut.")
    if gone.since <= first_free_day_after(at):
        raise Refused("Nilai ini sudah berlaku. Tambahkan nilai baru untuk hari yang akan datang.")
    family.model._default_manager.filter(pk=pk).delete()
    if family.has_end:
        family.model._default_manager.filter(valid_until=gone.since, **rule.about).update(
            valid_until=gone.until
        )
    words = f"{rule.title}: {rule.said(gone.value)} mulai {day_words(gone.since)}"
    audit.record(
        actor=actor, action="aturan.dicabut", obj=f"{family.label}:{pk}", reason=reason,
        detail={"words": words},
    )  # fmt: skip


def _locked(rule: Rule) -> Rule:
    """The rule as it is now, with its rows locked: whatever the page knew, and what a faster hand wrote."""
    rows = rule.family.model._default_manager.filter(**rule.about).order_by("valid_from")
    list(rows.select_for_update(of=("self",), no_key=True))
    return _rule(rule.family, rule.key, list(rows.all()))


def _next_start(rule: Rule, day: date) -> date | None:
    return next((value.since for value in rule.values if value.since > day), None)


def _require(rule: Rule, *, value: int, since: date, at: datetime) -> None:
    if since <= first_free_day_after(at):
        raise Refused("Nilai baru mulai besok atau sesudahnya. Yang sudah berlaku tidak bisa diubah.")
    if not rule.least <= value <= rule.most:
        raise Refused(f"Tulis angka {rule.least} sampai {rule.most}.")
    if any(one.since == since for one in rule.values):
        raise Refused("Sudah ada nilai yang mulai hari itu. Cabut dulu, atau pilih hari lain.")
    holding = rule.on(since)
    if holding is not None and holding.value == value:
        raise Refused(f"Pada hari itu nilainya memang {rule.said(value)}. Tidak ada yang berubah.")
