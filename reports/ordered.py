"""The reports somebody ordered, as their page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.http import Http404

from accounts.models import User
from centers.models import Center
from core.formats import file_size
from core.models import Job

from .messages import places_of, report_name
from .monthly import KIND, order_params, still_theirs
from .places import area_names, load_place
from .questions import FunnelQuery, lenses

SHOWN = 50
"""Longest list of ordered reports on a page, newest first."""


@dataclass(frozen=True, slots=True)
class MyReport:
    """One ordered report: what it is, how far it is, and what can be done with it."""

    job: Job
    name: str
    size: str
    is_repeated: bool = False
    """Whether the same report was ordered again later."""

    @property
    def status(self) -> str:
        """The code of the badge that goes with the status."""
        return {
            Job.Status.ANTRE: "waiting",
            Job.Status.JALAN: "waiting",
            Job.Status.SELESAI: "done",
            Job.Status.GAGAL: "rejected",
        }[Job.Status(self.job.status)]

    @property
    def words(self) -> str:
        """The status in words."""
        return {
            Job.Status.ANTRE: "Menunggu giliran",
            Job.Status.JALAN: "Sedang dibuat",
            Job.Status.SELESAI: "Selesai",
            Job.Status.GAGAL: "Belum berhasil",
        }[Job.Status(self.job.status)]

    @property
    def progress_id(self) -> str:
        """The id of its progress on the page."""
        return f"kemajuan-{self.job.pk}"

    @property
    def steps(self) -> str:
        """How far it is ("3 dari 7: Kota Jakarta Barat")."""
        if not self.job.total:
            return "Menunggu giliran."
        return f"{self.job.done} dari {self.job.total} bagian: {self.job.note}"


def my_reports(user: User) -> list[MyReport]:
    """The newest reports of a user. Two statements, whatever their number."""
    jobs = list(
        Job.objects.filter(requested_by_id=user.pk, kind=KIND)
        .select_related("result")
        .order_by("-created_at", "-pk")[:SHOWN]
    )
    jobs = [job for job in jobs if still_theirs(user, job.params)]
    names = area_names(places_of(jobs)) if jobs else {}
    found, asked = [], []
    for job in jobs:
        found.append(
            MyReport(
                job,
                _sentence(report_name(job.params, names)),
                file_size(job.result.size) if job.result else "",
                is_repeated=job.params in asked,
            )
        )
        asked.append(job.params)
    return found


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def is_running(reports: Sequence[MyReport]) -> bool:
    """Whether the page should go on asking."""
    return any(not report.job.is_finished for report in reports)


def unfinished(user: User, query: FunnelQuery, month: date) -> Job | None:
    """The user's order of this very report that still waits or runs."""
    return (
        Job.objects.filter(requested_by_id=user.pk, kind=KIND, params=order_params(query, month))
        .filter(status__in=[Job.Status.ANTRE, Job.Status.JALAN])
        .first()
    )


def own_job_or_404(user: User, job_id: UUID) -> Job:
    """A report the user ordered and may still see. Anything else does not exist for them."""
    job = Job.objects.filter(pk=job_id, requested_by_id=user.pk, kind=KIND).select_related("result").first()
    if job is None or not still_theirs(user, job.params):
        raise Http404("Laporan ini tidak ada.")
    return job


def report_places(user: User) -> list[tuple[str, str]]:
    """What the order form offers: each area of the user with the level below it, and the own centres."""
    found: dict[str, str] = {}
    own = lenses(user)
    for code in dict.fromkeys(lens.area for lens in own if not lens.center):
        if place := load_place(code):
            found |= {place.code: place.name} | place.inside
    centers = [lens.center for lens in own if lens.center]
    if centers:
        found |= dict(Center.objects.filter(pk__in=centers).order_by("pk").values_list("pk", "name"))
    return list(found.items())
