"""Whose zone and centre the pages of messages use."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Role
from accounts.tests.factories import UserFactory, staff
from centers.models import District
from notifications.readers import Reader, reader_of
from participants.tests.factories import center_of, participant

pytestmark = pytest.mark.django_db


def test_a_participant_reads_in_the_zone_of_the_enrollment_and_asks_its_centre() -> None:
    enrollment = participant(center="P91.71.03")
    reader = reader_of(enrollment.person.user)
    assert (reader.zone, reader.center) == ("Asia/Jayapura", enrollment.center)


def test_a_question_of_a_participant_goes_to_the_own_centre_unless_another_place_is_written(
    client: Client,
) -> None:
    enrollment = participant(center="P31.74.07")
    client.force_login(enrollment.person.user, backend="accounts.backends.LoginBackend")
    own, other = District.objects.get(pk="31.74.07"), District.objects.get(pk="31.74.05")
    assert client.get("/bantuan/").context["form"]["district"].value() == own.full_name
    linked = client.get(f"/bantuan/?kecamatan={other.pk}")
    assert linked.context["form"]["district"].value() == other.full_name
    client.logout()
    assert not client.get("/bantuan/").context["form"]["district"].value()


def test_staff_read_in_the_zone_of_their_centre() -> None:
    center_of("P73.71.01")
    assert reader_of(staff(Role.PENGELOLA, "P73.71.01")) == Reader("Asia/Makassar")


def test_others_read_in_wib() -> None:
    for user in (UserFactory(), staff(Role.DINAS, "73"), staff(Role.ADMIN, "ID")):
        assert reader_of(user) == Reader("Asia/Jakarta")
