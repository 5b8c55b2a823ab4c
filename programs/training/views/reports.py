"""Files of one class for who leads it: the report, and the sheet to sign."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.access import role_required
from accounts.requests import actor_of
from core import audit
from core.clock import now
from core.documents import PDF
from core.spreadsheet import XLSX
from programs.training import report
from programs.training.models import TrainingClass

from .fetch import led
from .public import LEADERS


@role_required(*LEADERS)
@require_safe
def class_report(request: HttpRequest, class_id: UUID) -> HttpResponse:
    """Summary and attendance as PDF."""
    found = _report(request, class_id)
    return _file(report.as_pdf(found), f"{found.file_name}.pdf", PDF)


@role_required(*LEADERS)
@require_safe
def class_workbook(request: HttpRequest, class_id: UUID) -> HttpResponse:
    """Summary and attendance for a spreadsheet."""
    found = _report(request, class_id)
    return _file(report.as_xlsx(found), f"{found.file_name}.xlsx", XLSX)


@role_required(*LEADERS)
@require_safe
def class_sheet(request: HttpRequest, class_id: UUID) -> HttpResponse:
    """An attendance sheet to print and sign."""
    one, actor = _opened(request, class_id), actor_of(request)
    audit.record(actor=actor, action="kelas.unduh", obj=one)
    return _file(report.sheet_to_sign(one, reader=actor), f"daftar-hadir-{one.starts_on}.pdf", PDF)


def _report(request: HttpRequest, class_id: UUID) -> report.ClassReport:
    """The report, whose download is on record: it holds the names of everybody in the class."""
    one, actor = _opened(request, class_id), actor_of(request)
    audit.record(actor=actor, action="kelas.unduh", obj=one)
    return report.load_report(one, reader=actor, at=now())


def _opened(request: HttpRequest, class_id: UUID) -> TrainingClass:
    one = led(request, class_id)
    if one.is_draft:
        raise Http404("Kelas ini belum dibuka.")
    return one


def _file(content: bytes, name: str, content_type: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
