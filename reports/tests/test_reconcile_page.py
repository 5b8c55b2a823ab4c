"""The page of the runs: what differs in one's own area, in sentences, and the line on the dashboard."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Role
from core.clock import now
from participants.models import Enrollment, Stage
from participants.tests.factories import center_of, participant
from reports.models import ReconcileRun
from reports.reconcile.runs import reconcile

from .conftest import Enter

pytestmark = pytest.mark.django_db


def wrong_one(code: str) -> Enrollment:
    """Somebody whose stored stage is not that of the log."""
    enrollment = participant(center=center_of(code))
    Enrollment.objects.filter(pk=enrollment.pk).update(stage=Stage.PELATIHAN)
    return enrollment


def test_before_the_first_run_the_page_says_when_it_comes(enter: Enter) -> None:
    page = enter(Role.ADMIN, "ID").get("/rekonsiliasi/").content.decode()
    assert "Belum pernah diperiksa ulang" in page
    assert "Angka diperiksa ulang" not in enter(Role.ADMIN, "ID").get("/dasbor/").content.decode()


def test_everybody_reads_the_differences_of_their_own_area(enter: Enter) -> None:
    here, there = wrong_one("P31.74.07"), wrong_one("P31.71.01")
    reconcile(at=now())
    assert ReconcileRun.objects.get().differences == 2
    admin = enter(Role.ADMIN, "ID").get("/rekonsiliasi/").content.decode()
    told = f"Tahap {here.number}, wilayah 31.74.07: tertulis Pelatihan, hasil hitung ulang Pendaftaran."
    assert told in admin and there.number in admin
    assert f"/peserta/{here.person_id}/" in admin
    dinas = enter(Role.DINAS, "31.74").get("/rekonsiliasi/").content.decode()
    assert told in dinas and there.number not in dinas
    assert str(there.person_id) not in dinas
    assert "1 selisih lain tidak dirinci di sini" in dinas
    elsewhere = enter(Role.DINAS, "32").get("/rekonsiliasi/").content.decode()
    assert here.number not in elsewhere and "2 selisih tidak dirinci di sini" in elsewhere


def test_who_manages_a_center_has_no_such_page(enter: Enter) -> None:
    center_of()
    assert enter(Role.PENGELOLA, "P31.74.07").get("/rekonsiliasi/").status_code == 403


def test_the_dashboard_says_when_its_figures_were_counted_again(enter: Enter) -> None:
    enrollment = participant(center=center_of())
    reconcile(at=now() - timedelta(days=1))
    for role, scope, may_open in (
        (Role.ADMIN, "ID", True), (Role.DINAS, "31", True), (Role.PENGELOLA, "P31.74.07", False)
    ):  # fmt: skip
        page = enter(role, scope).get("/dasbor/").content.decode()
        line = page[page.index("Angka diperiksa ulang") :][:120]
        assert ": cocok" in line
        assert ('href="/rekonsiliasi/"' in page) == may_open
    Enrollment.objects.filter(pk=enrollment.pk).update(stage=Stage.PELATIHAN)
    reconcile(at=now())
    page = enter(Role.ADMIN, "ID").get("/dasbor/").content.decode()
    assert ": 1 selisih" in page[page.index("Angka diperiksa ulang") :][:120]


def test_an_erased_person_is_named_no_more(enter: Enter) -> None:
    enrollment = wrong_one("P31.74.07")
    reconcile(at=now())
    Enrollment.objects.filter(pk=enrollment.pk).update(erased_at=now())
    page = enter(Role.ADMIN, "ID").get("/rekonsiliasi/").content.decode()
    assert enrollment.number not in page
    assert "Tahap, wilayah 31.74.07: tertulis Pelatihan" in page
