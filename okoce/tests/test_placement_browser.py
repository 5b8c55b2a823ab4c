"""A job seeker in a real browser: from the registration to a placement that both sides confirmed, and `lulus`
exactly then. Every page on the way is judged as well."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from core.clock import local_day, now
from participants.models import Enrollment, EvidenceKind, Stage, StageTransition, Status
from participants.tests.factories import StageEvidenceFactory
from programs.placement.models import Application, Placement, Vacancy

from .judge import judge_page
from .test_main_road import CITIZEN_PASSWORD, Road, register, road  # noqa: F401 (`road` is a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

GRADUATE = "Catat lulus"


def good(page: Page) -> None:
    """Accessible, focusable, within the screen."""
    assert judge_page(page) == [], page.url


def reach_mentoring(road: Road) -> Enrollment:  # noqa: F811
    """P1 and P2, as everybody goes through them; what P2 asks is proven by papers."""
    road.citizen.goto(f"{road.portal.url}/saya/tujuan/ubah/")
    road.citizen.locator("[name=goal]").fill("Bekerja di toko dekat rumah")
    road.citizen.get_by_role("button", name="Simpan tujuan").click()
    acts: tuple[tuple[str, str, Callable[[Page], object]], ...] = (
        ("identitas", "Simpan hasil pemeriksaan",
         lambda page: page.get_by_label("Cocok:", exact=False).first.check()),
        ("skpd", "Tetapkan SKPD", lambda page: page.locator("[name=agency]").select_option(index=1)),
        ("pendamping", "Tetapkan pendamping",
         lambda page: page.get_by_role("radio", name="Ratna Dewi").first.check()),
    )  # fmt: skip
    for slug, button, fill in acts:
        road.act(road.manager, slug, button, lambda page, fill=fill: fill(page) and None)
    road.move(road.manager, "Naikkan ke Pelatihan", to=Stage.PELATIHAN)
    road.coach.goto(f"{road.portal.url}/pendamping/")
    road.coach.get_by_role("link", name="Siti Contoh").click()
    road.coach.get_by_role("button", name="Terima tugas").click()
    for kind, number in ((EvidenceKind.KEHADIRAN, "90"), (EvidenceKind.SERTIFIKAT, "SRT/1")):
        StageEvidenceFactory(
            enrollment=road.enrollment, kind=kind, number=number, accepted_by=road.manager_user
        )
    road.move(road.coach, "Naikkan ke Pendampingan", to=Stage.PENDAMPINGAN)
    return road.enrollment


def post_vacancy(road: Road) -> Vacancy:  # noqa: F811
    page = road.manager
    page.goto(f"{road.portal.url}/pusat/lowongan/")
    good(page)
    page.get_by_role("link", name="Pasang lowongan").click()
    page.get_by_label("Pekerjaan").fill("Kasir")
    page.get_by_label("Pemberi kerja").fill("Toko Contoh")
    page.get_by_label("Kecamatan tempat kerja").fill("Kebayoran Baru")
    page.get_by_label("Upah sebulan, dari").fill("3.000.000")
    page.get_by_label("Syarat").fill("Teliti dan jujur")
    page.get_by_label("Berapa orang dicari?").fill("1")
    page.get_by_label("Melamar sampai").fill(f"{local_day(now()) + timedelta(days=14):%d/%m/%Y}")
    good(page)
    page.get_by_role("button", name="Simpan").click()
    expect(page.get_by_role("heading", name="Kasir", level=1)).to_be_visible()
    return Vacancy.objects.get()


def test_from_registration_to_a_confirmed_placement(road: Road) -> None:  # noqa: F811
    register(road, "cari_kerja")
    vacancy = post_vacancy(road)
    # In P1 the board can be read; applying comes after the class.
    road.citizen.goto(f"{road.portal.url}/lowongan/{vacancy.pk}/")
    expect(road.citizen.get_by_role("heading", name="Belum bisa melamar")).to_be_visible()
    expect(road.citizen.get_by_role("button", name="Lamar", exact=True)).to_have_count(0)
    reach_mentoring(road)
    road.cannot_move(road.coach, GRADUATE)

    # One tap from the board.
    road.citizen.goto(f"{road.portal.url}/saya/")
    good(road.citizen)
    road.citizen.get_by_role("link", name="Papan lowongan").click()
    road.citizen.get_by_label("Pekerjaan atau pemberi kerja").fill("kasir")
    road.citizen.get_by_role("button", name="Cari").click()
    good(road.citizen)
    road.citizen.get_by_role("link", name="Kasir", exact=True).click()
    good(road.citizen)
    road.citizen.get_by_role("button", name="Lamar", exact=True).click()
    expect(road.citizen.get_by_text("Lamaran Anda terkirim.")).to_be_visible()
    road.cannot_move(road.coach, GRADUATE)

    # The interview is set by the desk and told.
    road.manager.goto(f"{road.portal.url}/pusat/lowongan/{vacancy.pk}/")
    road.manager.get_by_role("link", name="Wawancara Siti Contoh").click()
    road.manager.get_by_label("Tanggal").fill(f"{local_day(now()) + timedelta(days=2):%d/%m/%Y}")
    road.manager.get_by_label("Pukul").fill("09.00")
    road.manager.get_by_label("Datang ke mana").fill("Toko Contoh, temui pemiliknya")
    good(road.manager)
    road.manager.get_by_role("button", name="Simpan jadwal").click()
    expect(road.manager.get_by_text("Diundang wawancara")).to_be_visible()
    good(road.manager)
    road.citizen.goto(f"{road.portal.url}/saya/lamaran/")
    expect(road.citizen.get_by_text("temui pemiliknya").first).to_be_visible()
    good(road.citizen)
    road.cannot_move(road.coach, GRADUATE)

    # Accepted: both sides are asked. Who recorded it finds no way to speak for the employer.
    road.manager.goto(f"{road.portal.url}/pusat/lowongan/{vacancy.pk}/")
    road.manager.get_by_role("link", name="Diterima Siti Contoh", exact=True).click()
    road.manager.get_by_role("button", name="Catat diterima").click()
    expect(road.manager.get_by_role("link", name="Siapkan pesan")).to_be_visible()
    expect(road.manager.get_by_role("link", name="Ia tidak punya HP? Catat jawabannya")).to_have_count(0)
    good(road.manager)
    road.cannot_move(road.coach, GRADUATE)
    road.citizen.goto(f"{road.portal.url}/saya/")
    good(road.citizen)
    road.citizen.get_by_role("button", name="Benar, saya bekerja di sini").click()
    expect(road.citizen.get_by_text("Tinggal jawaban pemberi kerja.")).to_be_visible()
    road.cannot_move(road.coach, GRADUATE)

    # The employer's phone: opening the link writes nothing, one tap does, and the link is used up.
    road.manager.get_by_role("link", name="Siapkan pesan").click()
    road.manager.get_by_label("Nomor WhatsApp pemberi kerja").fill("0812-0000-99077")
    road.manager.get_by_role("button", name="Siapkan pesan").click()
    ready = road.manager.get_by_role("link", name="Kirim lewat WhatsApp").get_attribute("href") or ""
    address = re.search(r"/konfirmasi-kerja/\S+", unquote(ready))
    assert urlsplit(ready).netloc == "wa.me" and address is not None
    employer = road.open_page(width=360)
    employer.goto(road.portal.url + address[0])
    expect(employer.get_by_role("heading", name="Benarkah Siti bekerja pada Anda?")).to_be_visible()
    good(employer)
    road.cannot_move(road.coach, GRADUATE)
    employer.get_by_role("button", name="Ya, benar").click()
    expect(employer.get_by_role("heading", name="Terima kasih")).to_be_visible()
    good(employer)
    employer.goto(road.portal.url + address[0])
    expect(employer.get_by_role("heading", name="Tautan ini tidak berlaku lagi")).to_be_visible()
    good(employer)

    # Now, and only now, the coach can.
    road.move(road.coach, GRADUATE, to=None)
    one = road.enrollment
    assert (one.stage, one.status) == (Stage.PENDAMPINGAN, Status.LULUS)
    kinds = StageTransition.objects.filter(enrollment=one).order_by("version").values_list("kind", flat=True)
    assert list(kinds) == ["daftar", "maju", "maju", "lulus"]
    assert Placement.objects.confirmed().count() == Application.objects.count() == 1
    vacancy.refresh_from_db()
    assert vacancy.is_closed
    road.manager.goto(f"{road.portal.url}/pusat/lowongan/")
    expect(road.manager.get_by_text("1 dari 1")).to_be_visible()


def test_an_own_job_without_a_phone_is_vouched_for_by_the_coach(road: Road) -> None:  # noqa: F811
    register(road, "cari_kerja")
    reach_mentoring(road)
    page = road.citizen
    page.goto(f"{road.portal.url}/saya/lamaran/")
    good(page)
    page.get_by_role("link", name="Saya diterima kerja").click()
    page.get_by_role("button", name="Kirim").click()
    expect(page.get_by_text("Tulis pekerjaan Anda.").first).to_be_visible()
    good(page)
    page.get_by_label("Anda bekerja pada siapa?").fill("Bengkel Contoh")
    page.get_by_label("Sebagai apa?").fill("Montir")
    page.get_by_label("Hari pertama kerja").fill(f"{local_day(now()):%d/%m/%Y}")
    page.get_by_role("button", name="Kirim").click()
    expect(page.get_by_text("Menunggu pemberi kerja")).to_be_visible()
    good(page)
    road.cannot_move(road.coach, GRADUATE)
    road.coach.goto(f"{road.portal.url}/pusat/lowongan/")
    road.coach.get_by_role("link", name="Siti Contoh").click()
    road.coach.get_by_role("link", name="Ia tidak punya HP? Catat jawabannya").click()
    road.coach.get_by_label("Bagaimana pemberi kerja menjawab?").fill("Saya datang dan bertemu pemiliknya")
    good(road.coach)
    road.coach.get_by_role("button", name="Catat jawaban").click()
    expect(road.coach.get_by_text("Dibenarkan kedua pihak.")).to_be_visible()
    good(road.coach)
    road.move(road.coach, GRADUATE, to=None)
    assert road.enrollment.status == Status.LULUS
