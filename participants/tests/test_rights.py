"""Data rights: one's own page, consents that count at once, requests with a clock, two people for erasure."""

from __future__ import annotations

import io
import json
import threading
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from accounts.models import Role, User
from accounts.tests.factories import PASSWORD, staff
from core import outbox
from core.clock import local_day, now
from core.formats import day
from core.models import AuditEntry, OutboxMessage, StoredFile
from core.validators import local_phone
from notifications.models import Notification
from notifications.services import notify
from participants import portability, rights, services
from participants.models import (
    Consent,
    ConsentPurpose,
    DataRequest,
    Enrollment,
    IdentityDocument,
    Person,
    RequestKind,
    RequestStatus,
    StageTransition,
    Status,
)
from participants.refusals import NotYours, Refused
from participants.tests.factories import PersonFactory, center_of, demo_phone, participant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    """Roles alone are the question here; MFA has tests of its own."""
    settings.DEMO_MODE = True


@pytest.fixture
def enrollment() -> Enrollment:
    return participant(center=center_of(), goal="Warung sendiri")


@pytest.fixture
def person(enrollment: Enrollment) -> Person:
    return enrollment.person


@pytest.fixture
def manager(enrollment: Enrollment) -> User:
    return staff(Role.PENGELOLA, enrollment.center_id, is_demo=True, display_name="Maya Kusuma")


def signed_in(user: User | None) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.LoginBackend")
    return client


def ask(person: Person, kind: str = RequestKind.KOREKSI, **fields: Any) -> DataRequest:
    """A request by its own act."""
    if kind == RequestKind.HAPUS:
        return rights.request_erasure(person_id=person.pk, actor=person.user, reason="", at=now())
    wished = {"full_name": "", "birth_date": None, "gender": "", "address": "Jl. Baru 9", "phone": ""}
    return rights.request_correction(
        person_id=person.pk, actor=person.user, reason="", at=now(), **(wished | fields)
    )


# What is held, and who opened it ---------------------------------------------------------------------------


def test_the_page_lists_what_is_held_with_masks(enrollment: Enrollment, person: Person) -> None:
    text = signed_in(person.user).get("/saya/data/").content.decode()
    for shown in (person.full_name, person.address, person.nik_mask, person.phone_mask, "Warung sendiri"):
        assert shown in text
    assert person.nik() not in text
    assert person.phone() not in text
    assert local_phone(person.phone()) not in text


def test_the_photo_of_the_ktp_is_among_what_is_held(enrollment: Enrollment, person: Person) -> None:
    client = signed_in(person.user)
    assert "Foto KTP" in client.get("/saya/data/").content.decode()
    content = io.BytesIO()
    Image.new("RGB", (80, 50), "#cdd").save(content, "JPEG")
    photo = SimpleUploadedFile("ktp.jpg", content.getvalue(), "image/jpeg")
    assert client.post("/saya/ktp/", {"file": photo}).status_code == 303
    sent = day(local_day(IdentityDocument.objects.get(person=person).uploaded_at, enrollment.zone))
    assert f"Dikirim {sent}" in client.get("/saya/data/").content.decode()
    answer = client.post("/saya/data/unduh/", {"kind": "json", "password": PASSWORD})
    held = {part["kode"]: part["isi"] for part in json.loads(answer.content)["bagian"]}
    assert held["identitas"][0]["sidik_foto_KTP_sha256"] == StoredFile.objects.get().sha256


def test_nik_and_phone_open_with_the_password_only(person: Person) -> None:
    client = signed_in(person.user)
    wrong = client.post("/saya/data/buka/", {"password": "bukan-sandinya"})
    assert wrong.status_code == 422
    assert person.nik() not in wrong.content.decode()
    right = client.post("/saya/data/buka/", {"password": PASSWORD})
    assert person.nik() in right.content.decode()
    assert local_phone(person.phone()) in right.content.decode()
    assert "no-store" in right["Cache-Control"]
    assert AuditEntry.objects.filter(action="data.buka_sendiri", object_id=str(person.pk)).count() == 1


def test_what_is_opened_again_on_a_day_is_one_line() -> None:
    def opened(at: str, reason: str = "Menelepon") -> rights.Opening:
        return rights.Opening(datetime.fromisoformat(at), "Maya Kusuma", "Pengelola pusat", reason)

    found = rights.by_day(
        [
            opened("2026-11-27T16:59:00+00:00", "Mengirim surat"),
            opened("2026-11-27T16:58:00+00:00"),
            opened("2026-11-26T17:00:00+00:00"),  # midnight in Jakarta
            opened("2026-11-26T16:59:00+00:00"),
        ],
        "Asia/Jakarta",
    )
    assert [(row.reason, row.times) for row in found] == [
        ("Mengirim surat", 1), ("Menelepon", 2), ("Menelepon", 1),
    ]  # fmt: skip


