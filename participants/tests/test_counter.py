"""Mode loket: an officer registers the person at the desk."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import AccessCode, Role, User
from accounts.tests.factories import UserFactory, grant, staff
from core.models import AuditEntry
from participants.models import Consent, Enrollment, IdentityStatus, Person, Stage, StageTransition
from participants.tests.factories import center_of, demo_phone, district_of, participant, synthetic_nik
from participants.tests.test_registration_page import errors, html, rows_written

pytestmark = pytest.mark.django_db

CODE = re.compile(r"\b[ACDEFGHJKMNPQRTUVWXY34679]{4}-[ACDEFGHJKMNPQRTUVWXY34679]{4}\b")


def answers(**changes: Any) -> dict[str, Any]:
    data = {
        "submission_id": str(uuid4()),
        "pathway": "mulai_usaha",
        "full_name": "Siti Rahmawati",
        "nik": synthetic_nik(gender="P"),
        "phone": demo_phone(),
        "district": "31.74.07",
        "address": "Jl. Wijaya Timur No. 12",
        "consent": "on",
    }
    return {name: value for name, value in (data | changes).items() if value is not None}


def hidden(response: Any) -> dict[str, str]:
    """The values that travel on in a page."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html(response))
    return {name: value.replace("&#x27;", "'") for name, value in found if name != "csrfmiddlewaretoken"}


@pytest.fixture
def manager() -> User:
    center_of()
    return staff(Role.PENGELOLA, "P31.74.07", display_name="Maya Kusuma")


@pytest.fixture
def desk(manager: User) -> Client:
    return signed_in(manager)


def signed_in(user: User) -> Client:
    """A browser of somebody who is past the second factor, which is not what these tests are about."""
    User.objects.filter(pk=user.pk).update(is_demo=True)
    client = Client()
    client.force_login(user, backend="accounts.backends.LoginBackend")
    return client


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO_MODE = True


def register(desk: Client, **changes: Any) -> Any:
    """All three steps; the slip."""
    return desk.post("/loket/", answers(**changes) | {"step": "simpan"})


def test_only_managers_and_coaches_stand_at_the_counter() -> None:
    assert Client().get("/loket/").status_code == 303
    for role, scope, status in (
        (Role.PENGELOLA, "P31.74.07", 200),
        (Role.PENDAMPING, "P31.74.07", 200),
        (Role.DINAS, "31", 403),
        (Role.ADMIN, "ID", 403),
    ):
        assert signed_in(staff(role, scope)).get("/loket/").status_code == status, role
    assert signed_in(UserFactory()).get("/loket/").status_code == 403


def test_the_form_asks_no_password_and_lets_no_browser_remember(desk: Client) -> None:
    response = desk.get("/loket/")
    page = html(response)
    assert 'name="password"' not in page
    assert "no-store" in response["Cache-Control"]
    fields = re.findall(
        r"<input (?!type=\"(?:hidden|radio|checkbox))[^>]*>", page.split("<main")[1].split("</main")[0]
    )
    assert fields
    assert all('autocomplete="off"' in field for field in fields), fields


def test_everything_is_read_back_before_anything_is_stored(desk: Client) -> None:
    before = rows_written()
    data = answers(goal="Punya warung", saw_document="on")
    response = desk.post("/loket/", data | {"step": "periksa"})
    page = html(response)
    assert response.status_code == 200
    nik = data["nik"]
    for shown in (
        "Siti Rahmawati",
        f"{nik[:4]} {nik[4:8]} {nik[8:12]} {nik[12:]}",
        "Kebayoran Baru, Kota Jakarta Selatan",
        "Perempuan",
        "Punya warung",
        "Dilihat petugas",
    ):
        assert shown in page, shown
    assert "no-store" in response["Cache-Control"]
    assert rows_written() == before
    assert hidden(response)["submission_id"] == data["submission_id"]


def test_change_leads_back_with_all_values_and_save_prints_number_and_code(
    desk: Client, manager: User
) -> None:
    data = answers(full_name="Ra'uf Nasution", nik=synthetic_nik(), saw_document="on", email="rauf@contoh.id")
    summary = desk.post("/loket/", data | {"step": "periksa"})
    back = desk.post("/loket/", hidden(summary) | {"step": "ubah"})
    page = html(back)
    assert back.status_code == 200
    for name in ("nik", "phone", "address", "email"):
        assert f'value="{data[name]}"' in page, name
    assert "Ra&#x27;uf Nasution" in page

    slip = desk.post("/loket/", hidden(summary) | {"step": "simpan"})
    assert slip.status_code == 200
    enrollment = Enrollment.objects.get()
    page = html(slip)
    assert enrollment.number in page
    assert "Pusat OK OCE Kebayoran Baru" in page
    code = CODE.search(page)
    assert code
    assert "/lupa-sandi/kode/" in page

    person = enrollment.person
    assert person.nik() == data["nik"]
    assert (person.identity_status, person.identity_entered_by) == (IdentityStatus.DOKUMEN_DILIHAT, manager)
    assert not person.user.has_usable_password()
    assert set(Consent.objects.values_list("recorded_by", flat=True)) == {manager.pk}
    row = StageTransition.objects.get()
    assert (row.actor_id, row.actor_role) == (manager.pk, Role.PENGELOLA)
    assert AuditEntry.objects.filter(action="pendaftaran.dibantu", object_id=str(person.pk)).exists()


