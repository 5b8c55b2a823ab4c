"""The report of a class, and the empty sheet to sign: what was attended, as PDF and for a spreadsheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import xlsxwriter

from accounts.models import User
from core.clock import local_day
from core.documents import render_pdf
from core.formats import NOTHING, day, moment, number
from core.spreadsheet import plain
from participants.models import Stage, Threshold

from . import quiz, survey
from .certificates import DOCUMENTS
from .facts import class_percents
from .models import Attendance, ClassSession, Presence, Seat, TrainingClass

MARKS = {presence: presence.label[0] for presence in Presence}
"""H, T, I, S, A: no two begin alike."""
KEY = ", ".join(f"{mark} {presence.label.lower()}" for presence, mark in MARKS.items())
SESSIONS_ON_A_PAGE = 15
SIGNED_ON_A_PAGE = 6
EMPTY_LINES = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One person; presences in the order of the sessions, None where nothing was recorded."""

    name: str
    number: str
    presences: Sequence[Presence | None]
    percent: int
    certificate: str


@dataclass(frozen=True, slots=True)
class ClassReport:
    """A class with everybody the reader may see, by name."""

    training_class: TrainingClass
    sessions: Sequence[ClassSession]
    lines: Sequence[Line]
    trainers: Sequence[str]
    enough: int
    average: quiz.Average
    survey: survey.Survey
    made_at: datetime

    @property
    def came(self) -> list[int]:
        """How many came to each session."""
        attended = set(Presence.attended())
        return [sum(line.presences[n] in attended for line in self.lines) for n in range(len(self.sessions))]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """The summary: label and words."""
        one, lines = self.training_class, self.lines
        passed = sum(line.percent >= self.enough for line in lines)
        average = f"{round(sum(line.percent for line in lines) / len(lines))}%" if lines else NOTHING
        return [
            ("Pusat", one.center.name),
            ("Tempat", one.where),
            ("Waktu", one.days_words),
            ("Status", one.status_label),
            ("Pelatih", ", ".join(self.trainers) or NOTHING),
            ("Peserta", f"{number(len(lines))} orang"),
            ("Rata-rata kehadiran", f"{average} dari {len(self.sessions)} pertemuan"),
            (f"Hadir paling sedikit {self.enough}%", f"{number(passed)} orang"),
            ("Sertifikat terbit", number(sum(bool(line.certificate) for line in lines))),
            ("Tes awal dan akhir", quiz.average_words(self.average)),
            ("Kesan peserta", survey.survey_words(self.survey)),
        ]

    @property
    def file_name(self) -> str:
        """ "kelas-2026-12-07": nothing of people or places that a file system could refuse."""
        return f"kelas-{self.training_class.starts_on}"


def load_report(training_class: TrainingClass, *, reader: User, at: datetime) -> ClassReport:
    """What `reader` may see of a class, in a fixed number of statements."""
    sessions = list(training_class.sessions.order_by("number"))
    seats = _seats(training_class, reader).select_related("certificate__revocation")
    rows = Attendance.objects.filter(session__training_class=training_class)
    trainers = training_class.trainers.select_related("user").order_by("pk")
    known = {
        (seat, session): Presence(presence)
        for seat, session, presence in rows.values_list("seat_id", "session_id", "presence")
    }
    percents = class_percents(training_class)
    thresholds = Threshold.objects.on(local_day(training_class.ends_at, training_class.zone))
    return ClassReport(
        training_class=training_class,
        sessions=sessions,
        lines=[_line(seat, sessions, known, percents) for seat in seats],
        trainers=[row.user.display_name for row in trainers],
        average=quiz.averages(training_class),
        survey=survey.load_survey(training_class),
        enough=thresholds[Stage.PELATIHAN, "hadir_persen"],
        made_at=at,
    )


def _seats(training_class: TrainingClass, reader: User) -> Any:
    seats = Seat.objects.visible_to(reader).enrolled().filter(training_class=training_class)
    return seats.filter(enrollment__erased_at__isnull=True).select_related("enrollment__person").in_rank()


