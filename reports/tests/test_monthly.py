"""The monthly report: the workbook, its progress, its pages, and workers that are killed."""

from __future__ import annotations

import io
import os
import signal
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import python_calamine
import time_machine
from django.test import Client

from accounts.models import Role, RoleAssignment, User
from accounts.tests.factories import staff
from core import files, jobs
from core.broker import breaker
from core.clock import now
from core.models import Job, OutboxMessage, StoredFile
from core.spreadsheet import XLSX
from notifications import registry
from okoce.launch.processes import wait_until
from okoce.testing.processes import Worker
from okoce.testing.services import Services
from participants.models import Pathway, Stage, Status
from participants.tests.factories import EnrollmentFactory, center_of, participant
from reports import monthly
from reports.ordered import my_reports
from reports.questions import FunnelQuery

from .conftest import Enter

PAGE = "/laporan/"


def ordered(user: User, area: str = "31", month: date | None = None, **fields: str) -> Job:
    """A report that waits for a worker."""
    return monthly.order(
        user=user,
        query=FunnelQuery(area=area, **fields),  # type: ignore[arg-type]
        month=month or now().date(),
        token=uuid4(),
    )


def sheets(job: Job) -> dict[str, list[list[Any]]]:
    """The workbook as a spreadsheet program reads it."""
    assert job.result is not None
    content = files.full_path(job.result).read_bytes()
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def made(job: Job) -> Job:
    assert jobs.run(job.pk)
    return Job.objects.select_related("result").get(pk=job.pk)


@pytest.mark.django_db
@time_machine.travel(datetime(2026, 11, 26, 3, 0, tzinfo=UTC))
def test_the_workbook_holds_summary_areas_and_centres_that_add_up() -> None:
    participant()
    participant(stage=Stage.PELATIHAN, status=Status.BERHENTI)
    participant(stage=Stage.PERIZINAN, center="P31.71.01", pathway=Pathway.NAIK_KELAS)
    participant(center="P73.71.01")
    job = made(ordered(staff(Role.DINAS, "31")))
    assert (job.status, job.done, job.total) == (Job.Status.SELESAI, 7, 7)  # six kab/kota and the summary
    book = sheets(job)
    assert list(book) == ["Ringkasan", "Per kab-kota", "Per kecamatan", "Per pusat"]
    summary = {row[0]: row[1:] for row in book["Ringkasan"] if row}
    assert summary["1. Pendaftaran"][:5] == [3, 2, 0, 1, 0]
    assert summary["2. Pelatihan"][:5] == [2, 1, 0, 0, 1]
    assert summary["4. Perizinan"][0] == 1
    assert summary["4. Perizinan"][5] == pytest.approx(1 / 3)
    assert summary["1. Pendaftaran"][6] == "–"  # no stage before
    assert job.result is not None
    with zipfile.ZipFile(files.full_path(job.result)) as parts:
        assert 'formatCode="0.0%"' in parts.read("xl/styles.xml").decode()
    assert summary["Sumber"][0].startswith("Catatan perpindahan tahap")
    assert summary["Batas data"][0].startswith("Sampai 26 November 2026 pukul 10.00 WIB")
    assert any(str(row[0]).startswith("Dispensasi: keluar") for row in book["Ringkasan"] if row)
    assert summary["Pekerjaan yang dilaporkan usaha"][0] == 0
    by_region = {row[0]: row[1:] for row in book["Per kab-kota"][2:]}
    assert set(by_region) == {"31.01", "31.71", "31.72", "31.73", "31.74", "31.75"}
    assert by_region["31.74"][:4] == ["Kota Jakarta Selatan", 2, 0, 2]
    assert by_region["31.01"][1] == 0
    by_district = {row[0]: row[1:] for row in book["Per kecamatan"][2:]}
    assert by_district["31.74.07"][:2] == ["Kebayoran Baru, Kota Jakarta Selatan", 2]
    by_center = {row[0]: row[2] for row in book["Per pusat"][2:]}
    assert by_center == {"P31.71.01": 1, "P31.74.07": 2}
    assert job.result is not None
    assert job.result.original_name == "corong-31-2026-11.xlsx"


