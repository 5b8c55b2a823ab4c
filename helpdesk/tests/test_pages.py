"""The pages: asking with and without account, following up, the queue and the staff's acts."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core import mail
from django.test import Client

from accounts.models import Role, User
from accounts.tests.factories import PesertaUserFactory
from core import outbox
from core.models import OutboxMessage
from helpdesk import services
from helpdesk.codes import canonical_number, code_of
from helpdesk.models import Desk, Kind, Ticket, TicketMessage, TicketStatus, Topic
from helpdesk.tests.factories import MONDAY, center, manager, officer, ticket
from notifications.models import Notification

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    """Roles alone are the question here; MFA has tests of its own."""
    settings.DEMO_MODE = True


@pytest.fixture(autouse=True)
def monday() -> Any:
    """Monday, 10.00 WIB."""
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


def valid(**changes: Any) -> dict[str, Any]:
    """What a person without account sends."""
    return {
        "kind": "keluhan",
        "topic": "perizinan",
        "text": "NIB saya belum keluar sejak bulan lalu.",
        "district": "31.74.07",
        "name": "Siti Contoh",
        "phone": "0812-0000-1234",
        "email": "",
        "submission_id": str(uuid4()),
        **changes,
    }


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.LoginBackend")
    return client


def page(answer: Any) -> str:
    """What somebody reads, white space folded."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def errors(answer: Any) -> set[str]:
    return set(answer.context["form"].errors)


# Asking --------------------------------------------------------------------------------------------------


def test_somebody_without_account_gets_number_code_owner_and_limit():
    manager(display_name="Maya Kusuma")
    client = Client()
    assert client.get("/bantuan/").status_code == 200
    answer = client.post("/bantuan/", valid())
    one = Ticket.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == f"/bantuan/{one.number}/"
    text = page(client.get(answer["Location"]))
    for words in (
        one.number,
        code_of(one.pk),
        "Maya Kusuma",
        "Hari ke-1, paling lambat Rabu, 25 November 2026",
    ):
        assert words in text
    assert "NIB saya belum keluar" in text


def test_the_address_written_in_small_letters_without_dashes_is_the_same_page():
    client = Client()
    client.post("/bantuan/", valid())
    number = Ticket.objects.get().number
    assert client.get(f"/bantuan/{number.replace('-', '').lower()}/").status_code == 200


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"phone": ""}, {"phone"}),
        ({"phone": "", "email": "siti@contoh.id"}, set()),
        ({"phone": "", "checks_self": "on"}, set()),
        ({"district": ""}, set()),
        ({"district": "Kebayoran"}, {"district"}),
        ({"text": ""}, {"text"}),
        ({"name": ""}, {"name"}),
        ({"kind": "", "topic": ""}, {"kind", "topic"}),
        ({"submission_id": ""}, {"submission_id"}),
    ],
)
def test_what_is_missing_is_said_beside_the_field(changes, wrong):
    answer = Client().post("/bantuan/", valid(**changes))
    if not wrong:
        assert answer.status_code == 303
        assert Ticket.objects.count() == 1
        return
    assert answer.status_code == 422
    assert errors(answer) == wrong
    assert not Ticket.objects.exists()
    if "text" not in wrong:
        assert "NIB saya belum keluar" in answer.content.decode(), "what was typed stays"


def test_several_kecamatan_are_offered_and_one_is_chosen():
    answer = Client().post("/bantuan/", valid(district="Kebayoran"))
    assert 'value="31.74.07"' in answer.content.decode()
    chosen = Client().post("/bantuan/", valid(district="31.74.07"))
    assert chosen.status_code == 303


def test_the_link_of_a_centre_brings_its_kecamatan_along():
    place = center()
    link = f"/bantuan/?kecamatan={place.district_id}"
    assert link in Client().get(f"/pusat/{place.district_id}/").content.decode()
    assert "Kebayoran Baru, Kota Jakarta Selatan" in Client().get(link).content.decode()
    assert Client().get("/bantuan/?kecamatan=99.99.99").status_code == 200


def test_every_page_leads_to_the_question():
    assert "Tulis pertanyaan atau keluhan" in page(Client().get("/"))


def test_the_same_form_sent_twice_is_one_ticket_and_another_browser_learns_nothing():
    client, data = Client(), valid()
    client.get("/bantuan/")
    first, again = client.post("/bantuan/", data), client.post("/bantuan/", data)
    assert first["Location"] == again["Location"]
    stranger = Client().post("/bantuan/", data)
    assert (stranger.status_code, stranger["Location"]) == (303, "/bantuan/cek/")
    assert Ticket.objects.count() == 1


