"""What mentoring holds about a person, for `/saya/data/`. Notes a coach keeps to themselves are named, not
shown: they are the coach's own words."""

from __future__ import annotations

from typing import Any

from core.formats import day
from participants.models import Person
from participants.portability import holds

from .models import ActionPlan, BusinessSketch, MentoringSession, PrivateSheet
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


@holds("usaha_satu_halaman", "Usaha dalam satu halaman")
def sketches_of(person: Person) -> list[dict[str, Any]]:
    rows = BusinessSketch.objects.filter(enrollment__person=person).order_by("updated_at", "pk")
    return [
        {
            **{QUESTIONS[name][0]: getattr(row, name) for name in SKETCH},
            "diubah": row.updated_at,
        }
        for row in rows
    ]


@holds("lembar_pribadi", "Yang hanya Anda dan pendamping Anda baca")
def private_sheets_of(person: Person) -> list[dict[str, Any]]:
    rows = PrivateSheet.objects.filter(enrollment__person=person).order_by("kind", "pk")
    return [
        {
            "tentang": row.get_kind_display(),
            **{
                name: ", ".join(value) if isinstance(value, list) else value
                for name, value in row.values().items()
            },
            "diubah": row.updated_at,
        }
        for row in rows
    ]