@pytest.mark.django_db
def test_the_state_is_that_of_the_months_last_day() -> None:
    EnrollmentFactory(registered_at=datetime(2026, 1, 31, 16, 59, tzinfo=UTC))  # 23.59 WIB
    EnrollmentFactory(registered_at=datetime(2026, 1, 31, 17, 0, tzinfo=UTC))  # 00.00 WIB, February
    dinas = staff(Role.DINAS, "31")
    counts = []
    for month in (date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)):
        summary = {row[0]: row[1:] for row in sheets(made(ordered(dinas, month=month)))["Ringkasan"] if row}
        counts.append(summary["1. Pendaftaran"][0])
    assert counts == [0, 1, 2]


@pytest.mark.parametrize(
    ("at", "words"),
    [
        # 23.59 and 00.01 WIB around the end of November
        (datetime(2026, 11, 30, 16, 59, tzinfo=UTC), "Sampai 30 November 2026 pukul 23.59 WIB: bulan ini"),
        (datetime(2026, 11, 30, 17, 1, tzinfo=UTC), "Akhir hari 30 November 2026, waktu setempat"),
        (datetime(2026, 11, 23, 1, 5, tzinfo=UTC), "Sampai 23 November 2026 pukul 08.05 WIB: bulan ini"),
    ],
)
def test_a_month_that_is_not_over_counts_up_to_this_moment(at: datetime, words: str) -> None:
    assert monthly.cutoff_words(date(2026, 11, 30), at, "Asia/Jakarta").startswith(words)


@pytest.mark.django_db
def test_a_name_that_looks_like_a_formula_is_only_text() -> None:
    place = center_of()
    place.name = '=HYPERLINK("http://contoh.test")'
    place.save(update_fields=["name"])
    participant()
    job = made(ordered(staff(Role.PENGELOLA, place.pk), area="ID", center=place.pk))
    book = sheets(job)
    assert book["Per pusat"][2][1].startswith("'=")
    assert job.result is not None
    assert job.result.original_name == f"corong-P31.74.07-{now():%Y-%m}.xlsx"


@pytest.mark.django_db
def test_a_report_that_is_ready_is_told_once() -> None:
    job = made(ordered(staff(Role.DINAS, "31")))
    assert not jobs.run(job.pk)
    told = OutboxMessage.objects.filter(recipient_id=job.requested_by_id)
    assert [message.ids for message in told] == [{"kind": "laporan_siap", "job": str(job.pk)}]


@pytest.mark.django_db
def test_the_message_names_the_report() -> None:
    job = ordered(staff(Role.DINAS, "31.74"), area="31.74", month=date(2026, 11, 1))
    gone = str(uuid4())
    texts = registry.get("laporan_siap").render_many([{"job": str(job.pk)}, {"job": gone}])
    assert texts[0] is not None
    assert texts[0].title == "Laporan siap: corong Kota Jakarta Selatan, November 2026"
    assert texts[0].url == PAGE
    assert texts[1] is None


@pytest.mark.django_db
def test_the_report_of_a_centre_is_called_by_the_name_of_the_centre() -> None:
    place = center_of()
    user = staff(Role.PENGELOLA, place.pk)
    job = ordered(user, area="ID", center=place.pk, month=date(2026, 11, 1))
    text = registry.get("laporan_siap").render_many([{"job": str(job.pk)}])[0]
    assert text is not None and text.title == f"Laporan siap: corong {place.name}, November 2026"
    assert [report.name for report in my_reports(user)] == [f"Corong {place.name}, November 2026"]


@pytest.mark.django_db
def test_a_region_that_is_unknown_fails_in_words() -> None:
    job = ordered(staff(Role.ADMIN, "ID"), area="99")
    assert not jobs.run(job.pk)
    job.refresh_from_db()
    assert job.is_failed
    assert "Wilayah ini tidak ada lagi" in job.note


# Pages -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_ordering_twice_with_one_form_gives_one_job(enter: Enter) -> None:
    client = enter(Role.DINAS, "31")
    form = {"wilayah": "31.74", "bulan": f"{now():%Y-%m}", "permintaan": str(uuid4())}
    for _ in range(2):
        answer = client.post(PAGE, form)
        assert answer.status_code == 303
        assert answer["Location"] == PAGE
    job = Job.objects.get()
    assert job.params == {"area": "31.74", "center": "", "agency": "", "month": f"{now():%Y-%m}"}
    page = client.get(PAGE).content.decode()
    assert f"Corong Kota Jakarta Selatan, {monthly.month_name(now().date())}" in page
    assert 'hx-trigger="every 2s"' in page
    fragment = client.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert fragment.lstrip().startswith("<div id=")
    assert "<html" not in fragment


