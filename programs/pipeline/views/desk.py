"""The manager's desk: what waits, how full it is, who has not answered, whose KTP is to be compared."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import SeeOther, get_visible_or_404, role_required, scopes
from accounts.models import Role, User
from accounts.requests import actor_of, sent, show_refusal
from core import files
from core.clock import now, today
from core.keyset import Page
from core.keyset import page as keyset_page
from core.validators import wa_link
from participants import ktp, services
from participants.models import CoachAssignment, Enrollment, IdentityDocument
from participants.refusals import Refused
from participants.scoping import acting_role
from programs.mentoring.models import CoachWish
from programs.pipeline import acts, bulk, desk, desk_forms, forms, presenters, queues, supervision, work
from programs.pipeline.models import BulkKind, BulkOutcome

from .fetch import enrollment_of, own_enrollment, person_url

DESK = (Role.PENGELOLA, Role.DINAS, Role.ADMIN)
CHECKERS = (Role.PENGELOLA, Role.ADMIN)
SUPERVISED = 100
"""Centres in one table of supervision, in the order of names."""
CENTERS_SHOWN = 25
COACHES_OF_CENTERS = 3
"""With more centres than these, only the centres are shown; one opens its coaches."""


def _page(request: HttpRequest, rows: QuerySet[Any], field: str) -> Page[Any]:
    """One page of a queue, the longest waiting first."""
    cursor = request.GET.get("sesudah", "")
    return keyset_page(rows, cursor=cursor, field=field, size=queues.PAGE_SIZE, oldest_first=True)


def _links(page: Page[Model], kept: dict[str, str]) -> dict[str, str]:
    def link(cursor: str) -> str:
        return f"?{urlencode({**kept, 'sesudah': cursor})}" if cursor else ""

    return {"next_url": link(page.next_cursor), "previous_url": link(page.previous_cursor)}


def _tabs(request: HttpRequest, here: str) -> dict[str, Any]:
    """The lists of the desk with how many wait in each (counted to a limit), and which one this is."""
    actor = actor_of(request)
    totals = work.totals(actor)
    late, alone = (
        rows.order_by().values("pk")[: work.COUNTED]
        for rows in (desk.unanswered(actor, at=now()), desk.without_coach(actor, at=now()))
    )
    lists = (
        ("queue", "Pendaftar baru", totals.registrations),
        ("desk_evidence", "Bukti", totals.evidence),
        ("desk_unanswered", "Belum diterima", min(late.union(alone, all=True).count(), work.COUNTED)),
        ("desk_waiting", "Menunggu pusat", totals.waiting),
        ("desk_team", "Daya tampung", None),
        ("desk_supervision", "Pembinaan", None),
    )
    return {
        "today": today(),
        "tabs": [
            {"label": label, "href": reverse(name), "count": count, "is_here": name == here}
            for name, label, count in lists
        ],
    }


@role_required(*DESK)
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Registrations to check: filters, warnings in words, boxes for acts on many."""
    actor, at = actor_of(request), now()
    form = desk_forms.QueueFilterForm(request.GET)
    form.is_valid()
    filters = {name: value for name, value in form.cleaned_data.items() if value}
    kept = {name: request.GET[name] for name in form.fields if request.GET.get(name) and name in filters}
    page = _page(request, queues.registrations(actor, filters, at=at), "registered_at")
    items = work.describe(list(page.rows), at=at)
    context = {
        "form": form,
        "rows": [
            {
                "item": item,
                "warnings": presenters.nik_warnings(item.enrollment.person),
                "may_check": acting_role(actor, item.enrollment, services.MANAGERS) is not None,
            }
            for item in items
        ],
        "is_filtered": bool(filters),
        "is_narrowed": bool(filters.keys() - {"q"}),
        "ignored": [
            f"Saringan “{form.fields[name].label}” tidak dikenali dan tidak dipakai." for name in form.errors
        ],
        "bulk_kinds": [kind for kind in bulk.kinds_for(actor) if kind != BulkKind.PUSAT],
        **_links(page, kept),
        **_tabs(request, "queue"),
    }
    return render(request, "pipeline/queue.html", context)


