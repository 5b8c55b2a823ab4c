"""The main road in a real browser: a citizen registers, staff bring them through seven stages, dinas counts.

Real PostgreSQL, broker and worker; every person has a browser of their own.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from accounts.tests.factories import PASSWORD, staff
from centers.models import CoachProfile
from core.clock import now, today
from notifications.models import Notification
from okoce.launch.processes import wait_until
from okoce.testing.processes import Portal, Worker
from participants.models import Enrollment, EvidenceKind, Stage, StageTransition, Status
from participants.tests.factories import center_of, synthetic_nik
from programs.mentoring.models import MentoringSession, SessionAnswer
from programs.training.models import Certificate, TrainerKind, TrainingClass
from programs.training.tests.factories import begin, training_class

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CITIZEN_PASSWORD = "warung-kopi-melati-7"


class Road:
    """The people on the road, each with a browser, and what dinas has counted so far."""

    def __init__(self, portal: Portal, open_page: Callable[..., Page], folder: Path) -> None:
        self.portal, self.open_page, self.folder = portal, open_page, folder
        center = center_of("P31.74.07")
        self.manager_user = staff(Role.PENGELOLA, center.code, display_name="Maya Kusuma", is_demo=True)
        self.coach_user = staff(Role.PENDAMPING, center.code, display_name="Ratna Dewi", is_demo=True)
        CoachProfile.objects.create(user=self.coach_user, center=center)
        self.dinas_user = staff(Role.DINAS, "31", display_name="Dinas Contoh", is_demo=True)
        self.citizen = open_page(width=360)
        self.manager = self.signed_in(self.manager_user)
        self.coach = self.signed_in(self.coach_user)
        self.dinas = self.signed_in(self.dinas_user, width=1280)

    def signed_in(self, user: User, width: int = 360) -> Page:
        page = self.open_page(width=width)
        page.goto(f"{self.portal.url}/masuk/")
        page.get_by_label("Nomor HP").fill(user.email or "")
        page.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Masuk", exact=True).click()
        expect(page.get_by_role("button", name="Keluar")).to_be_visible()
        return page

    def funnel(self) -> dict[str, Any]:
        """What /dasbor/corong.json says now."""
        answer = self.dinas.request.get(f"{self.portal.url}/dasbor/corong.json?wilayah=31")
        assert answer.status == 200
        found: dict[str, Any] = answer.json()
        return found

    def stage_row(self, stage: Stage) -> dict[str, int]:
        return next(row for row in self.funnel()["stages"] if row["stage"] == stage.value)

    def dashboard_says(self, stage: Stage, *, reached: int) -> None:
        """The page shows the same number as the JSON, in the row of the stage."""
        self.dinas.goto(f"{self.portal.url}/dasbor/?wilayah=31")
        row = self.dinas.get_by_role("row").filter(has_text=re.compile(rf"{stage.number}\.\s*{stage.label}"))
        expect(row.first).to_contain_text(f"{reached:,}".replace(",", "."))

    def picture(self, name: str) -> str:
        content = io.BytesIO()
        Image.new("RGB", (640, 480), "#dddddd").save(content, "JPEG")
        path = self.folder / f"{name}.jpg"
        path.write_bytes(content.getvalue())
        return str(path)

    def open_person(self, page: Page) -> None:
        page.goto(f"{self.portal.url}/peserta/{self.enrollment.person_id}/")

    @property
    def enrollment(self) -> Enrollment:
        return Enrollment.objects.select_related("person__user").get(person__full_name="Siti Contoh")

    def bring_own(
        self,
        kind: EvidenceKind,
        *,
        number: str = "",
        note: str = "",
        with_file: bool = True,
        days_ago: int = 0,
    ) -> None:
        """The citizen sends a proof from the phone."""
        self.citizen.goto(f"{self.portal.url}/saya/bukti/{kind.value}/")
        self._fill_proof(self.citizen, kind, number=number, note=note, with_file=with_file, days_ago=days_ago)
        self.citizen.get_by_role("button", name="Kirim sekarang").click()
        expect(self.citizen.locator(".messages").get_by_text("Terkirim.")).to_be_visible()

    def attend_class(self) -> None:
        """A seat for the citizen, two roll calls by the coach, a certificate ordered by the manager."""
        one = training_class(
            manager=self.manager_user, trainers={self.coach_user.pk: TrainerKind.PENDAMPING}, sessions=2,
            first_on=today() + timedelta(days=7), at=now(),
        )  # fmt: skip
        self.citizen.goto(f"{self.portal.url}{one.get_absolute_url()}")
        self.citizen.get_by_role("button", name="Daftar kelas ini").click()
        expect(self.citizen.get_by_role("heading", name="Anda terdaftar")).to_be_visible()
        for number in (1, 2):
            session = begin(one, number)
            self.coach.goto(f"{self.portal.url}/pelatihan/pertemuan/{session.pk}/hadir/")
            self.coach.get_by_role("button", name="Simpan daftar hadir").click()
            expect(self.coach.get_by_text(f"Daftar hadir pertemuan {number} tersimpan.")).to_be_visible()
        one.sessions.update(starts_at=now() - timedelta(hours=3), ends_at=now() - timedelta(hours=1))
        TrainingClass.objects.filter(pk=one.pk).update(ends_at=now() - timedelta(hours=1))
        self.manager.goto(f"{self.portal.url}/pelatihan/{one.pk}/kelola/")
        self.manager.get_by_role("link", name="Selesaikan kelas").click()
        self.manager.get_by_role("button", name="Ya, selesaikan kelas").click()
        self.manager.get_by_role("button", name="Terbitkan sertifikat").click()
        holders = Certificate.objects.valid().filter(seat__enrollment=self.enrollment)
        assert wait_until(holders.exists, seconds=60, pause=0.3)

    def agree_on_plan(self) -> None:
        """The coach proposes a plan of one step, the citizen agrees."""
        page = self.coach
        page.goto(f"{self.portal.url}/peserta/{self.enrollment.person_id}/rencana/")
        page.locator("[name=text_1]").fill("Urus izin usaha")
        page.locator("[name=due_1]").fill(f"{today() + timedelta(days=30):%d/%m/%Y}")
        page.get_by_role("button", name="Usulkan rencana").click()
        self.cannot_move(page, "Naikkan ke Pendampingan")
        self.citizen.goto(f"{self.portal.url}/saya/rencana/")
        self.citizen.get_by_role("button", name="Ya, saya setuju").click()
        expect(self.citizen.locator(".messages")).to_be_visible()

    def record_session(self, topic: str) -> None:
        """The coach writes down a session of today."""
        page = self.coach
        page.goto(f"{self.portal.url}/peserta/{self.enrollment.person_id}/pertemuan/catat/")
        page.locator("[name=begins]").fill("00.00")
        page.locator("[name=place_kind]").first.wait_for()
        page.get_by_label("Di pusat").check()
        page.get_by_label("Tentang apa?").fill(topic)
        page.get_by_label("Apa yang dikerjakan?").fill(f"Membahas {topic}.")
        page.get_by_role("button", name="Simpan pertemuan").click()
        expect(page.locator(".messages")).to_be_visible()

    def confirm_session(self, number: int) -> None:
        """The citizen says that the session took place."""
        self.citizen.goto(f"{self.portal.url}/saya/")
        self.citizen.get_by_role("button", name="Ya, kami bertemu").click()
        confirmed = MentoringSession.objects.filter(answer=SessionAnswer.TERJADI)
        assert wait_until(lambda: confirmed.count() == number, seconds=30, pause=0.2)

    def cannot_move(self, page: Page, button: str) -> None:
        """The button is there and says that something is missing."""
        self.open_person(page)
        expect(page.get_by_role("button", name=button)).to_have_attribute("aria-disabled", "true")

    def _fill_proof(
        self, page: Page, kind: EvidenceKind, *, number: str, note: str, with_file: bool, days_ago: int
    ) -> None:
        if number:
            page.locator("[name=number]").fill(number)
        page.get_by_label("Tanggal").fill(f"{today() - timedelta(days=days_ago):%d/%m/%Y}")
        if with_file:
            page.locator("[name=file]").set_input_files(self.picture(kind.value))
        if note:
            page.get_by_label("Catatan").fill(note)

    def accept_all(self) -> None:
        """The manager accepts every waiting proof, as the second person."""
        self.open_person(self.manager)
        while self.manager.get_by_role("link", name="Periksa bukti", exact=True).count():
            self.manager.get_by_role("link", name="Periksa bukti", exact=True).first.click()
            self.manager.get_by_role("button", name="Terima bukti").click()
            expect(self.manager.get_by_text("Bukti diterima.")).to_be_visible()

    def act(self, page: Page, slug: str, button: str, fill: Callable[[Page], None] | None = None) -> None:
        page.goto(f"{self.portal.url}/peserta/{self.enrollment.person_id}/{slug}/")
        if fill:
            fill(page)
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("heading", name="Siti Contoh", level=1)).to_be_visible()

    def move(self, page: Page, button: str, *, to: Stage | None) -> None:
        """Move on, and see the two stages' counts change by exactly one, in JSON and on the page."""
        here = Stage(self.enrollment.stage)
        before = {row["stage"]: row for row in self.funnel()["stages"]}
        self.open_person(page)
        page.get_by_role("button", name=button).click()
        expect(page.locator(".messages[role=status]")).to_contain_text(to.label if to else "lulus")
        after = {row["stage"]: row for row in self.funnel()["stages"]}
        assert after[here]["completed"] == before[here]["completed"] + 1
        assert after[here]["current"] == before[here]["current"] - 1
        if to is not None:
            assert after[to]["reached"] == before[to]["reached"] + 1
            assert after[to]["current"] == before[to]["current"] + 1
            self.dashboard_says(to, reached=after[to]["reached"])