def test_without_the_tick_the_identity_stays_typed(desk: Client) -> None:
    register(desk)
    assert Person.objects.get().identity_status == IdentityStatus.DIKETIK


def test_the_operator_stays_signed_in_and_the_next_page_is_empty(desk: Client, manager: User) -> None:
    slip = register(desk, full_name="Budi Santoso", nik=synthetic_nik())
    assert 'href="/loket/"' in html(slip)
    assert desk.session["_auth_user_id"] == str(manager.pk)
    first, second = html(desk.get("/loket/")), html(desk.get("/loket/"))
    for page in (first, second):
        assert "Budi" not in page
        assert " checked" not in page
    ids = {re.search(r'submission_id" value="([^"]+)"', page)[1] for page in (first, second)}
    assert len(ids) == 2


def test_two_people_in_two_tabs_do_not_mix(desk: Client) -> None:
    one = desk.post("/loket/", answers(full_name="Budi Santoso", nik=synthetic_nik()) | {"step": "periksa"})
    other = desk.post("/loket/", answers(full_name="Siti Rahmawati") | {"step": "periksa"})
    desk.post("/loket/", hidden(other) | {"step": "simpan"})
    desk.post("/loket/", hidden(one) | {"step": "simpan"})
    found = {person.full_name: person.gender for person in Person.objects.all()}
    assert found == {"Budi Santoso": "L", "Siti Rahmawati": "P"}


def test_pressing_save_twice_registers_once_and_shows_the_code_once(desk: Client) -> None:
    data = answers() | {"step": "simpan"}
    assert CODE.search(html(desk.post("/loket/", data)))
    again = desk.post("/loket/", data)
    number = Enrollment.objects.get().number
    assert (again.status_code, again["Location"]) == (303, f"/loket/{number}/slip/")
    slip = html(desk.get(again["Location"]))
    assert number in slip
    assert not CODE.search(slip)


def test_somebody_without_nik_and_phone_can_be_registered(desk: Client) -> None:
    response = register(
        desk, nik=None, phone=None, no_nik_reason="Belum jadi", birth_date="31/05/2000", gender="P"
    )
    assert response.status_code == 200
    person = Person.objects.get()
    assert (person.nik_index, person.phone_index, person.user.phone_index) == (None, None, None)


def test_errors_keep_the_values(desk: Client) -> None:
    before = rows_written()
    response = desk.post("/loket/", answers(nik="123", consent=None) | {"step": "simpan"})
    assert response.status_code == 422
    assert set(errors(response)) == {"nik", "consent"}
    assert 'value="Siti Rahmawati"' in html(response)
    assert rows_written() == before


def test_a_known_nik_is_named_to_staff_in_charge(desk: Client) -> None:
    known = participant(person__full_name="Budi Santoso")
    response = register(desk, nik=known.person.nik())
    assert response.status_code == 409
    assert "Budi Santoso" in html(response)
    assert f"/peserta/{known.person_id}/" in html(response)
    assert Person.objects.count() == 1


def test_a_known_nik_of_another_center_is_not_named(desk: Client) -> None:
    known = participant(center="P73.71.01", person__full_name="Daeng Rahasia")
    response = register(desk, nik=known.person.nik())
    assert response.status_code == 409
    assert "Rahasia" not in html(response)
    assert str(known.person_id) not in html(response)


def test_the_own_center_serves_the_own_kecamatan(desk: Client, manager: User) -> None:
    center_of("P31.74.07-2", village_id=None, status="tutup")
    post = center_of("P31.74.05", address="Jl. Lain")
    grant(manager, Role.PENGELOLA, post.pk)
    register(desk, district="31.74.05")
    assert Enrollment.objects.get().center_id == "P31.74.05"


def test_elsewhere_the_common_rule_decides(desk: Client) -> None:
    district_of("73.71.01")
    center_of("P73.71.01")
    register(desk, district="73.71.01")
    enrollment = Enrollment.objects.get()
    assert (enrollment.center_id, enrollment.zone) == ("P73.71.01", "Asia/Makassar")


def test_a_coach_may_print_the_slip_of_somebody_just_registered_but_not_of_others() -> None:
    center_of()
    coach = staff(Role.PENDAMPING, "P31.74.07")
    desk = signed_in(coach)
    register(desk)
    number = Enrollment.objects.get().number
    assert desk.get(f"/loket/{number}/slip/").status_code == 200
    assert StageTransition.objects.get().actor_role == Role.PENDAMPING
    other = signed_in(staff(Role.PENDAMPING, "P31.74.07"))
    assert other.get(f"/loket/{number}/slip/").status_code == 404


