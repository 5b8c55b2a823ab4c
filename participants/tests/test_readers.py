"""Whose zone and centre the pages of messages use."""

from __future__ import annotations

import pytest

from accounts.models import Role
from accounts.tests.factories import UserFactory, staff
from notifications.readers import Reader, reader_of
from participants.tests.factories import center_of, participant

pytestmark = pytest.mark.django_db


def test_a_participant_reads_in_the_zone_of_the_enrollment_and_asks_its_centre() -> None:
    enrollment = participant(center="P91.71.03")
    reader = reader_of(enrollment.person.user)
    assert (reader.zone, reader.center) == ("Asia/Jayapura", enrollment.center)


def test_staff_read_in_the_zone_of_their_centre() -> None:
    center_of("P73.71.01")
    assert reader_of(staff(Role.PENGELOLA, "P73.71.01")) == Reader("Asia/Makassar")


def test_others_read_in_wib() -> None:
    for user in (UserFactory(), staff(Role.DINAS, "73"), staff(Role.ADMIN, "ID")):
        assert reader_of(user) == Reader("Asia/Jakarta")
