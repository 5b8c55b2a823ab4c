"""`/daftar/` as a citizen meets it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client

from accounts.models import User
from accounts.tests.factories import UserFactory
from core.clock import now
from core.models import OutboxMessage
from participants import registration
from participants.models import (
    Business,
    Consent,
    Enrollment,
    IdentityStatus,
    Person,
    RegistrationSubmission,
    StageTransition,
    Status,
)
from participants.tests.factories import (
    center_of,
    demo_phone,
    district_of,
    participant,
    synthetic_nik,
    village_of,
)

pytestmark = pytest.mark.django_db

PASSWORD = "tiga kata yang panjang"
NAMES = (
    "pathway", "nik", "no_nik_reason", "full_name", "birth_date", "gender", "phone", "email", "district",
    "village", "address", "business_name", "business_sector", "goal", "source", "password", "consent",
    "submission_id",
)  # fmt: skip


def valid(**changes: Any) -> dict[str, Any]:
    """A complete registration with an own NIK and phone; None takes a field away."""
    data = {
        "submission_id": str(uuid4()),
        "pathway": "mulai_usaha",
        "full_name": "Siti Rahmawati",
        "nik": synthetic_nik(gender="P"),
        "phone": demo_phone(),
        "district": "31.74.07",
        "address": "Jl. Wijaya Timur No. 12, RT 04/RW 02",
        "password": PASSWORD,
        "consent": "on",
    }
    return {name: value for name, value in (data | changes).items() if value is not None}


def post(client: Client, data: dict[str, Any], **extra: Any) -> Any:
    return client.post("/daftar/", data, **extra)


def html(response: Any) -> str:
    return response.content.decode()


def errors(response: Any) -> dict[str, str]:
    """Error texts by the name of the field they stand beside."""
    found = re.findall(r'id="id_([a-z_]+)-e">.*?<span>(.*?)</span>', html(response), re.DOTALL)
    return dict(found)


def rows_written() -> int:
    tables = (
        User,
        Person,
        Enrollment,
        StageTransition,
        Consent,
        Business,
        RegistrationSubmission,
        OutboxMessage,
    )
    return sum(table.objects.count() for table in tables)


@pytest.fixture(autouse=True)
def _center() -> None:
    center_of()


def test_the_empty_form_shows_every_field_and_an_own_submission_id(client: Client) -> None:
    page = html(client.get("/daftar/"))
    for name in NAMES:
        assert f'name="{name}"' in page, name
    ids = [re.search(r'submission_id" value="([^"]+)"', html(client.get("/daftar/")))[1] for _ in range(2)]
    assert ids[0] != ids[1]
    assert UUID(ids[0])


def test_a_link_may_choose_the_path(client: Client) -> None:
    assert 'value="naik_kelas" checked' in html(client.get("/daftar/?jalur=naik_kelas"))
    assert " checked" not in html(client.get("/daftar/?jalur=%00<script>"))


def test_a_registration_stores_everything_and_leads_to_the_number_signed_in(client: Client) -> None:
    data = valid(email="Siti@Contoh.ID", goal="Punya warung", source="Tetangga")
    response = post(client, data)
    assert (response.status_code, response["Location"]) == (303, "/daftar/berhasil/")

    person = Person.objects.get()
    enrollment = Enrollment.objects.get()
    assert person.nik() == data["nik"]
    assert person.phone() == "+62" + data["phone"][3:]
    assert (person.gender, person.birth_date.strftime("%d%m%y")) == (
        "P",
        f"{int(data['nik'][6:8]) - 40:02d}{data['nik'][8:12]}",
    )
    assert person.identity_status == IdentityStatus.DIKETIK
    assert person.identity_entered_by is None
    assert re.fullmatch(r"OK-\d\d-\d{6}", enrollment.number)
    assert (enrollment.center_id, enrollment.status, enrollment.is_center_fallback) == (
        "P31.74.07",
        Status.AKTIF,
        False,
    )
    assert (enrollment.goal, enrollment.source, enrollment.agency_id) == ("Punya warung", "Tetangga", None)
    assert (enrollment.zone, enrollment.version) == ("Asia/Jakarta", 1)
    assert {consent.purpose for consent in person.consents.all()} == {"program", "pengingat"}

    user = person.user
    assert (user.login_number, user.email, user.display_name) == (
        enrollment.number,
        "siti@contoh.id",
        "Siti Rahmawati",
    )
    assert user.check_password(PASSWORD)
    assert user.phone() == person.phone()

    page = client.get("/daftar/berhasil/")
    assert page.status_code == 200
    assert enrollment.number in html(page)
    assert "Pusat OK OCE Kebayoran Baru" in html(page)
    assert "Paling lambat" in html(page)
    assert int(client.session["_auth_user_id"].replace("-", ""), 16) == user.pk.int


def test_the_first_row_of_the_log_carries_the_dimensions_of_the_day(client: Client) -> None:
    post(client, valid(pathway="cari_kerja"))
    enrollment = Enrollment.objects.get()
    row = StageTransition.objects.get()
    assert (row.kind, row.version, row.from_stage, row.to_stage) == ("daftar", 1, "", "pendaftaran")
    assert (row.district_code, row.center_code, row.pathway) == ("31.74.07", "P31.74.07", "cari_kerja")
    assert (row.gender, row.birth_year) == ("P", enrollment.person.birth_date.year)
    assert (row.local_day, row.cohort_year) == (enrollment.registered_on, enrollment.cohort_year)
    assert row.actor_id == enrollment.person.user_id


def test_one_message_is_written_for_the_new_participant(client: Client) -> None:
    post(client, valid())
    message = OutboxMessage.objects.get()
    assert message.ids["kind"] == "pendaftaran_diterima"
    assert message.recipient_id == Person.objects.get().user_id


def test_the_session_gets_a_new_key(client: Client) -> None:
    client.get("/daftar/")
    session = client.session
    session["before"] = 1
    session.save()
    client.cookies["sessionid"] = session.session_key
    post(client, valid())
    assert client.session.session_key != session.session_key


def test_the_password_is_the_only_value_an_invalid_form_forgets(client: Client) -> None:
    before = rows_written()
    data = valid(nik="317407450690000", email="siti@contoh.id", goal="Warung", consent=None)
    response = post(client, data)
    page = html(response)
    assert response.status_code == 422
    assert "<title>Galat: Daftar" in page
    for name in ("full_name", "nik", "phone", "email", "address", "goal", "submission_id"):
        assert f'value="{data[name]}"' in page, name
    assert 'value="mulai_usaha" checked' in page
    assert PASSWORD not in page
    found = errors(response)
    assert found["nik"].startswith("NIK harus 16 angka. Yang Anda tulis baru 15 angka.")
    assert found["password"].startswith("Ketik lagi kata sandi")
    assert found["consent"].startswith("Centang kotak ini")
    assert 'href="#id_nik"' in page
    assert rows_written() == before
    assert "no-store" in response["Cache-Control"]


def test_a_chosen_kecamatan_stays_chosen_when_something_else_is_wrong(client: Client) -> None:
    page = html(post(client, valid(consent=None)))
    assert re.search(r'name="district" value="31.74.07"[^>]* checked', page)
    assert "Kebayoran Baru" in page


def test_a_name_that_fits_several_kecamatan_is_answered_with_choices(client: Client) -> None:
    district_of("31.74.05")
    response = post(client, valid(district="kebayoran"))
    page = html(response)
    assert response.status_code == 422
    assert 'type="radio" name="district" value="31.74.07"' in page
    assert 'type="radio" name="district" value="31.74.05"' in page
    assert "Ada 2 kecamatan yang cocok" in page
    assert "Kota Jakarta Selatan" in page
    assert 'name="district_name"' in page


def test_a_typed_name_that_fits_one_kecamatan_is_enough(client: Client) -> None:
    response = post(client, valid(district="  kebayoranbaru "))
    assert response.status_code == 303
    assert Enrollment.objects.get().district_id == "31.74.07"


def test_another_name_wins_over_the_choice(client: Client) -> None:
    district_of("31.74.05")
    post(client, valid(district="31.74.07", district_name="Kebayoran Lama"))
    assert Enrollment.objects.get().district_id == "31.74.05"


def test_the_live_search_choice_wins_over_the_typed_letters(client: Client) -> None:
    post(client, valid(district="keb", district_pick="31.74.07"))
    assert Enrollment.objects.get().district_id == "31.74.07"


def test_an_unknown_kecamatan_tells_what_was_typed(client: Client) -> None:
    response = post(client, valid(district="Xqzwvjk"))
    assert response.status_code == 422
    assert "Belum ketemu kecamatan “Xqzwvjk”" in errors(response)["district"]
    assert 'value="Xqzwvjk"' in html(response)


def test_the_kelurahan_is_found_by_name_inside_the_kecamatan(client: Client) -> None:
    village = village_of()
    post(client, valid(village=f"Kel. {village.name.upper()}"))
    assert Enrollment.objects.get().village_id == village.pk


def test_a_kelurahan_of_another_kecamatan_is_refused(client: Client) -> None:
    response = post(client, valid(village="Tidakadadesaini"))
    assert "Belum ketemu kelurahan" in errors(response)["village"]


def test_without_an_open_center_the_nearest_one_of_the_kota_serves(client: Client) -> None:
    home = district_of("31.74.05")
    response = post(client, valid(district=home.pk))
    assert response.status_code == 303
    enrollment = Enrollment.objects.get()
    assert (enrollment.center_id, enrollment.is_center_fallback) == ("P31.74.07", True)
    assert "Ini pusat terdekat" in html(client.get("/daftar/berhasil/"))


def test_without_any_center_in_the_kota_the_person_waits_in_the_zone_of_home(client: Client) -> None:
    district_of("91.71.01")
    post(client, valid(district="91.71.01"))
    enrollment = Enrollment.objects.get()
    assert (enrollment.status, enrollment.center_id) == (Status.MENUNGGU_PUSAT, None)
    assert enrollment.zone == "Asia/Jayapura"
    assert "Belum ada pusat yang buka" in html(client.get("/daftar/berhasil/"))


def test_without_a_nik_a_reason_birth_date_and_gender_are_asked(client: Client) -> None:
    response = post(client, valid(nik=None, no_nik_reason="KTP belum jadi"))
    assert set(errors(response)) == {"birth_date", "gender", "password"}
    assert "<details open>" in html(response)
    response = post(
        client, valid(nik=None, no_nik_reason="KTP belum jadi", birth_date="31/05/2000", gender="P")
    )
    assert response.status_code == 303
    person = Person.objects.get()
    assert (person.nik_index, person.no_nik_reason, str(person.birth_date)) == (
        None,
        "KTP belum jadi",
        "2000-05-31",
    )


def test_neither_nik_nor_reason_is_refused(client: Client) -> None:
    assert "Belum punya NIK?" in errors(post(client, valid(nik=None)))["nik"]


def test_data_that_differ_from_the_nik_are_kept_as_warnings_for_the_officer(client: Client) -> None:
    response = post(client, valid(nik="9999994506900000", birth_date="1991-07-06", gender="L"))
    assert response.status_code == 303
    person = Person.objects.get()
    assert person.nik_warnings == ["awalan_tidak_dikenal", "tanggal_lahir_berbeda", "jenis_kelamin_berbeda"]
    assert (str(person.birth_date), person.gender) == ("1991-07-06", "L")


@pytest.mark.parametrize(
    "written", ["3174 0745 0690 0000", "3174.0745.0690.0000", "３１７４０７４５０６９０００００"]
)
def test_a_nik_may_be_written_in_groups(client: Client, written: str) -> None:
    assert post(client, valid(nik=written)).status_code == 303
    assert Person.objects.get().nik() == "3174074506900000"


def test_business_answers_count_only_for_businesses(client: Client) -> None:
    post(client, valid(business_name="Warung Siti", business_sector="bukan-bidang"))
    assert not Business.objects.exists()
    client = Client()
    response = post(
        client, valid(pathway="naik_kelas", business_name="Warung Siti", business_sector="kuliner")
    )
    assert response.status_code == 303
    business = Business.objects.get()
    assert (business.name, business.sector) == ("Warung Siti", "kuliner")


def test_a_known_nik_leads_to_the_neutral_page_and_tells_its_owner_once_a_day(client: Client) -> None:
    known = participant()
    before = Person.objects.count()
    for _ in range(2):
        response = post(client, valid(nik=known.person.nik()))
        assert (response.status_code, response["Location"]) == (303, "/daftar/periksa/")
    assert Person.objects.count() == before
    message = OutboxMessage.objects.get()
    assert (message.recipient_id, message.ids["kind"]) == (known.person.user_id, "pendaftaran_dicoba_lagi")
    assert "_auth_user_id" not in client.session


def test_every_reason_leads_to_the_same_neutral_answer() -> None:
    known = participant(person__full_name="Budi Santoso").person
    without_nik = {"nik": None, "no_nik_reason": "Hilang", "birth_date": "31/05/2000", "gender": "P"}
    reasons = (
        valid(nik=known.nik()),
        valid(phone=known.phone(), **without_nik),
        valid(phone=known.phone(), full_name="budi  SANTOSO"),
        valid(email=known.user.email, full_name="Budi Santoso"),
    )
    answers = []
    for data in reasons:
        response = post(Client(), data)
        headers = {name: value for name, value in response.items() if name != "Content-Security-Policy"}
        answers.append((response.status_code, response.content, headers))
    assert answers[0][0] == 303
    assert answers[0][2]["Location"] == "/daftar/periksa/"
    assert all(answer == answers[0] for answer in answers)


def test_a_household_shares_a_phone_and_the_second_person_signs_in_with_the_number(client: Client) -> None:
    first = participant(person__full_name="Budi Santoso")
    phone = first.person.phone()
    response = post(client, valid(full_name="Siti Santoso", phone=phone))
    assert response.status_code == 303
    second = Person.objects.get(full_name="Siti Santoso")
    assert second.phone() == phone
    assert second.user.phone_index is None
    assert second.user.login_number == second.enrollments.get().number
    page = html(client.get("/daftar/berhasil/"))
    assert "Masuk dengan nomor ini dan kata sandi" in page
    assert User.objects.get(pk=first.person.user_id).phone() == phone


def test_the_same_name_at_the_same_phone_is_held(client: Client) -> None:
    first = participant(person__full_name="Budi Santoso")
    response = post(client, valid(full_name="budi  santoso", phone=first.person.phone()))
    assert response["Location"] == "/daftar/periksa/"
    assert Person.objects.count() == 1


def test_a_known_phone_without_a_nik_is_held(client: Client) -> None:
    first = participant(person__full_name="Budi Santoso")
    data = valid(
        nik=None, no_nik_reason="Hilang", birth_date="31/05/2000", gender="P", phone=first.person.phone()
    )
    assert post(client, data)["Location"] == "/daftar/periksa/"


def test_an_email_of_somebody_else_is_left_out_and_nobody_is_told_about_it(client: Client) -> None:
    UserFactory(email="bersama@contoh.id", display_name="Kakak")
    response = post(client, valid(email="bersama@contoh.id"))
    assert response.status_code == 303
    assert Person.objects.get().user.email is None


def test_a_repeated_submission_gives_the_same_answer(client: Client) -> None:
    data = valid()
    first = post(client, data)
    again = post(client, data)
    assert (first.status_code, first["Location"]) == (again.status_code, again["Location"])
    assert (Person.objects.count(), OutboxMessage.objects.count()) == (1, 1)


def test_a_repeat_with_the_old_token_after_signing_in_gives_the_same_answer() -> None:
    client = Client(enforce_csrf_checks=True)
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', html(client.get("/daftar/")))[1]
    data = valid(csrfmiddlewaretoken=token)
    first = post(client, data)
    again = post(client, data)
    assert (first.status_code, first["Location"]) == (303, "/daftar/berhasil/")
    assert (again.status_code, again["Location"]) == (303, "/daftar/berhasil/")
    assert Person.objects.count() == 1


def test_another_browser_with_the_same_submission_learns_nothing(client: Client) -> None:
    data = valid()
    post(client, data)
    other = Client()
    response = post(other, data)
    assert (response.status_code, response["Location"]) == (303, "/daftar/periksa/")
    assert "_auth_user_id" not in other.session


def test_after_signing_out_the_computer_is_another_browser(client: Client) -> None:
    data = valid()
    client.get("/daftar/")
    post(client, data)
    client.post("/keluar/")
    response = post(client, data)
    assert response["Location"] == "/daftar/periksa/"
    assert "_auth_user_id" not in client.session


def test_a_late_repeat_does_not_sign_in(client: Client, time_machine: Any) -> None:
    data = valid()
    client.get("/daftar/")
    post(client, data)
    del client.cookies["sessionid"]
    time_machine.move_to(now() + timedelta(minutes=11))
    response = post(client, data)
    assert (response.status_code, response["Location"]) == (303, "/masuk/")


def test_an_outdated_token_keeps_what_was_typed_and_can_be_sent_again() -> None:
    client = Client(enforce_csrf_checks=True)
    data = valid(csrfmiddlewaretoken="x" * 64, goal="Warung di rumah")
    response = post(client, data)
    page = html(response)
    assert response.status_code == 403
    assert "terbuka terlalu lama" in page
    for name in ("full_name", "nik", "phone", "address", "goal", "submission_id"):
        assert f'value="{data[name]}"' in page, name
    assert PASSWORD not in page
    data["csrfmiddlewaretoken"] = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    assert post(client, data).status_code == 303


def test_a_form_of_another_site_is_not_shown_with_its_values() -> None:
    client = Client(enforce_csrf_checks=True)
    response = post(client, valid(full_name="Penipu"), headers={"Origin": "https://jahat.example"})
    assert response.status_code == 403
    assert "Penipu" not in html(response)


def test_the_success_page_needs_an_enrollment(client: Client) -> None:
    assert client.get("/daftar/berhasil/").status_code == 303
    client.force_login(UserFactory(), backend="accounts.backends.LoginBackend")
    response = client.get("/daftar/berhasil/")
    assert (response.status_code, response["Location"]) == (303, "/daftar/")


def test_the_browser_cookie_is_for_this_browser_alone(client: Client) -> None:
    cookie = client.get("/daftar/").cookies["okoce_browser"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["max-age"]
    assert "okoce_browser" not in client.get("/daftar/").cookies


def test_a_registration_needs_few_statements(
    django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    """The kecamatan once a minute; the look-up and all rows between the marks of a transaction."""
    for statements in (5, 4):
        client = Client()
        data = valid()
        with django_assert_num_queries(statements):
            assert client.post("/daftar/", data).status_code == 303
        assert Session.objects.filter(pk=client.cookies["sessionid"].value).exists()
    with django_assert_max_num_queries(20):
        client.get("/daftar/berhasil/")


def test_who_was_signed_in_leaves_before_the_new_person_comes() -> None:
    client = Client()
    client.force_login(UserFactory(), backend="accounts.backends.LoginBackend")
    before = client.cookies["sessionid"].value
    assert client.post("/daftar/", valid()).status_code == 303
    assert client.session["_auth_user_id"] == str(Person.objects.get().user_id)
    assert not Session.objects.filter(pk=before).exists()
    assert Session.objects.count() == 1


def test_the_form_asks_the_database_nothing(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        client.get("/daftar/")


def test_people_without_a_nik_are_not_asked_for_a_ktp() -> None:
    client = Client()
    data = valid(nik="", no_nik_reason="KTP hilang", birth_date="31/05/1990", gender="P")
    assert client.post("/daftar/", data).status_code == 303
    page = html(client.get("/daftar/berhasil/"))
    assert "Tunjukkan KTP" not in page
    assert "misalnya KK, akta lahir" in page


def test_the_answer_names_the_centre_to_ask() -> None:
    center = center_of()
    center.whatsapp = "+628120000017"
    center.save(update_fields=["whatsapp"])
    client = Client()
    client.post("/daftar/", valid())
    page = html(client.get("/daftar/berhasil/"))
    help_box = page[page.index('id="bantuan"') :]
    assert center.name in help_box
    assert 'href="https://wa.me/628120000017"' in help_box


def test_the_answer_says_what_to_take_along_and_nothing_where_no_centre_is_open(client: Client) -> None:
    without_nik = {"nik": None, "no_nik_reason": "Hilang", "birth_date": "31/05/1990", "gender": "P"}
    for changes, things in (
        ({"pathway": "cari_kerja"}, ["KTP", "Nomor pendaftaran ini"]),
        ({"pathway": "naik_kelas"}, ["KTP", "Nomor pendaftaran ini", "Surat usaha bila ada, misalnya NIB"]),
        (without_nik, ["Surat yang ada: KK, akta lahir, atau surat kelurahan", "Nomor pendaftaran ini"]),
    ):
        one = Client()
        assert post(one, valid(**changes)).status_code == 303
        assert one.get("/daftar/berhasil/").context["bring"] == things
    district_of("91.71.01")
    post(client, valid(district="91.71.01"))
    assert "Yang dibawa" not in html(client.get("/daftar/berhasil/"))


def test_optional_questions_wait_folded_until_something_stands_in_them(client: Client) -> None:
    def part(page: str) -> str:
        return re.search(r"<details[^>]*><summary>Ceritakan tujuan Anda", page)[0]

    assert " open>" not in part(html(client.get("/daftar/")))
    assert " open>" not in part(html(post(client, {})))
    assert " open>" in part(html(post(client, {"goal": "Warung di rumah"})))
    assert " open>" in part(html(post(client, {"source": "x" * 200})))


def test_a_form_that_met_a_fault_may_be_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The token against forged forms is a new one only once somebody is signed in by it."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', html(client.get("/daftar/")))
    assert token is not None
    form = valid(csrfmiddlewaretoken=token[1])

    def fail(_rows: object) -> None:
        raise OperationalError("server closed the connection")

    with monkeypatch.context() as broken:
        broken.setattr(registration, "insert_together", fail)
        assert post(client, form).status_code == 500
    before = client.cookies["csrftoken"].value
    assert post(client, form).status_code == 303
    assert client.cookies["csrftoken"].value != before