def test_whoever_is_signed_in_leaves_no_contact_and_finds_the_ticket_again():
    manager()
    asker = PesertaUserFactory()
    client = as_user(asker)
    assert 'name="phone"' not in client.get("/bantuan/").content.decode()
    data = valid()
    for name in ("name", "phone", "email"):
        data.pop(name)
    answer = client.post("/bantuan/", data)
    one = Ticket.objects.get()
    assert (one.asker, one.name, one.phone_mask) == (asker, asker.display_name, "")
    text = page(client.get(answer["Location"]))
    assert code_of(one.pk) not in text, "the account is the key"
    assert one.number in page(client.get("/bantuan/"))


def test_too_many_questions_from_one_address_wait_but_a_repeated_one_does_not(monkeypatch):
    from accounts import lockout
    from helpdesk.views import public

    monkeypatch.setattr(public, "ASKED_PER_ADDRESS", lockout.Limit(2, timedelta(hours=1)))
    data = valid()
    client = Client()
    client.get("/bantuan/")
    assert client.post("/bantuan/", data).status_code == 303
    assert client.post("/bantuan/", valid()).status_code == 303
    refused = client.post("/bantuan/", valid())
    assert (refused.status_code, int(refused["Retry-After"])) == (429, 3601)
    assert "Coba lagi mulai pukul 11.00 WIB" in page(refused)
    assert "NIB saya belum keluar" in refused.content.decode()
    assert client.post("/bantuan/", data).status_code == 303
    assert Ticket.objects.count() == 2


def test_the_limit_for_one_address_is_wide_enough_for_a_carrier():
    from helpdesk.views import public

    assert public.ASKED_PER_ADDRESS.amount / (public.ASKED_PER_ADDRESS.window / timedelta(hours=1)) >= 100


# Following up --------------------------------------------------------------------------------------------


def test_number_and_code_open_it_on_another_phone_without_showing_the_code():
    one = ticket()
    phone = Client()
    code = code_of(one.pk)
    answer = phone.post(
        "/bantuan/cek/", {"number": one.number.lower(), "code": code.replace("-", " ").lower()}
    )
    assert (answer.status_code, answer["Location"]) == (303, f"/bantuan/{one.number}/")
    text = page(phone.get(answer["Location"]))
    assert one.number in text
    assert code not in text


def test_the_browser_forgets_after_two_hours(monday):
    one = ticket()
    phone = Client()
    phone.post("/bantuan/cek/", {"number": one.number, "code": code_of(one.pk)})
    monday.move_to(MONDAY + timedelta(hours=2))
    assert phone.get(f"/bantuan/{one.number}/").status_code == 303


def test_wrong_code_foreign_ticket_and_missing_ticket_answer_alike():
    one, other = ticket(), ticket()
    bodies = set()
    for number, code in (
        (one.number, "AAAA-AAAA"),
        (one.number, code_of(other.pk)),
        ("B-26-999999", code_of(one.pk)),
        ("apa saja", "QQQQ-QQQQ"),
    ):
        answer = Client().post("/bantuan/cek/", {"number": number, "code": code})
        assert answer.status_code == 422
        assert errors(answer) == {"code"}
        text = answer.content.decode().replace(number, "").replace(code, "")
        bodies.add(re.sub(r'(nonce|value)="[^"]*"', "", text))
    assert len(bodies) == 1
    for user in (None, PesertaUserFactory(), manager("P73.71.01")):
        client = as_user(user) if user else Client()
        shown = {
            client.get(f"/bantuan/{number}/")["Location"].split("=")[0]
            for number in (one.number, "B-26-999999")
        }
        assert shown == {"/bantuan/cek/?nomor"}


def test_ten_wrong_codes_close_the_number_for_a_quarter_of_an_hour(monday):
    one, other = ticket(), ticket()
    for second in range(10):
        monday.move_to(MONDAY + timedelta(seconds=second))
        assert Client().post("/bantuan/cek/", {"number": one.number, "code": "XXXX-XXXX"}).status_code == 422
    right = {"number": one.number, "code": code_of(one.pk)}
    assert Client().post("/bantuan/cek/", right).status_code == 429
    fine = Client().post("/bantuan/cek/", {"number": other.number, "code": code_of(other.pk)})
    assert fine.status_code == 303, "other numbers go on"
    monday.move_to(MONDAY + timedelta(minutes=16))
    assert Client().post("/bantuan/cek/", right).status_code == 303


def test_a_reply_of_the_asker_and_one_too_late():
    boss = manager()
    one = ticket()
    services.answer(ticket_id=one.pk, actor=boss, text="Sudah kami urus.", asks_back=False, at=MONDAY)
    services.close(ticket_id=one.pk, actor=boss, text="", at=MONDAY)
    client = Client()
    client.post("/bantuan/cek/", {"number": one.number, "code": code_of(one.pk)})
    text = page(client.get(f"/bantuan/{one.number}/"))
    assert "Buka lagi" in text
    assert "Bisa sampai Senin, 7 Desember 2026" in text
    answer = client.post(f"/bantuan/{one.number}/", {"text": "Belum beres."}, follow=True)
    assert "Giliran petugas" in page(answer)
    assert Ticket.objects.get().status == TicketStatus.BARU


