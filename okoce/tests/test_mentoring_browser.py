"""P3 in a real browser: from the assignment over the plan to the third confirmed session and the move."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from accounts.tests.factories import staff
from centers.models import CoachProfile
from core.clock import local_day, now
from okoce.testing.processes import Portal
from participants.models import Enrollment, EvidenceKind, Stage
from participants.tests.factories import StageEvidenceFactory, center_of, participant
from programs.mentoring.models import MentoringSession, SessionStatus

from .walk import enter

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Team:
    """A participant in P2 with everything P2 asks, a coach and a manager, each with a browser."""

    def __init__(self, portal: Portal, open_page: Callable[..., Page]) -> None:
        self.portal, self.open_page = portal, open_page
        center = center_of("P31.74.07")
        self.manager = staff(Role.PENGELOLA, center.code, is_demo=True, display_name="Maya Contoh")
        self.coach = staff(Role.PENDAMPING, center.code, is_demo=True, display_name="Ratna Contoh")
        CoachProfile.objects.create(user=self.coach, center=center)
        self.one = participant(
            stage=Stage.PELATIHAN, center=center, registered_at=now() - timedelta(days=40),
            person__full_name="Siti Contoh",
        )  # fmt: skip
        for kind, number in ((EvidenceKind.KEHADIRAN, "90"), (EvidenceKind.SERTIFIKAT, "SRT/1")):
            StageEvidenceFactory(enrollment=self.one, kind=kind, number=number, accepted_by=self.manager)
        self.person = f"/peserta/{self.one.person_id}/"

    def browser(self, user: User | None, path: str) -> Page:
        page = self.open_page(width=360)
        enter(page.context, self.portal.url, user)
        page.goto(self.portal.url + path)
        return page

    def go(self, page: Page, path: str) -> None:
        page.goto(self.portal.url + path)

    @property
    def stage(self) -> str:
        return Enrollment.objects.get(pk=self.one.pk).stage


@pytest.fixture
def team(start_portal: Callable[..., Portal], open_browser_page: Callable[..., Page], settings: Any) -> Team:
    settings.DEMO_MODE = True
    return Team(start_portal(environment={"DEMO_MODE": "1"}), open_browser_page)


def refused(page: Page, label: str) -> None:
    """The move is shown, and cannot be made."""
    expect(page.get_by_role("button", name=label)).to_have_attribute("aria-disabled", "true")


def test_from_the_assignment_to_the_third_confirmed_session(team: Team) -> None:
    # The manager gives the task; the coach accepts it, and may not move the person on without a plan.
    manager = team.browser(team.manager, f"{team.person}pendamping/")
    manager.get_by_role("radio", name="Ratna Contoh").first.check()
    manager.get_by_role("button", name="Tetapkan pendamping").click()
    expect(manager.get_by_role("heading", name="Siti Contoh", level=1)).to_be_visible()
    coach = team.browser(team.coach, "/pendamping/")
    coach.get_by_role("link", name="Siti Contoh").click()
    coach.get_by_role("button", name="Terima tugas").click()
    refused(coach, "Naikkan ke Pendampingan")

    # The plan: proposed by the coach, agreed by the participant with one tap.
    due = local_day(now()) + timedelta(days=14)
    coach.get_by_role("link", name="Rencana aksi disepakati", exact=True).click()
    coach.get_by_label("Tujuan").fill("Berjualan tiap hari")
    coach.locator("[name=text_1]").fill("Menghitung modal")
    coach.locator("[name=due_1]").fill(f"{due:%d/%m/%Y}")
    coach.get_by_role("button", name="Usulkan rencana").click()
    expect(coach.get_by_text("Menunggu persetujuan peserta")).to_be_visible()
    citizen = team.browser(team.one.person.user, "/saya/")
    citizen.get_by_role("link", name="Baca dan setujui").click()
    citizen.get_by_role("button", name="Ya, saya setuju").click()
    expect(citizen.get_by_role("heading", name="Berjualan tiap hari")).to_be_visible()
    team.go(coach, team.person)
    coach.get_by_role("button", name="Naikkan ke Pendampingan").click()
    expect(coach.locator(".messages[role=status]")).to_contain_text("Pendampingan")
    assert team.stage == Stage.PENDAMPINGAN

    # The business record, so that only the sessions are missing.
    team.go(citizen, "/saya/usaha/ubah/")
    citizen.locator("[name=name]").fill("Dapur Siti")
    citizen.locator("[name=sector]").select_option("kuliner")
    citizen.locator("[name=address]").fill("Jl. Wijaya Timur No. 12")
    citizen.locator("[name=capital]").fill("2.500.000")
    citizen.locator("[name=workers_full_time]").fill("1")
    citizen.get_by_role("button", name="Simpan data usaha").click()
    expect(citizen).to_have_url(re.compile("/saya/$"))

    # A session for tomorrow is told and stands on both pages.
    tomorrow = local_day(now()) + timedelta(days=1)
    team.go(coach, f"{team.person}pertemuan/rencanakan/")
    coach.get_by_label("Tanggal").fill(f"{tomorrow:%d/%m/%Y}")
    coach.get_by_label("Pukul").fill("23.30")
    coach.get_by_role("radio", name="Di pusat").check()
    coach.get_by_label("Tentang apa?").fill("Menghitung harga")
    coach.get_by_role("button", name="Simpan janji").click()
    expect(coach.get_by_role("heading", name="Akan bertemu")).to_be_visible()
    team.go(citizen, "/saya/")
    expect(citizen.get_by_text("Menghitung harga").first).to_be_visible()
    # It was yesterday: the morning asks for it to be written down.
    session = MentoringSession.objects.get()
    MentoringSession.objects.filter(pk=session.pk).update(
        starts_at=session.starts_at - timedelta(days=2), day=session.day - timedelta(days=2)
    )
    team.go(coach, "/pendamping/")
    expect(coach.get_by_text("Pertemuan 1 hari lalu belum dicatat")).to_be_visible()
    coach.get_by_role("link", name="Catat pertemuan").click()
    coach.get_by_label("Apa yang dikerjakan?").fill("Menghitung harga jual nastar.")
    coach.get_by_role("button", name="Simpan pertemuan").click()
    expect(coach.locator(".messages[role=status]")).to_contain_text("tersimpan")

    # The first is confirmed; the next two are written down without a plan. Each counts once confirmed.
    for number in (1, 2, 3):
        if number > 1:
            team.go(coach, f"{team.person}pertemuan/catat/")
            coach.get_by_role("radio", name="Kunjungan ke peserta").check()
            coach.get_by_label("Tentang apa?").fill(f"Topik {number}")
            coach.get_by_label("Apa yang dikerjakan?").fill("Melihat dapur.")
            coach.get_by_role("button", name="Simpan pertemuan").click()
            expect(coach.locator(".messages[role=status]")).to_contain_text("tersimpan")
        team.go(coach, team.person)
        refused(coach, "Naikkan ke Perizinan")
        expect(coach.get_by_text(f"Pertemuan pendampingan cukup ({number - 1} dari 3)").first).to_be_visible()
        team.go(citizen, "/saya/")
        citizen.get_by_role("button", name="Ya, kami bertemu").click()
        expect(citizen.get_by_text("Pertemuan ini sudah dibenarkan.")).to_be_visible()
    team.go(coach, team.person)
    coach.get_by_role("button", name="Naikkan ke Perizinan").click()
    expect(coach.locator(".messages[role=status]")).to_contain_text("Perizinan")
    assert team.stage == Stage.PERIZINAN


def test_a_session_written_without_signal_arrives_once(team: Team) -> None:
    team.one.assignments.create(coach=team.coach, accepted_at=now(), assigned_at=now())
    Enrollment.objects.filter(pk=team.one.pk).update(coach=team.coach)
    page = team.browser(team.coach, f"{team.person}pertemuan/catat/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.get_by_role("radio", name="Kunjungan ke peserta").check()
    page.get_by_label("Tentang apa?").fill("Bahan")
    page.get_by_label("Apa yang dikerjakan?").fill("Melihat dapur tanpa sinyal.")
    page.get_by_role("button", name="Simpan pertemuan").click()
    expect(page.get_by_role("heading", name="Catatan Anda disimpan di perangkat ini")).to_be_visible()
    assert not MentoringSession.objects.exists()
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="Catatan Anda sudah terkirim")).to_be_visible()
    one = MentoringSession.objects.get()
    assert (one.status, one.done) == (SessionStatus.TERLAKSANA, "Melihat dapur tanpa sinyal.")
