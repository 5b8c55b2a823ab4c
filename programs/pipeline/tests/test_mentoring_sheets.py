"""Sheets: the business on one page, money added up, and what only the person and the coach of now read."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Role, User
from accounts.tests.factories import staff
from centers.models import CoachProfile
from core import rotation
from core.clock import now
from core.dated import rewriting_history
from participants.erasure import erase_person
from participants.models import Stage, Threshold
from participants.portability import load
from participants.refusals import NotYours
from participants.services import accept_assignment, assign_coach
from participants.tests.factories import participant
from programs.mentoring import sheets
from programs.mentoring.messages import about_sheet
from programs.mentoring.models import BusinessSketch, HelpRoute, PrivateSheet, SheetKind, Trouble

from .test_mentoring_sessions import Pair, told

pytestmark = pytest.mark.django_db
WORDS = "KATARAHASIA"


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


@pytest.fixture
def pair() -> Pair:
    return Pair()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.LoginBackend")
    return client


def shown(client: Client, address: str) -> str:
    """The state of a sheet that its form shows."""
    return str(client.get(address).context["form"]["version"].value() or "")


def test_money_is_added_up_with_home_and_business_apart() -> None:
    money = sheets.money_of(
        {
            "masuk_rumah": 3_000_000, "makan": 1_500_000, "sekolah": 300_000, "tempat": None,
            "masuk_usaha": 4_000_000, "belanja": 2_500_000, "biaya": 500_000, "cicilan": 400_000,
            "cicilan_pinjol": 1_000_000, "sisa_utang": 2_000_000, "sisa_pinjol": 5_000_000,
        },
        heavy_percent=30,
    )  # fmt: skip
    assert (money.home_left, money.profit, money.instalments) == (1_200_000, 1_000_000, 1_400_000)
    assert (money.left, money.owed, money.burden, money.is_heavy) == (800_000, 7_000_000, 35, True)
    nothing = sheets.money_of({}, heavy_percent=30)
    assert (nothing.left, nothing.burden, nothing.is_heavy) == (0, None, False)
    assert sheets.money_of({"cicilan": 1}, heavy_percent=30).is_heavy
    third = {"masuk_rumah": 1_000, "cicilan": 300}
    assert not sheets.money_of(third, heavy_percent=30).is_heavy
    assert sheets.money_of(third, heavy_percent=29).is_heavy


def test_what_is_called_heavy_is_a_dated_rule(pair: Pair) -> None:
    own = client_of(pair.citizen)
    assert own.post("/saya/uang/", {"masuk_rumah": "1.000.000", "cicilan": "300.000"}).status_code == 303
    assert "Cicilan berat" not in own.get("/saya/uang/").content.decode()
    with rewriting_history():
        Threshold.objects.filter(code=sheets.HEAVY).update(value=25)
    page = own.get("/saya/uang/").content.decode()
    assert "Cicilan berat" in page and "Lebih dari 25% itu berat" in page


def test_the_page_of_the_business_is_written_by_both_and_printed(pair: Pair) -> None:
    own, coach = client_of(pair.citizen), client_of(pair.coach)
    assert own.post("/saya/usaha-satu-halaman/", {"customers": "Tetangga satu RT"}).status_code == 303
    address = f"/peserta/{pair.one.person_id}/usaha-satu-halaman/"
    assert "Tetangga satu RT" in coach.get(address).content.decode()
    sent = {"customers": "Anak sekolah", "offer": "Nasi kuning", "version": shown(coach, address)}
    assert coach.post(address, sent).status_code == 303
    for who in (own, coach):
        paper = who.get(f"{address}cetak/").content.decode()
        assert "Anak sekolah" in paper and "Nasi kuning" in paper
    assert coach.post(address, {"offer": "0812-0000-12345"}).status_code == 422
    assert coach.post(address, {"offer": "x" * 301}).status_code == 422
    assert BusinessSketch.objects.count() == 1


def test_what_is_said_in_confidence_shows_routes_and_is_read_by_two_people(pair: Pair) -> None:
    own = client_of(pair.citizen)
    sent = {"troubles": [Trouble.PINJOL], "words": WORDS}
    assert own.post("/saya/keadaan/", sent).status_code == 303
    assert own.post("/saya/uang/", {"cicilan_pinjol": "1.234.567"}).status_code == 303
    page = own.get("/saya/keadaan/").content.decode()
    assert WORDS in page and "https://kontak157.ojk.go.id" in page and "BPJS" not in page
    person = f"/peserta/{pair.one.person_id}/"
    coach = client_of(pair.coach)
    assert WORDS in coach.get(f"{person}keadaan/").content.decode()
    assert "1.234.567" in coach.get(f"{person}uang/").content.decode()
    # Nobody else: not by the pages, not by the question, not in the database as plain text.
    others = (
        pair.manager, staff(Role.DINAS, "31", is_demo=True), staff(Role.ADMIN, "ID", is_demo=True),
        staff(Role.PENDAMPING, "P31.74.07", is_demo=True), participant(stage=Stage.PENDAMPINGAN).person.user,
    )  # fmt: skip
    for who in others:
        assert not PrivateSheet.objects.visible_to(who).exists()
        client = client_of(who)
        for path in ("keadaan/", "uang/"):
            assert client.get(f"{person}{path}").status_code in (403, 404)
            assert client.post(f"{person}{path}", {"words": "x"}).status_code in (403, 404)
        for path in (person, f"{person}pendampingan/", "/peserta/", "/antrean/"):
            text = client.get(path).content.decode()
            assert WORDS not in text and "1.234.567" not in text
    with connection.cursor() as cursor:
        cursor.execute("SELECT encode(values_sealed, 'escape') FROM mentoring_privatesheet")
        stored = str(cursor.fetchall())
    assert WORDS not in stored and "1234567" not in stored
    assert ("mentoring_privatesheet", "values_sealed") in {
        (model._meta.db_table, field.column) for model, field in rotation.sealed_fields()
    }


def test_the_next_coach_reads_once_the_task_is_taken_on_and_the_earlier_one_no_more(pair: Pair) -> None:
    client_of(pair.citizen).post("/saya/keadaan/", {"words": WORDS})
    second = staff(Role.PENDAMPING, "P31.74.07", is_demo=True)
    CoachProfile.objects.create(user=second, center=pair.one.center)
    assign_coach(enrollment_id=pair.one.pk, actor=pair.manager, coach=second, at=now(), reason="Cuti")
    address = f"/peserta/{pair.one.person_id}/keadaan/"
    client = client_of(second)
    for who in (client_of(pair.coach), client):
        assert who.get(address).status_code == 404
        assert who.get(address.replace("keadaan", "uang")).status_code == 404
    assert not PrivateSheet.objects.visible_to(second).exists()
    assert address not in client.get(pair.work).content.decode()
    accept_assignment(enrollment_id=pair.one.pk, actor=second, at=now())
    assert WORDS in client.get(address).content.decode()
    assert PrivateSheet.objects.visible_to(second).exists()
    with pytest.raises(NotYours):
        sheets.save_private(
            enrollment_id=pair.one.pk,
            actor=pair.coach,
            kind=SheetKind.KEADAAN,
            values={},
            version="",
            at=now(),
        )


def test_impossible_figures_and_troubles_are_refused(pair: Pair) -> None:
    own = client_of(pair.citizen)
    for value in ("-1", "1e9", "99999999999999", "٣٠٠", "1.5", "<b>"):
        assert own.post("/saya/uang/", {"makan": value}).status_code == 422, value
    for values in ({"troubles": ["lain"]}, {"words": "3174077105950000"}, {"words": "x" * 501}):
        assert own.post("/saya/keadaan/", values).status_code == 422, values
    assert PrivateSheet.objects.count() == 0


def test_routes_are_dated(pair: Pair) -> None:
    today = now().date()
    with rewriting_history():
        HelpRoute.objects.filter(trouble=Trouble.PINJOL).update(valid_until=today - timedelta(days=1))
    assert not HelpRoute.objects.on(today, [Trouble.PINJOL]).exists()
    assert HelpRoute.objects.on(today, [Trouble.KERJA]).count() == 3
    # Before the law of 2 February 2021 there was only the programme's own way.
    before = HelpRoute.objects.on(date(2021, 2, 1), [Trouble.KERJA])
    assert list(before.values_list("number", flat=True)) == [3]
    assert HelpRoute.objects.on(date(2021, 2, 2), [Trouble.KERJA]).count() == 3
    assert not HelpRoute.objects.filter(text__regex=r"[0-9]{6,}").exists(), "no telephone numbers"


def test_the_person_gets_all_of_it_and_erasing_leaves_nothing(pair: Pair) -> None:
    own = client_of(pair.citizen)
    own.post("/saya/keadaan/", {"troubles": [Trouble.KERJA], "words": WORDS})
    own.post("/saya/usaha-satu-halaman/", {"customers": f"{WORDS}2"})
    held = json.dumps(load(pair.one.person, at=now()), default=str)
    assert f'"{WORDS}"' in held and f"{WORDS}2" in held and "kehilangan_kerja" in held
    assert erase_person(person_id=pair.one.person_id, actor=pair.manager, reason="Uji", at=now())
    assert PrivateSheet.objects.count() == BusinessSketch.objects.count() == 0


@pytest.mark.parametrize(
    ("own_page", "page", "first", "second"),
    [
        (
            "/saya/keadaan/",
            "keadaan/",
            {"troubles": ["pinjol"], "words": WORDS},
            {"words": "Sudah lebih baik"},
        ),
        ("/saya/uang/", "uang/", {"cicilan": "500.000"}, {"masuk_usaha": "2.000.000"}),
        ("/saya/usaha-satu-halaman/", "usaha-satu-halaman/", {"offer": WORDS}, {"offer": "Nasi kuning"}),
    ],
)
def test_a_form_that_stood_open_overwrites_nothing_unseen(
    pair: Pair, own_page: str, page: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    own, coach = client_of(pair.citizen), client_of(pair.coach)
    address = f"/peserta/{pair.one.person_id}/{page}"
    stale = shown(coach, address)
    assert coach.post(address, {**second, "version": "2026"}).status_code == 422
    assert own.post(own_page, first).status_code == 303
    kept = own.get(own_page).context["form"].initial
    answer = coach.post(address, {**second, "version": stale})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "sudah diubah" in text and "Yang tersimpan sekarang" in text
    words = {"/saya/uang/": "Rp500.000"}.get(own_page, WORDS)
    assert words in text.replace("&nbsp;", "").replace("\xa0", "") and list(second.values())[-1] in text
    assert own.get(own_page).context["form"].initial == kept
    # Sent twice is once; whoever has seen the other text may replace it.
    assert own.post(own_page, first).status_code == 303
    fresh = str(answer.context["form"]["version"].value())
    assert coach.post(address, {**second, "version": fresh}).status_code == 303
    assert WORDS not in own.get(own_page).content.decode()


def test_what_was_written_in_confidence_is_marked_for_the_coach_alone(pair: Pair) -> None:
    mark = "Ada tulisan untuk Anda"
    own, coach, manager = client_of(pair.citizen), client_of(pair.coach), client_of(pair.manager)
    assert mark not in coach.get(pair.work).content.decode()
    for words in (WORDS, f"{WORDS} lagi"):
        sent = {"troubles": ["pinjol"], "words": words, "version": shown(own, "/saya/keadaan/")}
        assert own.post("/saya/keadaan/", sent).status_code == 303
    assert told("ditulis_untuk_anda") == [str(pair.coach.pk)]
    assert mark in coach.get(pair.work).content.decode()
    for client in (manager, own):
        assert mark not in client.get(pair.work).content.decode()
    (message,) = about_sheet([{"enrollment": str(pair.one.pk)}])
    assert message == {"person": str(pair.one.person_id), "name": pair.one.person.full_name}
    # Taken back, nothing stands there; what the coach writes is told to nobody.
    assert own.post("/saya/keadaan/", {"version": shown(own, "/saya/keadaan/")}).status_code == 303
    assert mark not in coach.get(pair.work).content.decode()
    page = f"/peserta/{pair.one.person_id}/keadaan/"
    assert coach.post(page, {"words": "Coba", "version": shown(coach, page)}).status_code == 303
    assert told("ditulis_untuk_anda") == [str(pair.coach.pk)]


def test_what_is_taken_from_the_business_is_not_asked_for_as_income_of_the_home(pair: Pair) -> None:
    own = client_of(pair.citizen)
    assert "tanpa yang diambil dari usaha" in own.get("/saya/uang/").content.decode()
    assert own.post("/saya/uang/", {"masuk_usaha": "2.000.000", "cicilan": "1.000.000"}).status_code == 303
    money = own.get("/saya/uang/").context["money"]
    assert (money.left, money.burden, money.is_heavy) == (1_000_000, 50, True)
