"""A coach's own profile, a participant's wish, and what both mean when a manager chooses a coach."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Role
from accounts.tests.factories import staff
from centers.models import CoachProfile
from core.clock import now
from core.models import AuditEntry
from participants.erasure import erase_person
from participants.models import Stage
from participants.portability import load
from participants.refusals import NotYours
from participants.tests.factories import EnrollmentFactory, center_of, participant
from programs.mentoring import coaches
from programs.mentoring.models import CoachDetails, CoachWish, MentorKind
from programs.mentoring.models.coach import narrowest
from programs.mentoring.tests.factories import described
from programs.pipeline import desk

from .test_mentoring_sessions import Pair

pytestmark = pytest.mark.django_db
ADDRESS = "/pendamping/profil/"


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


class Team(Pair):
    """The pair, with the coach's profile and a second coach of the same centre."""

    def __init__(self) -> None:
        super().__init__()
        self.place = self.one.center
        self.profile = CoachProfile.objects.create(user=self.coach, center=self.place, capacity=25)
        self.second = self.mate("Budi Santoso")

    def mate(self, name: str) -> CoachProfile:
        user = staff(Role.PENDAMPING, self.place.code, display_name=name, is_demo=True)
        return CoachProfile.objects.create(user=user, center=self.place, capacity=25)

    def sent(self, **changes: Any) -> dict[str, Any]:
        """A filled-in profile."""
        return {
            "kind": "pelaku_usaha", "capacity": "7", "is_accepting": "on", "bio": "Lama berjualan.",
            "sectors": ["kuliner", "fesyen"], "languages": ["indonesia", "sunda"], "regencies": ["31.73"],
            "districts": ["31.74.07"],
        } | changes  # fmt: skip


@pytest.fixture
def team() -> Team:
    return Team()


def test_the_narrowest_area_counts() -> None:
    assert narrowest(["31.74", "31.74.07", "31.75"], "31.74.07") == "31.74.07"
    assert narrowest(["31.74", "31.7"], "31.74.07") == "31.74"
    assert narrowest(["31.74.08"], "31.74.07") == ""


def test_a_coach_writes_the_own_profile_and_reads_it_again(team: Team) -> None:
    client = team.client(team.coach)
    assert client.get(ADDRESS).status_code == 200
    assert client.post(ADDRESS, team.sent()).status_code == 303
    team.profile.refresh_from_db()
    details = team.profile.details
    assert (team.profile.capacity, team.profile.is_accepting, details.kind) == (7, True, "pelaku_usaha")
    assert details.areas == ["31.73", "31.74.07"] and details.languages_words == "Indonesia, Sunda"
    assert AuditEntry.objects.get(action="pendamping.profil").detail["capacity"] == [25, 7]
    form = client.get(ADDRESS).context["form"]
    assert form["sectors"].value() == ["kuliner", "fesyen"] and form["capacity"].value() == 7
    # A kecamatan inside a kab/kota that is served as a whole is said already.
    assert client.post(ADDRESS, team.sent(regencies=["31.74"])).status_code == 303
    assert CoachDetails.objects.get().areas == ["31.74"]
    assert AuditEntry.objects.filter(action="pendamping.profil").count() == 1, "the numbers stayed"


def test_what_cannot_be_is_refused_beside_its_field(team: Team) -> None:
    client = team.client(team.coach)
    for name, value in (
        ("kind", "raja"), ("capacity", "0"), ("capacity", "201"), ("capacity", "٣"), ("sectors", ["emas"]),
        ("languages", ["klingon"]), ("regencies", ["99.99"]), ("districts", ["32.73.05"]),
        ("bio", "0812-0000-12345"), ("bio", "x" * 301),
    ):  # fmt: skip
        answer = client.post(ADDRESS, team.sent(**{name: value}))
        assert answer.status_code == 422 and name in answer.context["form"].errors, (name, value)
    assert not CoachDetails.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        CoachDetails.objects.create(profile=team.profile, sectors=["emas"], updated_by=team.coach)


