"""Days, zones and working days."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from core import clock


def test_one_instant_is_two_days_in_two_zones() -> None:
    at = datetime(2026, 11, 26, 16, 30, tzinfo=UTC)  # 23.30 WIB, 00.30 WITA, 01.30 WIT
    assert clock.local_day(at, "Asia/Jakarta") == date(2026, 11, 26)
    assert clock.local_day(at, "Asia/Makassar") == date(2026, 11, 27)
    assert clock.local_day(at, "Asia/Jayapura") == date(2026, 11, 27)


def test_a_naive_instant_has_no_day() -> None:
    with pytest.raises(ValueError, match="aware"):
        clock.local_day(datetime(2026, 11, 26))


def test_today_follows_the_zone() -> None:
    with time_machine.travel(datetime(2026, 12, 31, 17, 1, tzinfo=UTC), tick=False):
        assert clock.today() == date(2027, 1, 1)
        assert clock.now() == datetime(2026, 12, 31, 17, 1, tzinfo=UTC)


def test_a_day_starts_at_midnight_of_its_zone() -> None:
    assert clock.day_start(date(2026, 11, 27), "Asia/Jayapura") == datetime(2026, 11, 26, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 27), True),  # Friday
        (date(2026, 11, 28), False),  # Saturday
        (date(2026, 1, 1), False),  # libur nasional, a Thursday
        (date(2026, 8, 17), False),  # libur nasional, a Monday
    ],
)
def test_weekends_and_holidays_are_no_working_days(day: date, works: bool) -> None:
    assert clock.is_working_day(day) is works


def test_the_next_working_day_leaps_over_weekend_and_holiday() -> None:
    assert clock.next_working_day(date(2026, 8, 14)) == date(2026, 8, 18)  # Friday; Monday is 17 August
    assert clock.next_working_day(date(2026, 8, 14), 2) == date(2026, 8, 19)
    with pytest.raises(ValueError, match="at least 1"):
        clock.next_working_day(date(2026, 8, 14), 0)


def test_the_holiday_list_holds_both_years() -> None:
    assert len(clock.holidays()) == 51
    assert {day.year for day in clock.holidays()} == {2026, 2027}