@role_required(*DESK)
@require_safe
def evidence(request: HttpRequest) -> HttpResponse:
    """Proofs to check, the longest waiting first."""
    page = _page(request, queues.evidence(actor_of(request)), "submitted_at")
    context = {"evidence": page.rows, **_links(page, {}), **_tabs(request, "desk_evidence")}
    return render(request, "pipeline/desk_evidence.html", context)


@role_required(*DESK)
@require_safe
def unanswered(request: HttpRequest) -> HttpResponse:
    """People whose coach has not accepted in time, with who was asked and since when; before them those whom
    nobody accompanies, because the coach could not."""
    lone = _lone(request)
    if request.GET.get("tanpa"):
        return render(request, "pipeline/desk_unanswered.html", lone | _tabs(request, "desk_unanswered"))
    page = _page(request, desk.unanswered(actor_of(request), at=now()).for_page(), "assigned_at")
    rows = []
    for enrollment in page.rows:
        phone = enrollment.coach.phone() if enrollment.coach else None
        text = f"Halo {enrollment.coach}, ada peserta baru yang menunggu jawaban Anda di portal OK OCE."
        may_act = acting_role(actor_of(request), enrollment, services.MANAGERS) is not None
        rows.append(
            {
                "enrollment": enrollment,
                "whatsapp": wa_link(phone, text) if phone and may_act else "",
                "may_act": may_act,
            }
        )
    context = {
        "rows": rows,
        **(lone if not request.GET.get("sesudah") else {}),
        **_links(page, {}),
        **_tabs(request, "desk_unanswered"),
    }
    return render(request, "pipeline/desk_unanswered.html", context)


def _lone(request: HttpRequest) -> dict[str, Any]:
    """People whom nobody accompanies, the longest silent first, in pages of their own (`?tanpa=`)."""
    actor = actor_of(request)
    page = keyset_page(
        desk.without_coach(actor, at=now()).for_page(),
        cursor=request.GET.get("tanpa", ""), field="last_activity_at", size=queues.PAGE_SIZE,
        oldest_first=True,
    )  # fmt: skip
    return {
        "alone": [
            {
                "enrollment": enrollment,
                "may_act": acting_role(actor, enrollment, services.MANAGERS) is not None,
            }
            for enrollment in page.rows
        ],
        "alone_next": f"?tanpa={page.next_cursor}" if page.next_cursor else "",
        "alone_previous": f"?tanpa={page.previous_cursor}" if page.previous_cursor else "",
        "is_lone": bool(request.GET.get("tanpa")),
    }


@role_required(*DESK)
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """People without a centre, each with the nearest open ones to choose in one tap."""
    actor = actor_of(request)
    page = _page(request, queues.without_center(actor), "registered_at")
    near = desk.nearest_centers(page.rows)
    context = {
        "rows": [
            {
                "enrollment": enrollment,
                "near": near[enrollment.pk],
                "may_place": not acts.refusal(acts.ACTS["pusat"], enrollment, actor),
            }
            for enrollment in page.rows
        ],
        "bulk_kinds": bulk.kinds_for(actor),
        **_links(page, {}),
        **_tabs(request, "desk_waiting"),
    }
    return render(request, "pipeline/desk_waiting.html", context)


