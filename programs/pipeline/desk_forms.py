"""Forms of the manager's desk: filters of the queue, the photo of a KTP, acts on many people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Count, Q

from accounts.models import User
from centers.models import NATION, Agency, Center, CoachProfile, area_chain
from core import files
from core.fields import CodeField, WordsField
from participants.models import Enrollment, IdentityStatus

from .models import BulkKind
from .queues import MISSING, READY, WAITING_DAYS, WARNING_CHOICES

MAX_WORDS = 300


class QueueFilterForm(forms.Form):
    """Filters of the queue; a value that makes no sense is simply not applied."""

    q = forms.CharField(label="Nama atau nomor pendaftaran", required=False, max_length=80)
    kurang = CodeField(
        label="Yang kurang",
        required=False,
        choices=[
            ("", "Semua"),
            *((code, words) for code, (words, _lacking) in MISSING.items()),
            (READY, "Tidak ada, siap naik"),
        ],
    )
    nik = CodeField(label="Catatan NIK", required=False, choices=WARNING_CHOICES)
    identitas = CodeField(label="Identitas", required=False, choices=[("", "Semua"), *IdentityStatus.choices])
    menunggu = CodeField(
        label="Menunggu",
        required=False,
        choices=[("", "Berapa pun"), *((str(days), f"{days} hari atau lebih") for days in WAITING_DAYS)],
    )
    pusat = forms.RegexField(r"^P[0-9.]{8}(-[0-9]{1,2})?$", label="Pusat", required=False)


class KtpForm(forms.Form):
    """One photo of a KTP."""

    file = forms.FileField(
        label="Foto KTP",
        help_text="Seluruh kartu terlihat, tulisannya terbaca. Foto JPG, PNG, atau WebP, paling besar 5 MB.",
        widget=forms.ClearableFileInput(
            attrs={"accept": "image/jpeg,image/png,image/webp", "data-max": files.upload_limit()}
        ),
        error_messages={
            "required": "Pilih foto KTP-nya.",
            "invalid": "Berkas tidak terkirim. Pilih fotonya sekali lagi.",
            "empty": "Berkas ini kosong. Ambil fotonya sekali lagi.",
        },
    )


class BulkForm(forms.Form):
    """What is to be done to the chosen people; only the fields that the kind of act needs."""

    coach = forms.ModelChoiceField(
        label="Pendamping",
        queryset=CoachProfile.objects.none(),
        empty_label="Pilih pendamping",
        error_messages={"required": "Pilih pendampingnya.", "invalid_choice": "Pilih salah satu pendamping."},
    )
    agency = forms.ModelChoiceField(
        label="SKPD pembina",
        queryset=Agency.objects.none(),
        empty_label="Pilih SKPD",
        error_messages={"required": "Pilih SKPD-nya.", "invalid_choice": "Pilih salah satu SKPD di daftar."},
    )
    center = forms.ModelChoiceField(
        label="Pusat",
        queryset=Center.objects.none(),
        empty_label="Pilih pusat",
        error_messages={"required": "Pilih pusatnya.", "invalid_choice": "Pilih salah satu pusat yang buka."},
    )
    note = WordsField(label="Pesan serah terima untuk pendamping", max_length=MAX_WORDS, required=False)
    reason = WordsField(
        label="Alasan",
        max_length=MAX_WORDS,
        required=False,
        help_text="Perlu bila ada yang dialihkan dari pendamping lain, atau bila sudah penuh.",
    )

    NEEDED = {
        BulkKind.PENDAMPING: ("coach", "note", "reason"),
        BulkKind.SKPD: ("agency",),
        BulkKind.DOKUMEN: (),
        BulkKind.PUSAT: ("center", "reason"),
    }

    def __init__(
        self, *args: Any, kind: BulkKind, enrollments: Sequence[Enrollment], actor: User, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - set(self.NEEDED[kind]):
            del self.fields[name]
        if kind is BulkKind.PENDAMPING:
            self._set("coach", coach_choices(enrollments, actor))
            self.fields["coach"].label_from_instance = _coach_label  # type: ignore[attr-defined]
        elif kind is BulkKind.SKPD:
            self._set("agency", _agencies(enrollments))
        elif kind is BulkKind.PUSAT:
            self._set("center", _centers(enrollments))

    def _set(self, name: str, queryset: Any) -> None:
        self.fields[name].queryset = queryset  # type: ignore[attr-defined]


def coach_choices(enrollments: Sequence[Enrollment], actor: User) -> Any:
    """Coaches who take people now, of the centres these people belong to."""
    centers = {enrollment.center_id for enrollment in enrollments if enrollment.center_id}
    return (
        CoachProfile.objects.visible_to(actor)
        .accepting()
        .filter(center__in=centers)
        .select_related("user", "center")
        .annotate(mentee_count=Count("user__mentees", filter=Q(user__mentees__status="aktif")))
        .order_by("center_id", "mentee_count", "user__display_name", "pk")
    )


def _coach_label(profile: Any) -> str:
    load = f"{profile.mentee_count} dari {profile.capacity} peserta"
    return f"{profile.user.display_name} ({load}), {profile.center.name}"


def _agencies(enrollments: Sequence[Enrollment]) -> Any:
    chain = {code for enrollment in enrollments for code in area_chain(enrollment.district_id)}
    return Agency.objects.active().supervising().filter(Q(area_code__in=chain) | Q(area_code=NATION))


def _centers(enrollments: Sequence[Enrollment]) -> Any:
    inside = Q(pk__in=[])
    for province in {enrollment.district_id[:2] for enrollment in enrollments}:
        inside |= Q(district__code__startswith=f"{province}.")
    return Center.objects.open().filter(inside).with_place().order_by("code")


class BulkKindForm(forms.Form):
    """Which act."""

    tindakan = CodeField(choices=BulkKind.choices, required_text="Pilih tindakannya.")