def _line(
    seat: Seat,
    sessions: Sequence[ClassSession],
    known: dict[tuple[UUID, UUID], Presence],
    percents: dict[UUID, int],
) -> Line:
    certificate = getattr(seat, "certificate", None)
    words = certificate.number if certificate else ""
    return Line(
        name=seat.enrollment.person.full_name,
        number=seat.enrollment.number,
        presences=[known.get((seat.pk, session.pk)) for session in sessions],
        percent=percents.get(seat.pk, 0),
        certificate=f"{words} (dicabut)" if certificate and certificate.is_revoked else words,
    )


def as_pdf(report: ClassReport) -> bytes:
    """The report on paper: the summary, then everybody's attendance, fifteen sessions a table."""
    one = report.training_class
    marked = [[MARKS[p] if p else "" for p in line.presences] for line in report.lines]
    parts = [
        {
            "heads": [_head(session) for session in sessions],
            "rows": [[marks[session.number - 1] for session in sessions] for marks in marked],
            "came": [report.came[session.number - 1] for session in sessions],
        }
        for sessions in _in_parts(report.sessions, SESSIONS_ON_A_PAGE)
    ]
    return render_pdf(
        DOCUMENTS / "laporan.typ",
        {
            "title": f"{one.course.title}, {one.name}",
            "facts": [{"label": label, "value": value} for label, value in report.facts],
            "people": [
                {"name": line.name, "percent": f"{line.percent}%", "certificate": line.certificate or NOTHING}
                for line in report.lines
            ],
            "parts": parts,
            "key": KEY,
            "made": moment(report.made_at, one.zone),
        },
    )


def sheet_to_sign(training_class: TrainingClass, *, reader: User) -> bytes:
    """An attendance sheet on paper: names, a box to sign for each session, and some lines to spare."""
    names = list(_seats(training_class, reader).values_list("enrollment__person__full_name", flat=True))
    sessions = _in_parts(list(training_class.sessions.order_by("number")), SIGNED_ON_A_PAGE)
    return render_pdf(
        DOCUMENTS / "daftar-hadir.typ",
        {
            "title": f"{training_class.course.title}, {training_class.name}",
            "where": f"{training_class.center.name}, {training_class.where}",
            "names": [*names, *[""] * EMPTY_LINES],
            "parts": [[_head(session) for session in part] for part in sessions],
        },
    )


def _in_parts(sessions: Sequence[ClassSession], size: int) -> list[Sequence[ClassSession]]:
    return [sessions[start : start + size] for start in range(0, len(sessions), size)]


def _head(session: ClassSession) -> dict[str, str]:
    return {"number": str(session.number), "day": f"{session.on.day}/{session.on.month}"}


def as_xlsx(report: ClassReport) -> bytes:
    """The report as a workbook: the summary, and a sheet with everybody's attendance."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False})
    bold = book.add_format({"bold": True})
    page = book.add_worksheet("Ringkasan")
    page.set_column(0, 0, 34)
    page.set_column(1, 1, 60)
    one = report.training_class
    lines = [
        (f"{one.course.title}, {one.name}", ""),
        *report.facts,
        ("Dibuat", moment(report.made_at, one.zone)),
    ]
    for row, (label, value) in enumerate(lines):
        page.write_string(row, 0, plain(label), bold if row == 0 else None)
        page.write_string(row, 1, plain(value))
    _write_people(book.add_worksheet("Kehadiran"), report, bold)
    book.close()
    return target.getvalue()


def _write_people(page: Any, report: ClassReport, bold: Any) -> None:
    """A line a person: name, number, presence by session, sessions by presence, percent, certificate."""
    page.freeze_panes(1, 1)
    page.set_column(0, 0, 32)
    heads = ["Nama", "Nomor pendaftaran", *[f"{s.number}. {day(s.on)}" for s in report.sessions]]
    heads += [*Presence.labels, "Persen hadir", "Sertifikat"]
    for column, head in enumerate(heads):
        page.write_string(0, column, plain(head), bold)
    for row, line in enumerate(report.lines, start=1):
        words = [line.name, line.number, *[p.label if p else "" for p in line.presences]]
        for column, text in enumerate(words):
            page.write_string(row, column, plain(text))
        counts = Counter(line.presences)
        for column, count in enumerate([*[counts[p] for p in Presence], line.percent], start=len(words)):
            page.write_number(row, column, count)
        page.write_string(row, len(heads) - 1, plain(line.certificate))
