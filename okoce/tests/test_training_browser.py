"""A class from the first form to the last roll call, in a real browser, with and without signal."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typst
import zxingcpp
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import Role, User
from accounts.tests.factories import staff
from centers.models import CoachProfile
from core import jobs
from core.clock import local_day, now
from core.outbox import relay
from notifications.models import Notification
from okoce.testing.processes import Portal, Worker
from participants.models import Enrollment, EvidenceKind, Stage
from participants.rules import ItemState
from participants.tests.factories import StageEvidenceFactory, center_of, participant
from programs.pipeline import moves
from programs.pipeline.stages import checklists
from programs.training import certificates, planning, services
from programs.training.codes import code_of
from programs.training.models import (
    Attendance,
    Certificate,
    Question,
    RollCall,
    Seat,
    TrainerKind,
    TrainingClass,
)
from programs.training.tests.factories import begin, course, enrolled, finished_class, training_class

from .walk import enter

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Desk:
    """Browsers of everybody who has to do with one class."""

    def __init__(self, portal: Portal, open_page: Callable[..., Page]) -> None:
        self.portal, self.open_page = portal, open_page
        center = center_of("P31.74.07")
        self.manager = staff(Role.PENGELOLA, center.code, is_demo=True, display_name="Maya Contoh")
        self.coach = staff(Role.PENDAMPING, center.code, is_demo=True, display_name="Ratna Contoh")
        CoachProfile.objects.create(user=self.coach, center=center)
        self.people = [participant(stage=Stage.PELATIHAN, center=center, coach=self.coach) for _ in range(4)]

    def at(self, user: User | None, path: str) -> Page:
        page = self.open_page()
        context: BrowserContext = page.context
        enter(context, self.portal.url, user)
        page.goto(self.portal.url + path)
        return page

    def item(self, enrollment: Enrollment, code: str) -> ItemState:
        found = checklists([enrollment], on=local_day(now()))[enrollment.pk]
        return next(item.state for item in found if item.requirement.code == code)


@pytest.fixture
def desk(start_portal: Callable[..., Portal], open_browser_page: Callable[..., Page], settings: Any) -> Desk:
    settings.DEMO_MODE = True
    return Desk(start_portal(environment={"DEMO_MODE": "1"}), open_browser_page)


def test_a_class_from_its_plan_to_the_step_it_opens(desk: Desk) -> None:
    """A manager builds a class for two; three want in; one leaves, who waits is told and takes the seat;
    attendance by code and by roll call; the checklist and the move follow the rule."""
    page = desk.at(desk.manager, "/pelatihan/kelola/kursus/baru/")
    page.get_by_label("Nama kursus").fill("Dasar usaha")
    page.get_by_label("Tingkat").select_option("dasar")
    page.get_by_label("Sesudah kursus").fill("Menghitung harga jual")
    page.get_by_label("Jam pelajaran").fill("6")
    page.get_by_label("Topik pertemuan").fill("Modal\nHarga")
    page.get_by_role("button", name="Simpan kursus").click()
    expect(page.get_by_role("link", name="Dasar usaha")).to_be_visible()

    first = local_day(now()) + timedelta(days=7)
    page.goto(f"{desk.portal.url}/pelatihan/kelola/baru/")
    page.get_by_label("Nama angkatan").fill("Angkatan 1")
    page.get_by_label("Jumlah tempat").fill("2")
    page.locator("[name=place]").fill("Ruang Melati")
    page.get_by_label("Ratna Contoh").check()
    page.get_by_label("Pertemuan pertama").fill(f"{first:%d/%m/%Y}")
    page.get_by_label("Jam mulai").fill("09.00")
    page.get_by_label("Jam selesai").fill("11.00")
    page.get_by_label("Lewati Sabtu").uncheck()
    page.get_by_label("Lewati hari libur").uncheck()
    page.get_by_label("Pendaftaran ditutup").fill(f"{first:%d/%m/%Y}")
    page.get_by_role("button", name="Lihat jadwalnya").click()
    page.get_by_role("button", name="Simpan kelas").click()
    page.get_by_role("button", name="Buka pendaftaran").click()
    one = TrainingClass.objects.get()
    address = one.get_absolute_url()

    browsers = [desk.at(who.person.user, "/pelatihan/") for who in desk.people[:3]]
    for number, own in enumerate(browsers):
        own.get_by_role("link", name="Dasar usaha").click()
        own.get_by_role("button", name="Daftar kelas ini" if number < 2 else "Masuk daftar tunggu").click()
    expect(browsers[2].get_by_text("Urutan ke-1")).to_be_visible()

    browsers[0].get_by_role("link", name="Batal ikut").click()
    browsers[0].get_by_role("button", name="Ya, batal ikut").click()
    expect(browsers[0].get_by_role("heading", name="Ikut kelas ini?").or_(
        browsers[0].get_by_role("heading", name="Penuh. Masuk daftar tunggu?"))).to_be_visible()  # fmt: skip
    while relay():
        pass
    promoted = desk.people[2].person.user
    assert Notification.objects.filter(recipient=promoted, kind="kelas_tawaran").count() == 1
    browsers[2].goto(desk.portal.url + address)
    browsers[2].get_by_role("button", name="Terima tempat ini").click()
    expect(browsers[2].get_by_role("heading", name="Anda terdaftar")).to_be_visible()

    by_code = begin(one, 1)
    screen = desk.at(desk.coach, f"/pelatihan/pertemuan/{by_code.pk}/kode/")
    expect(screen.get_by_role("img", name="Kode QR")).to_be_visible()
    for number in (1, 2):
        browsers[number].goto(f"{desk.portal.url}/pelatihan/hadir/{code_of(by_code, at=now())}/")
        browsers[number].get_by_role("button", name="Saya hadir").click()
        expect(browsers[number].get_by_text("Tercatat: Hadir")).to_be_visible()
    assert desk.item(desk.people[1], "hadir") is ItemState.MISSING

    by_roll = begin(one, 2)
    screen.goto(f"{desk.portal.url}/pelatihan/pertemuan/{by_roll.pk}/hadir/")
    absent = Seat.objects.get(training_class=one, enrollment=desk.people[2])
    screen.locator(f"input[name='p-{absent.pk}'][value=alpa]").check()
    screen.get_by_role("button", name="Simpan daftar hadir").click()
    expect(screen.get_by_text("Daftar hadir pertemuan 2 tersimpan.")).to_be_visible()
    states = [desk.item(who, "hadir") for who in desk.people[:3]]
    assert states == [ItemState.MISSING, ItemState.MET, ItemState.MISSING]

    planning.finish_class(class_id=one.pk, actor=desk.manager, at=one.ends_at)
    ordered = certificates.order(class_id=one.pk, actor=desk.manager, at=one.ends_at)
    assert ordered is not None and jobs.run(ordered.pk)
    states = [desk.item(who, "sertifikat") for who in desk.people[:3]]
    assert states == [ItemState.MISSING, ItemState.MET, ItemState.MISSING]
    for who in desk.people[1:3]:
        StageEvidenceFactory(
            enrollment=who, stage=Stage.PENDAMPINGAN, kind=EvidenceKind.RENCANA_AKSI, accepted_by=desk.manager
        )
    moved = moves.advance(
        enrollment_id=desk.people[1].pk, actor=desk.coach, version=desk.people[1].version, at=now()
    )
    assert moved.stage == Stage.PENDAMPINGAN
    with pytest.raises(moves.StageRefused, match="kehadiran mencapai batas"):
        moves.advance(
            enrollment_id=desk.people[2].pk, actor=desk.coach, version=desk.people[2].version, at=now()
        )


def test_a_roll_call_without_signal_arrives_once_with_the_hour_it_was_made(desk: Desk) -> None:
    at = now()
    one = training_class(
        manager=desk.manager, trainers={desk.coach.pk: TrainerKind.PENDAMPING}, at=at,
        first_on=local_day(at) + timedelta(days=7),
    )  # fmt: skip
    seats = [enrolled(one, who, at=at) for who in desk.people[:2]]
    session = begin(one, 1)
    page = desk.at(desk.coach, f"/pelatihan/pertemuan/{session.pk}/hadir/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.locator(f"input[name='p-{seats[0].pk}'][value=sakit]").check()
    before = now()
    page.get_by_role("button", name="Simpan daftar hadir").click()
    expect(page.get_by_role("heading", name="Catatan Anda disimpan di perangkat ini")).to_be_visible()
    assert not Attendance.objects.exists()
    pressed = now()
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="Catatan Anda sudah terkirim")).to_be_visible(timeout=30_000)
    assert sorted(Attendance.objects.values_list("presence", flat=True)) == ["hadir", "sakit"]
    call = RollCall.objects.get()
    assert before - timedelta(seconds=2) <= call.decided_at <= pressed


def test_certificates_come_from_the_worker_and_their_code_is_checked_until_it_is_revoked(
    desk: Desk, start_worker: Callable[..., Worker], settings: Any
) -> None:
    one, manager = finished_class(people=certificates.CHUNK + 2)
    page = desk.at(manager, f"/pelatihan/{one.pk}/kelola/")
    page.get_by_role("button", name="Terbitkan sertifikat").click()
    expect(page.get_by_text("Menunggu giliran.")).to_be_visible()
    plain = desk.open_page(javascript=False)
    enter(plain.context, desk.portal.url, manager)
    plain.goto(f"{desk.portal.url}/pelatihan/{one.pk}/kelola/")
    expect(plain.get_by_text("Menunggu giliran.")).to_be_visible()
    start_worker(environment={"JOB_STEP_SECONDS": "2"})
    expect(page.locator("#kemajuan-sertifikat")).to_contain_text("dari 52 sertifikat terbit")
    expect(page.get_by_text("52 sertifikat berlaku.")).to_be_visible()
    plain.reload()
    expect(plain.get_by_text("52 sertifikat berlaku.")).to_be_visible()
    expect(page.get_by_role("button", name="Terbitkan sertifikat")).to_have_count(0)

    made = Certificate.objects.for_page().order_by("number")[0]
    own = desk.at(made.seat.enrollment.person.user, one.get_absolute_url())
    with own.expect_download() as paper:
        own.get_by_role("link", name="Unduh sertifikat").click()
    assert Path(paper.value.path()).read_bytes().startswith(b"%PDF")
    drawn = typst.compile(
        str(certificates.TEMPLATE), format="png", ppi=150,
        sys_inputs={"data": json.dumps({"title": "x", "all": [certificates.words_of(made)]})},
    )  # fmt: skip
    assert isinstance(drawn, bytes)
    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(drawn)))
    check = desk.at(None, read.text.removeprefix(settings.SITE_URL))
    expect(check.get_by_text("Berlaku", exact=True)).to_be_visible()
    expect(check.get_by_text(made.number)).to_be_visible()

    page.goto(f"{desk.portal.url}/pelatihan/sertifikat/{made.pk}/cabut/")
    page.get_by_label("Alasan").fill("Salah kelas")
    page.get_by_role("button", name="Ya, cabut").click()
    expect(page.get_by_text("51 sertifikat berlaku.")).to_be_visible()
    check.reload()
    expect(check.get_by_text("Sudah dicabut", exact=True)).to_be_visible()
    check.get_by_role("link", name="Periksa sertifikat lain").click()
    check.get_by_label("Kode sertifikat").fill("abcd efgh jkmn")
    check.get_by_role("button", name="Periksa").click()
    expect(check.get_by_role("heading", name="Sertifikat tidak dikenal")).to_be_visible()
    expect(check.get_by_label("Kode sertifikat")).to_be_visible()


def test_a_citizen_takes_both_tests_and_says_how_it_was_on_a_phone(desk: Desk) -> None:
    one = training_class(sessions=2, manager=desk.manager, trainers={desk.coach.pk: TrainerKind.PENDAMPING})
    Question.objects.create(course=one.course, number=1, text="Untung itu?", choices=["A", "B"], answer=1)
    begin(one, 1)
    seat = services.enrol(
        enrollment_id=desk.people[0].pk, class_id=one.pk, actor=desk.manager, at=now()
    )  # fmt: skip
    page = desk.at(desk.people[0].person.user, one.get_absolute_url())
    page.get_by_role("link", name="Isi tes awal").click()
    page.get_by_role("button", name="Kirim jawaban").click()
    expect(page.get_by_text("Pilih satu jawaban").first).to_be_visible()
    page.get_by_label("A", exact=True).check()
    page.get_by_role("button", name="Kirim jawaban").click()
    expect(page.get_by_text("0 dari 1 benar").first).to_be_visible()
    begin(one, 2)
    page.goto(desk.portal.url + one.get_absolute_url())
    page.get_by_role("link", name="Isi tes akhir").click()
    page.get_by_label("B", exact=True).check()
    page.get_by_role("button", name="Kirim jawaban").click()
    expect(page.get_by_text("1 dari 1 benar").first).to_be_visible()
    page.get_by_role("link", name="Isi kesan tentang kelas").click()
    page.get_by_label("4, bagus").check()
    page.get_by_role("button", name="Kirim kesan").click()
    expect(page.get_by_text("Kesan Anda tersimpan tanpa nama")).to_be_visible()
    screen = desk.at(desk.coach, f"/pelatihan/{one.pk}/kelola/")
    expect(screen.get_by_text("1 orang mengisi; tampil mulai 5 orang")).to_be_visible()
    expect(screen.get_by_text("1 orang sudah mengisi kesan")).to_be_visible()
    assert Seat.objects.get(pk=seat.pk).results.count() == 2


def test_a_list_is_enrolled_somebody_moves_and_a_cancelled_class_leads_to_another(desk: Desk) -> None:
    of = course()
    today = local_day(now())
    one, other = (
        training_class(
            of=of, manager=desk.manager, name=name, first_on=today + timedelta(days=days), at=now()
        )
        for name, days in (("Angkatan 1", 9), ("Angkatan 2", 20))
    )
    page = desk.at(desk.manager, f"/pelatihan/{one.pk}/peserta/")
    names = [who.person.full_name for who in desk.people]
    page.get_by_label(f"{names[0]} (").check()
    page.get_by_label("Nomor pendaftaran").fill(
        f"{desk.people[1].number}\n{desk.people[2].number} OK-26-999999"
    )
    page.get_by_role("button", name="Daftarkan").click()
    result = page.get_by_role("region", name="Hasilnya")
    expect(result.get_by_text("Terdaftar", exact=True)).to_have_count(3)
    expect(result.get_by_text("Nomor ini tidak ada di pusat Anda.")).to_be_visible()

    page.goto(f"{desk.portal.url}/pelatihan/{one.pk}/kelola/")
    page.get_by_role("link", name=f"Pindahkan {names[0]}").click()
    page.get_by_label("Angkatan 2").check()
    page.get_by_role("button", name="Pindahkan").click()
    expect(page.get_by_text(f"{names[0]} pindah kelas dan diberi tahu.")).to_be_visible()

    page.get_by_role("link", name="Batalkan kelas").click()
    page.get_by_label("Alasan").fill("Pelatih sakit")
    page.get_by_role("button", name="Ya, batalkan kelas").click()
    expect(page.get_by_text("Semua yang terdaftar diberi tahu.")).to_be_visible()
    while relay():
        pass
    told = Notification.objects.filter(recipient__in=[who.person.user for who in desk.people])
    assert told.filter(kind="kelas_pindah").count() == 1
    assert {note.recipient_id for note in told.filter(kind="kelas_batal")} == {
        who.person.user_id for who in desk.people[1:3]
    }

    own = desk.at(desk.people[1].person.user, "/pesan/")
    own.get_by_role("button", name=re.compile("^Buka.*Kelas dibatalkan: Dasar usaha")).click()
    expect(own.get_by_text("Pelatih sakit").first).to_be_visible()
    own.get_by_role("region", name="Angkatan lain").get_by_role("link", name="Dasar usaha").click()
    own.get_by_role("button", name="Daftar kelas ini").click()
    expect(own.get_by_role("heading", name="Anda terdaftar")).to_be_visible()
    live = Seat.objects.live().filter(training_class=other)
    assert {seat.enrollment_id for seat in live} == {desk.people[0].pk, desk.people[1].pk}
