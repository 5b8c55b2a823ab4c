"""What mentoring holds about a person, for `/saya/data/`. Notes a coach keeps to themselves are named, not
shown: they are the coach's own words."""

from __future__ import annotations

from typing import Any

from core.formats import day
from participants.models import Enrollment, Person
from participants.portability import holds

from .models import ActionPlan, ClinicVisit, CoachWish, MentoringSession, PrivateSheet
from .models.sheets import SKETCH
from .sheet_forms import QUESTIONS


@holds("pertemuan", "Pertemuan dengan pendamping")
def sessions_of(person: Person) -> list[dict[str, Any]]:
    rows = MentoringSession.objects.filter(enrollment__person=person).select_related("coach")
    return [
        {
            "topik": row.topic,
            "mulai": row.starts_at,
            "tempat": row.where,
            "pendamping": row.coach.display_name,
            "status": row.status_label,
            "yang_dikerjakan": row.done,
            "yang_disepakati": row.agreed,
            "kontak_berikutnya": row.next_on,
            "jawaban_anda": row.get_answer_display(),
            "kata_anda": row.answer_note,
            "lampiran": "; ".join(file.title for file in row.files.all()),
            "catatan_pribadi_pendamping": "ada" if row.private_note else "",
        }
        for row in rows.prefetch_related("files").order_by("starts_at", "pk")
    ]


@holds("rencana_aksi", "Rencana aksi")
def plans_of(person: Person) -> list[dict[str, Any]]:
    rows = ActionPlan.objects.filter(enrollment__person=person).prefetch_related("steps")
    return [
        {
            "tujuan": row.goal,
            "ditulis": row.proposed_at,
            "disepakati": row.agreed_at,
            "cara": row.agreed_how_label,
            "yang_ingin_diubah": row.wish,
            "diganti": row.ended_at,
            "langkah": "; ".join(
                f"{step.text} ({step.owner_label}, {'selesai' if step.is_done else day(step.due_on)})"
                for step in row.steps.all()
            ),
        }
        for row in rows.order_by("proposed_at", "pk")
    ]


@holds("klinik", "Kunjungan ke klinik wirausaha")
def visits_of(person: Person) -> list[dict[str, Any]]:
    rows = ClinicVisit.objects.filter(enrollment__person=person).for_page()
    return [
        {
            "pusat": row.clinic.center.name,
            "tanggal": row.day,
            "giliran": row.turn,
            "yang_ditanyakan": row.topic,
            "status": row.status_label,
            "hasil": row.outcome,
            "langkah_berikutnya": row.next_label,
        }
        for row in rows.order_by("day", "created_at", "pk")
    ]


@holds("keinginan_pendamping", "Keinginan tentang pendamping")
def wishes_of(person: Person) -> list[dict[str, Any]]:
    rows = CoachWish.objects.filter(enrollment__person=person).order_by("updated_at", "pk")
    return [{"keinginan": row.words, "diubah": row.updated_at} for row in rows]


@holds("lembar_kerja", "Lembar kerja dengan pendamping")
def sheets_of(person: Person) -> list[dict[str, Any]]:
    """The business on one page, and what only the person and the coach read; one query."""
    asked = {name: f"business_sketch__{name}" for name in (*SKETCH, "updated_at")}
    sealed = {name: f"private_sheets__{name}" for name in ("id", "kind", "values_sealed", "updated_at")}
    rows = Enrollment.objects.filter(person=person).order_by("registered_at", "private_sheets__kind")
    found: list[dict[str, Any]] = []
    told = set()
    for row in rows.values("pk", *asked.values(), *sealed.values()):
        if row[asked["updated_at"]] is not None and row["pk"] not in told:
            told.add(row["pk"])
            answers = {QUESTIONS[name][0]: row[asked[name]] for name in SKETCH}
            found.append(
                {"tentang": "Usaha dalam satu halaman", **answers, "diubah": row[asked["updated_at"]]}
            )
        if row[sealed["id"]] is not None:
            sheet = PrivateSheet(**{name: row[column] for name, column in sealed.items()})
            values = {
                name: ", ".join(value) if isinstance(value, list) else value
                for name, value in sheet.values().items()
            }
            found.append({"tentang": sheet.get_kind_display(), **values, "diubah": sheet.updated_at})
    return found