@pytest.mark.django_db
def test_the_same_report_is_not_made_twice_at_once_but_again_later(enter: Enter) -> None:
    client = enter(Role.DINAS, "31")

    def ask(area: str = "31.74") -> str:
        form = {"wilayah": area, "bulan": f"{now():%Y-%m}", "permintaan": str(uuid4())}
        return client.post(PAGE, form, follow=True).content.decode()

    assert "Laporan sedang dibuat." in ask()
    assert "sudah Anda minta dan sedang dibuat" in ask()
    first = Job.objects.get()
    ask("31.71")
    assert Job.objects.count() == 2
    made(first)
    page = ask()
    assert "Laporan sedang dibuat." in page
    assert Job.objects.count() == 3
    assert page.count("versi lama") == 1


@pytest.mark.django_db
def test_a_finished_list_asks_no_more_and_offers_the_file(enter: Enter) -> None:
    client = enter(Role.DINAS, "31")
    me = User.objects.get(pk=client.session["_auth_user_id"])
    job = made(ordered(me))
    page = client.get(PAGE).content.decode()
    assert "hx-trigger" not in page
    assert "htmx" not in page
    answer = client.get(f"/laporan/{job.pk}/unduh/")
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == XLSX
    assert b"".join(answer.streaming_content)[:2] == b"PK"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("wilayah", "32"), ("wilayah", ""), ("wilayah", "31\x00"), ("wilayah", "x" * 9000),
        ("wilayah", "P31.74.07;"),
        ("wilayah", "٣١"), ("bulan", "2026-13"), ("bulan", ""), ("bulan", "9" * 400), ("bulan", "2016-12"),
        ("bulan", "2099-01"), ("bulan", "2026-1"), ("bulan", "٢٠٢٦-٠١"), ("bulan", "2026-01\x00"),
        ("permintaan", "abc"), ("permintaan", ""), ("permintaan", "\ud800"),
    ],
)  # fmt: skip
def test_an_order_that_makes_no_sense_is_refused_in_words(enter: Enter, field: str, value: str) -> None:
    client = enter(Role.DINAS, "31")
    form = {"wilayah": "31", "bulan": f"{now():%Y-%m}", "permintaan": str(uuid4())}
    body = "&".join(f"{name}={_quoted(text)}" for name, text in (form | {field: value}).items())
    answer = client.post(PAGE, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422
    assert "Galat: Laporan" in answer.content.decode()
    assert not Job.objects.exists()


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"))


@pytest.mark.django_db
def test_a_report_belongs_to_the_person_who_ordered_it(enter: Enter) -> None:
    client, other = enter(Role.DINAS, "31"), enter(Role.ADMIN, "ID")
    me = User.objects.get(pk=client.session["_auth_user_id"])
    job = made(ordered(me))
    missing = f"/laporan/{uuid4()}/unduh/"
    assert other.get(f"/laporan/{job.pk}/unduh/").status_code == 404
    assert other.get(missing).status_code == 404
    assert other.post(f"/laporan/{job.pk}/ulang/").status_code == 404
    assert "Corong DKI Jakarta" not in other.get(PAGE).content.decode()
    assert client.get(f"/laporan/{ordered(me).pk}/unduh/").status_code == 404  # not finished yet


@pytest.mark.django_db
def test_a_report_of_a_region_that_is_no_longer_mine_is_gone(enter: Enter) -> None:
    client = enter(Role.DINAS, "31")
    me = User.objects.get(pk=client.session["_auth_user_id"])
    job = made(ordered(me))
    RoleAssignment.objects.filter(user=me).update(scope="73")
    assert client.get(f"/laporan/{job.pk}/unduh/").status_code == 404
    assert "Corong DKI Jakarta" not in client.get(PAGE).content.decode()


@pytest.mark.django_db
def test_a_failed_report_can_be_ordered_again_once(enter: Enter) -> None:
    client = enter(Role.DINAS, "31")
    me = User.objects.get(pk=client.session["_auth_user_id"])
    failed = ordered(me, month=date(2026, 3, 1))
    Job.objects.filter(pk=failed.pk).update(status=Job.Status.GAGAL, note=jobs.FAILED_NOTE)
    assert "Buat lagi" in client.get(PAGE).content.decode()
    for _ in range(2):
        assert client.post(f"/laporan/{failed.pk}/ulang/").status_code == 303
    again = Job.objects.exclude(pk=failed.pk).get()
    assert again.params == failed.params
    assert client.get(f"/laporan/{failed.pk}/ulang/").status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "scope"), [(Role.PENDAMPING, "P31.74.07"), (Role.MITRA_MODAL, "ID")])
