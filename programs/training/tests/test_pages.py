"""The catalogue and the page of a class: what each visitor reads and can do."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import staff
from centers.loading import load_areas
from core.clock import day_start
from participants.models import Stage
from programs.training.calendar import calendar_of
from programs.training.models import (
    ClassStatus,
    Level,
    Seat,
    SeatStatus,
    TrainingClass,
)

from .factories import (
    AT,
    FIRST_DAY,
    course,
    enrolled,
    manager_of,
    session_of,
    trainee,
    training_class,
)
from .web import browser, demo_mode, main_of, now_is_at, words  # noqa: F401 (two of them are fixtures)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now_is_at")]


def test_the_catalogue_shows_open_classes_with_their_seats() -> None:
    one = training_class(capacity=2)
    enrolled(one)
    training_class(name="Rahasia", is_open=False)
    text = main_of(browser().get("/pelatihan/"))
    assert "Dasar usaha" in text and "1 tempat lagi" in text and "Rahasia" not in text
    assert "7 Desember 2026, 09.00 WIB" in text


def names(query: str) -> list[str]:
    answer = browser().get(f"/pelatihan/{query}")
    return sorted(row["item"].name for row in answer.context["rows"])


def test_the_filters_narrow_by_place_level_day_and_seats() -> None:
    training_class(name="A")
    training_class(name="B", center="P73.71.01")
    training_class(name="C", of=course(level=Level.LANJUTAN), first_on=FIRST_DAY + timedelta(days=20))
    enrolled(training_class(name="D", capacity=1))
    assert names("") == ["A", "B", "C", "D"]
    assert names("?wilayah=kebayoran lama") == ["A", "C", "D"]
    assert names("?wilayah=73.71") == ["B"]
    assert names("?tingkat=lanjutan") == ["C"]
    assert names("?mulai=20/12/2026") == ["C"]
    assert names("?buka=on") == ["A", "B", "C"]
    assert names("?wilayah=Xyzzyq&tingkat=salah&mulai=besok") == ["A", "B", "C", "D"]
    assert "belum kami kenali" in main_of(browser().get("/pelatihan/?wilayah=Xyzzyq"))


def heading(query: str) -> str:
    """What the catalogue says it shows."""
    return str(browser().get(f"/pelatihan/{query}").context["area"].words)


PLACES = {
    "Bandung": "Kabupaten Bandung dan Kota Bandung",
    "kota bandung": "Kota Bandung",
    "Kab. Bandung": "Kabupaten Bandung",
    "Jayapura": "Kabupaten Jayapura dan Kota Jayapura",
    "Surabaya": "Kota Surabaya",
    "Depok": "Kota Depok",
    "Papua": "Papua",
    "jaksel": "Kota Jakarta Selatan",
    "DKI Jakarta": "Daerah Khusus Ibukota Jakarta",
    "Kebayoran Lama": "Kota Jakarta Selatan",
}


def test_a_class_of_one_day_names_it_once_and_says_when_it_takes_no_names() -> None:
    one, two = training_class(sessions=1), training_class(sessions=2, name="Dua hari")
    assert one.days_words == "7 Desember 2026"
    assert two.days_words == "7 Desember 2026 sampai 8 Desember 2026"
    assert "09.00 WIB sampai" not in main_of(browser().get(f"/pelatihan/{one.pk}/"))
    TrainingClass.objects.filter(pk=one.pk).update(opens_on=FIRST_DAY)
    text = main_of(browser().get(f"/pelatihan/{one.pk}/"))
    assert "Pendaftaran tidak dibuka" in text and "Pendaftaran kelas ini dibuka 7 Desember 2026" in text


def test_a_name_means_the_town_or_province_first_and_every_kecamatan_that_has_it() -> None:
    load_areas(at=AT, only=["31", "32", "35", "91"])
    training_class(name="A", center="P32.73.01")
    assert {typed: heading(f"?wilayah={typed}") for typed in PLACES} == PLACES
    assert heading("?wilayah=Sukasari") == "Sukasari, 4 kabupaten atau kota"
    assert [names(f"?wilayah={typed}") for typed in ("Sukasari", "Kota Bandung", "Surabaya")] == [
        ["A"], ["A"], []
    ]  # fmt: skip


def test_a_day_begins_by_the_clock_of_each_class() -> None:
    """A class at half past midnight in Jayapura begins on its own day, still the day before in Jakarta."""
    one = training_class(name="A", center="P91.71.01")
    begins = one.sessions.get(number=1).on
    midnight = day_start(begins, one.zone) + timedelta(minutes=30)
    type(one).objects.filter(pk=one.pk).update(starts_at=midnight)
    assert names(f"?mulai={begins:%d/%m/%Y}") == ["A"]
    assert names(f"?mulai={begins + timedelta(days=1):%d/%m/%Y}") == []


def test_pages_follow_each_other_without_a_gap() -> None:
    of, manager = course(), manager_of()
    for number in range(23):
        training_class(of=of, manager=manager, name=f"{number:02d}", first_on=FIRST_DAY + timedelta(number))
    first = browser().get("/pelatihan/")
    second = browser().get("/pelatihan/" + first.context["next_url"])
    shown = [row["item"].name for page in (first, second) for row in page.context["rows"]]
    assert shown == [f"{number:02d}" for number in range(23)]
    assert second.context["next_url"] == ""


def test_a_participant_reads_how_far_it_is() -> None:
    training_class(center="P31.71.01")
    who = trainee()
    assert "km dari Kebayoran Baru" in main_of(browser(who.person.user).get("/pelatihan/"))


def test_the_catalogue_begins_with_ones_own_classes_and_how_one_stands_there() -> None:
    manager = manager_of()
    mine, full = training_class(name="Pagi", manager=manager), training_class(capacity=1, manager=manager)
    other = training_class(name="Sore", manager=manager, first_on=FIRST_DAY + timedelta(days=9))
    who = trainee()
    enrolled(full)
    enrolled(mine, who)
    enrolled(full, who)
    page = browser(who.person.user).get("/pelatihan/")
    assert {seat.training_class_id for seat in page.context["mine"]} == {mine.pk, full.pk}
    own = main_of(page).partition("Kelas Anda")[2].partition("Kelas yang akan mulai")[0]
    assert "Anda terdaftar" in own and "Di daftar tunggu" in own and other.name not in own
    for elsewhere in (browser(), browser(trainee().person.user), browser(manager)):
        assert elsewhere.get("/pelatihan/").context["mine"] == []
    assert browser(who.person.user).get("/pelatihan/?tingkat=dasar").context["mine"] == []


# One class ----------------------------------------------------------------------------------------------


def test_a_stranger_reads_the_class_and_is_led_to_sign_in() -> None:
    one = training_class()
    text = main_of(browser().get(one.get_absolute_url()))
    assert "3 pertemuan" in text and "Masuk untuk mendaftar" in text
    assert "Bahan" not in text
    draft = training_class(name="Nanti", is_open=False)
    assert browser().get(draft.get_absolute_url()).status_code == 404


def test_staff_are_not_asked_to_enrol() -> None:
    one = training_class()
    for user in (manager_of(), staff(Role.DINAS, "31", is_demo=True)):
        page = browser(user).get(one.get_absolute_url())
        assert "Ikut kelas ini?" not in main_of(page) and "3 pertemuan" in main_of(page)
    assert "Ikut kelas ini?" in main_of(browser(trainee().person.user).get(one.get_absolute_url()))


@pytest.mark.parametrize(("minutes", "is_asked"), [(-61, False), (-59, True), (119, True), (121, False)])
def test_the_desk_asks_for_the_session_that_is_on(minutes: int, is_asked: bool) -> None:
    manager = manager_of()
    one = training_class(manager=manager)
    enrolled(one)
    with time_machine.travel(session_of(one, 2).starts_at + timedelta(minutes=minutes), tick=False):
        page = browser(manager).get(reverse("class_desk", args=[one.pk]))
    assert ("Siapa yang hadir?" in main_of(page)) is is_asked
    assert is_asked == (page.context["current"] == session_of(one, 2))


def test_the_link_of_an_online_class_is_for_its_people() -> None:
    one = training_class()
    TrainingClass.objects.filter(pk=one.pk).update(place="", online_url="https://contoh.id/ruang")
    who = trainee()
    assert b"contoh.id/ruang" not in browser(who.person.user).get(one.get_absolute_url()).content
    enrolled(one, who)
    assert b"contoh.id/ruang" in browser(who.person.user).get(one.get_absolute_url()).content


def test_enrol_wait_accept_and_give_up_by_hand() -> None:
    one = training_class(capacity=1)
    first, second = (browser(trainee().person.user) for _ in range(2))
    enrol = reverse("class_enrol", args=[one.pk])
    assert "Anda terdaftar" in words(first.post(enrol, follow=True))
    assert "Urutan ke-1" in words(second.post(enrol, follow=True))
    seat, waiting = Seat.objects.order_by("queued_at", "status")[::-1]
    give_up = reverse("seat_give_up", args=[seat.pk])
    assert "Batal ikut kelas ini?" in main_of(first.get(give_up))
    assert second.get(give_up).status_code == 404
    first.post(give_up)
    assert "Ada tempat untuk Anda" in main_of(second.get(one.get_absolute_url()))
    answer = second.post(reverse("seat_accept", args=[waiting.pk]), follow=True)
    assert "Anda terdaftar" in words(answer)
    waiting.refresh_from_db()
    assert waiting.status == SeatStatus.TERDAFTAR


def test_who_may_not_enrol_reads_why_instead_of_a_button() -> None:
    one, who = training_class(), trainee(stage=Stage.PENDAFTARAN)
    client = browser(who.person.user)
    page = client.get(one.get_absolute_url())
    assert "masih diperiksa" in main_of(page) and b"Daftar kelas ini" not in page.content
    client.post(reverse("class_enrol", args=[one.pk]))
    assert not Seat.objects.exists()


def test_a_clash_with_an_own_class_is_said_before() -> None:
    one, other, who = training_class(), training_class(name="Sore"), trainee()
    enrolled(one, who)
    page = browser(who.person.user).get(other.get_absolute_url())
    assert "Waktunya sama dengan Dasar usaha, Angkatan 1" in main_of(page)
    assert b"Tetap daftar" in page.content


def test_a_full_or_cancelled_class_names_others() -> None:
    one = training_class(capacity=1)
    enrolled(one)
    training_class(name="Angkatan 2")
    assert "Angkatan 2" in main_of(browser().get(one.get_absolute_url()))
    TrainingClass.objects.filter(pk=one.pk).update(
        status=ClassStatus.BATAL, cancel_reason="Pelatih sakit", taken=0
    )
    text = main_of(browser().get(one.get_absolute_url()))
    assert "Pelatih sakit" in text and "Angkatan 2" in text


@pytest.mark.parametrize(
    ("code", "utc"), [("P31.74.07", "020000Z"), ("P73.71.01", "010000Z"), ("P91.71.01", "000000Z")]
)
def test_the_calendar_holds_every_session_in_utc(code: str, utc: str) -> None:
    one = training_class(center=code)
    answer = browser().get(reverse("class_calendar", args=[one.pk]))
    text = answer.content.decode()
    assert answer["Content-Type"].startswith("text/calendar")
    assert text.count("BEGIN:VEVENT") == 3 and f"DTSTART:20261207T{utc}" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_a_calendar_escapes_what_people_wrote() -> None:
    one = training_class(place="Ruang A; lantai 2, gedung " + "é" * 60)
    text = calendar_of(one, one.sessions.all(), url="https://contoh.id/x", at=AT)
    unfolded = text.replace("\r\n ", "")
    assert "LOCATION:Ruang A\\; lantai 2\\, gedung " + "é" * 60 in unfolded
