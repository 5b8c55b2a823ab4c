"""Reading the audit log: found by filters, each entry as one sentence, in pages and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast

from accounts.access import area_q
from accounts.models import RoleAssignment, User
from core.clock import day_start
from core.formats import moment
from core.models import AuditEntry
from core.privacy import redact_numbers
from core.spreadsheet import plain
from participants.models import DataRequest, Enrollment

from .audit_words import codes_of, sentence_of

PAGE_SIZE = 25
CHUNK = 1_000
"""Rows of a file whose names are looked up at one time."""
PERSON, ENROLLMENT = "participants.person", "participants.enrollment"
HEADINGS = ("waktu_wib", "pelaku", "kalimat", "alasan", "kode", "jenis_catatan", "nomor_catatan")
_NOBODY = UUID(int=0)

_TYPE_WORDS = {
    "participants.stageevidence": "bukti peserta",
    "pipeline.bulkact": "tindakan massal",
    "centers.coachprofile": "pendamping",
    "training.course": "kursus",
    "training.trainingclass": "kelas",
    "training.seat": "tempat di kelas",
    "training.attendance": "kehadiran",
    "training.certificate": "sertifikat",
    "mentoring.mentoringsession": "pertemuan pendampingan",
    "mentoring.clinic": "klinik wirausaha",
    "mentoring.clinicvisit": "kunjungan klinik",
    "mentoring.actionplan": "rencana aksi",
    "participants.threshold": "aturan tahap",
    "participants.retentionrule": "masa simpan",
    "helpdesk.ticketrule": "batas waktu bantuan",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry in words. `href` leads to the record where a page shows it."""

    pk: int
    at: datetime
    actor: str
    before: str
    obj: str
    after: str
    href: str
    reason: str
    entry: AuditEntry

    @property
    def sentence(self) -> str:
        """ "Maya Kusuma memeriksa identitas Siti Aminah (OK-26-000001)"."""
        return " ".join(f"{self.actor} {self.before}{self.obj}{self.after}".split())


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines, newest first, and the keys after and before which the neighbours begin (0: none)."""

    lines: Sequence[Line]
    older: int
    newer: int


def search(actor: User, filters: dict[str, Any]) -> QuerySet[AuditEntry]:
    """Entries that match the cleaned filters of `AuditFilterForm`; unordered."""
    found = AuditEntry.objects.all()
    if text := filters.get("pelaku"):
        found = found.filter(actor_label__icontains=text)
    if group := filters.get("tindakan"):
        found = found.filter(action__in=codes_of(group))
    if number := filters.get("nomor"):
        found = found.filter(_about(actor, Q(number=number.upper()), number))
    if day := filters.get("dari"):
        found = found.filter(at__gte=day_start(day))
    if day := filters.get("sampai"):
        found = found.filter(at__lt=day_start(day + timedelta(days=1)))
    if place := filters.get("wilayah"):
        scope = Q(center_id=place) if place.startswith("P") else area_q("district__code", [place])
        holders = RoleAssignment.objects.filter(_inside(place)).values("user_id")
        found = found.filter(_about(actor, scope) | Q(actor_id__in=holders))
    return found


def _inside(place: str) -> Q:
    """Role assignments whose scope is the place or lies in it; centres by the code of their kecamatan."""
    if place.startswith("P"):
        return Q(scope=place)
    return area_q("scope", [place]) | Q(scope__startswith=f"P{place}")


def _about(actor: User, which: Q, number: str = "") -> Q:
    """Entries about enrollments of this kind, their people and the data requests made for them.

    `number` may itself be the number of a data request, or the identifier that an entry carries.
    """
    seen = Enrollment.objects.visible_to(actor).filter(which)
    requests = DataRequest.objects.visible_to(actor).filter(
        Q(number=number.upper()) if number else Q(enrollment__in=seen)
    )
    about = (
        Q(object_type=PERSON, object_id__in=seen.values_list(Cast("person_id", CharField())))
        | Q(object_type=ENROLLMENT, object_id__in=seen.values_list(Cast("pk", CharField())))
        | Q(
            object_type="participants.datarequest",
            object_id__in=requests.values_list(Cast("pk", CharField())),
        )
    )
    return about | Q(object_id=number.lower()) | Q(object_id=number) if number else about


def load_page(found: QuerySet[AuditEntry], actor: User, *, before: int, after: int) -> LogPage:
    """One page: entries older than `before`, or newer than `after`; 0 means from the newest on."""
    if after:
        rows = list(found.filter(pk__gt=after).order_by("pk")[: PAGE_SIZE + 1])
        has_newer, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE][::-1]
        if rows:
            return LogPage(describe(rows, actor), rows[-1].pk, rows[0].pk if has_newer else 0)
        before = 0
    rows = list((found.filter(pk__lt=before) if before else found).order_by("-pk")[: PAGE_SIZE + 1])
    has_older, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    older = rows[-1].pk if has_older else 0
    return LogPage(describe(rows, actor), older, rows[0].pk if before and rows else 0)


def describe(entries: Sequence[AuditEntry], actor: User) -> list[Line]:
    """Every entry as a sentence. Four statements, whatever the entries are about."""
    names = _names(entries, actor)
    lines = []
    for entry in entries:
        obj, href = names.get((entry.object_type, entry.object_id)) or (_plainly(entry), "")
        before, mark, after = sentence_of(entry.action).partition("{obj}")
        who = redact_numbers(entry.actor_label) or "Portal"
        reason = redact_numbers(entry.reason)
        shown = obj if mark else ""
        lines.append(Line(entry.pk, entry.at, who, before, shown, after, href, reason, entry))
    return lines


def _plainly(entry: AuditEntry) -> str:
    """A record no page knows by name: its kind and identifier, or what the act itself noted."""
    noted = entry.detail.get("words") if isinstance(entry.detail, dict) else None
    if isinstance(noted, str) and noted:
        return redact_numbers(noted)
    word = _TYPE_WORDS.get(entry.object_type)
    if word:
        return word
    return f"catatan {redact_numbers(entry.object_id)}" if entry.object_id else "portal"


def _names(entries: Iterable[AuditEntry], actor: User) -> dict[tuple[str, str], tuple[str, str]]:
    ids: dict[str, set[str]] = {}
    for entry in entries:
        ids.setdefault(entry.object_type, set()).add(entry.object_id)
    names: dict[tuple[str, str], tuple[str, str]] = {}
    people, ways = _keys(ids.get(PERSON)), _keys(ids.get(ENROLLMENT))
    rows = (
        Enrollment.objects.visible_to(actor)
        .filter(Q(person_id__in=people) | Q(pk__in=ways))
        .order_by("registered_at", "pk")
        .values_list("pk", "person_id", "number", "person__full_name")
    )
    for pk, person_id, number, name in rows:
        words = (f"{name} ({number})", f"/peserta/{person_id}/")
        names[PERSON, str(person_id)] = names[ENROLLMENT, str(pk)] = words
    users = User.objects.filter(pk__in=_keys(ids.get("accounts.user")))
    for pk, name in users.values_list("pk", "display_name"):
        names["accounts.user", str(pk)] = (name, f"/pengguna/{pk}/")
    roles = RoleAssignment.objects.filter(
        pk__in=[int(key) for key in ids.get("accounts.roleassignment", ()) if key.isdecimal()] or [0]
    ).select_related("user")
    for role in roles:
        words = (f"{role.get_role_display()} {role.scope} kepada {role.user}", f"/pengguna/{role.user_id}/")
        names["accounts.roleassignment", str(role.pk)] = words
    requests = DataRequest.objects.visible_to(actor).filter(pk__in=_keys(ids.get("participants.datarequest")))
    for pk, number in requests.values_list("pk", "number"):
        names["participants.datarequest", str(pk)] = (number, f"/hak-data/{pk}/")
    for kind, word in (("centers.center", "pusat"), ("centers.agency", "dinas")):
        for key in ids.get(kind, ()):
            names[kind, key] = (key, f"/sekretariat/{word}/{key}/")
    return names


def _keys(texts: Iterable[str] | None) -> list[UUID]:
    """The UUIDs among identifiers; never empty, so that a page always asks the same statements."""
    found = [_NOBODY]
    for text in texts or ():
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def csv_lines(found: QuerySet[AuditEntry], actor: User) -> Iterator[str]:
    """The whole answer as CSV, newest first, in chunks of flat memory; no cell runs in a spreadsheet."""
    yield "\ufeff" + _csv_row(HEADINGS)  # without the mark Excel reads UTF-8 as its own code page
    newest = 0
    while True:
        # By key: pages of a file that is sent slowly hold no cursor open in the database.
        rows = list((found.filter(pk__lt=newest) if newest else found).order_by("-pk")[:CHUNK])
        if not rows:
            return
        for line in describe(rows, actor):
            entry = line.entry
            yield _csv_row(
                plain(str(cell))
                for cell in (moment(line.at), line.actor, line.sentence, line.reason, entry.action,
                             entry.object_type, redact_numbers(entry.object_id))
            )  # fmt: skip
        newest = rows[-1].pk


def _csv_row(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()