@pytest.fixture
def road(
    start_portal: Callable[..., Portal],
    worker: Worker,
    open_browser_page: Callable[..., Page],
    tmp_path: Path,
) -> Road:
    del worker
    return Road(start_portal(environment={"DEMO_MODE": "1"}), open_browser_page, tmp_path)


def register(road: Road, pathway: str = "mulai_usaha") -> None:
    """A first registration on a phone, filled as a person would."""
    page = road.citizen
    page.goto(f"{road.portal.url}/daftar/")
    page.locator(f"[name=pathway][value={pathway}]").check()
    page.get_by_label("Nama lengkap").fill("Siti Contoh")
    page.locator("[name=nik]").fill(synthetic_nik("317407", "P"))
    page.locator("[name=phone]").fill("0812-0000-99001")
    page.locator("[name=district]").first.fill("Kebayoran Baru")
    page.get_by_label("Alamat", exact=False).first.fill("Jl. Wijaya Timur No. 12")
    page.locator("[name=password]").fill(CITIZEN_PASSWORD)
    page.locator("[name=consent]").check()
    page.get_by_role("button", name="Kirim pendaftaran").click()
    page.wait_for_url("**/daftar/berhasil/")


def agree_on_plan(road: Road) -> None:
    """The coach proposes a plan; the citizen agrees with one tap."""
    road.coach.goto(f"{road.portal.url}/peserta/{road.enrollment.person_id}/rencana/")
    road.coach.get_by_label("Tujuan").fill("Jualan sampai toko oleh-oleh")
    road.coach.locator("[name=text_1]").fill("Urus izin")
    road.coach.locator("[name=due_1]").fill(f"{today() + timedelta(days=30):%d/%m/%Y}")
    road.coach.get_by_role("button", name="Usulkan rencana").click()
    expect(road.coach.get_by_text("Menunggu persetujuan peserta")).to_be_visible()
    road.citizen.goto(f"{road.portal.url}/saya/rencana/")
    road.citizen.get_by_role("button", name="Ya, saya setuju").click()
    expect(road.citizen.get_by_role("heading", name="Jualan sampai toko oleh-oleh")).to_be_visible()


