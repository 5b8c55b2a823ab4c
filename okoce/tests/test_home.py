"""The home page: ways in, the seven steps, and the funnel in one line with its denominator."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from accounts.tests.factories import UserFactory, staff
from core.clock import now
from participants.models import EvidenceKind, Pathway, Stage
from participants.tests.factories import StageEvidenceFactory, participant
from reports.cuts import take_cut

pytestmark = pytest.mark.django_db


def home(client: Client | None = None) -> str:
    """The page, after the daily cut of what there is now."""
    take_cut(at=now(), again=True)
    answer = (client or Client()).get("/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_three_ways_lead_into_the_registration() -> None:
    page = home()
    for pathway in Pathway.values:
        assert f'href="/daftar/?jalur={pathway}"' in page
    assert "Kami temani, langkah demi langkah." in page
    assert 'action="/pusat/"' in page


def test_the_seven_steps_stand_in_order() -> None:
    page = home()
    places = [page.index(f"<b>{stage.label}</b>") for stage in Stage]
    assert places == sorted(places)


def test_below_five_people_no_figure_is_shown() -> None:
    for _ in range(4):
        participant()
    page = home()
    assert "sesudah ada paling sedikit 5 pendaftar" in page
    assert "line-funnel" not in page


def test_the_line_has_its_denominator_cutoff_and_definition() -> None:
    for _ in range(5):
        participant()
    for _ in range(5):
        licensed = participant(stage=Stage.PERIZINAN)
        StageEvidenceFactory(enrollment=licensed, kind=EvidenceKind.NIB, accepted_by=UserFactory())
    page = home()
    assert '<b class="figure">10</b>' in page
    assert page.count('<b class="figure">5</b>') == 3
    assert "50,0% dari pendaftar" in page
    assert " pukul " in page
    assert "WIB" in page
    assert "Satu kali ikut program = satu hitungan." in page


def test_a_figure_of_one_to_four_people_is_not_shown() -> None:
    for _ in range(6):
        participant()
    participant(stage=Stage.PELATIHAN)
    page = home()
    assert '<b class="figure">7</b>' in page
    assert '<b class="figure">1</b>' not in page
    assert "disembunyikan" in page


def test_the_figures_are_those_of_the_daily_cut_and_cost_two_statements() -> None:
    for _ in range(6):
        participant()
    assert '<b class="figure">6</b>' in home()
    for _ in range(6):
        participant()
    with CaptureQueriesContext(connection) as caught:
        page = Client().get("/").content.decode()
    assert '<b class="figure">6</b>' in page
    assert len(caught) == 2


def test_before_the_first_cut_the_page_says_when_figures_come() -> None:
    for _ in range(6):
        participant()
    page = Client().get("/").content.decode()
    assert "sesudah ada paling sedikit 5 pendaftar" in page
    assert 'href="/statistik/"' in page


def test_who_is_signed_in_is_led_to_the_own_page() -> None:
    client = Client()
    client.force_login(participant().person.user)
    assert "Ke halaman Anda" in home(client)
    assert "Ke halaman Anda" not in home()
    assert Client().post("/").status_code == 405


def test_no_link_of_the_home_page_is_dead() -> None:
    client = Client()
    for address in set(re.findall(r'href="(/[^"#]*)"', home(client))):
        if not address.startswith("/static/"):
            assert client.get(address.replace("&amp;", "&")).status_code < 400, address


def test_staff_read_the_same_page() -> None:
    client = Client()
    client.force_login(staff(Role.DINAS, "31"))
    assert "Tujuh langkah" in home(client)