def test_the_page_counts_openings_of_a_day(person: Person) -> None:
    for minute in (1, 2):
        AuditEntry.objects.create(
            at=datetime.fromisoformat(f"2026-03-02T03:0{minute}:00+00:00"),
            action="data.buka",
            actor_label="Maya Kusuma",
            object_type=person._meta.label_lower,
            object_id=str(person.pk),
            reason="Menelepon",
        )
    page = signed_in(person.user).get("/saya/data/").content.decode()
    assert "Menelepon (2 kali)" in page and page.count("Maya Kusuma") == 1


def test_the_eleventh_password_is_not_even_checked(person: Person) -> None:
    client = signed_in(person.user)
    answers = [
        client.post("/saya/data/buka/", {"password": f"salah-{n}-sekali"}).status_code for n in range(11)
    ]
    assert answers == [422] * 10 + [429]
    assert client.post("/saya/data/unduh/", {"password": PASSWORD, "kind": "json"}).status_code == 429


def test_the_person_reads_who_opened_the_data_and_why(
    enrollment: Enrollment, person: Person, manager: User
) -> None:
    other = participant(center=center_of())
    services.reveal(enrollment_id=enrollment.pk, actor=manager, reason="Menelepon soal jadwal kelas")
    services.reveal(enrollment_id=other.pk, actor=manager, reason="Tentang orang lain")
    text = signed_in(person.user).get("/saya/data/").content.decode()
    for shown in ("Maya Kusuma", "Pengelola pusat", "Menelepon soal jadwal kelas"):
        assert shown in text
    assert "Tentang orang lain" not in text


def test_statements_do_not_grow_with_what_is_listed(
    person: Person, enrollment: Enrollment, manager: User
) -> None:
    client = signed_in(person.user)

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get("/saya/data/").status_code == 200
        return len(queries)

    count()
    services.reveal(enrollment_id=enrollment.pk, actor=manager, reason="Satu")
    ask(person)
    first = count()
    for number in range(20):
        services.reveal(enrollment_id=enrollment.pk, actor=manager, reason=f"Alasan {number}")
    ask(person, RequestKind.HAPUS)
    assert count() == first <= 20


# Consents --------------------------------------------------------------------------------------------------


def remind(enrollment: Enrollment, key: str) -> None:
    """Queue a reminder as the nightly run does."""
    notify(
        user_id=enrollment.person.user_id,
        kind="diam_peserta",
        ids={
            "enrollment": str(enrollment.pk),
            "since": enrollment.last_activity_at.astimezone().date().isoformat(),
        },
        dedupe_key=key,
    )


@pytest.fixture
def silent(enrollment: Enrollment) -> Enrollment:
    """Somebody whose last news fell on one and the same day in every zone."""
    at = (now() - timedelta(days=20)).replace(hour=6, minute=0)
    Enrollment.objects.filter(pk=enrollment.pk).update(last_activity_at=at)
    enrollment.refresh_from_db()
    return enrollment


def test_a_queued_reminder_is_not_delivered_after_the_consent_is_withdrawn(silent: Enrollment) -> None:
    remind(silent, "satu")
    outbox.relay()
    assert Notification.objects.filter(kind="diam_peserta").count() == 1
    remind(silent, "dua")
    answer = signed_in(silent.person.user).post("/saya/data/persetujuan/pengingat/")
    assert answer.status_code == 303
    assert not OutboxMessage.objects.filter(done_at=None, ids__kind="diam_peserta").exists()
    # Even one that is queued in spite of it, by a run that had looked before, goes nowhere.
    remind(silent, "tiga")
    outbox.relay()
    assert Notification.objects.filter(kind="diam_peserta").count() == 1


