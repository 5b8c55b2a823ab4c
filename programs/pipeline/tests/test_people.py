"""The people list: search, filters, pages, scope."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accounts.models import Role
from accounts.tests.factories import staff
from core.clock import now
from core.keyset import page
from participants.models import Enrollment, EvidenceKind, Pathway, Stage, Status
from participants.tests.factories import StageEvidenceFactory, center_of, participant
from programs.pipeline.journey import load_journey
from programs.pipeline.people import search

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo_mode(settings):
    """Roles and lists are the question here; MFA has tests of its own."""
    settings.DEMO_MODE = True


@pytest.fixture
def manager():
    return staff(Role.PENGELOLA, "P31.74.07", is_demo=True)


def names(user, **filters) -> set[str]:
    return {row.person.full_name for row in search(user, filters, at=now())}


def test_a_part_of_the_name_or_the_number_finds_people(manager):
    participant(person__full_name="Siti Rahmawati")
    other = participant(person__full_name="Budi")
    assert names(manager, q="rahma") == {"Siti Rahmawati"}
    assert names(manager, q="  SITI   rahmawati ") == {"Siti Rahmawati"}
    assert names(manager, q=other.number.lower()) == {"Budi"}
    assert names(manager, q="%") == set()


def test_filters_narrow_by_stage_status_path_area_year_and_evidence(manager):
    licensing = participant(stage=Stage.PERIZINAN, person__full_name="Ani")
    participant(stage=Stage.PELATIHAN, status=Status.BERHENTI, person__full_name="Beni")
    participant(pathway=Pathway.CARI_KERJA, person__full_name="Cici")
    StageEvidenceFactory(enrollment=licensing, kind=EvidenceKind.NIB)
    assert names(manager, tahap="perizinan") == {"Ani"}
    assert names(manager, status="berhenti") == {"Beni"}
    assert names(manager, status="berjalan") == {"Ani", "Cici"}
    assert names(manager, jalur="cari_kerja") == {"Cici"}
    assert names(manager, bukti=True) == {"Ani"}
    assert names(manager, wilayah="31.74") == {"Ani", "Beni", "Cici"}
    assert names(manager, wilayah="31.7") == set()
    assert names(manager, wilayah="31.71") == set()
    assert names(manager, tahun=1999) == set()


def test_people_of_other_centres_are_not_found(manager):
    center_of("P31.74.05")
    participant(center="P31.74.05", person__full_name="Orang Lain")
    assert names(manager) == set()


@pytest.mark.parametrize("center", ["P31.74.07", "P73.71.01", "P91.71.01"])
@pytest.mark.parametrize("hour", [0, 9, 15, 17, 20])
def test_the_silent_filter_says_the_same_as_the_page(center, hour):
    """In every zone, around midnight: day 14 of P1 is silent, day 13 is not."""
    admin = staff(Role.ADMIN, "ID")
    at = datetime(2026, 6, 20, hour, 30, tzinfo=UTC)
    for days in (12, 13, 14, 15):
        enrollment = participant(center=center, person__full_name=f"Diam {days}")
        heard = at - timedelta(days=days)
        Enrollment.objects.filter(pk=enrollment.pk).update(last_activity_at=heard, registered_at=heard)
    listed = {row.pk for row in search(admin, {"diam": True}, at=at)}
    shown = {
        enrollment.pk
        for enrollment in Enrollment.objects.for_page()
        if load_journey(enrollment, at=at).is_silent
    }
    assert listed == shown
    assert len(shown) == 2


def test_pages_by_key_show_everybody_once_in_both_directions(manager):
    start = now() - timedelta(days=40)
    for number in range(7):
        participant(registered_at=start + timedelta(hours=number // 2))
    found = search(manager, {}, at=now())
    seen, cursor = [], ""
    while True:
        shown = page(found, cursor=cursor, field="registered_at", size=3)
        seen += [row.pk for row in shown.rows]
        if not shown.next_cursor:
            break
        cursor = shown.next_cursor
    assert len(seen) == len(set(seen)) == 7
    back = page(found, cursor=shown.previous_cursor, field="registered_at", size=3)
    assert [row.pk for row in back.rows] == seen[3:6]
    first = page(found, cursor=back.previous_cursor, field="registered_at", size=3)
    assert [row.pk for row in first.rows] == seen[:3]
    assert first.previous_cursor == ""


@pytest.mark.parametrize(
    "query",
    [
        "q=%00", "q=%ED%A0%80", "tahap=x", "tahun=1e10", "tahun=99999999999999999999", "pendamping=x",
        "wilayah=31%0A", "wilayah='", "sesudah=x", "sesudah=n99999999999999999.00", "sesudah=p-1.ff",
        "sesudah=n1." + "f" * 32, "q=" + "x" * 5000, "diam=0&diam=1", "pusat=P31.74.07'--",
    ],
)  # fmt: skip
def test_hostile_queries_never_break_the_list(manager, query):
    participant()
    client = Client()
    client.force_login(manager, backend="accounts.backends.LoginBackend")
    assert client.get(f"/peserta/?{query}").status_code == 200


def test_the_list_keeps_its_filters_in_the_links(manager):
    for _ in range(26):
        participant(stage=Stage.PELATIHAN)
    client = Client()
    client.force_login(manager, backend="accounts.backends.LoginBackend")
    body = client.get("/peserta/?tahap=pelatihan").content.decode()
    assert "tahap=pelatihan&amp;sesudah=n" in body
