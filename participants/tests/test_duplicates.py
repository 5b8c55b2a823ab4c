"""Candidates: what is offered and why, what never is, within which scope and at which cost."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from accounts.tests.factories import UserFactory, staff
from core.clock import now, today
from core.models import AuditEntry
from participants import duplicates
from participants.facts import load_registration_facts, load_shared_facts
from participants.models import Enrollment, IdentityStatus, NotSamePerson, Person
from participants.refusals import NotYours
from participants.tests.factories import center_of, demo_phone, participant, synthetic_nik

pytestmark = pytest.mark.django_db

BORN = date(1990, 4, 7)


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


@pytest.fixture
def manager() -> User:
    return staff(Role.PENGELOLA, "P31.74.07", is_demo=True)


def named(name: str, **fields: Any) -> Enrollment:
    """A participant of Kebayoran Baru, born on one day; without NIK unless one is given."""
    nik = fields.pop("person__nik", None)
    reason = {} if nik else {"person__no_nik_reason": "Belum jadi"}
    born = fields.pop("person__birth_date", BORN)
    return participant(
        person__full_name=name, person__nik=nik, person__birth_date=born, **reason, **fields
    )  # fmt: skip


def names(found: duplicates.Found) -> set[frozenset[str]]:
    return {frozenset((p.first.person.full_name, p.second.person.full_name)) for p in found.pairs}


def key(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT participants_name_key(%s)", [name])
        found: str = cursor.fetchone()[0]
        return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lim Swie King", "Iim Swie King"),
        ("Anisa Rahma", "Annisa Rahma"),
        ("Hj. Siti Aminah, S.Pd., M.Pd.", "SITI AMINAH"),
        ("Ir. H. Budi Santoso, S.E.", "Budi Santoso"),
        ("Drs. Budi Santoso MM", "Santoso, Budi"),
        ("Soeharto Djojo", "Suharto Joyo"),
        ("Moh. Rizqi", "Muhammad Rizki"),
        ("St. Nurbaya", "Siti Nurbaya"),
        ("Nur'aini", "Nuraini"),
        ("Nofi Yuliana", "Novi Juliana"),
    ],
)
def test_one_name_written_twice_has_one_key(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(("one", "other"), [("Budi Santoso", "Budi Hartono"), ("Sri Rahayu", "Sri Wahyuni")])
def test_other_names_have_other_keys(one: str, other: str) -> None:
    assert key(one) != key(other)


@pytest.mark.parametrize("name", ["H.", "S.E.", "李", "’", "a" * 120, "Ir. H. Dr."])
def test_every_name_has_a_key(name: str) -> None:
    assert key(name)


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ({}, {}, "Tanggal lahir sama"),
        ({}, {"person__birth_date": date(1990, 7, 4)}, "Hari dan bulan lahir tertukar"),
        ({"person__phone": "+628120000990"}, {"person__phone": "+628120000990", "person__birth_date": None,
          "person__user": None}, "Nomor HP sama"),
        ({"person__birth_date": None}, {}, "Kecamatan sama"),
    ],
)  # fmt: skip
def test_alike_records_are_offered_with_the_reason(
    manager: User, one: dict[str, Any], other: dict[str, Any], words: str
) -> None:
    first = named("Hj. Siti Aminah", **one)
    named("Siti Aminnah, S.E.", **other)
    found = duplicates.of_person(manager, first.person_id)
    assert names(found) == {frozenset({"Hj. Siti Aminah", "Siti Aminnah, S.E."})}
    assert words in found.pairs[0].match.reasons
    assert "NIK belum lengkap, belum bisa dibandingkan" in found.pairs[0].match.doubts
    assert duplicates.in_scope(manager).pairs == found.pairs


def test_twins_in_one_household_are_offered_and_strangers_are_not(manager: User) -> None:
    phone = demo_phone()
    named("Dewi Lestari", person__phone=phone, person__nik=synthetic_nik(gender="P"))
    named("Dewa Lestari", person__phone=phone, person__user=None, person__nik=synthetic_nik(gender="L"))
    named("Bambang Sutrisno")
    named("Dewi Lestari", person__birth_date=date(1961, 1, 30), person__nik=synthetic_nik(gender="P"))
    found = duplicates.in_scope(manager)
    assert names(found) == {frozenset({"Dewi Lestari", "Dewa Lestari"})}
    assert "NIK berbeda" in found.pairs[0].match.doubts


def test_two_verified_niks_are_two_people(manager: User) -> None:
    pair = [named("Siti Aminah", person__nik=synthetic_nik(gender="P")) for _ in range(2)]
    assert len(duplicates.in_scope(manager).pairs) == 1
    for enrollment in pair:
        Person.objects.filter(pk=enrollment.person_id).update(
            identity_status=IdentityStatus.DIVERIFIKASI, identity_checked_by=UserFactory()
        )
    assert duplicates.in_scope(manager).pairs == []


def test_what_was_decided_is_never_offered_again_and_frees_the_first_stage(manager: User) -> None:
    first, second = named("Siti Aminah"), named("Siti Aminah")

    def is_open(enrollment: Enrollment) -> bool:
        shared = load_shared_facts([enrollment], on=today())
        return load_registration_facts([enrollment], shared=shared)[enrollment.pk].has_open_duplicate

    assert is_open(first) and is_open(second)
    for _ in range(2):
        duplicates.declare_different(
            enrollments=(second, first), actor=manager, reason="KTP keduanya dilihat", at=now()
        )
    assert NotSamePerson.objects.count() == 1
    assert duplicates.in_scope(manager).pairs == []
    assert duplicates.of_person(manager, first.person_id).pairs == []
    assert not is_open(first) and not is_open(second)
    third = named("Siti Aminah")
    assert is_open(first) and is_open(third)
    logged = AuditEntry.objects.filter(action="duplikat.berbeda").values_list("object_id", flat=True)
    assert set(logged) == {str(first.person_id), str(second.person_id)}
    low, high = sorted((first.person_id, second.person_id))
    with pytest.raises(IntegrityError), transaction.atomic():
        NotSamePerson.objects.create(first_id=high, second_id=low, decided_by=manager)


def test_only_who_manages_both_decides(manager: User) -> None:
    pair = named("Siti Aminah"), named("Siti Aminah")
    stranger = staff(Role.PENGELOLA, "P31.74.05")
    for actor in (
        stranger,
        staff(Role.DINAS, "31"),
        staff(Role.PENDAMPING, "P31.74.07"),
        pair[0].person.user,
    ):
        assert actor is not None
        with pytest.raises(NotYours):
            duplicates.declare_different(enrollments=pair, actor=actor, reason="", at=now())
    assert not NotSamePerson.objects.exists()


def test_a_pair_across_centres_is_the_secretariats(manager: User) -> None:
    here, there = named("Siti Aminah"), named("Siti Aminah", center=center_of("P31.74.05"))
    found = duplicates.of_person(manager, here.person_id)
    assert (found.pairs, found.elsewhere) == ([], 1)
    admin = staff(Role.ADMIN, "ID", is_demo=True)
    [pair] = duplicates.in_scope(admin).pairs
    assert {pair.first.pk, pair.second.pk} == {here.pk, there.pk}
    client = Client()
    client.force_login(manager)
    page = client.get("/duplikat/", {"orang": str(here.person_id)}).content.decode()
    assert "Pasangan itu diperiksa sekretariat" in page
    assert str(there.person_id) not in page
    foreign = client.get("/duplikat/", {"orang": str(there.person_id)})
    missing = client.get("/duplikat/", {"orang": str(uuid4())})
    assert foreign.status_code == missing.status_code == 404
    address = f"/duplikat/{here.person_id}/{there.person_id}/beda/"
    assert client.get(address).status_code == client.post(address).status_code == 404


def test_the_list_shows_both_sides_masked_and_dinas_may_only_look(manager: User) -> None:
    phone = demo_phone()
    first = named("Siti Aminah", person__phone=phone)
    named("Siti Aminnah", person__nik=synthetic_nik(gender="P"))
    client = Client()
    client.force_login(manager)
    page = client.get("/duplikat/").content.decode()
    assert page.count(first.number) == 1 and "Siti Aminnah" in page
    assert phone not in page and first.person.phone_mask in page
    assert "Bukan orang yang sama" in page
    client.force_login(staff(Role.DINAS, "31", is_demo=True))
    page = client.get("/duplikat/").content.decode()
    assert "Siti Aminnah" in page and "Bukan orang yang sama" not in page
    assert client.post(f"/duplikat/{first.person_id}/{uuid4()}/beda/").status_code == 403


def test_two_people_is_asked_and_answered_in_the_browser(manager: User) -> None:
    first, second = named("Siti Aminah"), named("Siti Aminah")
    client = Client()
    client.force_login(manager)
    address = f"/duplikat/{first.person_id}/{second.person_id}/beda/"
    assert "dua orang" in client.get(address).content.decode()
    assert client.post(address, {"reason": "x" * 301}).status_code == 422
    assert client.post(address, {"reason": "Nama ibu \u202e beda"}).status_code == 422
    assert not NotSamePerson.objects.exists()
    answer = client.post(address, {"reason": "Kakak beradik"})
    assert (answer.status_code, answer["Location"]) == (303, "/duplikat/")
    assert "Tidak ada pasangan yang mirip" in client.get("/duplikat/").content.decode()
    assert client.get(f"/duplikat/{first.person_id}/{first.person_id}/beda/").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["orang=x", "orang=%00", "sesudah=%F0", "sesudah=n9.zz", "q=%00", "q=" + "a" * 5000, "q=%25_", "orang="],
)
def test_hostile_questions_are_answered(manager: User, query: str) -> None:
    named("Siti Aminah")
    client = Client()
    client.force_login(manager)
    assert client.get(f"/duplikat/?{query}").status_code in (200, 404)


def test_search_narrows_and_pages_go_on(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        for _ in range(2):
            named(
                f"Warga {'ABCDEF'[number] * 2} Contoh{'uvwxyz'[number]}",
                person__birth_date=BORN + timedelta(days=40 * number),
                registered_at=now() - timedelta(days=30 - number),
            )
    assert len(duplicates.in_scope(manager).pairs) == 6
    assert len(duplicates.in_scope(manager, name="contohw").pairs) == 1
    monkeypatch.setattr(duplicates, "SCAN", 4)
    seen: list[frozenset[str]] = []
    cursor, pages = "", 0
    while pages == 0 or cursor:
        found = duplicates.in_scope(manager, cursor=cursor)
        seen += names(found)
        cursor, pages = found.next_cursor, pages + 1
    assert pages == 3
    assert len(seen) == len(set(seen)) == 6


def test_the_cost_does_not_grow_with_rows(manager: User) -> None:
    client = Client()
    client.force_login(manager)

    def cost() -> int:
        with CaptureQueriesContext(connection) as counted:
            assert client.get("/duplikat/").status_code == 200
        return len(counted)

    for _ in range(2):
        named("Siti Aminah")
    few = cost()
    for _ in range(10):
        named("Siti Aminah")
    assert few == cost() <= 12