def test_nobody_writes_the_profile_of_another(team: Team) -> None:
    text = coaches.CoachText(MentorKind.PROGRAM, [], [], [], 3, "", True)
    for stranger in (team.manager, team.second.user, staff(Role.ADMIN, "ID")):
        with pytest.raises(NotYours):
            coaches.save_profile(profile_id=team.profile.pk, actor=stranger, text=text, at=now())
    stranger = staff(Role.PENDAMPING, "P73.71.01", is_demo=True)
    assert team.client(stranger).get(ADDRESS).status_code == 404, "a coach without a profile"


def test_what_fits_is_said_in_words_and_comes_first(team: Team) -> None:
    described(team.second, areas=["31.74.07"], sectors=["kuliner"])
    one = EnrollmentFactory(center=team.place)
    one.person.businesses.create(name="Dapur", sector="kuliner")
    best, other = desk.coach_options(one, at=now())
    assert best.profile == team.second
    assert best.reasons[0] == "Satu kecamatan, sama bidang: kuliner, masih 25 tempat."
    assert other.reasons[0] == "Masih 24 tempat."


def test_a_wish_weighs_and_the_manager_reads_it(team: Team) -> None:
    described(team.second, sectors=["kuliner"])
    described(team.profile, areas=["31.74"], languages=["sunda"], kind=MentorKind.PELAKU_USAHA)
    one = EnrollmentFactory(center=team.place, stage=Stage.PELATIHAN)
    one.person.businesses.create(name="Dapur", sector="kuliner")
    own = team.client(one.person.user)
    assert own.get("/saya/pendamping/").status_code == 200
    wished = {"sector": "fesyen", "language": "sunda", "kind": "pelaku_usaha"}
    assert own.post("/saya/pendamping/", wished).status_code == 303
    assert own.post("/saya/pendamping/", wished | {"language": "klingon"}).status_code == 422
    best, other = desk.coach_options(one, at=now())
    assert best.reasons[0] == "Satu kab/kota, berbahasa Sunda, pelaku usaha, masih 24 tempat."
    assert other.reasons[0] == "Masih 25 tempat.", "the wish stands before the business"
    page = team.client(team.manager).get(f"/peserta/{one.person_id}/pendamping/").content.decode()
    assert "bidang fesyen, bahasa Sunda, pelaku usaha" in page and "berbahasa Sunda" in page


def test_a_manager_reads_the_profiles(team: Team) -> None:
    described(team.profile, areas=["31.74.07", "31.73"], sectors=["kuliner"], languages=["sunda", "bisindo"])
    page = team.client(team.manager).get("/antrean/pendamping/").content.decode()
    assert "Bidang: kuliner" in page and "Bahasa: Sunda, isyarat (BISINDO)" in page
    assert "Wilayah: Kebayoran Baru, Kota Jakarta Barat" in page
    assert CoachDetails.objects.visible_to(team.manager).count() == 1
    assert CoachDetails.objects.visible_to(staff(Role.PENGELOLA, "P73.71.01")).count() == 0


def test_a_wish_is_the_participants_alone_is_given_out_and_goes(team: Team) -> None:
    with pytest.raises(NotYours):
        coaches.save_wish(
            enrollment_id=team.one.pk, actor=team.coach, sector="", language="jawa", kind="", at=now()
        )
    coaches.save_wish(
        enrollment_id=team.one.pk, actor=team.citizen, sector="kuliner", language="jawa", kind="", at=now()
    )
    assert "bidang kuliner, bahasa Jawa" in json.dumps(load(team.one.person, at=now()), default=str)
    elsewhere = participant(stage=Stage.PELATIHAN, center=center_of("P73.71.01"))
    assert not CoachWish.objects.visible_to(elsewhere.person.user).exists()
    assert erase_person(person_id=team.one.person_id, actor=team.manager, reason="Uji", at=now())
    assert not CoachWish.objects.exists()
