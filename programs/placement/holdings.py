"""What placement holds about a person, for `/saya/data/`."""

from __future__ import annotations

from typing import Any

from core.clock import local_day
from core.formats import day
from participants.models import Person
from participants.portability import holds

from .models import Application, ApplicationStatus, Placement


@holds("lamaran", "Lamaran kerja")
def applications_of(person: Person) -> list[dict[str, Any]]:
    rows = Application.objects.filter(enrollment__person=person).select_related("vacancy")
    return [
        {
            "pekerjaan": row.vacancy.position,
            "pemberi_kerja": row.vacancy.employer,
            "status": row.status_label,
            "melamar": row.applied_at,
            "wawancara": row.interview_at,
            "tempat_wawancara": row.interview_place,
            "alasan": row.reason,
            "riwayat": "; ".join(
                f"{day(local_day(change.at, row.vacancy.zone))} {ApplicationStatus(change.status).label}"
                for change in row.changes.all()
            ),
        }
        for row in rows.prefetch_related("changes").order_by("applied_at", "pk")
    ]


@holds("penempatan", "Pekerjaan yang didapat")
def placements_of(person: Person) -> list[dict[str, Any]]:
    rows = Placement.objects.filter(enrollment__person=person)
    return [
        {
            "pekerjaan": row.position,
            "pemberi_kerja": row.employer,
            "mulai": row.starts_on,
            "nomor_pemberi_kerja": row.phone_mask,
            "dicatat": row.recorded_at,
            "dibenarkan_anda": row.participant_at,
            "dibenarkan_pemberi_kerja": row.employer_at,
            "cara": row.get_employer_how_display(),
            "alasan_dicatat_petugas": row.employer_note,
            "dibatalkan": row.ended_at,
            "alasan_batal": row.ended_reason,
        }
        for row in rows.order_by("recorded_at", "pk")
    ]