@role_required(Role.DINAS, Role.ADMIN)
@require_POST
def place(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """One tap of the waiting list; a full centre asks for its reason on the page of the act. An act on one,
    so that a slip of the finger is taken back like an act on many.
    """
    enrollment, actor = enrollment_of(request, person_id), actor_of(request)
    form = forms.CenterForm(request.POST, enrollment=enrollment, actor=actor)
    if not form.is_valid():
        messages.error(request, "Pusat belum ditetapkan. Pilih sekali lagi.")
        return SeeOther(reverse("desk_waiting"))
    plan = bulk.Plan(BulkKind.PUSAT, center=form.cleaned_data["center"])
    seen = {enrollment.pk: bulk.ROWS[plan.kind].state(enrollment)}
    done = bulk.execute(bulk_id=uuid4(), plan=plan, ids=[enrollment.pk], seen=seen, actor=actor, at=now())
    refused = done.items.exclude(outcome=BulkOutcome.DILAKUKAN).first()
    if refused is not None:
        messages.error(request, refused.words)
    else:
        messages.success(
            request,
            format_html(
                '{} sekarang dilayani {}. <a href="{}">Salah pilih? Batalkan</a>',
                enrollment.person.full_name,
                form.cleaned_data["center"].name,
                reverse("bulk_result", args=[done.pk]),
            ),
        )
    return SeeOther(reverse("desk_waiting"))


@role_required(*DESK)
@require_safe
def team(request: HttpRequest) -> HttpResponse:
    """How full the centres are, and what each coach carries."""
    actor, text = actor_of(request), " ".join(request.GET.get("q", "")[:80].replace("\0", "").split())
    centers = desk.centers_of(actor, text=text, most=CENTERS_SHOWN + 1)
    shown = centers[:CENTERS_SHOWN]
    coaches: list[dict[str, Any]] = []
    if len(shown) <= COACHES_OF_CENTERS:
        codes = [row.center.pk for row in shown]
        coaches = [
            {
                "profile": profile,
                "load": desk.Load(profile.mentee_count, profile.capacity),  # type: ignore[attr-defined]
                "details": getattr(profile, "details", None),
            }
            for profile in desk.coaches_with_load(codes, at=now())
        ]
        served = desk.area_names(code for row in coaches if row["details"] for code in row["details"].areas)
        for row in coaches:
            row["areas"] = (
                ", ".join(served.get(code, code) for code in row["details"].areas) if row["details"] else ""
            )
    context = {
        "centers": shown,
        "coaches": coaches,
        "has_more": len(centers) > len(shown),
        "text": text,
        **_tabs(request, "desk_team"),
    }
    return render(request, "pipeline/desk_team.html", context)


@role_required(*DESK)
@require_safe
def supervise(request: HttpRequest) -> HttpResponse:
    """Caseload, contact, stay and outcomes: by coach for managers, by centre for those above."""
    actor, at = actor_of(request), now()
    tables = []
    if codes := scopes(actor, Role.PENGELOLA):
        lines = supervision.by_coach(codes, at=at)
        tables.append({"id": "pendamping", "title": "Pendamping", "filter": "pendamping", "lines": lines})
    if any(scopes(actor, role) for role in (Role.DINAS, Role.ADMIN)):
        lines = supervision.by_center(actor, at=at, most=SUPERVISED)
        tables.append({"id": "pusat", "title": "Pusat", "filter": "pusat", "lines": lines})
    context = {"tables": tables, "lately": supervision.LATELY, **_tabs(request, "desk_supervision")}
    return render(request, "pipeline/desk_supervision.html", context)


# One person -----------------------------------------------------------------------------------------------


def coach_page(enrollment: Enrollment, actor: User, form: Form) -> dict[str, Any]:
    """What stands beside the choice of a coach: reasons, the centre's load, everybody before."""
    del actor
    options = form.options  # type: ignore[attr-defined]
    best = options[0] if options and not options[0].load.is_full else None
    center = desk.with_active(type(enrollment.center).objects.filter(pk=enrollment.center_id)).get()  # type: ignore[union-attr, misc]
    return {
        "best": best,
        "wish": CoachWish.objects.filter(enrollment=enrollment).first(),
        "coach_notes": {str(option.profile.pk): option.note for option in options},
        "center_load": desk.load_of(center),
        "assignments": list(
            CoachAssignment.objects.filter(enrollment=enrollment)
            .select_related("coach")
            .order_by("-assigned_at", "-pk")
        ),
    }


def identity_page(enrollment: Enrollment, actor: User, form: Form) -> dict[str, Any]:
    """What is compared: the typed data, the photo of the KTP, the warnings; and whether this actor may."""
    del form
    document = (
        IdentityDocument.objects.visible_to(actor)
        .of(enrollment)
        .select_related("file", "uploaded_by")
        .first()
    )
    own = ""
    if enrollment.person.identity_entered_by_id == actor.pk:
        own = "Anda yang mengetik data ini. Pemeriksaan dilakukan petugas lain."
    elif document is not None and document.uploaded_by_id == actor.pk:
        own = "Anda yang mengirim foto KTP ini. Pemeriksaan dilakukan petugas lain."
    return {"document": document, "own": own, "comparing": ktp.COMPARING}


ACT_PAGES = {
    "pendamping": ("pipeline/desk_coach.html", coach_page),
    "identitas": ("pipeline/desk_identity.html", identity_page),
}
"""Acts with a page of their own: its template and what it shows beyond the form."""


@role_required(*CHECKERS)
@require_POST
def compare_nik(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """The check of an identity with the NIK in full, once. Audited; the person can read it."""
    enrollment, actor = enrollment_of(request, person_id), actor_of(request)
    act = acts.ACTS["identitas"]
    if not act.is_possible(enrollment):
        messages.error(request, "Identitas ini sudah diverifikasi.")
        return SeeOther(person_url(enrollment))
    try:
        nik, _phone = services.reveal(enrollment_id=enrollment.pk, actor=actor, reason=ktp.COMPARING)
    except Refused as refusal:
        show_refusal(request, refusal)
        return SeeOther(person_url(enrollment))
    form = forms.IdentityForm(enrollment=enrollment, actor=actor)
    context = {
        "act": act,
        "form": form,
        "enrollment": enrollment,
        "person_url": person_url(enrollment),
        "warnings": presenters.nik_warnings(enrollment.person),
        "nik": nik,
        "action": reverse("act", args=[person_id, act.slug]),
        **identity_page(enrollment, actor, form),
    }
    return render(request, "pipeline/desk_identity.html", context)


@role_required(Role.PENDAMPING, *CHECKERS)
@require_http_methods(["GET", "HEAD", "POST"])
def add_ktp(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Staff photograph the KTP; somebody else compares it."""
    enrollment = enrollment_of(request, person_id)
    return _add_ktp(request, enrollment, back=person_url(enrollment), by_citizen=False)


@role_required(Role.PESERTA)
@require_http_methods(["GET", "HEAD", "POST"])
def add_own_ktp(request: HttpRequest) -> HttpResponse:
    """The participant sends a photo of the own KTP."""
    return _add_ktp(request, own_enrollment(request), back=reverse("journey"), by_citizen=True)


def _add_ktp(request: HttpRequest, enrollment: Enrollment, *, back: str, by_citizen: bool) -> HttpResponse:
    actor, form = actor_of(request), desk_forms.KtpForm(**sent(request))
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            ktp.attach_identity_document(
                enrollment_id=enrollment.pk,
                actor=actor,
                store_file=lambda: files.store_upload(upload, owner=actor, kinds=files.IMAGE),
                at=now(),
            )
        except ValidationError as refusal:
            form.add_error("file", refusal)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Foto KTP terkirim. Petugas lain akan mencocokkannya.")
            return SeeOther(back)
    context = {
        "form": form,
        "enrollment": enrollment,
        "back": back,
        "by_citizen": by_citizen,
        "has_document": IdentityDocument.objects.of(enrollment).exists(),
    }
    return render(request, "pipeline/desk_ktp.html", context, status=422 if form.errors else 200)


@role_required(Role.PESERTA, *CHECKERS)
@require_safe
def ktp_file(request: HttpRequest, document_id: UUID) -> HttpResponseBase:
    """The photo of a KTP, for the person and for those who check it; every opening by staff is audited."""
    actor = actor_of(request)
    document = get_visible_or_404(
        IdentityDocument.objects.select_related("file", "person"), actor, pk=document_id
    )
    return files.serve(ktp.open_identity_document(document=document, actor=actor))
