"""Dashboards and reports for staff. Every page is a question inside the user's scope; outside it is a 404."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import SeeOther, has_role, role_required
from accounts.models import Role, User
from centers.models import Center
from core import files
from core.clock import local_day, now
from core.formats import clock_time, day_long

from . import exports, monthly
from .board import load_board
from .forms import ReportForm
from .funnel import DEFINITIONS
from .ordered import MyReport, is_running, my_reports, own_job_or_404, report_places, unfinished
from .places import Place, place_of
from .questions import FilterForm, FunnelQuery
from .reconcile.shown import last_run_words, load_runs

STAFF = (Role.DINAS, Role.PENGELOLA, Role.ADMIN)
CHECKERS = (Role.DINAS, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks: a question with its place, or a form that says what is wrong with it."""

    query: FunnelQuery
    place: Place | None
    form: FilterForm


def ask(request: HttpRequest) -> Asked:
    """Read the question from the address. Raises Http404 for a place that is unknown or outside the scope."""
    form = FilterForm(request.GET)
    if not form.is_valid():
        return Asked(FunnelQuery(), None, form)
    query = form.question(cast(User, request.user))
    place = place_of(query.area, query.center) if query is not None else None
    if query is None or place is None:
        raise Http404("Wilayah ini tidak ada di cakupan Anda.")
    return Asked(query, place, form)


def cutoff_words(at: datetime, zone: str) -> str:
    """ "Senin, 23 November 2026 pukul 08.12 WIB"."""
    return f"{day_long(local_day(at, zone))} pukul {clock_time(at, zone)}"


@role_required(*STAFF)
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The live funnel of an area or centre, what waits there, and its parts."""
    asked, at = ask(request), now()
    if asked.place is None:
        return render(
            request,
            "reports/dashboard_refused.html",
            {"form": asked.form.keep_what_was_written()},
            status=422,
        )
    board = load_board(cast(User, request.user), asked.query, asked.place, at=at)
    if board is None:
        raise Http404("Pusat ini tidak ada.")
    context = {
        "board": board,
        "form": board.form,
        "cutoff": cutoff_words(at, asked.place.zone),
        "checked": last_run_words(),
        "may_open_check": has_role(cast(User, request.user), *CHECKERS),
        "definitions": DEFINITIONS.values(),
        "csv_url": asked.query.address(reverse("dashboard_csv")),
        "reset_url": reverse("dashboard") if any(asked.form.cleaned_data.values()) else "",
    }
    return render(request, "reports/dashboard.html", context)


@role_required(*CHECKERS)
@require_safe
def reconcile_runs(request: HttpRequest) -> HttpResponse:
    """The runs in which everything shown was counted a second time, and what differed."""
    return render(request, "reports/reconcile.html", {"runs": load_runs(cast(User, request.user))})


@role_required(*STAFF)
@require_safe
def dashboard_json(request: HttpRequest) -> JsonResponse:
    """The same funnel for programs, in the shape of the public statistics."""
    asked = ask(request)
    if asked.place is None:
        return JsonResponse(
            {"error": "Saringan ini tidak terbaca.", "fields": _errors(asked.form)}, status=422
        )
    _require_center(asked.query)
    at = now().astimezone(ZoneInfo(asked.place.zone))
    return JsonResponse(exports.load_json(asked.query, asked.place, at=at))


@role_required(*STAFF)
@require_safe
def dashboard_csv(request: HttpRequest) -> HttpResponse:
    """The same funnel with all its parts for a spreadsheet."""
    asked = ask(request)
    if asked.place is None:
        return render(
            request,
            "reports/dashboard_refused.html",
            {"form": asked.form.keep_what_was_written()},
            status=422,
        )
    _require_center(asked.query)
    at = now().astimezone(ZoneInfo(asked.place.zone))
    name = f"corong-{asked.query.center or asked.query.area}-{at:%Y-%m-%d}.csv"
    return HttpResponse(
        exports.load_csv(asked.query, asked.place, at=at),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@role_required(*STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def report_list(request: HttpRequest) -> HttpResponse:
    """My reports with their progress, and the form that orders one."""
    user = cast(User, request.user)
    if request.method != "POST" and request.headers.get("HX-Request") == "true":
        return _report_rows(request, my_reports(user))
    sent = request.POST if request.method == "POST" else None
    form = ReportForm(sent, user=user, places=report_places(user))
    if request.method == "POST" and form.is_valid():
        _order(request, user, form)
        return SeeOther(reverse("reports"))
    reports = my_reports(user)
    context = {"form": form, "reports": reports, "is_running": is_running(reports)}
    return render(request, "reports/list.html", context, status=422 if form.is_bound else 200)


def _order(request: HttpRequest, user: User, form: ReportForm) -> None:
    """Order the report; one that is being made already is the answer too."""
    month = form.cleaned_data["bulan"]
    if unfinished(user, form.query, month):
        messages.info(request, "Laporan itu sudah Anda minta dan sedang dibuat. Lihat di daftar di bawah.")
        return
    monthly.order(user=user, query=form.query, month=month, token=form.cleaned_data["permintaan"])
    messages.success(request, "Laporan sedang dibuat. Anda boleh menutup halaman ini.")


def _report_rows(request: HttpRequest, reports: list[MyReport]) -> HttpResponse:
    """The list alone, asked for every two seconds while something runs."""
    context = {"reports": reports, "is_running": is_running(reports)}
    return render(request, "reports/includes/_reports.html", context)


@role_required(*STAFF)
@require_safe
def report_download(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The finished file, for the person who ordered it and whose scope still holds its region."""
    job = own_job_or_404(cast(User, request.user), job_id)
    if job.result is None:
        raise Http404("Laporan ini belum selesai.")
    return files.serve(job.result, download=True)


@role_required(*STAFF)
@require_POST
def report_retry(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Order a failed report once more."""
    user = cast(User, request.user)
    job = own_job_or_404(user, job_id)
    if not job.is_failed:
        messages.info(request, "Laporan ini tidak gagal, jadi tidak perlu diulang.")
        return SeeOther(reverse("reports"))
    query = monthly.query_of(job.params)
    # One retry for each failed job, however often the button is pressed.
    monthly.order(user=user, query=query, month=monthly.month_of(job.params), token=_retry_token(job_id))
    messages.success(request, "Laporan dibuat lagi. Anda boleh menutup halaman ini.")
    return SeeOther(reverse("reports"))


def _retry_token(job_id: UUID) -> UUID:
    return UUID(int=job_id.int ^ 1)


def _errors(form: FilterForm) -> dict[str, list[str]]:
    return {name: [str(error) for error in errors] for name, errors in form.errors.items()}


def _require_center(query: FunnelQuery) -> None:
    if query.center and not Center.objects.filter(pk=query.center).exists():
        raise Http404("Pusat ini tidak ada.")
