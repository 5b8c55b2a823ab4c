"""Everything held about one person, for that person: as data for programs, and as a readable document.

Made in memory for each request and never stored, as it holds the NIK in full.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from core.clock import local_day
from core.documents import render_pdf
from core.formats import day, moment, rupiah
from core.validators import local_phone
from helpdesk.rights import held_about
from notifications.models import Notification

from .models import (
    Business,
    CoachAssignment,
    Consent,
    ConsentPurpose,
    DataRequest,
    Enrollment,
    IdentityDocument,
    Person,
    StageEvidence,
    StageTransition,
)
from .rights import gender_word, openings

TEMPLATE = Path(__file__).parent / "documents" / "data_saya.typ"
FORMAT = "okoce-data-pribadi/1"

Section = Callable[[Person], list[dict[str, Any]]]
_sections: dict[str, tuple[str, Section]] = {}


def holds(code: str, title: str) -> Callable[[Section], Section]:
    """Register what an app holds about a person: `code` names it in the data, `title` in the document.

    The function answers with one dictionary for each record, Indonesian words as keys.
    """

    def register(function: Section) -> Section:
        _sections[code] = (title, function)
        return function

    return register


def section_codes() -> tuple[str, ...]:
    """The codes of all sections, in their order; a download asks about one statement for each."""
    return tuple(_sections)


def load(person: Person, *, at: datetime) -> dict[str, Any]:
    """All sections in fixed order; instants in ISO 8601, days as YYYY-MM-DD, money in whole rupiah."""
    sections = [
        {"kode": code, "judul": title, "isi": function(person)}
        for code, (title, function) in _sections.items()
    ]
    return {"format": FORMAT, "dibuat": at, "bagian": sections}


def as_json(person: Person, *, at: datetime) -> bytes:
    """The data for programs, indented so that people can read it too."""
    return json.dumps(load(person, at=at), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2).encode()


def as_pdf(person: Person, *, at: datetime, zone: str) -> bytes:
    """The readable document: without what is empty, and without the checksums that only programs compare."""
    loaded = load(person, at=at)
    sections = [
        {
            "title": section["judul"],
            "records": [
                [
                    {"label": _label(name), "value": _word(name, value, zone)}
                    for name, value in record.items()
                    if value not in (None, "") and not name.endswith("_sha256")
                ]
                for record in section["isi"]
            ],
        }
        for section in loaded["bagian"]
    ]
    return render_pdf(
        TEMPLATE,
        {"name": person.full_name, "made": moment(at, zone), "sections": sections},
    )


def _label(name: str) -> str:
    text = name.removesuffix("_rupiah").replace("_", " ").replace("email", "e-mail")
    return text[0].upper() + text[1:].replace("nik", "NIK").replace("hp", "HP")


def _word(name: str, value: Any, zone: str) -> str:
    if name.endswith("_rupiah"):
        return rupiah(value)
    if name == "nomor_HP":
        return local_phone(value)
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if isinstance(value, datetime):
        return moment(value, zone)
    if hasattr(value, "isoformat"):
        return day(value)
    return str(value)


@holds("identitas", "Identitas")
def _identity(person: Person) -> list[dict[str, Any]]:
    user = person.user
    photo = IdentityDocument.objects.filter(person=person).select_related("file").first()
    return [
        {
            "nama_lengkap": person.full_name,
            "NIK": person.nik(),
            "alasan_belum_punya_NIK": person.no_nik_reason,
            "tanggal_lahir": person.birth_date,
            "jenis_kelamin": gender_word(person.gender),
            "alamat": person.address,
            "nomor_HP": person.phone(),
            "email": user.email if user else None,
            "nomor_masuk": user.login_number if user else None,
            "pemeriksaan_identitas": person.identity_label,
            "diperiksa_pada": person.identity_checked_at,
            "foto_KTP_dikirim_pada": photo.uploaded_at if photo else None,
            "sidik_foto_KTP_sha256": photo.file.sha256 if photo else None,
            "terdaftar_pada": person.created_at,
        }
    ]


@holds("persetujuan", "Persetujuan")
def _consents(person: Person) -> list[dict[str, Any]]:
    rows = Consent.objects.filter(person=person).order_by("given_at", "pk")
    return [
        {
            "untuk": ConsentPurpose(row.purpose).label,
            "versi_teks": row.text_version,
            "diberikan": row.given_at,
            "ditarik": row.withdrawn_at,
        }
        for row in rows
    ]


@holds("keikutsertaan", "Keikutsertaan")
def _enrollments(person: Person) -> list[dict[str, Any]]:
    rows = Enrollment.objects.filter(person=person).for_page().order_by("registered_at", "pk")
    return [
        {
            "nomor": row.number,
            "jalur": row.pathway_label,
            "kecamatan": row.district.full_name,
            "kelurahan": row.village.name if row.village else None,
            "pusat": row.center.name if row.center else None,
            "pendamping": row.coach.display_name if row.coach else None,
            "tahap": row.stage_label,
            "status": row.status_label,
            "tujuan": row.goal,
            "tahu_dari": row.source,
            "terdaftar": row.registered_at,
            "kegiatan_terakhir": row.last_activity_at,
        }
        for row in rows
    ]


@holds("riwayat_langkah", "Riwayat langkah")
def _moves(person: Person) -> list[dict[str, Any]]:
    moves = StageTransition.objects.filter(enrollment__person=person)
    return [
        {
            "kejadian": move.kind_label,
            "ke_tahap": move.get_to_stage_display(),
            "status": move.get_to_status_display(),
            "alasan": move.reason,
            "waktu": move.at,
        }
        for move in moves.order_by("enrollment__registered_at", "enrollment_id", "version")
    ]


@holds("usaha", "Usaha")
def _businesses(person: Person) -> list[dict[str, Any]]:
    rows = Business.objects.filter(person=person).prefetch_related("products", "workforce_reports")
    return [
        {
            "nama": row.name,
            "bidang": row.get_sector_display(),
            "KBLI": row.kbli_code,
            "alamat": row.address,
            "modal_awal_rupiah": row.capital,
            "penjualan_setahun_rupiah": row.annual_sales,
            "pekerja_tetap": row.workers_full_time,
            "pekerja_paruh_waktu": row.workers_part_time,
            "produk": ", ".join(sorted(product.name for product in row.products.all())),
            "laporan_pekerja": "; ".join(
                f"{day(local_day(report.reported_at))}: "
                f"{report.full_time} tetap, {report.part_time} paruh waktu"
                for report in sorted(row.workforce_reports.all(), key=lambda report: report.reported_at)
            ),
        }
        for row in rows.order_by("created_at", "pk")
    ]


@holds("bukti", "Bukti yang dikirim")
def _evidence(person: Person) -> list[dict[str, Any]]:
    rows = StageEvidence.objects.filter(enrollment__person=person).select_related("file")
    return [
        {
            "jenis": row.kind_label,
            "nomor": row.number,
            "catatan": row.note,
            "tanggal": row.happened_on,
            "berkas": row.file.original_name if row.file else None,
            "sidik_berkas_sha256": row.file.sha256 if row.file else None,
            "status": row.get_status_display(),
            "perlu_diperbaiki": row.rejection,
            "dikirim": row.submitted_at,
        }
        for row in rows.order_by("submitted_at", "pk")
    ]


@holds("pendampingan", "Yang mendampingi")
def _coaches(person: Person) -> list[dict[str, Any]]:
    assignments = CoachAssignment.objects.filter(enrollment__person=person).select_related("coach")
    return [
        {
            "pendamping": assignment.coach.display_name,
            "sejak": assignment.assigned_at,
            "sampai": assignment.ended_at,
            "catatan": assignment.note,
        }
        for assignment in assignments.order_by("enrollment_id", "assigned_at")
    ]


@holds("pembukaan", "Siapa yang membuka NIK dan nomor HP Anda")
def _openings(person: Person) -> list[dict[str, Any]]:
    return [
        {"waktu": row.at, "nama": row.who, "sebagai": row.role, "alasan": row.reason}
        for row in openings(person, limit=1_000)
    ]


@holds("permintaan", "Permintaan Anda tentang data")
def _requests(person: Person) -> list[dict[str, Any]]:
    rows = DataRequest.objects.filter(person=person).order_by("requested_at", "pk")
    return [
        {
            "nomor": row.number,
            "jenis": row.kind_label,
            "status": row.status_label,
            "alasan": row.reason,
            "diminta": row.requested_at,
            "batas_jawaban": row.due_at,
            "dijawab": row.decided_at,
            "jawaban": row.answer,
        }
        for row in rows
    ]


@holds("bantuan", "Pertanyaan dan keluhan")
def _questions(person: Person) -> list[dict[str, Any]]:
    if person.user is None:
        return []
    return [
        {
            "nomor": ticket["number"],
            "status": ticket["status"],
            "dibuka": ticket["opened_at"],
            "pesan": "\n".join(f"{row['from']}: {row['text']}" for row in ticket["messages"]),
        }
        for ticket in held_about(person.user)
    ]


@holds("pesan", "Pesan dari portal")
def _messages(person: Person) -> list[dict[str, Any]]:
    rows = Notification.objects.filter(recipient_id=person.user_id).newest_first()[:1_000]
    return [{"waktu": row.created_at, "judul": row.title, "isi": row.body} for row in rows]