def test_an_email_of_a_reminder_is_not_sent_after_the_consent_is_withdrawn(
    silent: Enrollment, settings: Any, mailoutbox: list[Any]
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    User.objects.filter(pk=silent.person.user_id).update(email="siti@example.com")
    remind(silent, "satu")
    outbox.relay()
    assert OutboxMessage.objects.filter(kind="email", done_at=None).count() == 1
    rights.withdraw_reminders(person_id=silent.person_id, actor=silent.person.user, at=now())
    while outbox.relay():
        pass
    assert mailoutbox == []
    rights.give_consent(
        person_id=silent.person_id, purpose=ConsentPurpose.PENGINGAT, actor=silent.person.user, at=now()
    )
    remind(silent, "empat")
    while outbox.relay():
        pass
    assert len(mailoutbox) == 1


def test_a_consent_is_given_again_with_the_version_of_today(person: Person) -> None:
    client = signed_in(person.user)
    client.post("/saya/data/persetujuan/pengingat/")
    assert "Anda tidak menerima pengingat" in client.get("/saya/data/").content.decode()
    client.post("/saya/data/persetujuan/pengingat/", {"beri": "1"})
    client.post("/saya/data/persetujuan/pengingat/", {"beri": "1"})
    rows = Consent.objects.filter(person=person, purpose="pengingat").order_by("given_at")
    assert [row.withdrawn_at is None for row in rows] == [False, True]
    assert rows.last().text_version == "2026-1"


def test_withdrawing_the_programme_explains_first_and_ends_the_way_when_answered(
    enrollment: Enrollment, person: Person, manager: User
) -> None:
    client = signed_in(person.user)
    tapped = client.post("/saya/data/persetujuan/program/")
    assert tapped["Location"] == "/saya/data/berhenti/"
    assert Consent.objects.given().filter(person=person, purpose="program").exists()
    assert "tidak boleh memakai data Anda" in client.get("/saya/data/berhenti/").content.decode()
    assert client.post("/saya/data/berhenti/", {"kind": "henti"}).status_code == 303
    assert not Consent.objects.given().filter(person=person).exists()
    request = DataRequest.objects.get(person=person, kind="henti")
    assert request.owner == manager
    answered = signed_in(manager).post(f"/hak-data/{request.pk}/", {"decision": "setuju", "answer": ""})
    assert answered.status_code == 303
    enrollment.refresh_from_db()
    assert enrollment.status == Status.BERHENTI
    last = StageTransition.objects.filter(enrollment=enrollment).latest("version")
    assert (last.kind, last.reason) == ("berhenti", "Menarik persetujuan ikut program")


def test_agreeing_again_takes_the_open_end_back(enrollment: Enrollment, person: Person) -> None:
    client = signed_in(person.user)
    client.post("/saya/data/berhenti/", {"kind": "henti"})
    client.post("/saya/data/persetujuan/program/", {"beri": "1"})
    assert DataRequest.objects.get(person=person).status == RequestStatus.DIBATALKAN
    enrollment.refresh_from_db()
    assert enrollment.status == Status.AKTIF


# The file --------------------------------------------------------------------------------------------------


def test_the_data_come_as_json_made_for_this_request_alone(
    enrollment: Enrollment, person: Person, manager: User
) -> None:
    services.reveal(enrollment_id=enrollment.pk, actor=manager, reason="Menelepon")
    person.businesses.create(name="Dapur =Siti", capital=5_000_000)
    answer = signed_in(person.user).post("/saya/data/unduh/", {"kind": "json", "password": PASSWORD})
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert "no-store" in answer["Cache-Control"]
    held = {part["kode"]: part["isi"] for part in json.loads(answer.content)["bagian"]}
    assert held["identitas"][0]["NIK"] == person.nik()
    assert held["identitas"][0]["nomor_HP"] == person.phone()
    assert held["keikutsertaan"][0]["nomor"] == enrollment.number
    assert held["usaha"][0]["nama"] == "Dapur =Siti"
    assert held["pembukaan"][0]["alasan"] == "Menelepon"
    assert {row["untuk"] for row in held["persetujuan"]} == set(ConsentPurpose.labels)
    assert not StoredFile.objects.exists()
    assert AuditEntry.objects.filter(action="data.unduh", actor_id=person.user_id).exists()


def test_the_readable_document_takes_any_text_as_text(enrollment: Enrollment, person: Person) -> None:
    hostile = '#panic("x") \\ $a$ `b` *c* @d <e> "quote" '
    Enrollment.objects.filter(pk=enrollment.pk).update(goal=hostile)
    answer = signed_in(person.user).post("/saya/data/unduh/", {"kind": "pdf", "password": PASSWORD})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert len(answer.content) > 8_000


def test_no_file_without_the_password(person: Person) -> None:
    answer = signed_in(person.user).post("/saya/data/unduh/", {"kind": "json", "password": "salah-sandinya"})
    assert answer.status_code == 422
    assert person.nik() not in answer.content.decode()


# Corrections -----------------------------------------------------------------------------------------------


def test_a_correction_is_written_when_granted_and_counts_stay(
    enrollment: Enrollment, person: Person, manager: User
) -> None:
    phone, old_phone = demo_phone(), person.phone()
    sent = signed_in(person.user).post(
        "/saya/data/perbaiki/",
        {
            "full_name": "Siti Aminah", "birth_date": "31/05/1999", "gender": "P", "address": person.address,
            "phone": local_phone(phone), "reason": "Salah ketik",
        },
    )  # fmt: skip
    assert sent.status_code == 303
    request = DataRequest.objects.get(person=person)
    assert request.changes == {"full_name": "Siti Aminah", "birth_date": "1999-05-31"}
    page = signed_in(manager).get(f"/hak-data/{request.pk}/").content.decode()
    assert "Siti Aminah" in page
    assert "31 Mei 1999" in page
    assert phone not in page
    before = list(StageTransition.objects.filter(enrollment=enrollment).values("gender", "birth_year"))
    rights.grant(request_id=request.pk, actor=manager, at=now())
    person.refresh_from_db()
    assert (person.full_name, person.birth_date, person.phone()) == ("Siti Aminah", date(1999, 5, 31), phone)
    assert person.nik_warnings == ["tanggal_lahir_berbeda"]
    assert User.objects.find_by_login(phone) == person.user
    assert User.objects.find_by_login(old_phone or "") is None
    assert User.objects.get(pk=person.user_id).display_name == "Siti Aminah"
    after = list(StageTransition.objects.filter(enrollment=enrollment).values("gender", "birth_year"))
    assert after == before


def test_a_phone_of_somebody_else_signs_in_nobody_new(person: Person, manager: User) -> None:
    other = PersonFactory()
    request = ask(person, address="", phone=other.phone())
    rights.grant(request_id=request.pk, actor=manager, at=now())
    person.refresh_from_db()
    assert person.phone() == other.phone()
    assert User.objects.find_by_login(other.phone() or "") == other.user


def test_nothing_different_is_no_request(person: Person) -> None:
    Person.objects.filter(pk=person.pk).update(full_name="Siti Aminah")
    same = rights.stored_values(Person.objects.get(pk=person.pk))
    answer = signed_in(person.user).post(
        "/saya/data/perbaiki/",
        {"full_name": same["full_name"], "birth_date": same["birth_date"], "gender": same["gender"],
         "address": same["address"], "phone": local_phone(person.phone()), "reason": ""},
    )  # fmt: skip
    assert answer.status_code == 422
    assert "Belum ada yang berbeda" in answer.content.decode()
    assert not DataRequest.objects.exists()


HOSTILE = (
    "\0", "\ud800", "\u202eabc", "a" * 20_000, "31740712345678", "3174071205900001", "081200001234",
    "1e10", "-1", "32/13/2000", "2000-02-30", "01/02/03", "٣١٧٤", "<script>", "=1+1", "P\nL", "null", "%00",
)  # fmt: skip


def post_raw(client: Client, address: str, fields: dict[str, Any]) -> Any:
    """A POST whose bytes arrive as they are."""
    return client.post(address, urlencode(fields), content_type="application/x-www-form-urlencoded")


@pytest.mark.parametrize("field", ["full_name", "birth_date", "gender", "address", "phone", "reason"])
@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_corrections_end_in_an_error_or_a_clean_request(
    person: Person, field: str, value: str
) -> None:
    fields = {"full_name": "Siti Baru", "birth_date": "31/05/1999", "gender": "P", "address": "Jl. B 1"}
    sent = fields | {"phone": "", "reason": ""} | {field: value.encode("utf-8", "surrogatepass")}
    answer = post_raw(signed_in(person.user), "/saya/data/perbaiki/", sent)
    assert answer.status_code in (303, 422)
    if answer.status_code == 422:
        assert not DataRequest.objects.exists()
    else:
        stored = json.dumps(DataRequest.objects.get().changes) + DataRequest.objects.get().reason
        assert "3174071205900001" not in stored
        assert "081200001234" not in stored


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_answers_write_nothing(person: Person, manager: User, value: str) -> None:
    request = ask(person)
    raw = value.encode("utf-8", "surrogatepass")
    client = signed_in(manager)
    address = f"/hak-data/{request.pk}/"
    assert post_raw(client, address, {"decision": raw, "answer": "baik"}).status_code == 422
    refusal = post_raw(client, address, {"decision": "tidak-ada", "answer": raw})
    assert refusal.status_code == 422
    query = urlencode({"q": raw[:4_000], "status": raw[:400], "jenis": raw[:400], "sesudah": raw[:400]})
    assert client.get(f"/hak-data/?{query}").status_code == 200
    own = signed_in(person.user)
    post_raw(own, "/saya/data/persetujuan/program/", {"beri": raw})
    for page in ("unduh", "buka", "berhenti", "hapus"):
        answer = post_raw(own, f"/saya/data/{page}/", {"kind": raw, "password": raw, "reason": raw})
        assert answer.status_code == 422, page
    assert DataRequest.objects.count() == 1
    assert Consent.objects.given().filter(person=person).count() == 2
    request.refresh_from_db()
    assert request.is_open


# Requests and their clock ----------------------------------------------------------------------------------


def test_both_sides_see_number_owner_and_the_hours_left(person: Person, manager: User) -> None:
    start = now()
    request = ask(person)
    for hours, words in ((1, "Sisa 71 jam dari 72"), (60, "Sisa 12 jam dari 72"), (74, "Lewat 2 jam")):
        with time_machine.travel(start + timedelta(hours=hours, seconds=30), tick=False):
            for user, address in (
                (person.user, "/saya/data/"),
                (manager, "/hak-data/"),
                (manager, f"/hak-data/{request.pk}/"),
            ):
                text = signed_in(user).get(address).content.decode()
                assert words in text, (hours, address)
                assert request.number in text
                assert "Maya Kusuma" in text
    assert f"HD-{local_day(start):%y}-" in request.number


def test_the_person_and_the_owner_are_told(person: Person, manager: User) -> None:
    request = ask(person)
    rights.refuse(request_id=request.pk, actor=manager, answer="KTP belum dibawa", at=now())
    while outbox.relay():
        pass
    told = dict(Notification.objects.values_list("kind", "body"))
    assert set(told) == {"hak_data_diterima", "hak_data_masuk", "hak_data_dijawab"}
    assert told["hak_data_dijawab"] == (
        "Permintaan perbaikan data Anda belum bisa dipenuhi. Jawaban petugas: KTP belum dibawa."
    )
    assert "KTP belum dibawa" in signed_in(person.user).get("/saya/data/").content.decode()


def test_one_open_request_of_a_kind(person: Person) -> None:
    ask(person, RequestKind.HAPUS)
    with pytest.raises(Refused, match="sudah ada"):
        ask(person, RequestKind.HAPUS)
    assert DataRequest.objects.count() == 1


def test_own_requests_are_cancelled_and_foreign_ones_are_not_there(person: Person) -> None:
    request = ask(person, RequestKind.HAPUS)
    stranger = participant(center=center_of()).person
    address = f"/saya/data/permintaan/{request.number}/batal/"
    assert signed_in(stranger.user).post(address).status_code == 404
    assert signed_in(person.user).post(address).status_code == 303
    request.refresh_from_db()
    assert request.status == RequestStatus.DIBATALKAN


def test_nobody_answers_for_themselves_or_without_the_role(person: Person, enrollment: Enrollment) -> None:
    request = ask(person)
    for actor in (
        person.user,
        staff(Role.PENDAMPING, enrollment.center_id),
        staff(Role.DINAS, "31"),
        staff(Role.PENGELOLA, "P31.74.05"),
    ):
        with pytest.raises(NotYours):
            rights.grant(request_id=request.pk, actor=actor, at=now())
    with pytest.raises(NotYours):
        rights.request_erasure(person_id=person.pk, actor=staff(Role.ADMIN, "ID"), reason="", at=now())


def test_a_refusal_says_why(person: Person, manager: User) -> None:
    request = ask(person)
    answer = signed_in(manager).post(f"/hak-data/{request.pk}/", {"decision": "tolak", "answer": "  "})
    assert answer.status_code == 422
    request.refresh_from_db()
    assert request.is_open


def test_an_erasure_asks_before_and_waits_for_the_second(person: Person, manager: User) -> None:
    client = signed_in(person.user)
    assert client.post("/saya/data/hapus/", {"reason": "x"}).status_code == 422
    assert client.post("/saya/data/hapus/", {"reason": "Pindah", "ya": "1"}).status_code == 303
    request = DataRequest.objects.get(person=person)
    admin = staff(Role.ADMIN, "ID", is_demo=True)
    signed_in(manager).post(f"/hak-data/{request.pk}/", {"decision": "setuju", "answer": ""})
    request.refresh_from_db()
    assert (request.status, request.owner) == (RequestStatus.MENUNGGU_KEDUA, admin)
    again = signed_in(manager).post(f"/hak-data/{request.pk}/", {"decision": "setuju", "answer": ""})
    assert again.status_code == 422
    done = signed_in(admin).post(f"/hak-data/{request.pk}/", {"decision": "setuju", "answer": ""})
    assert done.status_code == 303
    person.refresh_from_db()
    assert person.erased_at is not None
    assert signed_in(admin).get(f"/hak-data/{request.pk}/").status_code == 200
    assert signed_in(admin).get(f"/peserta/{person.pk}/").status_code == 404


def test_the_queue_is_the_same_price_for_many(enrollment: Enrollment, manager: User) -> None:
    client = signed_in(manager)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/hak-data/").status_code == 200
        return len(queries)

    ask(enrollment.person)
    count()
    first = count()
    for _ in range(30):
        ask(participant(center=center_of()).person)
    assert count() == first <= 12
    page = client.get("/hak-data/").content.decode()
    assert page.count("HD-") == 25
    assert "Berikutnya" in page


def test_every_act_stays_within_its_statements(person: Person, manager: User) -> None:
    """30 for a POST. Two read or write everything about a person and have limits of their own: the download
    one statement for each of its parts, erasure once in a life and all or nothing."""
    own, admin = signed_in(person.user), staff(Role.ADMIN, "ID", is_demo=True)
    fields = {"full_name": "Siti Aminah", "gender": "P", "address": "Jl. A 1", "phone": "0812-0000-9999"}

    def cost(client: Client, address: str, data: dict[str, str], status: int = 303) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.post(address, data).status_code == status, address
        return len(queries)

    found = {
        "reveal": cost(own, "/saya/data/buka/", {"password": PASSWORD}, 200),
        "download": cost(own, "/saya/data/unduh/", {"password": PASSWORD, "kind": "json"}, 200),
        "withdraw": cost(own, "/saya/data/persetujuan/pengingat/", {}),
        "give": cost(own, "/saya/data/persetujuan/pengingat/", {"beri": "1"}),
        "correct": cost(own, "/saya/data/perbaiki/", fields),
    }
    request = DataRequest.objects.get(kind=RequestKind.KOREKSI)
    agree = {"decision": "setuju", "answer": ""}
    found["grant"] = cost(signed_in(manager), f"/hak-data/{request.pk}/", agree)
    found["erase"] = cost(own, "/saya/data/hapus/", {"ya": "1", "reason": ""})
    request = DataRequest.objects.get(kind=RequestKind.HAPUS)
    found["cancel"] = cost(own, f"/saya/data/permintaan/{request.number}/batal/", {})
    found["leave"] = cost(own, "/saya/data/berhenti/", {"kind": "hapus"})
    request = DataRequest.objects.open().get()
    found["first"] = cost(signed_in(manager), f"/hak-data/{request.pk}/", agree)
    assert found.pop("download") <= len(portability.section_codes()) + 12
    assert {name: number for name, number in found.items() if number > 30} == {}
    assert cost(signed_in(admin), f"/hak-data/{request.pk}/", agree) <= 200


def test_filters_and_the_number_find_a_request(person: Person, manager: User) -> None:
    request = ask(person)
    rights.refuse(request_id=request.pk, actor=manager, answer="Belum", at=now())
    client = signed_in(manager)
    assert request.number not in client.get("/hak-data/").content.decode()
    for query in (
        {"status": "ditolak"},
        {"status": "semua"},
        {"q": request.number},
        {"q": request.number[-6:]},
    ):
        assert request.number in client.get("/hak-data/", query).content.decode(), query
    assert (
        request.number not in client.get("/hak-data/", {"jenis": "hapus", "status": "semua"}).content.decode()
    )


@pytest.mark.django_db(transaction=True)
def test_pressed_twice_at_once_makes_one_request() -> None:
    person = participant(center=center_of()).person
    barrier, results = threading.Barrier(2), []

    def press() -> None:
        try:
            barrier.wait(10)
            ask(person, RequestKind.HAPUS)
            results.append("made")
        except Refused:
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["made", "refused"]
    assert DataRequest.objects.count() == 1