def test_the_slip_of_a_foreign_person_is_like_a_missing_one(desk: Client) -> None:
    foreign = participant(center="P73.71.01")
    for number in (foreign.number, "OK-26-000000", "%00", "x" * 500):
        assert desk.get(f"/loket/{number}/slip/").status_code == 404, number


def test_a_new_code_needs_the_ktp_and_voids_the_old_one(desk: Client) -> None:
    register(desk)
    enrollment = Enrollment.objects.get()
    address = f"/loket/{enrollment.number}/slip/"
    refused = desk.post(address)
    assert refused.status_code == 422
    assert "Lihat dulu KTP" in html(refused)
    assert AccessCode.objects.count() == 1
    page = html(desk.post(address, {"seen": "on"}))
    assert CODE.search(page)
    codes = AccessCode.objects.filter(user=enrollment.person.user)
    assert codes.count() == 2
    assert codes.filter(voided_at=None).count() == 1


def test_the_code_opens_the_account(desk: Client) -> None:
    code = CODE.search(html(register(desk)))[0]
    number = Enrollment.objects.get().number
    citizen = Client()
    response = citizen.post(
        "/lupa-sandi/kode/", {"login": number, "code": code, "new_password": "kata sandi saya sendiri"}
    )
    assert response.status_code == 303
    assert citizen.session["_auth_user_id"] == str(Person.objects.get().user_id)
    assert Person.objects.get().user.has_usable_password()


def test_a_reset_code_is_printed_by_the_manager_after_seeing_the_ktp(desk: Client, manager: User) -> None:
    enrollment = participant(person__full_name="Budi Santoso")
    address = f"/peserta/{enrollment.person_id}/kode/"
    assert "Budi Santoso" in html(desk.get(address))
    assert desk.post(address).status_code == 422
    assert not AccessCode.objects.exists()
    page = html(desk.post(address, {"seen": "on"}))
    assert CODE.search(page)
    code = AccessCode.objects.get()
    assert (code.purpose, code.issued_by, code.user_id) == ("reset", manager, enrollment.person.user_id)
    assert AuditEntry.objects.filter(action="akun.kode_dicetak", actor_id=manager.pk).exists()


def test_the_assigned_coach_may_print_a_code_and_nobody_else() -> None:
    coach = staff(Role.PENDAMPING, "P31.74.07")
    enrollment = participant(stage=Stage.PELATIHAN, coach=coach)
    address = f"/peserta/{enrollment.person_id}/kode/"
    assert signed_in(coach).get(address).status_code == 200
    for role, scope, status in (
        (Role.PENDAMPING, "P31.74.07", 404),
        (Role.PENGELOLA, "P73.71.01", 404),
        (Role.DINAS, "31", 403),
    ):
        client = signed_in(staff(role, scope))
        assert client.get(address).status_code == status, role
        assert client.post(address, {"seen": "on"}).status_code == status, role
    assert signed_in(enrollment.person.user).get(address).status_code == 403
    assert not AccessCode.objects.exists()
    assert signed_in(staff(Role.PENGELOLA, "P31.74.07")).get(f"/peserta/{uuid4()}/kode/").status_code == 404


def test_the_counter_needs_few_statements(desk: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(30):
        register(desk)
    with django_assert_max_num_queries(20):
        desk.get(f"/loket/{Enrollment.objects.get().number}/slip/")


def test_a_known_nik_is_said_before_anything_is_read_aloud(desk: Client) -> None:
    known = participant(person__full_name="Rudi Hartono").person
    before = rows_written()
    response = desk.post("/loket/", answers(nik=known.nik(), address="Jl. Mawar 1") | {"step": "periksa"})
    page = html(response)
    assert response.status_code == 409
    assert "sudah terdaftar atas nama Rudi Hartono" in page
    assert f'href="/peserta/{known.pk}/"' in page
    assert 'value="Jl. Mawar 1"' in page or "Jl. Mawar 1</textarea>" in page
    assert "Bacakan dan periksa" not in page
    assert rows_written() == before
    assert AuditEntry.objects.filter(action="pendaftaran.nik_dikenal", object_id=str(known.pk)).exists()


def test_a_known_nik_of_somebody_elsewhere_is_told_in_neutral_words(desk: Client) -> None:
    known = participant(person__full_name="Rudi Hartono", center="P31.71.01").person
    page = html(desk.post("/loket/", answers(nik=known.nik()) | {"step": "periksa"}))
    assert "perlu diperiksa dulu" in page
    for secret in ("Rudi Hartono", str(known.pk), "sudah terdaftar"):
        assert secret not in page, secret