def meet(road: Road, topic: str) -> None:
    """The coach writes a session down; the citizen confirms it with one tap."""
    road.coach.goto(f"{road.portal.url}/peserta/{road.enrollment.person_id}/pertemuan/catat/")
    road.coach.get_by_role("radio", name="Di pusat").check()
    road.coach.get_by_label("Tentang apa?").fill(topic)
    road.coach.get_by_label("Apa yang dikerjakan?").fill(f"Membahas {topic}.")
    road.coach.get_by_role("button", name="Simpan pertemuan").click()
    expect(road.coach.locator(".messages[role=status]")).to_contain_text("tersimpan")
    road.citizen.goto(f"{road.portal.url}/saya/")
    road.citizen.get_by_role("button", name="Ya, kami bertemu").click()
    expect(road.citizen.get_by_text("Pertemuan ini sudah dibenarkan.")).to_be_visible()


def test_from_registration_to_graduation(road: Road) -> None:
    empty = road.stage_row(Stage.PENDAFTARAN)
    register(road)
    enrollment = road.enrollment
    expect(road.citizen.get_by_text(enrollment.number).first).to_be_visible()
    counted = road.stage_row(Stage.PENDAFTARAN)
    assert counted["reached"] == empty["reached"] + 1
    assert counted["current"] == empty["current"] + 1
    road.dashboard_says(Stage.PENDAFTARAN, reached=counted["reached"])

    # P1: the citizen tells the goal; the manager verifies, names the SKPD and a coach, and moves on.
    road.citizen.goto(f"{road.portal.url}/saya/")
    road.citizen.get_by_role("link", name="Tulis tujuan Anda").first.click()
    road.citizen.locator("[name=goal]").fill("Jualan kue kering sampai toko oleh-oleh")
    road.citizen.get_by_role("button", name="Simpan tujuan").click()
    road.manager.goto(f"{road.portal.url}/antrean/")
    expect(road.manager.get_by_role("link", name="Siti Contoh", exact=True)).to_be_visible()
    road.open_person(road.manager)
    expect(road.manager.get_by_role("button", name="Naikkan ke Pelatihan")).to_have_attribute(
        "aria-disabled", "true"
    )
    road.act(
        road.manager,
        "identitas",
        "Simpan hasil pemeriksaan",
        lambda page: page.get_by_label("Cocok:", exact=False).first.check(),
    )
    road.act(
        road.manager,
        "skpd",
        "Tetapkan SKPD",
        lambda page: page.locator("[name=agency]").select_option(index=1) and None,
    )
    road.act(
        road.manager,
        "pendamping",
        "Tetapkan pendamping",
        lambda page: page.get_by_role("radio", name="Ratna Dewi").first.check(),
    )
    road.move(road.manager, "Naikkan ke Pelatihan", to=Stage.PELATIHAN)

    # P2: the coach accepts the task; a class with its roll calls; the worker issues the certificate; a plan
    # that both agree to opens the door of P3.
    road.coach.goto(f"{road.portal.url}/pendamping/")
    road.coach.get_by_role("link", name="Siti Contoh").click()
    road.coach.get_by_role("button", name="Terima tugas").click()
    road.cannot_move(road.coach, "Naikkan ke Pendampingan")
    road.attend_class()
    road.cannot_move(road.coach, "Naikkan ke Pendampingan")
    road.agree_on_plan()
    road.move(road.coach, "Naikkan ke Pendampingan", to=Stage.PENDAMPINGAN)

    # P3: the business record and three sessions, the third of which counts when the citizen says so.
    road.citizen.goto(f"{road.portal.url}/saya/usaha/ubah/")
    road.citizen.locator("[name=name]").fill("Dapur Siti")
    road.citizen.locator("[name=sector]").select_option("kuliner")
    road.citizen.locator("[name=address]").fill("Jl. Wijaya Timur No. 12")
    road.citizen.locator("[name=capital]").fill("2.500.000")
    road.citizen.locator("[name=workers_full_time]").fill("1")
    road.citizen.get_by_role("button", name="Simpan data usaha").click()
    for number, topic in enumerate(("Harga", "Bahan", "Izin"), start=1):
        road.record_session(topic)
        road.cannot_move(road.coach, "Naikkan ke Perizinan")
        road.confirm_session(number)
    road.move(road.coach, "Naikkan ke Perizinan", to=Stage.PERIZINAN)

    # P4: the NIB, and the permit is counted apart from the stage.
    assert road.funnel()["permits"]["people"] == 0
    road.bring_own(EvidenceKind.NIB, number="9120 0000 1234 5")
    road.accept_all()
    assert road.funnel()["permits"]["people"] == 1
    road.move(road.coach, "Naikkan ke Pemasaran", to=Stage.PEMASARAN)

    # P5 to P7.
    road.bring_own(EvidenceKind.PRODUK, note="Kue nastar, Rp 45.000 per toples")
    road.bring_own(EvidenceKind.PENJUALAN)
    road.accept_all()
    road.move(road.coach, "Naikkan ke Pelaporan keuangan", to=Stage.PELAPORAN_KEUANGAN)
    for months_ago in (1, 2, 3):
        road.bring_own(EvidenceKind.BUKU_KAS, days_ago=31 * months_ago)
    road.bring_own(EvidenceKind.LAPORAN_KEUANGAN)
    road.accept_all()
    road.move(road.coach, "Naikkan ke Permodalan", to=Stage.PERMODALAN)
    road.bring_own(EvidenceKind.TIDAK_BUTUH_MODAL, note="Modal dari keuntungan sendiri.", with_file=False)
    road.accept_all()
    road.move(road.coach, "Catat lulus", to=None)

    enrollment = road.enrollment
    assert (enrollment.stage, enrollment.status) == (Stage.PERMODALAN, Status.LULUS)
    kinds = list(
        StageTransition.objects.filter(enrollment=enrollment)
        .order_by("version")
        .values_list("kind", flat=True)
    )
    assert kinds == ["daftar", *["maju"] * 6, "lulus"]
    road.citizen.goto(f"{road.portal.url}/saya/")
    expect(road.citizen.get_by_role("heading", name="Anda sudah lulus")).to_be_visible()

    # The worker told her, each thing once.
    told = Notification.objects.filter(recipient=enrollment.person.user)
    assert wait_until(lambda: told.filter(kind="lulus").exists(), seconds=30, pause=0.3)
    assert wait_until(lambda: told.filter(kind="naik_tahap").count() == 6, seconds=30, pause=0.3)
    road.citizen.goto(f"{road.portal.url}/pesan/")
    expect(road.citizen.get_by_text("lulus").first).to_be_visible()
