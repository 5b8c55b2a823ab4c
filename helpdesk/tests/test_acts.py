"""Asking, routing, answering, handing over, closing and opening again; who may, and what is told to whom."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Role
from accounts.tests.factories import PesertaUserFactory
from centers.models import Center
from centers.tests.factories import district
from core.dated import rewriting_history
from core.models import AuditEntry, OutboxMessage
from core.refusals import Refused
from helpdesk import rights, services
from helpdesk.models import Desk, Kind, Ticket, TicketMessage, TicketNote, TicketRule, TicketStatus, Topic
from helpdesk.rules import wait_from
from helpdesk.tests.factories import MONDAY, center, manager, officer, ticket

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def told(kind: str) -> set[object]:
    """Whom a kind of message was sent to."""
    rows = OutboxMessage.objects.filter(kind="notification", ids__kind=kind)
    return set(rows.values_list("recipient_id", flat=True))


def reload(one: Ticket) -> Ticket:
    return Ticket.objects.for_page().get(pk=one.pk)


# Asking and routing --------------------------------------------------------------------------------------


def test_a_question_goes_to_the_manager_of_the_kecamatan_with_a_number_and_a_limit():
    boss, asker = manager(), PesertaUserFactory()
    one = ticket(asker=asker)
    assert one.number.startswith("B-26-")
    assert (one.desk, one.owner, one.center_id, one.taken_at) == (Desk.PUSAT, boss, "P31.74.07", None)
    assert one.due_on == date(2026, 11, 26)  # three working days after Monday
    assert one.due_at.isoformat() == "2026-11-26T17:00:00+00:00"  # the end of Thursday in WIB
    assert told("bantuan_baru") == {boss.pk}
    assert told("bantuan_diterima") == {asker.pk}


def test_a_complaint_has_two_working_days():
    manager()
    assert ticket(kind=Kind.KELUHAN).due_on == date(2026, 11, 25)


def test_weekends_and_holidays_do_not_count():
    rules = TicketRule.objects.on(date(2026, 12, 23))
    # 24 and 25 December 2026 are cuti bersama and Natal, then a weekend.
    assert wait_from(date(2026, 12, 23), Kind.KELUHAN, rules).due_on == date(2026, 12, 29)
    assert wait_from(date(2026, 11, 21), Kind.PERTANYAAN, rules).due_on == date(2026, 11, 25)


def test_a_new_rule_holds_from_its_day_on():
    with rewriting_history():
        TicketRule.objects.filter(kind=Kind.KELUHAN, code="tenggat").update(valid_until=date(2026, 11, 24))
        TicketRule.objects.create(
            kind=Kind.KELUHAN, code="tenggat", value=1, valid_from=date(2026, 11, 24), source="Uji"
        )
    manager()
    assert ticket(kind=Kind.KELUHAN).due_on == date(2026, 11, 25)
    assert ticket(kind=Kind.KELUHAN, at=MONDAY + DAY).due_on == date(2026, 11, 25)


def test_the_least_burdened_of_two_managers_begins():
    first, second = manager(), manager()
    assert {ticket().owner, ticket().owner} == {first, second}


def test_without_a_centre_it_goes_to_the_dinas_and_without_dinas_to_the_secretariat():
    admin = officer(Role.ADMIN, "ID")
    assert (one := ticket(place="73.71.01")).desk == Desk.SEKRETARIAT
    assert one.owner == admin
    province, city = officer(Role.DINAS, "73"), officer(Role.DINAS, "73.71")
    officer(Role.DINAS, "73", agency_code="73-ptsp")
    assert (two := ticket(place="73.71.01")).desk == Desk.DINAS
    assert two.owner in {province, city}
    assert ticket(place="").desk == Desk.SEKRETARIAT


def test_with_nobody_at_all_the_question_is_still_kept():
    one = ticket()
    assert (one.owner, one.owner_name, one.desk) == (None, "Sekretariat PGO", Desk.SEKRETARIAT)


def test_a_complaint_about_staff_passes_the_centre_whatever_other_role_its_people_hold():
    boss = manager()
    officer(Role.PENDAMPING, "P31.74.07")
    both = officer(Role.DINAS, "31")
    both.role_assignments.create(role=Role.PENGELOLA, scope="P31.74.07", starts_at=MONDAY - 9 * DAY)
    dinas = officer(Role.DINAS, "31.74")
    one = ticket(kind=Kind.KELUHAN, topic=Topic.PETUGAS)
    assert (one.desk, one.owner) == (Desk.DINAS, dinas)
    both.forget_assignments()
    for person in (boss, both):
        assert not Ticket.objects.visible_to(person).exists()
        with pytest.raises(Refused):
            services.take(ticket_id=one.pk, actor=person, at=MONDAY)
        with pytest.raises(Refused):
            services.hand_over(
                ticket_id=one.pk, actor=dinas, to=services.Target(person_id=person.pk), reason="x", at=MONDAY
            )
    to = services.Target(district=district("31.74.07"))
    with pytest.raises(Refused):
        services.hand_over(ticket_id=one.pk, actor=dinas, to=to, reason="x", at=MONDAY)
    assert reload(one).owner == dinas


def test_the_database_itself_refuses_a_complaint_about_staff_at_the_centre():
    manager()
    officer(Role.ADMIN, "ID")
    one = ticket(kind=Kind.KELUHAN, topic=Topic.PETUGAS)
    with pytest.raises(IntegrityError, match="ticket_desk_known"), transaction.atomic():
        Ticket.objects.filter(pk=one.pk).update(desk=Desk.PUSAT)


def test_nobody_answers_the_own_question():
    boss = manager()
    admin = officer(Role.ADMIN, "ID")
    one = ticket(asker=boss)
    assert one.owner == admin
    assert Ticket.objects.visible_to(boss).count() == 1
    assert Ticket.objects.workable_by(boss).count() == 0
    with pytest.raises(Refused):
        services.answer(ticket_id=one.pk, actor=boss, text="Ya", asks_back=False, at=MONDAY)


def test_the_phone_is_sealed_and_masked():
    one = ticket(phone="0812-0000-1234")
    assert one.phone_mask == "0812-••••-•1234"
    assert reload(one).phone() == "+6281200001234"
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM helpdesk_ticket t WHERE id = %s", [one.pk])
        assert "81200001234" not in cursor.fetchone()[0]


def test_one_submission_is_one_ticket_for_its_browser_and_nothing_for_another():
    manager()
    key, data = uuid4(), services.Question(Kind.PERTANYAAN, Topic.LAINNYA, "Halo?", "Siti", checks_self=True)

    def send(browser: str, asker=None):
        return services.ask(question=data, submission_id=key, browser=browser, asker=asker, at=MONDAY)

    first, again = send("a"), send("a")
    assert first.is_new and not again.is_new
    assert first.ticket.pk == again.ticket.pk
    assert send("b") is None
    assert send("b", PesertaUserFactory()) is None
    assert Ticket.objects.count() == TicketMessage.objects.count() == 1


# Answering -----------------------------------------------------------------------------------------------


def test_an_answer_in_time_and_a_late_one_are_told_apart():
    boss, asker = manager(), PesertaUserFactory()
    early, late = ticket(kind=Kind.KELUHAN, asker=asker), ticket(kind=Kind.KELUHAN, asker=asker)
    just_in_time = early.due_at - timedelta(seconds=1)
    services.answer(ticket_id=early.pk, actor=boss, text="Sudah.", asks_back=False, at=just_in_time)
    assert late.is_overdue(late.due_at)
    services.answer(ticket_id=late.pk, actor=boss, text="Sudah.", asks_back=False, at=late.due_at)
    answers = TicketMessage.objects.filter(side="petugas")
    assert {row.ticket_id: row.was_late for row in answers} == {early.pk: False, late.pk: True}
    assert not reload(late).is_overdue(late.due_at + 9 * DAY), "the clock stops with the answer"
    assert told("bantuan_dijawab") == {asker.pk}


def test_whoever_answers_takes_it_and_others_are_refused_by_name():
    boss, mate = manager(display_name="Maya Kusuma"), manager()
    one = ticket()
    services.answer(ticket_id=one.pk, actor=boss, text="Begini.", asks_back=False, at=MONDAY)
    with pytest.raises(Refused, match="Maya Kusuma sudah mengambil"):
        services.answer(ticket_id=one.pk, actor=mate, text="Begitu.", asks_back=False, at=MONDAY)
    with pytest.raises(Refused, match="Maya Kusuma sudah mengambil"):
        services.take(ticket_id=one.pk, actor=mate, at=MONDAY)
    assert TicketMessage.objects.filter(side="petugas").count() == 1
    assert list(TicketNote.objects.values_list("act", "author")) == [("ambil", boss.pk)]


def test_a_question_back_waits_for_the_asker_and_the_reply_starts_a_new_clock():
    boss, asker = manager(), PesertaUserFactory()
    one = ticket(asker=asker)
    services.answer(ticket_id=one.pk, actor=boss, text="Kelurahan mana?", asks_back=True, at=MONDAY + DAY)
    assert reload(one).status == TicketStatus.MENUNGGU_PENANYA
    assert told("bantuan_ditanya") == {asker.pk}
    services.write_again(ticket_id=one.pk, author=asker, text="Melawai", at=MONDAY + 4 * DAY)  # Friday
    again = reload(one)
    assert (again.status, again.due_on) == (TicketStatus.BARU, date(2026, 12, 2))
    assert again.day_number(MONDAY + 5 * DAY) == 2
    assert told("bantuan_dibalas") == {boss.pk}


def test_another_message_while_waiting_does_not_move_the_limit():
    manager()
    one = ticket()
    services.write_again(ticket_id=one.pk, author=None, text="Tambahan", at=MONDAY + 2 * DAY)
    assert reload(one).due_on == one.due_on


def test_closing_needs_an_answer_and_the_owner():
    boss, mate = manager(), manager()
    one = ticket()
    with pytest.raises(Refused, match="Jawab dulu"):
        services.close(ticket_id=one.pk, actor=one.owner, text="", at=MONDAY)
    services.answer(ticket_id=one.pk, actor=boss, text="Begini.", asks_back=False, at=MONDAY)
    with pytest.raises(Refused, match="yang memegang ini"):
        services.close(ticket_id=one.pk, actor=mate, text="", at=MONDAY)
    services.close(ticket_id=one.pk, actor=boss, text="Beres", at=MONDAY + DAY)
    assert reload(one).closed_at == MONDAY + DAY
    for act in (services.take, services.close):
        extra = {"text": ""} if act is services.close else {}
        with pytest.raises(Refused, match="sudah ditutup"):
            act(ticket_id=one.pk, actor=boss, at=MONDAY + DAY, **extra)


@pytest.mark.parametrize(("days", "is_open"), [(1, True), (14, True), (15, False)])
def test_the_asker_opens_it_again_within_14_days(days, is_open):
    boss = manager()
    one = ticket()
    services.answer(ticket_id=one.pk, actor=boss, text="Begini.", asks_back=False, at=MONDAY)
    services.close(ticket_id=one.pk, actor=boss, text="", at=MONDAY)
    at = MONDAY + days * DAY
    if not is_open:
        with pytest.raises(Refused, match="sudah lama ditutup"):
            services.write_again(ticket_id=one.pk, author=None, text="Belum beres", at=at)
        assert reload(one).is_closed
        return
    services.write_again(ticket_id=one.pk, author=None, text="Belum beres", at=at)
    again = reload(one)
    assert (again.status, again.closed_at, again.waiting_since) == (TicketStatus.BARU, None, at)
    assert TicketNote.objects.filter(act="buka_lagi").exists()


# Handing over --------------------------------------------------------------------------------------------


def test_handing_over_to_a_coach_a_centre_and_the_dinas_keeps_the_limit():
    boss, coach = manager(), officer(Role.PENDAMPING, "P31.74.07")
    other, dinas = manager("P31.71.01"), officer(Role.DINAS, "31")
    one = ticket()
    for to, owner, actor, desk in (
        (services.Target(person_id=coach.pk), coach, boss, Desk.PUSAT),
        (services.Target(district=district("31.71.01")), other, coach, Desk.PUSAT),
        (services.Target(desk=Desk.DINAS), dinas, other, Desk.DINAS),
    ):
        moved = services.hand_over(ticket_id=one.pk, actor=actor, to=to, reason="Lebih tahu", at=MONDAY)
        assert (moved.owner, moved.desk, moved.due_on) == (owner, desk, one.due_on)
        assert owner.pk in told("bantuan_diserahkan")
    assert reload(one).center_id == "P31.71.01"
    assert TicketNote.objects.filter(act="serah", text__contains="Lebih tahu").count() == 3


def test_a_coach_sees_only_what_was_given_to_them():
    boss, coach = manager(), officer(Role.PENDAMPING, "P31.74.07")
    one, _other = ticket(), ticket()
    assert not Ticket.objects.visible_to(coach).exists()
    to = services.Target(person_id=coach.pk)
    services.hand_over(ticket_id=one.pk, actor=boss, to=to, reason="Peserta Anda", at=MONDAY)
    assert list(Ticket.objects.visible_to(coach)) == [one]
    to = services.Target(person_id=PesertaUserFactory().pk)
    with pytest.raises(Refused, match="tidak bisa memegang"):
        services.hand_over(ticket_id=one.pk, actor=coach, to=to, reason="x", at=MONDAY)


def test_the_figures_of_the_queue_are_those_of_the_scope():
    boss, dinas = manager(), officer(Role.DINAS, "31")
    manager("P31.71.01")
    own, _late = ticket(), ticket(kind=Kind.KELUHAN, topic=Topic.DATA)
    ticket(place="31.71.01")
    services.take(ticket_id=own.pk, actor=boss, at=MONDAY)
    at = MONDAY + 3 * DAY  # Thursday: the complaint's limit was Wednesday
    assert services.counts_for(boss, at=at) == services.Counts(waiting=2, overdue=1, own=2, untaken=1)
    assert services.counts_for(dinas, at=at) == services.Counts(waiting=3, overdue=1, own=0, untaken=2)


# Kept and forgotten --------------------------------------------------------------------------------------


def test_messages_and_notes_cannot_be_changed_or_deleted():
    boss = manager()
    one = ticket()
    services.add_note(ticket_id=one.pk, actor=boss, text="Rahasia", at=MONDAY)
    for model in (TicketMessage, TicketNote):
        for change in (lambda m: m.objects.update(text="x"), lambda m: m.objects.all().delete()):
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                change(model)


def test_a_copy_of_ones_data_holds_the_questions_and_no_notes():
    boss, asker = manager(), PesertaUserFactory()
    one = ticket(asker=asker, text="Pertanyaan TOKENSAYA")
    ticket(text="Milik orang lain")
    services.add_note(ticket_id=one.pk, actor=boss, text="TOKENRAHASIA", at=MONDAY)
    copy = rights.held_about(asker)
    assert [entry["number"] for entry in copy] == [one.number]
    assert copy[0]["messages"][0]["text"] == "Pertanyaan TOKENSAYA"
    assert "TOKENRAHASIA" not in str(copy)


def test_forgetting_leaves_no_word_and_every_count():
    boss, asker = manager(), PesertaUserFactory(display_name="TOKENHAPUS Nama")
    one = ticket(asker=asker, text="TOKENHAPUS tanya")
    services.answer(ticket_id=one.pk, actor=boss, text="TOKENHAPUS jawab", asks_back=False, at=MONDAY)
    services.add_note(ticket_id=one.pk, actor=boss, text="TOKENHAPUS catat", at=MONDAY)
    before = Ticket.objects.values_list("number", "status", "due_on", "center_id").get()
    assert rights.forget(user_id=asker.pk, actor=None, reason="Permintaan hapus data") == 1
    assert Ticket.objects.values_list("number", "status", "due_on", "center_id").get() == before
    with connection.cursor() as cursor:
        for table in ("helpdesk_ticket", "helpdesk_ticketmessage", "helpdesk_ticketnote"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", ["%TOKENHAPUS%"])
            assert cursor.fetchone()[0] == 0, table
    assert AuditEntry.objects.filter(action="data.disamarkan").count() == 2


def test_the_centre_of_a_ticket_stays_when_it_closes_down():
    manager()
    one = ticket()
    Center.objects.filter(pk=center().pk).update(status=Center.Status.TUTUP)
    assert reload(one).center_id == "P31.74.07"
