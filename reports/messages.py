"""The words with which somebody is told that a report is ready."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from core.formats import number
from core.models import Job
from notifications import registry

from .models import ReconcileRun
from .monthly import READY, month_name, month_of
from .places import area_names
from .reconcile.runs import DIFFERENT


def register_messages() -> None:
    """Make the messages of this app known; once, when the app starts."""
    registry.register(
        READY,
        title="Laporan siap: {report}",
        body="Laporan yang Anda minta sudah selesai dibuat. Buka halaman laporan untuk mengunduhnya.",
        url="/laporan/",
        context=_reports,
    )
    registry.register(
        DIFFERENT,
        title="Pemeriksaan ulang menemukan {count} selisih",
        body=(
            "Angka yang ditampilkan dihitung ulang dari catatan mentah, dan ada yang tidak sama. "
            "Buka halaman rekonsiliasi untuk melihat apa dan di mana."
        ),
        url="/rekonsiliasi/",
        context=_runs,
    )


def _reports(ids: Sequence[Mapping[str, str]]) -> list[Mapping[str, str] | None]:
    """What each report is about, in two statements for all; None for one that is gone."""
    jobs = Job.objects.in_bulk([entry["job"] for entry in ids])
    found = {str(key): job for key, job in jobs.items()}
    names = area_names(places_of(found.values()))
    answers: list[Mapping[str, str] | None] = []
    for entry in ids:
        job = found.get(entry["job"])
        answers.append(None if job is None else {"report": report_name(job.params, names)})
    return answers


def report_name(params: Mapping[str, str], names: Mapping[str, str]) -> str:
    """ "Corong DKI Jakarta, November 2026". `names`: of `places_of` these reports."""
    code = params["center"] or params["area"]
    return f"corong {names.get(code, code)}, {month_name(month_of(params))}"


def places_of(jobs: Iterable[Job]) -> Iterator[str]:
    """The codes of the areas and centres that reports are about."""
    return (job.params["center"] or job.params["area"] for job in jobs)


def _runs(ids: Sequence[Mapping[str, str]]) -> list[Mapping[str, str] | None]:
    """How many differences each run found; None for one that is gone."""
    runs = ReconcileRun.objects.in_bulk([entry["run"] for entry in ids])
    found = {str(key): run for key, run in runs.items()}
    return [
        {"count": number(found[entry["run"]].differences)} if entry["run"] in found else None for entry in ids
    ]
