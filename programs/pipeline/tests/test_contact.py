"""Writing down contact: once, in scope, in local days, safe with anything sent; putting off and back."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.clock import is_working_day, local_day, now
from participants.erasure import erase_person
from participants.models import Enrollment, Stage, StageTransition, Status, TransitionKind
from participants.refusals import NotYours, Refused
from participants.tests.factories import center_of, participant
from programs.mentoring import services
from programs.mentoring.models import ContactKind, ContactLog, ContactOutcome, Snooze
from programs.mentoring.services import default_next_day

pytestmark = pytest.mark.django_db

BACK = "/pendamping/"


class Pair:
    """A participant in Kebayoran Baru with coach and manager."""

    def __init__(self) -> None:
        center = center_of("P31.74.07")
        self.coach = staff(Role.PENDAMPING, center.code, display_name="Ratna Dewi", is_demo=True)
        self.manager = staff(Role.PENGELOLA, center.code, display_name="Maya Kusuma", is_demo=True)
        self.one = participant(
            stage=Stage.PENDAMPINGAN, center=center, coach=self.coach,
            registered_at=now() - timedelta(days=40),
        )  # fmt: skip
        self.silent_since = now() - timedelta(days=18)
        Enrollment.objects.filter(pk=self.one.pk).update(last_activity_at=self.silent_since)
        self.today = local_day(now(), self.one.zone)
        self.url = f"/peserta/{self.one.person_id}/kabar/"
        self.snooze_url = f"/peserta/{self.one.person_id}/tunda/"

    def client(self, user: User) -> Client:
        client = Client()
        client.force_login(user, backend="accounts.backends.LoginBackend")
        return client

    def values(self, **fields: Any) -> dict[str, Any]:
        usual = {
            "submission_id": str(uuid4()), "kind": "telepon", "outcome": "tersambung",
            "note": "Sudah belanja bahan.", "agreed": "mengirim daftar harga", "next_on": "",
            "happened_on": f"{self.today:%d/%m/%Y}",
        }  # fmt: skip
        return usual | fields

    def fresh(self) -> Enrollment:
        return Enrollment.objects.get(pk=self.one.pk)

    def log(self, outcome: ContactOutcome | None, *, by: User | None = None, **fields: Any) -> ContactLog:
        usual = {
            "kind": ContactKind.TELEPON, "happened_on": self.today, "note": "Baik", "at": now(),
            "submission_id": uuid4(),
        }  # fmt: skip
        return services.log_contact(
            enrollment_id=self.one.pk, actor=by or self.coach, outcome=outcome, **(usual | fields)
        )


@pytest.fixture
def pair(settings: Any) -> Pair:
    settings.DEMO_MODE = True
    return Pair()


# Writing down --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["coach", "manager"])
def test_coach_and_manager_write_down_a_contact(pair: Pair, who: str) -> None:
    user = getattr(pair, who)
    answer = pair.client(user).post(pair.url, pair.values())
    assert answer.status_code == 303
    assert answer["Location"] == f"/peserta/{pair.one.person_id}/"
    log = ContactLog.objects.get()
    assert (log.kind, log.outcome, log.author) == ("telepon", "tersambung", user)
    assert (log.note, log.agreed) == ("Sudah belanja bahan.", "mengirim daftar harga")
    assert (log.happened_on, log.is_shared) == (pair.today, False)
    assert log.next_on == default_next_day("tersambung", pair.today)


def test_from_the_list_one_comes_back_to_the_list(pair: Pair) -> None:
    client = pair.client(pair.coach)
    assert client.post(f"{pair.url}?dari=hari-ini", pair.values())["Location"] == BACK
    hostile = client.post(f"{pair.url}?dari=//contoh.test", pair.values())
    assert hostile["Location"] == f"/peserta/{pair.one.person_id}/"


def test_a_double_tap_leaves_one_line_and_the_same_answer(pair: Pair) -> None:
    client, sent = pair.client(pair.coach), pair.values()
    first, second = (client.post(pair.url, sent) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first["Location"] == second["Location"]
    assert ContactLog.objects.count() == 1
    assert client.post(pair.url, pair.values()).status_code == 303
    assert ContactLog.objects.count() == 2


def test_anothers_submission_is_refused(pair: Pair) -> None:
    sent = pair.values()
    pair.client(pair.coach).post(pair.url, sent)
    answer = pair.client(pair.manager).post(pair.url, sent)
    assert answer.status_code == 422
    assert "terbuka terlalu lama" in answer.content.decode()
    assert ContactLog.objects.count() == 1


def test_a_form_sent_again_with_other_words_is_not_said_to_be_saved(pair: Pair) -> None:
    sent, client = pair.values(), pair.client(pair.coach)
    for _ in range(2):
        assert client.post(pair.url, sent).status_code == 303
    answer = client.post(pair.url, sent | {"note": "Belum belanja bahan."})
    assert answer.status_code == 422
    assert "isi lain" in answer.content.decode()
    assert ContactLog.objects.get().note == "Sudah belanja bahan."


@pytest.mark.parametrize(
    ("kind", "outcome", "is_heard"),
    [
        ("telepon", "tersambung", True),
        ("whatsapp", "tersambung", True),
        ("kunjungan", "tersambung", True),
        ("telepon", "tidak_dijawab", False),
        ("whatsapp", "pesan_terkirim", False),
        ("kunjungan", "tidak_dijawab", False),
        ("catatan", "", False),
    ],
)
def test_only_who_was_reached_counts_as_heard_from(
    pair: Pair, kind: str, outcome: str, is_heard: bool
) -> None:
    answer = pair.client(pair.coach).post(pair.url, pair.values(kind=kind, outcome=outcome, agreed=""))
    assert answer.status_code == 303
    assert (pair.fresh().last_activity_at > pair.silent_since) is is_heard


def test_an_earlier_day_is_heard_at_that_day_and_never_moves_back(pair: Pair) -> None:
    day = pair.today - timedelta(days=5)
    pair.log(ContactOutcome.TERSAMBUNG, happened_on=day)
    assert pair.fresh().days_silent(pair.today) == 5
    pair.log(ContactOutcome.TERSAMBUNG, happened_on=day - timedelta(days=3))
    assert pair.fresh().days_silent(pair.today) == 5


@pytest.mark.parametrize("start", [date(2026, 11, 20) + timedelta(days=n) for n in range(0, 60, 3)])
def test_the_next_day_is_a_working_day(start: date) -> None:
    for outcome in ContactOutcome.values:
        day = default_next_day(outcome, start)
        assert day is not None
        assert is_working_day(day)
        assert day > start
    assert default_next_day("", start) is None


def test_a_contact_is_never_changed_or_deleted(pair: Pair) -> None:
    log = pair.log(ContactOutcome.TERSAMBUNG)
    with pytest.raises(IntegrityError), transaction.atomic():
        ContactLog.objects.filter(pk=log.pk).update(note="Lain")
    with pytest.raises(IntegrityError), transaction.atomic():
        log.delete()


def test_a_submission_is_once_in_the_database_too(pair: Pair) -> None:
    log = pair.log(ContactOutcome.TERSAMBUNG)
    log.pk = uuid4()
    with pytest.raises(IntegrityError, match="contact_sent_once"), transaction.atomic():
        log.save(force_insert=True)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"kind": "merpati"}, "contact_kind_known"),
        ({"outcome": ""}, "contact_outcome_fits_kind"),
        ({"kind": "catatan"}, "contact_outcome_fits_kind"),
        ({"outcome": "pesan_terkirim"}, "contact_message_by_whatsapp"),
        ({"note": ""}, "contact_says_what_was_said"),
        ({"outcome": "tidak_dijawab", "agreed": "x"}, "contact_agreed_when_reached"),
        ({"next_on": date(2020, 1, 1)}, "contact_next_not_before"),
    ],
)
def test_the_database_refuses_what_does_not_fit(pair: Pair, fields: dict[str, Any], constraint: str) -> None:
    usual = {
        "enrollment": pair.one, "submission_id": uuid4(), "kind": "telepon", "outcome": "tersambung",
        "note": "Baik", "happened_at": now(), "happened_on": pair.today, "author": pair.coach,
    }  # fmt: skip
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ContactLog.objects.create(**(usual | fields))


# What follows --------------------------------------------------------------------------------------------


def test_the_third_try_offers_to_record_out_of_reach_with_the_days(pair: Pair) -> None:
    for ago in (9, 5):
        pair.log(ContactOutcome.TIDAK_DIJAWAB, happened_on=pair.today - timedelta(days=ago), note="")
    client = pair.client(pair.coach)
    sent = pair.values(outcome="tidak_dijawab", note="", agreed="")
    answer = client.post(f"{pair.url}?dari=hari-ini", sent)
    offer = f"/peserta/{pair.one.person_id}/tidak-terhubungi/"
    assert answer["Location"] == offer
    shown = unescape(client.get(offer).content.decode())
    assert "3× mencoba: " in shown
    reason = shown.split("3× mencoba: ", 1)[1]
    assert str((pair.today - timedelta(days=9)).day) in reason[:40]
    done = client.post(offer, {"version": pair.one.version, "reason": "3× mencoba: telepon"})
    assert done.status_code == 303
    assert pair.fresh().status == Status.TIDAK_TERHUBUNGI
    last = StageTransition.objects.filter(enrollment=pair.one).latest("version")
    assert (last.kind, last.reason) == (TransitionKind.TIDAK_TERHUBUNGI, "3× mencoba: telepon")


def test_three_tries_on_one_day_are_one_try(pair: Pair) -> None:
    client = pair.client(pair.coach)
    for _ in range(3):
        answer = client.post(pair.url, pair.values(outcome="tidak_dijawab", note="", agreed=""))
        assert answer["Location"] == f"/peserta/{pair.one.person_id}/"


def test_being_reached_starts_the_count_anew(pair: Pair) -> None:
    for ago in (9, 7):
        pair.log(ContactOutcome.TIDAK_DIJAWAB, happened_on=pair.today - timedelta(days=ago), note="")
    pair.log(ContactOutcome.TERSAMBUNG, happened_on=pair.today - timedelta(days=5))
    sent = pair.values(outcome="tidak_dijawab", note="", agreed="")
    answer = pair.client(pair.coach).post(pair.url, sent)
    assert answer["Location"] == f"/peserta/{pair.one.person_id}/"


def test_who_is_reached_again_is_offered_to_go_on(pair: Pair) -> None:
    Enrollment.objects.filter(pk=pair.one.pk).update(status=Status.TIDAK_TERHUBUNGI)
    client = pair.client(pair.coach)
    tried = client.post(pair.url, pair.values(outcome="tidak_dijawab", note="", agreed=""))
    assert tried["Location"] == f"/peserta/{pair.one.person_id}/"
    offer = client.post(pair.url, pair.values())["Location"]
    assert offer == f"/peserta/{pair.one.person_id}/lanjut/"
    assert client.post(offer, {"version": pair.one.version}).status_code == 303
    assert pair.fresh().status == Status.AKTIF


# Who reads it --------------------------------------------------------------------------------------------


def test_the_staffs_history_shows_it_and_the_participant_only_what_was_shared(pair: Pair) -> None:
    pair.log(ContactOutcome.TERSAMBUNG, note="Bahasan rahasia petugas", agreed="janji rahasia")
    pair.log(ContactOutcome.TERSAMBUNG, note="Bahasan untuk Anda", agreed="janji bersama", is_shared=True)
    pair.log(ContactOutcome.TIDAK_DIJAWAB, note="", is_shared=True)
    page = f"/peserta/{pair.one.person_id}/"
    for user in (pair.coach, pair.manager):
        text = pair.client(user).get(page).content.decode()
        assert "Telepon, tersambung" in text
        assert "Bahasan rahasia petugas" in text
        assert "Disepakati: janji rahasia." in text
    own = pair.client(pair.one.person.user).get("/saya/").content.decode()
    assert "Anda berbicara lewat telepon dengan Ratna Dewi" in own
    assert "Ratna Dewi menelepon Anda, belum tersambung" in own
    assert "Bahasan untuk Anda" in own
    assert "janji bersama" in own
    assert "rahasia" not in own


def test_dinas_sees_that_there_was_contact_but_not_what_was_said_in_confidence(pair: Pair) -> None:
    pair.log(ContactOutcome.TERSAMBUNG, note="Bahasan rahasia petugas", agreed="janji rahasia")
    dinas = staff(Role.DINAS, "31", is_demo=True)
    text = pair.client(dinas).get(f"/peserta/{pair.one.person_id}/").content.decode()
    assert "Telepon, tersambung" in text
    assert "rahasia" not in text
    assert "Catat kabar" not in text
    assert pair.client(dinas).get(pair.url).status_code == 403


def test_strangers_see_no_contact_and_get_the_answer_of_a_missing_person(pair: Pair) -> None:
    pair.log(ContactOutcome.TERSAMBUNG, note="TOKENASING", is_shared=True)
    services.put_off(enrollment_id=pair.one.pk, actor=pair.coach, reason="TOKENASING", at=now(),
                     until_on=pair.today + timedelta(days=3))  # fmt: skip
    far = [
        staff(Role.PENDAMPING, "P31.74.07", is_demo=True),
        staff(Role.PENGELOLA, "P31.74.05", is_demo=True),
    ]
    for user in far:
        assert not ContactLog.objects.visible_to(user).exists()
        assert not Snooze.objects.visible_to(user).exists()
        client = pair.client(user)
        assert client.get(pair.url).status_code == 404
        assert client.post(pair.url, pair.values()).status_code == 404
        for address in ("/peserta/", "/pendamping/", "/antrean/"):
            assert "TOKENASING" not in client.get(address).content.decode()
    assert ContactLog.objects.count() == 1
    for user in (pair.coach, pair.manager, pair.one.person.user, staff(Role.ADMIN)):
        assert ContactLog.objects.visible_to(user).exists()
    assert not Snooze.objects.visible_to(pair.one.person.user).exists()


def test_nobody_writes_down_contact_with_themselves(pair: Pair) -> None:
    person = pair.one.person
    person.user = pair.coach
    person.save(update_fields=["user"])
    with pytest.raises(NotYours):
        pair.log(ContactOutcome.TERSAMBUNG)
    assert ContactLog.objects.count() == 0


def test_a_former_coach_is_a_stranger(pair: Pair) -> None:
    Enrollment.objects.filter(pk=pair.one.pk).update(coach=None)
    assert pair.client(pair.coach).post(pair.url, pair.values()).status_code == 404
    with pytest.raises(NotYours):
        pair.log(ContactOutcome.TERSAMBUNG)


def test_erasing_a_person_takes_the_words_and_leaves_the_days(pair: Pair) -> None:
    pair.log(ContactOutcome.TERSAMBUNG, note="TOKENASING kabar", agreed="TOKENASING janji")
    services.put_off(enrollment_id=pair.one.pk, actor=pair.coach, reason="TOKENASING", at=now(),
                     until_on=pair.today + timedelta(days=3))  # fmt: skip
    erase_person(person_id=pair.one.person_id, actor=pair.manager, reason="Permintaan", at=now())
    log = ContactLog.objects.get()
    assert "TOKENASING" not in log.note + log.agreed
    assert (log.kind, log.outcome, log.happened_on) == ("telepon", "tersambung", pair.today)
    assert not Snooze.objects.exists()


# Anything may be sent ------------------------------------------------------------------------------------

LONG = "x" * 100_000
HOSTILE: list[tuple[str, Any]] = [
    *(("submission_id", value) for value in ("", "x", "1", "٣" * 36, "\0", LONG, str(UUID(int=1))[:-1])),
    *(("kind", value) for value in ("", "merpati", "TELEPON", "telepon\n", "\0", "\ud800", LONG)),
    *(("outcome", value) for value in ("", "lulus", "\u202e", "TERSAMBUNG", "pesan_terkirim", LONG)),
    *(("note", value) for value in (
        "", "   ", "\u200b", "\0", "a\u202eb", "\ud800", "NIK 3174 0715 0590 0001", "hp 0812-3456-7890",
        "y" * 501, LONG)),
    *(("agreed", value) for value in ("\0", "z" * 201, "+62 812 3456 7890", "\ud83d", LONG)),
    *(("next_on", value) for value in (
        "kemarin", "31/02/2027", "01/01/2020", "31/12/2099", "2026-13-01", "1e10", "٢٠/١٢/٢٠٢٦", "0", "-1",
        "\0", LONG)),
    *(("happened_on", value) for value in (
        "", "besok", "31/02/2026", "31/12/2099", "01/01/2020", "00/00/0000", "１/１/２０２６x", "1e10",
        LONG)),
]  # fmt: skip


def test_there_are_enough_hostile_cases() -> None:
    assert len(HOSTILE) >= 50


@pytest.mark.parametrize(("field", "value"), HOSTILE, ids=lambda value: ascii(value)[:24])
def test_what_cannot_be_is_refused_beside_the_field_and_nothing_is_written(
    pair: Pair, field: str, value: Any
) -> None:
    sent = pair.values(**{field: value})
    body = b"&".join(f"{key}=".encode() + quoted(text) for key, text in sent.items())
    answer = pair.client(pair.coach).post(pair.url, body, content_type="application/x-www-form-urlencoded")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Galat: " in text
    assert ContactLog.objects.count() == 0
    assert pair.fresh().last_activity_at == pair.silent_since
    if field != "note":
        assert "Sudah belanja bahan." in text  # what else was written stays


def quoted(text: str) -> bytes:
    from urllib.parse import quote_plus

    return quote_plus(text.encode("utf-8", "surrogatepass")).encode()


def test_after_a_refused_id_the_form_carries_a_fresh_one(pair: Pair) -> None:
    client = pair.client(pair.coach)
    text = client.post(pair.url, pair.values(submission_id="rusak")).content.decode()
    fresh = text.split('name="submission_id" value="')[1].split('"')[0]
    assert client.post(pair.url, pair.values(submission_id=fresh)).status_code == 303


def test_numbers_of_people_are_named_as_the_reason(pair: Pair) -> None:
    answer = pair.client(pair.coach).post(pair.url, pair.values(note="HP baru 0812 3456 7890"))
    assert "Jangan tulis NIK atau nomor HP di sini" in answer.content.decode()


def test_words_are_shown_as_words(pair: Pair) -> None:
    pair.client(pair.coach).post(pair.url, pair.values(note="<script>alert(1)</script>", is_shared="on"))
    for user, address in (
        (pair.coach, f"/peserta/{pair.one.person_id}/"), (pair.coach, pair.url),
        (pair.one.person.user, "/saya/"),
    ):  # fmt: skip
        text = pair.client(user).get(address).content.decode()
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert(1)" not in text


# Days around midnight ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("center", "at", "today"),
    [
        ("P31.74.07", datetime(2026, 11, 23, 16, 59, tzinfo=UTC), "23/11/2026"),
        ("P31.74.07", datetime(2026, 11, 23, 17, 0, tzinfo=UTC), "24/11/2026"),
        ("P73.71.01", datetime(2026, 11, 23, 15, 59, tzinfo=UTC), "23/11/2026"),
        ("P73.71.01", datetime(2026, 11, 23, 16, 0, tzinfo=UTC), "24/11/2026"),
        ("P91.71.01", datetime(2026, 11, 23, 15, 0, tzinfo=UTC), "24/11/2026"),
    ],
)
def test_today_is_the_day_of_the_centre(settings: Any, center: str, at: datetime, today: str) -> None:
    settings.DEMO_MODE = True
    with time_machine.travel(at, tick=False):
        coach = staff(Role.PENDAMPING, center, is_demo=True)
        one = participant(stage=Stage.PENDAMPINGAN, center=center, coach=coach)
        client = Client()
        client.force_login(coach, backend="accounts.backends.LoginBackend")
        url = f"/peserta/{one.person_id}/kabar/"
        assert f'value="{today}"' in client.get(url).content.decode()
        sent = {
            "submission_id": str(uuid4()), "kind": "telepon", "outcome": "tersambung", "note": "Baik",
            "happened_on": today,
        }  # fmt: skip
        assert client.post(url, sent).status_code == 303
        tomorrow = datetime.strptime(today, "%d/%m/%Y") + timedelta(days=1)
        late = sent | {"submission_id": str(uuid4()), "happened_on": f"{tomorrow:%d/%m/%Y}"}
        assert client.post(url, late).status_code == 422
    log = ContactLog.objects.get()
    assert f"{log.happened_on:%d/%m/%Y}" == today
    assert log.happened_at == at


# Putting off ---------------------------------------------------------------------------------------------


def test_a_coach_puts_somebody_off_and_takes_it_back(pair: Pair) -> None:
    client = pair.client(pair.coach)
    until = pair.today + timedelta(days=30)
    sent = {"until_on": f"{until:%d/%m/%Y}", "reason": "Pulang kampung"}
    assert client.post(f"{pair.snooze_url}?dari=hari-ini", sent)["Location"] == BACK
    back_again = f'<a href="{pair.snooze_url}?dari=hari-ini">Batalkan penundaan</a>'
    assert back_again in client.get(BACK).content.decode()
    found = Snooze.objects.get()
    assert (found.until_on, found.reason, found.coach) == (until, "Pulang kampung", pair.coach)
    assert client.post(f"{pair.snooze_url}?dari=hari-ini", sent).status_code == 303
    assert Snooze.objects.count() == 1
    assert "Sekarang ditunda sampai" in client.get(pair.snooze_url).content.decode()
    assert client.post(f"{pair.snooze_url}batal/").status_code == 303
    assert not Snooze.objects.open().exists()
    assert client.post(f"{pair.snooze_url}batal/").status_code == 303


def test_a_new_day_replaces_the_old_one(pair: Pair) -> None:
    client = pair.client(pair.coach)
    for ahead in (3, 9):
        day = pair.today + timedelta(days=ahead)
        client.post(pair.snooze_url, {"until_on": f"{day:%d/%m/%Y}", "reason": "Sakit"})
    assert list(Snooze.objects.open().values_list("until_on", flat=True)) == [pair.today + timedelta(days=9)]
    assert Snooze.objects.count() == 2


@pytest.mark.parametrize(
    ("until", "reason"),
    [
        ("", "Sakit"), ("besok", "Sakit"), ("{0}", "Sakit"), ("{-1}", "Sakit"), ("{31}", "Sakit"),
        ("31/12/2099", "Sakit"), ("{5}", ""), ("{5}", "  "), ("{5}", "\0"), ("{5}", "x" * 201),
        ("{5}", "hp 0812 3456 7890"), ("\0", "Sakit"), (LONG, "Sakit"), ("{5}", LONG),
    ],
    ids=lambda value: ascii(value)[:20],
)  # fmt: skip
def test_a_day_out_of_bounds_or_no_reason_is_refused(pair: Pair, until: str, reason: str) -> None:
    if until.startswith("{"):
        until = f"{pair.today + timedelta(days=int(until[1:-1])):%d/%m/%Y}"
    answer = pair.client(pair.coach).post(pair.snooze_url, {"until_on": until, "reason": reason})
    assert answer.status_code == 422
    assert not Snooze.objects.exists()


def test_the_service_keeps_the_bounds_too(pair: Pair) -> None:
    for ahead in (-1, 0, 31):
        with pytest.raises(Refused):
            services.put_off(enrollment_id=pair.one.pk, actor=pair.coach, reason="Sakit", at=now(),
                             until_on=pair.today + timedelta(days=ahead))  # fmt: skip
    with pytest.raises(IntegrityError, match="snooze_within_a_month"), transaction.atomic():
        Snooze.objects.create(enrollment=pair.one, coach=pair.coach, reason="Sakit", made_on=pair.today,
                              until_on=pair.today + timedelta(days=31))  # fmt: skip


def test_only_the_coach_puts_off(pair: Pair) -> None:
    sent = {"until_on": f"{pair.today + timedelta(days=3):%d/%m/%Y}", "reason": "Sakit"}
    assert pair.client(pair.manager).post(pair.snooze_url, sent).status_code == 403
    with pytest.raises(NotYours):
        services.put_off(enrollment_id=pair.one.pk, actor=pair.manager, reason="Sakit", at=now(),
                         until_on=pair.today + timedelta(days=3))  # fmt: skip


def test_a_contact_ends_what_was_put_off_but_a_note_does_not(pair: Pair) -> None:
    services.put_off(enrollment_id=pair.one.pk, actor=pair.coach, reason="Sakit", at=now(),
                     until_on=pair.today + timedelta(days=3))  # fmt: skip
    pair.log(None, kind=ContactKind.CATATAN)
    assert Snooze.objects.open().exists()
    pair.log(ContactOutcome.TIDAK_DIJAWAB, note="")
    assert not Snooze.objects.open().exists()


# Cost and races ------------------------------------------------------------------------------------------


def test_the_form_and_the_person_page_cost_the_same_for_many_contacts(pair: Pair) -> None:
    client = pair.client(pair.coach)
    counted: list[list[int]] = []
    for more in (2, 40):
        for _ in range(more):
            pair.log(ContactOutcome.TIDAK_DIJAWAB, note="")
        row = []
        for address in (pair.url, f"/peserta/{pair.one.person_id}/", pair.snooze_url):
            client.get(address)
            with CaptureQueriesContext(connection) as caught:
                assert client.get(address).status_code == 200
            row.append(len(caught))
        counted.append(row)
    assert counted[0] == counted[1]
    assert max(counted[0]) <= 20


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_locked", [True, False])
def test_two_taps_at_once_leave_one_line(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, is_locked: bool
) -> None:
    """Without the lock both taps find no line yet, and the database has to refuse the second."""
    barrier = threading.Barrier(2)
    lock = services.lock_enrollment

    def read(enrollment_id: UUID) -> Enrollment:
        return lock(enrollment_id) if is_locked else Enrollment.objects.get(pk=enrollment_id)

    real = services.require_role

    def meet(*args: Any, **kwargs: Any) -> Role:
        if not is_locked:
            with suppress(threading.BrokenBarrierError):
                barrier.wait(30)
        return real(*args, **kwargs)

    find = ContactLog.objects.filter

    def find_and_meet(*args: Any, **kwargs: Any) -> Any:
        found = find(*args, **kwargs)
        if "submission_id" in kwargs and not is_locked:
            known = list(found)
            with suppress(threading.BrokenBarrierError):
                barrier.wait(30)
            return found.filter(pk__in=[one.pk for one in known])
        return found

    monkeypatch.setattr(services, "lock_enrollment", read)
    monkeypatch.setattr(services, "require_role", meet)
    if not is_locked:
        monkeypatch.setattr(ContactLog.objects, "filter", find_and_meet)
    submission = uuid4()

    def tap() -> Any:
        try:
            return pair.log(ContactOutcome.TERSAMBUNG, submission_id=submission).pk
        except IntegrityError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        answers = [future.result() for future in [pool.submit(tap) for _ in range(2)]]
    assert find().count() == 1
    if is_locked:
        assert len(set(answers)) == 1
    else:
        assert sum(isinstance(answer, IntegrityError) for answer in answers) == 1