def test_other_roles_have_no_reports(enter: Enter, role: Role, scope: str) -> None:
    assert enter(role, scope).get(PAGE).status_code == 403
    assert Client().get(PAGE).status_code == 303


@pytest.mark.django_db
def test_the_list_takes_the_same_statements_for_one_or_many(
    enter: Enter, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client = enter(Role.DINAS, "31")
    me = User.objects.get(pk=client.session["_auth_user_id"])
    for _ in range(12):
        ordered(me)
    with django_assert_max_num_queries(8):
        client.get(PAGE)


# Faults ------------------------------------------------------------------------------------------------


def wait_for(condition: Callable[[], bool], *, seconds: float = 90, what: str) -> None:
    assert wait_until(condition, seconds=seconds, pause=0.2), what


def status_of(job: Job) -> str:
    return str(Job.objects.values_list("status", flat=True).get(pk=job.pk))


def swept_until_done(job: Job) -> None:
    """What beat does every ten seconds, more often."""

    def done() -> bool:
        jobs.sweep()
        return status_of(job) in (Job.Status.SELESAI, Job.Status.GAGAL)

    assert wait_until(done, seconds=90, pause=1.0), f"the report did not end: {status_of(job)}"


def one_report(job: Job) -> None:
    """Exactly one file, one message, and the right figures."""
    job = Job.objects.select_related("result").get(pk=job.pk)
    assert job.status == Job.Status.SELESAI
    assert StoredFile.objects.filter(content_type=XLSX).count() == 1
    summary = {row[0]: row[1:] for row in sheets(job)["Ringkasan"] if row}
    assert summary["1. Pendaftaran"][0] == 2
    told = OutboxMessage.objects.filter(recipient_id=job.requested_by_id, kind="notification")
    assert told.count() == 1


SLOW = {"JOB_STEP_SECONDS": "0.7", "JOB_LEASE_SECONDS": "3"}


@pytest.fixture
def slow_report(transactional_db: None, services: Services, settings) -> Callable[[], Job]:
    """Two people in Jakarta and a report about them, which takes some seconds."""
    settings.JOB_LEASE_SECONDS = 3
    settings.FILES_DIR = services.folder / "files"

    def begin() -> Job:
        participant()
        participant(center="P31.71.01")
        return ordered(staff(Role.DINAS, "31"))

    return begin


def test_a_report_survives_the_death_of_the_process_that_makes_it(
    slow_report: Callable[[], Job], start_worker: Callable[..., Worker]
) -> None:
    worker = start_worker(environment=SLOW)
    job = slow_report()
    wait_for(lambda: status_of(job) == Job.Status.JALAN, what="the report did not begin")
    first = Job.objects.get(pk=job.pk).run
    os.kill(worker.child_pids()[0], signal.SIGKILL)
    swept_until_done(job)
    after = Job.objects.get(pk=job.pk)
    assert after.attempts == 2
    assert after.run != first
    one_report(job)


def test_a_report_survives_the_death_of_the_whole_worker(
    slow_report: Callable[[], Job], start_worker: Callable[..., Worker]
) -> None:
    worker = start_worker(environment=SLOW)
    job = slow_report()
    wait_for(lambda: status_of(job) == Job.Status.JALAN, what="the report did not begin")
    worker.kill()
    start_worker(name="second", environment=SLOW)
    swept_until_done(job)
    assert Job.objects.get(pk=job.pk).attempts == 2
    one_report(job)


def test_a_report_ordered_while_the_broker_is_away_is_made_later(
    slow_report: Callable[[], Job], start_worker: Callable[..., Worker], services: Services
) -> None:
    services.stop_broker()
    job = slow_report()
    assert status_of(job) == Job.Status.ANTRE
    services.start_broker()
    start_worker(environment={"JOB_LEASE_SECONDS": "3"})
    breaker.reset()
    swept_until_done(job)
    one_report(job)
