"""What training holds about a person, for `/saya/data/`."""

from __future__ import annotations

from typing import Any

from participants.models import Person
from participants.portability import holds

from .models import Attendance, Certificate, QuizResult, Seat, SurveyDone


@holds("kelas", "Kelas pelatihan")
def seats_of(person: Person) -> list[dict[str, Any]]:
    rows = Seat.objects.filter(enrollment__person=person).select_related("training_class__course")
    return [
        {
            "kursus": row.training_class.course.title,
            "angkatan": row.training_class.name,
            "status": row.status_label,
            "mulai": row.training_class.starts_at,
            "masuk_daftar": row.queued_at,
            "berakhir": row.ended_at,
        }
        for row in rows.order_by("queued_at", "pk")
    ]


@holds("kehadiran", "Kehadiran di kelas")
def attendance_of(person: Person) -> list[dict[str, Any]]:
    rows = Attendance.objects.filter(seat__enrollment__person=person).select_related(
        "session__training_class__course"
    )
    return [
        {
            "kursus": row.session.training_class.course.title,
            "pertemuan": f"{row.session.number}. {row.session.title}",
            "mulai": row.session.starts_at,
            "kehadiran": row.label,
            "dicatat": row.recorded_at,
            "perubahan": "; ".join(
                f"{change.before_label} menjadi {change.after_label}: {change.reason}"
                for change in sorted(row.changes.all(), key=lambda change: change.at)
                if change.is_applied
            ),
        }
        for row in rows.prefetch_related("changes").order_by("session__starts_at", "pk")
    ]


@holds("sertifikat", "Sertifikat")
def certificates_of(person: Person) -> list[dict[str, Any]]:
    rows = Certificate.objects.for_page().filter(seat__enrollment__person=person)
    return [
        {
            "nomor": row.number,
            "kursus": row.course,
            "jam_pelajaran": row.hours,
            "terbit": row.issued_at,
            "dicabut": row.revocation.at if row.is_revoked else None,
        }
        for row in rows.order_by("issued_at", "pk")
    ]


@holds("tes_kelas", "Tes di kelas")
def results_of(person: Person) -> list[dict[str, Any]]:
    rows = QuizResult.objects.filter(seat__enrollment__person=person).select_related(
        "seat__training_class__course"
    )
    return [
        {
            "kursus": row.seat.training_class.course.title,
            "tes": row.label,
            "benar": row.right,
            "dari": row.total,
            "diisi": row.at,
        }
        for row in rows.order_by("at", "pk")
    ]


@holds("kesan_kelas", "Kesan tentang kelas (isinya tanpa nama)")
def surveys_of(person: Person) -> list[dict[str, Any]]:
    rows = SurveyDone.objects.filter(seat__enrollment__person=person).select_related(
        "seat__training_class__course"
    )
    return [
        {"kursus": row.seat.training_class.course.title, "angkatan": row.seat.training_class.name}
        for row in rows.order_by("seat__queued_at", "pk")
    ]
