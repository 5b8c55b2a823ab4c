"""`/hak-data/`: requests about people's own data, for those who answer them within 3 × 24 hours."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import SeeOther, get_visible_or_404, role_required
from accounts.models import Role, User
from accounts.requests import actor_of
from core.clock import now
from core.keyset import page as keyset_page
from participants import rights
from participants.models import DataRequest, Enrollment, RequestStatus, StopReason
from participants.presenting import request_row, request_rows
from participants.refusals import Refused
from participants.rights_forms import AnswerForm, QueueFilterForm
from programs.pipeline import moves

PAGE_SIZE = 25
ANSWERERS = (Role.PENGELOLA, Role.ADMIN)
STOP_REASON = "Menarik persetujuan ikut program"


@role_required(*ANSWERERS)
@require_safe
def data_requests(request: HttpRequest) -> HttpResponse:
    """Open requests, the nearest to its limit first; filters and keyset pages."""
    form = QueueFilterForm(request.GET)
    form.is_valid()
    wanted = form.cleaned_data
    found = DataRequest.objects.answerable_by(actor_of(request)).select_related(
        "person", "owner", "enrollment__center"
    )
    if number := wanted.get("q"):
        found = found.filter(number__iendswith=number)
    elif not wanted.get("status"):
        found = found.open()
    if (status := wanted.get("status")) in RequestStatus.values:
        found = found.filter(status=status)
    if kind := wanted.get("jenis"):
        found = found.filter(kind=kind)
    page = keyset_page(
        found,
        cursor=request.GET.get("sesudah", ""),
        field="requested_at",
        size=PAGE_SIZE,
        oldest_first=not wanted.get("status") and not number,
    )
    kept = {name: request.GET[name] for name in form.fields if wanted.get(name)}

    def link(cursor: str) -> str:
        return f"?{urlencode({**kept, 'sesudah': cursor})}" if cursor else ""

    context = {
        "form": form,
        "rows": request_rows(page.rows, at=now()),
        "next_url": link(page.next_cursor),
        "previous_url": link(page.previous_cursor),
        "is_filtered": bool(kept),
    }
    return render(request, "participants/rights/queue.html", context)


@role_required(*ANSWERERS)
@require_http_methods(["GET", "HEAD", "POST"])
def data_request(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """One request: what is asked, its clock, and the answer."""
    actor = actor_of(request)
    found = get_visible_or_404(
        DataRequest.objects.answerable_by(actor).select_related(
            "person", "owner", "first_by", "decided_by", "enrollment__center", "enrollment__district__regency"
        ),
        actor,
        pk=request_id,
    )
    form = AnswerForm(request.POST) if request.method == "POST" else AnswerForm()
    if request.method == "POST" and form.is_valid():
        try:
            done = _answer(found, actor, form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, done)
            return SeeOther(reverse("data_requests"))
    context = {
        "row": request_row(found, at=now()),
        "form": form,
        "changes": _changes(found),
        "facts": _facts(found),
        "consequence": _consequence(found),
        "is_first_again": found.needs_second and found.first_by_id == actor.pk,
        "may_see_person": found.person.erased_at is None,
    }
    return render(request, "participants/rights/request.html", context, status=422 if form.errors else 200)


def _answer(found: DataRequest, actor: User, data: dict[str, Any]) -> str:
    """Carry the decision out; returns what happened. Raises Refused."""
    at = now()
    if data["decision"] == "tolak":
        rights.refuse(request_id=found.pk, actor=actor, answer=data["answer"], at=at)
        return f"Permintaan {found.number} ditolak. Alasannya sudah dikirim."

    def end(held: DataRequest) -> None:
        enrollment = Enrollment.objects.get(pk=held.enrollment_id)
        moves.stop(
            enrollment_id=enrollment.pk,
            actor=actor,
            version=enrollment.version,
            why=StopReason.TIDAK_BERMINAT,
            reason=STOP_REASON,
            at=at,
        )

    granted = rights.grant(request_id=found.pk, actor=actor, at=at, answer=data["answer"], end_enrollment=end)
    if granted.needs_second:
        return f"Disetujui. {found.number} sekarang menunggu petugas kedua."
    if granted.is_erasure:
        return f"Data sudah dihapus. {found.number} selesai."
    return f"Permintaan {found.number} dipenuhi."


def _consequence(found: DataRequest) -> str:
    if found.is_correction:
        return "Bila disetujui, nilai baru langsung berlaku. Cocokkan dulu dengan KTP."
    if not found.is_erasure:
        return (
            "Bila disetujui, keikutsertaan dicatat berhenti. Data tetap disimpan sampai masa simpannya habis."
        )
    if found.needs_second:
        return (
            "Bila disetujui, nama, NIK, kontak, berkas, dan catatan orang ini dihapus sekarang dan tidak "
            "bisa dikembalikan. Angka statistik tetap."
        )
    return "Bila disetujui, permintaan ini diteruskan ke petugas kedua. Belum ada yang dihapus."


def _changes(found: DataRequest) -> list[dict[str, str]]:
    """What a correction changes: word, value now, wished value."""
    stored = rights.stored_values(found.person)
    rows = [
        {
            "label": label,
            "now": rights.readable(name, stored[name]),
            "wished": rights.readable(name, found.changes[name]),
        }
        for name, label in rights.CORRECTABLE.items()
        if name in found.changes
    ]
    if found.phone_mask:
        rows.append({"label": "Nomor HP", "now": found.person.phone_mask or "–", "wished": found.phone_mask})
    return rows


def _facts(found: DataRequest) -> list[dict[str, str]]:
    """Who and what the request is about."""
    enrollment = found.enrollment
    facts = [
        {"label": "Jenis", "value": found.kind_label},
        {"label": "Asal", "value": found.get_origin_display()},
        {"label": "Pusat", "value": enrollment.center.name if enrollment.center else "Menunggu pusat"},
        {"label": "Kecamatan", "value": enrollment.district.full_name},
    ]
    if found.reason:
        facts.append({"label": "Alasan peserta", "value": found.reason})
    if found.first_by:
        facts.append({"label": "Setuju pertama", "value": found.first_by.display_name})
    if found.decided_by:
        facts.append({"label": "Dijawab oleh", "value": found.decided_by.display_name})
    if found.answer:
        facts.append({"label": "Keterangan", "value": found.answer})
    return facts