def test_the_page_of_an_old_closed_ticket_offers_a_new_question(monday):
    boss = manager()
    one = ticket()
    services.answer(ticket_id=one.pk, actor=boss, text="Sudah kami urus.", asks_back=False, at=MONDAY)
    services.close(ticket_id=one.pk, actor=boss, text="", at=MONDAY)
    monday.move_to(MONDAY + 15 * DAY)
    client = Client()
    client.post("/bantuan/cek/", {"number": one.number, "code": code_of(one.pk)})
    assert "Tulis yang baru" in page(client.get(f"/bantuan/{one.number}/"))
    answer = client.post(f"/bantuan/{one.number}/", {"text": "Masih belum."}, follow=True)
    assert "sudah lama ditutup" in page(answer)
    assert TicketMessage.objects.count() == 2


@pytest.mark.parametrize("text", ["b26000123", "B-26-000123", " b 26 000123 ", "B.26.000123"])
def test_a_number_in_any_spelling(text):
    assert canonical_number(text) == "B-26-000123"


@pytest.mark.parametrize("text", ["", "B-26-123", "26-000123", "B-26-" + "9" * 400, "B-٢٦-000123", "B\0"])
def test_what_is_no_number(text):
    assert canonical_number(text) == ""


def test_codes_are_eight_letters_of_the_printable_alphabet_and_differ():
    codes = {code_of(uuid4()) for _ in range(300)}
    assert len(codes) == 300
    assert all(
        re.fullmatch(r"[ACDEFGHJKMNPQRTUVWXY34679]{4}-[ACDEFGHJKMNPQRTUVWXY34679]{4}", c) for c in codes
    )


# The staff's side ----------------------------------------------------------------------------------------


def test_the_queue_shows_the_most_overdue_first_and_only_the_scope(monday):
    boss = manager()
    manager("P73.71.01")
    late = ticket(kind=Kind.KELUHAN, name="Orang Terlambat")
    monday.move_to(MONDAY + 3 * DAY)
    fresh = ticket(name="Orang Baru", at=MONDAY + 3 * DAY)
    foreign = ticket(place="73.71.01", name="Orang Makassar")
    answer = as_user(boss).get("/antrean-bantuan/")
    numbers = [row["ticket"].number for row in answer.context["rows"]]
    assert numbers == [late.number, fresh.number]
    text = page(answer)
    assert "Lewat 1 hari" in text
    assert "2 perlu dijawab" in text
    assert "1 lewat batas" in text
    assert foreign.number not in text


def test_the_filters_narrow_the_queue(monday):
    boss = manager()
    question, complaint = ticket(name="Ani Wijaya"), ticket(kind=Kind.KELUHAN, topic=Topic.DATA, name="Budi")
    services.answer(ticket_id=question.pk, actor=boss, text="Begini.", asks_back=False, at=MONDAY)
    monday.move_to(MONDAY + 4 * DAY)
    client = as_user(boss)

    def found(query: str) -> set[str]:
        return {row["ticket"].number for row in client.get(f"/antrean-bantuan/?{query}").context["rows"]}

    assert found("") == {complaint.number}
    assert found("status=dijawab") == {question.number}
    assert found("status=terbuka") == {question.number, complaint.number}
    assert found("q=wijaya") == {question.number}
    assert found(f"q={complaint.number.lower()}") == {complaint.number}
    assert found("jenis=pertanyaan") == set()
    assert found("perihal=data") == {complaint.number}
    assert found("lewat=on") == {complaint.number}
    assert found("pemilik=belum") == {complaint.number}
    assert found("wilayah=31.74") == {complaint.number}
    assert found("wilayah=32") == set()
    assert found("status=tidak-ada") == {complaint.number}, "an unknown filter is not used"


def test_pages_by_key_reach_every_ticket_once_and_back():
    boss = manager()
    numbers = [ticket(at=MONDAY + number * timedelta(minutes=1)).number for number in range(60)]
    client, seen, address = as_user(boss), [], "/antrean-bantuan/"
    while address:
        context = client.get(address).context
        seen.append([row["ticket"].number for row in context["rows"]])
        address = f"/antrean-bantuan/{context['next_url']}" if context["next_url"] else ""
        previous = context["previous_url"]
    assert sorted(number for rows in seen for number in rows) == sorted(numbers)
    assert [len(rows) for rows in seen] == [25, 25, 10]
    back = client.get(f"/antrean-bantuan/{previous}").context
    assert [row["ticket"].number for row in back["rows"]] == seen[1]


