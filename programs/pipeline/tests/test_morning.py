"""A coach's morning: the table of groups and reasons, the order, the words, the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.clock import day_start, local_day, now
from participants.models import CoachAssignment, Enrollment, EvidenceKind, Stage, Status
from participants.tests.factories import StageEvidenceFactory, center_of, participant
from programs.mentoring import services
from programs.mentoring.models import ContactKind, ContactLog, ContactOutcome
from programs.pipeline import work
from programs.pipeline.morning import (
    NEEDED,
    Group,
    Placing,
    Reason,
    Situation,
    grouped,
    place,
    whatsapp_text,
    words,
)

MONDAY = date(2026, 11, 23)


def situation(**fields: Any) -> Situation:
    """Heard of yesterday, the step due in a week, a limit of 14 days; what differs is named."""
    usual = {"today": MONDAY, "due_on": MONDAY + timedelta(days=7), "days_silent": 1, "silent_limit": 14}
    return Situation(**(usual | fields))


def days(number: int) -> date:
    return MONDAY + timedelta(days=number)


TABLE = [
    ({}, Group.SESUAI_RENCANA, "1 hari diam, batas 14"),
    ({"days_silent": 10}, Group.SESUAI_RENCANA, "10 hari diam, batas 14"),
    ({"days_silent": 11}, Group.MULAI_DIAM, "11 hari diam, batas 14"),
    ({"days_silent": 13}, Group.MULAI_DIAM, "13 hari diam, batas 14"),
    ({"days_silent": 14}, Group.TERLAMBAT, "14 hari diam, batas 14"),
    ({"days_silent": 18}, Group.TERLAMBAT, "18 hari diam, batas 14"),
    ({"days_silent": 23, "silent_limit": 30}, Group.SESUAI_RENCANA, "23 hari diam, batas 30"),
    ({"days_silent": 24, "silent_limit": 30}, Group.MULAI_DIAM, "24 hari diam, batas 30"),
    ({"session_on": MONDAY, "session_clock": "14.00 WIB"}, Group.HARI_INI, "Bertemu pukul 14.00 WIB"),
    (
        {"session_on": MONDAY, "session_clock": "14.00 WIB", "days_silent": 20, "tried_today": True},
        Group.HARI_INI,
        "Bertemu pukul 14.00 WIB",
    ),
    ({"session_on": days(-3)}, Group.TERLAMBAT, "Pertemuan 3 hari lalu belum dicatat"),
    (
        {"session_on": days(2), "next_on": days(-2), "due_on": days(-2)},
        Group.SESUAI_RENCANA,
        "1 hari diam, batas 14",
    ),
    ({"session_on": days(2), "days_silent": 14}, Group.TERLAMBAT, "14 hari diam, batas 14"),
    ({"session_on": MONDAY, "must_accept": True}, Group.BARU, "Peserta baru"),
    ({"step_due_on": days(-2)}, Group.TERLAMBAT, "Langkah rencana lewat 2 hari"),
    ({"step_due_on": MONDAY}, Group.SESUAI_RENCANA, "1 hari diam, batas 14"),
    ({"step_due_on": days(-2), "next_on": days(1)}, Group.SESUAI_RENCANA, "1 hari diam, batas 14"),
    ({"days_silent": 400, "silent_limit": 0}, Group.SESUAI_RENCANA, "400 hari diam, batas 0"),
    ({"due_on": MONDAY}, Group.SESUAI_RENCANA, "1 hari diam, batas 14"),
    ({"due_on": days(-3)}, Group.TERLAMBAT, "Tenggat lewat 3 hari"),
    ({"due_on": days(-3), "is_ready": True}, Group.SIAP_NAIK, "Siap naik"),
    ({"is_ready": True}, Group.SIAP_NAIK, "Siap naik"),
    ({"is_ready": True, "days_silent": 12}, Group.SIAP_NAIK, "Siap naik"),
    ({"is_ready": True, "days_silent": 15}, Group.TERLAMBAT, "15 hari diam, batas 14"),
    ({"next_on": MONDAY}, Group.HARI_INI, "Janji hari ini"),
    ({"next_on": MONDAY, "days_silent": 12}, Group.HARI_INI, "Janji hari ini"),
    ({"next_on": MONDAY, "days_silent": 20}, Group.TERLAMBAT, "20 hari diam, batas 14"),
    ({"next_on": MONDAY, "due_on": days(-2)}, Group.HARI_INI, "Janji hari ini"),
    ({"next_on": MONDAY, "is_agreed": False}, Group.HARI_INI, "Coba hubungi lagi"),
    ({"next_on": days(3), "due_on": days(-2)}, Group.SESUAI_RENCANA, "1 hari diam, batas 14"),
    ({"next_on": days(3), "due_on": days(-2), "days_silent": 15}, Group.TERLAMBAT, "15 hari diam, batas 14"),
    ({"next_on": days(3), "due_on": days(-2), "is_agreed": False}, Group.TERLAMBAT, "Tenggat lewat 2 hari"),
    ({"next_on": days(1)}, Group.SESUAI_RENCANA, "1 hari diam, batas 14"),
    ({"next_on": days(-2), "days_silent": 9}, Group.TERLAMBAT, "Janji lewat 2 hari"),
    ({"sessions_missed": 3}, Group.TERLAMBAT, "3 kali tidak datang ke kelas"),
    ({"sessions_missed": 3, "days_silent": 14}, Group.TERLAMBAT, "14 hari diam, batas 14"),
    ({"sessions_missed": 4, "next_on": days(2)}, Group.SESUAI_RENCANA, "1 hari diam, batas 14"),
    ({"sessions_missed": 3, "tried_today": True}, Group.DICOBA, "1 hari diam, batas 14"),
    (
        {"next_on": days(-2), "days_silent": 9, "is_agreed": False},
        Group.TERLAMBAT,
        "Coba lagi, lewat 2 hari",
    ),
    ({"next_on": days(-2), "days_silent": 2}, Group.SESUAI_RENCANA, "2 hari diam, batas 14"),
    ({"next_on": days(-2), "days_silent": 0}, Group.SESUAI_RENCANA, "0 hari diam, batas 14"),
    ({"must_accept": True, "days_silent": 40}, Group.BARU, "Peserta baru"),
    ({"put_off_until": days(1), "days_silent": 40}, Group.DITUNDA, "40 hari diam, batas 14"),
    ({"put_off_until": MONDAY, "days_silent": 40}, Group.TERLAMBAT, "40 hari diam, batas 14"),
    ({"put_off_until": days(5), "must_accept": True}, Group.BARU, "Peserta baru"),
    ({"tried_today": True, "days_silent": 18}, Group.DICOBA, "18 hari diam, batas 14"),
    ({"is_active": False, "is_out_of_reach": True}, Group.TIDAK_TERHUBUNGI, "Coba hubungi lagi"),
    (
        {"is_active": False, "is_out_of_reach": True, "days_silent": 14},
        Group.HARI_INI,
        "Coba hubungi lagi",
    ),
    (
        {"is_active": False, "is_out_of_reach": True, "days_silent": 14, "next_on": days(2)},
        Group.TIDAK_TERHUBUNGI,
        "Coba hubungi lagi",
    ),
    (
        {"is_active": False, "is_out_of_reach": True, "next_on": MONDAY},
        Group.HARI_INI,
        "Coba hubungi lagi",
    ),
    ({"is_active": False, "days_silent": 90}, Group.SESUAI_RENCANA, "90 hari diam, batas 14"),
]


@pytest.mark.parametrize(("fields", "group", "text"), TABLE)
def test_everybody_stands_in_one_group_with_a_reason_in_words(
    fields: dict[str, Any], group: Group, text: str
) -> None:
    found = situation(**fields)
    placing = place(found)
    assert (placing.group, words(placing, found)) == (group, text)
    assert placing.is_late == (group is Group.TERLAMBAT)


@dataclass
class Row:
    name: str
    situation: Situation

    @property
    def placing(self) -> Placing:
        return place(self.situation)


def test_the_greatest_risk_of_silence_comes_first() -> None:
    rows = [
        Row("tenggat 2", situation(due_on=days(-2))),
        Row("tenggat 9", situation(due_on=days(-9))),
        Row("janji", situation(next_on=days(-1), days_silent=5)),
        Row("coba lagi", situation(next_on=days(-4), days_silent=5, is_agreed=False)),
        Row("dua kali batas", situation(days_silent=28)),
        Row("sedikit di atas batas panjang", situation(days_silent=31, silent_limit=30)),
        Row("tepat batas", situation(days_silent=14)),
    ]
    late = grouped(rows)[Group.TERLAMBAT]
    assert [row.name for row in late] == [
        "dua kali batas", "sedikit di atas batas panjang", "tepat batas", "janji", "coba lagi", "tenggat 9",
        "tenggat 2",
    ]  # fmt: skip


def test_equal_risks_stay_in_the_order_they_came_in() -> None:
    rows = [Row(str(number), situation(days_silent=20)) for number in range(5)]
    assert [row.name for row in grouped(rows)[Group.TERLAMBAT]] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("agreed", ["", "mengirim daftar harga bahan."])
@pytest.mark.parametrize("is_their_step", [True, False])
def test_each_reason_has_a_message_of_its_own_in_plain_words(
    reason: Reason, agreed: str, is_their_step: bool
) -> None:
    text = whatsapp_text(
        reason, name="Budi Santoso", coach="Ratna Dewi", step="Kirim foto NIB.", is_their_step=is_their_step,
        due_on=MONDAY, agreed=agreed, target="Pemasaran",
    )  # fmt: skip
    assert text.startswith("Halo Budi Santoso, saya Ratna Dewi, pendamping OK OCE Anda. ")
    assert ".." not in text
    assert "  " not in text
    assert not any(word in text for word in ("tahap", "diam", "batas 14", "None"))
    if agreed and reason in (Reason.JANJI_LEWAT, Reason.JANJI):
        assert "mengirim daftar harga bahan." in text
    if reason is Reason.TENGGAT:
        assert ("giliran kami" in text) is not is_their_step


def test_messages_differ_by_reason() -> None:
    texts = {
        whatsapp_text(
            reason, name="B", coach="R", step="Foto NIB", is_their_step=True, due_on=MONDAY, agreed="x",
            target="P",
        )
        for reason in Reason if reason is not Reason.BERJALAN
    }  # fmt: skip
    assert len(texts) == len(Reason) - 2  # the two that ask to try again are the same


# The page ------------------------------------------------------------------------------------------------


@pytest.fixture
def coach(settings: Any) -> User:
    settings.DEMO_MODE = True
    cache.clear()
    return staff(Role.PENDAMPING, "P31.74.07", display_name="Ratna Dewi", is_demo=True)


def mentee(coach: User, *, silent: int = 1, name: str = "", **fields: Any) -> Enrollment:
    """Somebody in P3 (silent after 14 days, due after 14), last heard of `silent` days ago."""
    start = now() - timedelta(days=max(silent, 3))
    one = participant(coach=coach, registered_at=start, **({"stage": Stage.PENDAMPINGAN} | fields))
    Enrollment.objects.filter(pk=one.pk).update(last_activity_at=now() - timedelta(days=silent))
    if name:
        one.person.full_name = name
        one.person.save(update_fields=["full_name"])
    one.refresh_from_db()
    return one


def local_today(one: Enrollment) -> date:
    return local_day(now(), one.zone)


def log(one: Enrollment, author: User, outcome: ContactOutcome, **fields: Any) -> ContactLog:
    at = fields.pop("at", None) or now()
    return services.log_contact(
        enrollment_id=one.pk, actor=author, submission_id=uuid4(), at=at,
        **({"kind": ContactKind.TELEPON, "outcome": outcome, "note": "Baik",
            "happened_on": at.astimezone(UTC).date()} | fields),
    )  # fmt: skip


def groups_of(coach: User, at: datetime | None = None) -> dict[Group, list[str]]:
    found = grouped(work.mentees(coach, at=at or now()))
    return {
        group: [row.item.enrollment.person.full_name for row in rows] for group, rows in found.items() if rows
    }


def page(coach: User) -> str:
    client = Client()
    client.force_login(coach, backend="accounts.backends.LoginBackend")
    answer = client.get("/pendamping/")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.django_db
def test_a_logged_contact_takes_somebody_out_of_late(coach: User) -> None:
    one = mentee(coach, silent=18, name="Budi Santoso")
    assert groups_of(coach) == {Group.TERLAMBAT: ["Budi Santoso"]}
    log(one, coach, ContactOutcome.TERSAMBUNG, happened_on=local_today(one))
    assert groups_of(coach) == {Group.SESUAI_RENCANA: ["Budi Santoso"]}


@pytest.mark.django_db
def test_a_try_without_answer_is_done_for_today_and_back_tomorrow(coach: User) -> None:
    one = mentee(coach, silent=18, name="Budi Santoso")
    log(one, coach, ContactOutcome.TIDAK_DIJAWAB, happened_on=local_today(one), note="")
    assert groups_of(coach) == {Group.DICOBA: ["Budi Santoso"]}
    assert groups_of(coach, now() + timedelta(days=1)) == {Group.TERLAMBAT: ["Budi Santoso"]}


@pytest.mark.django_db
def test_what_is_put_off_comes_back_on_its_day(coach: User) -> None:
    one = mentee(coach, silent=18, name="Budi Santoso")
    until = local_today(one) + timedelta(days=5)
    services.put_off(enrollment_id=one.pk, actor=coach, until_on=until, reason="Pulang kampung", at=now())
    assert groups_of(coach) == {Group.DITUNDA: ["Budi Santoso"]}
    assert groups_of(coach, day_start(until, one.zone) - timedelta(minutes=1)) == {
        Group.DITUNDA: ["Budi Santoso"]
    }
    assert groups_of(coach, day_start(until, one.zone)) == {Group.TERLAMBAT: ["Budi Santoso"]}
    text = page(coach)
    assert "Ditunda: 1" in text
    assert "Pulang kampung" in text


@pytest.mark.django_db
def test_the_snooze_of_a_coach_is_nothing_to_the_next_one(coach: User) -> None:
    one = mentee(coach, silent=18, name="Budi Santoso")
    until = local_today(one) + timedelta(days=5)
    services.put_off(enrollment_id=one.pk, actor=coach, until_on=until, reason="Pulang kampung", at=now())
    second = staff(Role.PENDAMPING, "P31.74.07", is_demo=True)
    one.assignments.update(ended_at=now())
    CoachAssignment.objects.create(enrollment=one, coach=second, accepted_at=now())
    Enrollment.objects.filter(pk=one.pk).update(coach=second)
    assert groups_of(second) == {Group.TERLAMBAT: ["Budi Santoso"]}


@pytest.mark.django_db
def test_the_day_is_that_of_the_persons_centre(coach: User) -> None:
    """At 16.30 UTC it is 23.30 of the same day in Jakarta, and 01.30 of the next in Jayapura."""
    at = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
    with time_machine.travel(at - timedelta(days=3), tick=False):
        coach.role_assignments.update(starts_at=now() - timedelta(days=1))
        people = [
            participant(
                stage=Stage.PERIZINAN, coach=coach, center=code, registered_at=now() - timedelta(days=1)
            )
            for code in ("P31.74.07", "P91.71.01")
        ]
        for one, name in zip(people, ("Jakarta", "Jayapura"), strict=True):
            one.person.full_name = name
            one.person.save(update_fields=["full_name"])
            log(one, coach, ContactOutcome.TERSAMBUNG, next_on=date(2026, 11, 24),
                happened_on=local_today(one))  # fmt: skip
    assert groups_of(coach, at) == {Group.HARI_INI: ["Jayapura"], Group.SESUAI_RENCANA: ["Jakarta"]}
    assert groups_of(coach, at + timedelta(minutes=30))[Group.HARI_INI] == ["Jakarta", "Jayapura"]


@pytest.mark.django_db
def test_only_late_cards_are_filled_and_no_card_has_more_than_two_buttons(coach: User) -> None:
    mentee(coach, silent=18, name="Sangat Diam")
    mentee(coach, silent=12, name="Mulai Diam")
    ready = mentee(coach, name="Siap Naik", stage=Stage.PERIZINAN)
    StageEvidenceFactory(
        enrollment=ready, stage=Stage.PERIZINAN, kind=EvidenceKind.NIB, accepted_by=staff(Role.PENGELOLA)
    )
    fresh = mentee(coach, name="Baru Datang")
    fresh.assignments.update(accepted_at=None)
    text = page(coach)
    cards = text.split('<li class="card stack stack-sm">')[1:]
    cards = [card[: card.index("</li>")] for card in cards]
    filled = [card for card in cards if "btn-primary" in card]
    assert len(cards) == 4
    assert len(filled) == 1
    assert "Sangat Diam" in filled[0]
    for card in cards:
        assert card.count("btn-outline") + card.count("btn-primary") <= 2
    assert "18 hari diam, batas 14" in filled[0]
    assert [text.index(f">{group.value} <") for group in NEEDED if f">{group.value} <" in text] == sorted(
        text.index(f">{group.value} <") for group in NEEDED if f">{group.value} <" in text
    )


@pytest.mark.django_db
def test_the_whatsapp_link_carries_the_reason_and_never_a_nik(coach: User) -> None:
    one = mentee(coach, silent=6, name="Budi Santoso")
    log(one, coach, ContactOutcome.TERSAMBUNG, agreed="mengirim daftar harga", at=now() - timedelta(days=5),
        happened_on=local_today(one) - timedelta(days=5),
        next_on=local_today(one) - timedelta(days=2))  # fmt: skip
    text = page(coach)
    assert "Janji lewat 2 hari" in text
    link = next(part for part in text.split('"') if part.startswith("https://wa.me/"))
    phone = one.person.phone()
    assert phone is not None
    assert link.startswith(f"https://wa.me/{phone.lstrip('+')}?text=")
    assert "Kita sudah sepakat: mengirim daftar harga." in unquote(link)
    nik = one.person.nik()
    assert nik is not None
    assert nik not in text


@pytest.mark.django_db
def test_three_tries_on_different_days_offer_to_record_out_of_reach(coach: User) -> None:
    one = mentee(coach, silent=20, name="Budi Santoso")
    today = local_today(one)
    for ago in (9, 9, 6):
        log(one, coach, ContactOutcome.TIDAK_DIJAWAB, happened_on=today - timedelta(days=ago), note="")
    assert "Catat tidak terhubungi" not in page(coach)
    log(one, coach, ContactOutcome.PESAN_TERKIRIM, kind=ContactKind.WHATSAPP,
        happened_on=today - timedelta(days=2), note="")  # fmt: skip
    text = page(coach)
    assert "3× mencoba: " in text
    assert f"/peserta/{one.person_id}/tidak-terhubungi/" in text


@pytest.mark.django_db
def test_who_is_out_of_reach_is_tried_again_after_the_limit(coach: User) -> None:
    one = mentee(coach, silent=5, name="Budi Santoso", status=Status.TIDAK_TERHUBUNGI)
    assert groups_of(coach) == {Group.TIDAK_TERHUBUNGI: ["Budi Santoso"]}
    Enrollment.objects.filter(pk=one.pk).update(last_activity_at=now() - timedelta(days=15))
    assert groups_of(coach) == {Group.HARI_INI: ["Budi Santoso"]}
    log(one, coach, ContactOutcome.TIDAK_DIJAWAB, happened_on=local_today(one), note="")
    assert groups_of(coach, now() + timedelta(days=1)) == {Group.TIDAK_TERHUBUNGI: ["Budi Santoso"]}


@pytest.mark.django_db
def test_the_page_asks_the_same_for_5_and_200_mentees(coach: User) -> None:
    center = center_of()
    client = Client()
    client.force_login(coach, backend="accounts.backends.LoginBackend")
    counted = []
    made = 0
    for size in (5, 200):
        while made < size:
            one = mentee(coach, silent=made % 30, center=center)
            if made % 3 == 0:
                log(one, coach, ContactOutcome.TIDAK_DIJAWAB, happened_on=local_today(one), note="")
            if made % 5 == 0:
                services.put_off(enrollment_id=one.pk, actor=coach, reason="Pulang kampung", at=now(),
                                 until_on=local_today(one) + timedelta(days=3))  # fmt: skip
            made += 1
        client.get("/pendamping/")
        with CaptureQueriesContext(connection) as caught:
            answer = client.get("/pendamping/")
        assert answer.status_code == 200
        counted.append([query["sql"] for query in caught.captured_queries])
    assert len(counted[0]) == len(counted[1]), "\n".join(counted[1])
    assert len(counted[1]) <= 12, "\n".join(sql[:140] for sql in counted[1])


@pytest.mark.django_db
def test_long_groups_show_the_first_cards_and_open_the_rest(coach: User) -> None:
    for _ in range(11):
        mentee(coach, silent=20)
    text = page(coach)
    assert "Tampilkan 3 lagi" in text
    assert "<b>11 orang</b> menunggu Anda" in text


@pytest.mark.django_db
def test_a_coach_without_mentees_is_told_what_to_do(coach: User) -> None:
    assert "Belum ada peserta dampingan" in page(coach)


@pytest.mark.django_db
def test_nobody_waiting_is_said(coach: User) -> None:
    mentee(coach, silent=2)
    text = page(coach)
    assert "<b>Tidak ada</b> yang menunggu Anda" in text
    assert "1 peserta lain berjalan sesuai rencana." in text