def test_the_contact_is_a_mask_for_all_and_a_whatsapp_link_for_the_owner_alone():
    boss, mate = manager(), manager()
    one = ticket(phone="0812-0000-1234")
    before = as_user(boss).get(f"/antrean-bantuan/{one.number}/").content.decode()
    assert "0812-••••-•1234" in before
    assert "wa.me/6281200001234" not in before
    as_user(boss).post(f"/antrean-bantuan/{one.number}/ambil/")
    after = as_user(boss).get(f"/antrean-bantuan/{one.number}/").content.decode()
    assert "https://wa.me/6281200001234?text=Halo%20Siti" in after
    assert "wa.me/6281200001234" not in as_user(mate).get(f"/antrean-bantuan/{one.number}/").content.decode()


def test_answer_note_hand_over_and_close_through_the_pages():
    boss, coach, asker = manager(), officer(Role.PENDAMPING, "P31.74.07"), PesertaUserFactory()
    one = ticket(asker=asker)
    client, base = as_user(boss), f"/antrean-bantuan/{one.number}/"
    empty = client.post(f"{base}jawab/", {"text": ""})
    assert (empty.status_code, empty.context["answer_form"].errors.keys()) == (422, {"text"})
    assert client.post(f"{base}tutup/", {"text": ""}).status_code == 422, "not before the answer"
    assert client.post(f"{base}catatan/", {"catatan-text": "Cek ke PTSP"}).status_code == 303
    reason = {"to": f"orang:{coach.pk}", "reason": "Peserta dampingannya"}
    assert client.get(f"{base}serahkan/").status_code == 200
    assert client.post(f"{base}serahkan/", reason).status_code == 303
    other = as_user(coach)
    assert "Cek ke PTSP" in page(other.get(base))
    answer = other.post(f"{base}jawab/", {"text": "NIB terbit besok."}, follow=True)
    assert "Jawaban terkirim" in page(answer)
    mine = page(as_user(asker).get(f"/bantuan/{one.number}/"))
    assert "NIB terbit besok." in mine
    assert "Cek ke PTSP" not in mine, "notes are for the staff"
    assert other.post(f"{base}tutup/", {"text": "Selesai"}).status_code == 303
    assert Ticket.objects.get().status == TicketStatus.SELESAI


def test_handing_over_to_another_centre_asks_for_the_kecamatan():
    boss, other = manager(), manager("P31.71.01")
    one = ticket()
    client, address = as_user(boss), f"/antrean-bantuan/{one.number}/serahkan/"
    missing = client.post(address, {"to": "pusat", "reason": "Rumahnya di sana"})
    assert (missing.status_code, errors(missing)) == (422, {"district"})
    moved = client.post(address, {"to": "pusat", "district": "Gambir", "reason": "Rumahnya di sana"})
    assert (moved.status_code, moved["Location"]) == (303, "/antrean-bantuan/")
    assert Ticket.objects.get().owner == other


def test_an_answer_reaches_the_inbox_of_an_account_and_the_mailbox_of_others(monday):
    boss, asker = manager(), PesertaUserFactory(email="asker@contoh.id")
    own, foreign = ticket(asker=asker), ticket(email="tamu@contoh.id", phone="")
    for one in (own, foreign):
        services.answer(ticket_id=one.pk, actor=boss, text="Begini caranya.", asks_back=False, at=MONDAY)
    monday.move_to(MONDAY + timedelta(minutes=1))
    for _ in range(3):
        outbox.relay()
    assert not OutboxMessage.objects.filter(done_at=None).exists()
    note = Notification.objects.get(recipient=asker, kind="bantuan_dijawab")
    assert (note.url, "Begini caranya." in note.body) == (f"/bantuan/{own.number}/", True)
    letters = {letter.to[0]: letter.body for letter in mail.outbox if letter.subject.startswith("Jawaban")}
    assert "Begini caranya." in letters["asker@contoh.id"]
    assert f"/bantuan/{foreign.number}/" in letters["tamu@contoh.id"]
    assert code_of(foreign.pk) not in letters["tamu@contoh.id"]


def test_a_complaint_about_staff_cannot_be_given_to_the_centre_on_the_page():
    manager()
    dinas = officer(Role.DINAS, "31")
    one = ticket(kind=Kind.KELUHAN, topic=Topic.PETUGAS)
    content = as_user(dinas).get(f"/antrean-bantuan/{one.number}/serahkan/").content.decode()
    assert "Pusat lain" not in content
    assert Ticket.objects.get().desk == Desk.DINAS
    forged = as_user(dinas).post(
        f"/antrean-bantuan/{one.number}/serahkan/", {"to": "pusat", "district": "31.74.07", "reason": "x"}
    )
    assert (forged.status_code, errors(forged)) == (422, {"to"})
