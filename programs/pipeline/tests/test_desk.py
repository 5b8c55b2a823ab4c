"""The manager's desk: queue, coaches, transfer, full centres, people without a centre, photos of KTPs."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.models import Role, User
from accounts.tests.factories import staff
from centers.models import Center, CoachProfile, District
from core import files
from core.clock import now
from core.dated import rewriting_history
from core.models import AuditEntry, OutboxMessage, StoredFile
from participants import erasure, ktp, retention, services, takeback
from participants.models import (
    AssignmentEnd,
    CoachAssignment,
    Enrollment,
    IdentityDocument,
    IdentityStatus,
    RetentionKind,
    Stage,
    Status,
    Threshold,
)
from participants.refusals import NotYours, Refused
from participants.tests.factories import EnrollmentFactory, center_of, participant, village_of
from programs.pipeline import desk, moves, queues

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


@pytest.fixture
def center() -> Center:
    return center_of()


@pytest.fixture
def manager(center: Center) -> User:
    return staff(Role.PENGELOLA, center.code, is_demo=True)


def coach_at(center: Center, name: str, **fields: Any) -> CoachProfile:
    user = staff(Role.PENDAMPING, center.code, display_name=name, is_demo=True)
    return CoachProfile.objects.create(user=user, center=center, **fields)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.LoginBackend")
    return client


def picture(name: str = "ktp.jpg") -> SimpleUploadedFile:
    content = io.BytesIO()
    Image.new("RGB", (80, 50), "#cdd").save(content, "JPEG")
    return SimpleUploadedFile(name, content.getvalue(), "image/jpeg")


def attach(enrollment: Enrollment, actor: User) -> IdentityDocument:
    return ktp.attach_identity_document(
        enrollment_id=enrollment.pk,
        actor=actor,
        store_file=lambda: files.store_upload(picture(), owner=actor, kinds=files.IMAGE),
        at=now(),
    )


def names(user: User, **filters: Any) -> set[str]:
    return {row.person.full_name for row in queues.registrations(user, filters, at=now())}


# The queue ------------------------------------------------------------------------------------------------


def test_filters_find_what_is_missing(manager: User, center: Center) -> None:
    bare = EnrollmentFactory(person__full_name="Ani", goal="")
    EnrollmentFactory(person__full_name="Beni", goal="Warung")
    ready = participant(stage=Stage.PELATIHAN, person__full_name="Cici")
    Enrollment.objects.filter(pk=ready.pk).update(
        stage=Stage.PENDAFTARAN, coach=staff(Role.PENDAMPING, center.code), agency=_agency(ready)
    )
    assert names(manager) == {"Ani", "Beni", "Cici"}
    assert names(manager, kurang="tujuan") == {"Ani"}
    assert names(manager, kurang="pendamping") == {"Ani", "Beni"}
    assert names(manager, kurang="skpd") == {"Ani", "Beni"}
    assert names(manager, kurang="identitas") == {"Ani", "Beni"}
    assert names(manager, kurang="siap") == {"Cici"}
    assert names(manager, identitas="diverifikasi") == {"Cici"}
    assert names(manager, q=bare.number) == {"Ani"}


def _agency(enrollment: Enrollment) -> Any:
    from centers.models import Agency

    found = Agency.objects.for_area(enrollment.district_id).supervising().first()
    assert found is not None
    return found


def test_filters_find_warnings_of_the_nik_and_long_waiting(manager: User) -> None:
    EnrollmentFactory(person__full_name="Ani", person__nik_warnings=["jenis_kelamin_berbeda"])
    EnrollmentFactory(person__full_name="Beni", registered_at=now() - timedelta(days=8))
    assert names(manager, nik="ada") == {"Ani"}
    assert names(manager, nik="jenis_kelamin_berbeda") == {"Ani"}
    assert names(manager, nik="awalan_tidak_dikenal") == set()
    assert names(manager, nik="tanpa") == {"Beni"}
    assert names(manager, menunggu="7") == {"Beni"}
    assert names(manager, menunggu="14") == set()


def test_the_queue_says_warnings_in_words_and_turns_pages_by_key(manager: User) -> None:
    for number in range(queues.PAGE_SIZE + 1):
        EnrollmentFactory(
            person__full_name=f"Orang {number:02d}", registered_at=now() - timedelta(days=40 - number),
            person__nik_warnings=["tanggal_lahir_berbeda"] if number == 0 else [],
        )  # fmt: skip
    client = signed_in(manager)
    first = client.get("/antrean/")
    assert first.status_code == 200
    text = first.content.decode()
    assert "Tanggal lahir yang ditulis berbeda dengan tanggal di NIK." in text
    assert "Orang 00" in text and "Orang 25" not in text
    second = client.get("/antrean/" + first.context["next_url"]).content.decode()
    assert "Orang 25" in second and "Orang 00" not in second


@pytest.mark.parametrize(
    "query",
    [
        "kurang=%00&nik=x", "menunggu=-1", "menunggu=9999999999999", "pusat=x OR 1=1",
        "identitas=%F0%9F%98%80",
        "q=%00", "q=" + "a" * 5000, "sesudah=n99999999999999999.zz", "sesudah=%E2%80%AE", "nik=ada&nik=tanpa",
    ],
)  # fmt: skip
def test_nonsense_in_a_filter_is_not_an_error(manager: User, query: str) -> None:
    EnrollmentFactory()
    for path in ("/antrean/", "/antrean/bukti/", "/antrean/belum-diterima/", "/antrean/pendamping/"):
        assert signed_in(manager).get(f"{path}?{query}").status_code == 200, path


def test_people_of_other_centers_are_in_nobody_elses_queue(manager: User) -> None:
    EnrollmentFactory(center=center_of("P31.74.05"), person__full_name="Orang Lain")
    assert names(manager) == set()


# Coaches --------------------------------------------------------------------------------------------------


def test_the_suggested_coach_has_room_and_says_why(center: Center) -> None:
    village_of()
    busy = coach_at(center, "Budi", capacity=4)
    free = coach_at(center, "Ratna", capacity=25)
    off = coach_at(center, "Cuti", is_accepting=False)
    for _ in range(4):
        participant(stage=Stage.PELATIHAN, center=center, coach=busy.user)
    neighbour = participant(stage=Stage.PELATIHAN, center=center, coach=free.user)
    Enrollment.objects.filter(pk=neighbour.pk).update(village="31.74.07.1001")
    neighbour.person.businesses.create(name="Kue Ani", sector="kuliner")
    one = EnrollmentFactory(center=center, village=village_of())
    one.person.businesses.create(name="Dapur", sector="kuliner")
    options = desk.coach_options(one, at=now())
    assert [option.profile.pk for option in options] == [free.pk, busy.pk]
    assert off.pk not in {option.profile.pk for option in options}
    assert options[0].reasons[:3] == (
        "Masih 24 tempat.",
        "Mendampingi 1 orang di Melawai.",
        "Pernah mendampingi 1 usaha kuliner.",
    )
    assert "Sudah penuh." in options[1].reasons


def test_silent_people_speak_against_a_coach(center: Center) -> None:
    careless, careful = coach_at(center, "Andi"), coach_at(center, "Zul")
    long_ago = now() - timedelta(days=90)
    for coach, heard in ((careless, long_ago), (careful, now())):
        mentee = participant(stage=Stage.PELATIHAN, center=center, coach=coach.user)
        Enrollment.objects.filter(pk=mentee.pk).update(last_activity_at=heard)
    best, second = desk.coach_options(EnrollmentFactory(center=center), at=now())
    assert (best.profile, second.profile) == (careful, careless)
    assert "1 orangnya diam lewat batas." in second.reasons


def test_a_transfer_keeps_history_takes_sight_and_waits_for_acceptance(center: Center, manager: User) -> None:
    old, new = coach_at(center, "Lama"), coach_at(center, "Baru")
    one = participant(stage=Stage.PELATIHAN, center=center, coach=old.user)
    client, path = signed_in(manager), f"/peserta/{one.person_id}/pendamping/"
    sent = {"version": one.version, "coach": new.pk, "note": "Bisa dihubungi sesudah magrib."}
    refused = client.post(path, sent)
    assert refused.status_code == 422 and "dialihkan ke pendamping lain" in refused.content.decode()
    with pytest.raises(Refused, match="alasan"):
        services.assign_coach(enrollment_id=one.pk, actor=manager, coach=new.user, at=now())
    assert client.post(path, sent | {"reason": "Pindah tugas."}).status_code == 303
    history = client.get(f"/peserta/{one.person_id}/").content.decode()
    assert "Pendamping diganti" in history and "Pindah tugas." in history and "walau penuh" not in history
    first, second = CoachAssignment.objects.filter(enrollment=one).order_by("pk")
    assert (first.end_reason, first.ended_at) == (AssignmentEnd.DIALIHKAN, second.assigned_at)
    assert (second.coach, second.note, second.accepted_at) == (
        new.user, "Bisa dihubungi sesudah magrib.", None,
    )  # fmt: skip
    assert not Enrollment.objects.visible_to(old.user).filter(pk=one.pk).exists()
    assert signed_in(old.user).get(f"/peserta/{one.person_id}/").status_code == 404
    told = {(m.recipient_id, m.ids["kind"]) for m in OutboxMessage.objects.all()}
    assert (old.user_id, "tugas_dialihkan") in told
    assert (new.user_id, "peserta_baru") in told
    assert "sesudah magrib" in signed_in(new.user).get(f"/peserta/{one.person_id}/").content.decode()
    page = signed_in(manager).get(f"/peserta/{one.person_id}/pendamping/").content.decode()
    assert "dialihkan ke pendamping lain" in page
    assert "Bisa dihubungi sesudah magrib." in page


def test_a_full_coach_needs_a_reason(center: Center, manager: User) -> None:
    coach = coach_at(center, "Ratna", capacity=1)
    participant(stage=Stage.PELATIHAN, center=center, coach=coach.user)
    one = EnrollmentFactory(center=center)
    client, path = signed_in(manager), f"/peserta/{one.person_id}/pendamping/"
    refused = client.post(path, {"version": 1, "coach": coach.pk})
    assert refused.status_code == 422
    assert "Ratna sudah mendampingi 1 orang, daya tampungnya 1." in refused.content.decode()
    assert client.post(path, {"version": 1, "coach": coach.pk, "reason": "Satu kampung."}).status_code == 303
    entry = AuditEntry.objects.get(action="pendamping.tetapkan")
    assert entry.reason == "Satu kampung." and entry.detail["over"]


@pytest.mark.parametrize(
    ("assigned", "days", "today", "is_late"),
    [
        # 2026-11-20 is a Friday; the third working day after it is Wednesday the 25th.
        (date(2026, 11, 20), 3, date(2026, 11, 25), False),
        (date(2026, 11, 20), 3, date(2026, 11, 26), True),
        (date(2026, 11, 21), 3, date(2026, 11, 25), False),
        (date(2026, 11, 21), 3, date(2026, 11, 26), True),
        (date(2026, 11, 23), 3, date(2026, 11, 26), False),
    ],
)
def test_working_days_alone_count_until_a_task_is_late(
    assigned: date, days: int, today: date, is_late: bool
) -> None:
    assert (assigned <= desk.last_late_day(today, days)) is is_late


def test_a_task_nobody_accepted_shows_after_its_working_days(center: Center, manager: User) -> None:
    coach = coach_at(center, "Ratna")
    one = participant(stage=Stage.PELATIHAN, center=center, coach=coach.user)
    assigned = datetime(2026, 11, 20, 3, tzinfo=UTC)
    one.assignments.update(assigned_at=assigned, accepted_at=None)

    def late_on(day: int) -> bool:
        at = datetime(2026, 11, day, 3, tzinfo=UTC)
        return desk.unanswered(manager, at=at).filter(pk=one.pk).exists()

    assert [late_on(day) for day in (23, 25, 26)] == [False, False, True]
    with rewriting_history():
        Threshold.objects.filter(code="terima_tugas", stage=one.stage).update(value=10)
    assert not late_on(26)
    with rewriting_history():
        Threshold.objects.filter(code="terima_tugas", stage=one.stage).update(value=3)
    services.accept_assignment(enrollment_id=one.pk, actor=coach.user, at=assigned + timedelta(days=4))
    assert not late_on(26)


def test_the_default_days_have_a_source() -> None:
    rows = Threshold.objects.filter(code="terima_tugas")
    assert {row.stage for row in rows} == set(Stage.values)
    assert all(row.source for row in rows)


# Centres --------------------------------------------------------------------------------------------------


def test_the_load_of_a_center_is_people_active_against_capacity(center: Center, manager: User) -> None:
    Center.objects.filter(pk=center.pk).update(capacity=10)
    for _ in range(9):
        EnrollmentFactory(center=center)
    participant(stage=Stage.PELATIHAN, center=center, status=Status.BERHENTI)
    (row,) = desk.centers_of(manager, most=5)
    assert (row.load.active, row.load.capacity, row.load.is_near, row.load.is_full) == (9, 10, True, False)
    page = signed_in(manager).get("/antrean/pendamping/").content.decode()
    assert "Hampir penuh, sisa 1" in page


def test_a_full_center_takes_somebody_only_with_a_reason(center: Center) -> None:
    Center.objects.filter(pk=center.pk).update(capacity=1)
    EnrollmentFactory(center=center)
    one = EnrollmentFactory(center=None)
    dinas = staff(Role.DINAS, "31", is_demo=True)
    center.refresh_from_db()

    def place(reason: str = "") -> Enrollment:
        return moves.place_in_center(
            enrollment_id=one.pk, actor=dinas, version=1, center=center, reason=reason, at=now()
        )

    with pytest.raises(Refused, match="penuh"):
        place()
    assert place("Rumahnya di sebelah.").center_id == center.pk
    assert one.transitions.get(version=2).reason == "Pusat ditetapkan. Rumahnya di sebelah."


def test_a_center_of_another_province_is_refused(center: Center) -> None:
    one = EnrollmentFactory(center=None)
    with pytest.raises(Refused, match="provinsi lain"):
        moves.place_in_center(
            enrollment_id=one.pk, actor=staff(Role.ADMIN), version=1, center=center_of("P73.71.01"), at=now()
        )


def test_people_without_a_center_are_offered_the_nearest_in_one_tap(center: Center) -> None:
    District.objects.filter(pk="31.74.07").update(lat=-6.24, lng=106.80)
    District.objects.filter(pk="31.74.05").update(lat=-6.25, lng=106.78)
    District.objects.filter(pk="31.71.01").update(lat=-6.17, lng=106.82)
    near, far = center_of("P31.74.05"), center_of("P31.71.01")
    center_of("P73.71.01")
    Center.objects.filter(pk=center.pk).update(status=Center.Status.JEDA)
    one = EnrollmentFactory(center=None)
    one = Enrollment.objects.for_page().get(pk=one.pk)
    found = desk.nearest_centers([one])[one.pk]
    assert [place.center.pk for place in found[:2]] == [near.pk, far.pk]
    assert all(place.center.pk.startswith("P31.") for place in found)
    client = signed_in(staff(Role.DINAS, "31", is_demo=True))
    assert "Kebayoran Lama, " in client.get("/antrean/menunggu-pusat/").content.decode()
    answer = client.post(f"/antrean/menunggu-pusat/{one.person_id}/", {"version": 1, "center": near.pk})
    assert answer.status_code == 303 and answer["Location"] == "/antrean/menunggu-pusat/"
    one.refresh_from_db()
    assert (one.center_id, one.status, one.is_center_fallback) == (near.pk, Status.AKTIF, True)
    way_back = re.search(
        r'href="(/massal/[^"]+/)">Salah pilih', client.get(answer["Location"]).content.decode()
    )
    assert way_back and client.post(f"{way_back[1]}batal/").status_code == 303
    one.refresh_from_db()
    assert (one.center_id, one.status) == (None, Status.MENUNGGU_PUSAT)


def test_a_place_given_meanwhile_is_said(center: Center) -> None:
    one = participant(stage=Stage.PENDAFTARAN, center=center)
    client = signed_in(staff(Role.DINAS, "31", is_demo=True))
    client.post(
        f"/antrean/menunggu-pusat/{one.person_id}/", {"version": 1, "center": center_of("P31.74.05").pk}
    )
    assert 'class="alert alert-danger"' in client.get("/antrean/menunggu-pusat/").content.decode()
    one.refresh_from_db()
    assert one.center_id == center.pk


def test_a_declined_person_past_the_registration_is_on_the_list_and_the_manager_is_told(
    center: Center, manager: User
) -> None:
    coach, other = coach_at(center, "Ratna Dewi"), coach_at(center, "Karma")
    one = participant(stage=Stage.PERIZINAN, center=center, coach=other.user)
    services.assign_coach(
        enrollment_id=one.pk,
        actor=manager,
        coach=coach.user,
        at=now(),
        note="Sesudah magrib",
        reason="Pindah tugas",
    )
    client = signed_in(manager)
    assert "Tanpa pendamping" not in client.get("/antrean/belum-diterima/").content.decode()
    services.decline_assignment(enrollment_id=one.pk, actor=coach.user, note="Sedang cuti", at=now())
    page = client.get("/antrean/belum-diterima/").content.decode()
    assert one.person.full_name in page and f'href="/peserta/{one.person_id}/pendamping/"' in page
    told = OutboxMessage.objects.get(ids__kind="tugas_ditolak")
    assert told.recipient_id == manager.pk
    history = client.get(f"/peserta/{one.person_id}/").content.decode()
    assert "Pendamping ditetapkan: Ratna Dewi" in history
    assert "Pendamping belum bisa menerima" in history and "Sedang cuti" in history
    services.assign_coach(enrollment_id=one.pk, actor=manager, coach=other.user, at=now(), note="Coba ini")
    services.accept_assignment(enrollment_id=one.pk, actor=other.user, at=now())
    assert "Tanpa pendamping" not in client.get("/antrean/belum-diterima/").content.decode()
    history = client.get(f"/peserta/{one.person_id}/").content.decode()
    assert "Tugas pendampingan diterima" in history and "Coba ini" in history
    agency = signed_in(staff(Role.DINAS, "31", is_demo=True)).get(f"/peserta/{one.person_id}/")
    assert "Pendamping ditetapkan: Karma" in agency.content.decode()
    assert "Coba ini" not in agency.content.decode() and "Sedang cuti" not in agency.content.decode()


def test_people_of_a_coach_who_left_are_on_the_list(center: Center, manager: User) -> None:
    coach = coach_at(center, "Ratna")
    new, old = (
        participant(stage=stage, center=center, coach=coach.user)
        for stage in (Stage.PENDAFTARAN, Stage.PERIZINAN)
    )
    assert not desk.without_coach(manager, at=now()).exists()
    User.objects.filter(pk=coach.user_id).update(is_active=False)
    assert set(desk.without_coach(manager, at=now())) == {new, old}
    User.objects.filter(pk=coach.user_id).update(is_active=True)
    coach.user.role_assignments.update(ends_at=now())
    assert set(desk.without_coach(manager, at=now())) == {new, old}
    assert "Tanpa pendamping" in signed_in(manager).get("/antrean/belum-diterima/").content.decode()


def test_all_who_are_without_a_coach_can_be_reached_page_by_page(
    center: Center, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "PAGE_SIZE", 2)
    lone = [participant(stage=Stage.PERIZINAN, center=center) for _ in range(5)]
    client, address, seen = signed_in(manager), "/antrean/belum-diterima/", set()
    for _ in range(3):
        page = client.get(address).content.decode()
        seen |= {one.number for one in lone if one.number in page}
        following = re.search(r'href="(\?tanpa=[^"]+)" rel="next"', page)
        address = f"/antrean/belum-diterima/{following[1]}" if following else ""
    assert seen == {one.number for one in lone}
    assert address == ""


def test_opened_again_and_again_is_one_line_of_the_history(center: Center, manager: User) -> None:
    one = EnrollmentFactory(center=center)
    document = attach(one, one.person.user)
    with time_machine.travel("2036-03-04T03:00:00Z", tick=False):
        client = signed_in(manager)
        for _ in range(3):
            assert client.get(f"/ktp/{document.pk}/").status_code == 200
        page = client.get(f"/peserta/{one.person_id}/").content.decode()
    assert "Foto KTP dibuka (3 kali)" in page and page.count("Foto KTP dibuka") == 1


# Identity -------------------------------------------------------------------------------------------------


def test_who_brought_the_photo_does_not_check_it(center: Center, manager: User) -> None:
    one = EnrollmentFactory(center=center)
    attach(one, manager)
    page = signed_in(manager).get(f"/peserta/{one.person_id}/identitas/").content.decode()
    assert "Anda yang mengirim foto KTP ini." in page and "Simpan hasil pemeriksaan" not in page
    with pytest.raises(Refused, match="mengirim foto KTP"):
        services.verify_identity(
            enrollment_id=one.pk, actor=manager, status=IdentityStatus.DIVERIFIKASI, at=now()
        )
    second = staff(Role.PENGELOLA, center.code, is_demo=True)
    page = signed_in(second).get(f"/peserta/{one.person_id}/identitas/").content.decode()
    document = IdentityDocument.objects.get(person=one.person_id)
    assert f"/ktp/{document.pk}/" in page
    services.verify_identity(enrollment_id=one.pk, actor=second, status=IdentityStatus.DIVERIFIKASI, at=now())
    with pytest.raises(Refused, match="sudah diverifikasi"):
        services.verify_identity(enrollment_id=one.pk, actor=second, status=IdentityStatus.DIKETIK, at=now())


def test_the_nik_for_comparing_is_audited_with_its_reason(center: Center, manager: User) -> None:
    one = EnrollmentFactory(center=center)
    nik = one.person.nik()
    client = signed_in(manager)
    assert nik not in client.get(f"/peserta/{one.person_id}/identitas/").content.decode()
    shown = client.post(f"/peserta/{one.person_id}/identitas/nik/")
    assert shown.status_code == 200 and nik in shown.content.decode()
    entry = AuditEntry.objects.get(action="data.buka")
    assert (entry.reason, entry.actor_id) == ("mencocokkan KTP", manager.pk)


def test_a_citizen_sends_a_photo_and_a_newer_one_takes_its_place(center: Center) -> None:
    one = EnrollmentFactory(center=center)
    client = signed_in(one.person.user)
    assert client.get("/saya/ktp/").status_code == 200
    for _ in range(2):
        assert client.post("/saya/ktp/", {"file": picture()}).status_code == 303
    document = IdentityDocument.objects.get(person=one.person_id)
    assert StoredFile.objects.filter(uploaded_by_id=one.person.user_id).count() == 1
    shown = client.get(f"/ktp/{document.pk}/")
    assert shown.status_code == 200 and shown["Content-Type"] == "image/jpeg"
    assert not AuditEntry.objects.filter(action="data.buka").exists()


def test_the_own_page_asks_for_the_photo_until_it_was_sent(center: Center, manager: User) -> None:
    one = EnrollmentFactory(center=center)
    client = signed_in(one.person.user)
    assert 'href="/saya/ktp/"' in client.get("/saya/").content.decode()
    attach(one, one.person.user)
    waiting = client.get("/saya/").content.decode()
    assert 'href="/saya/ktp/"' not in waiting and "Foto KTP Anda sudah masuk" in waiting
    services.verify_identity(
        enrollment_id=one.pk, actor=manager, status=IdentityStatus.DIVERIFIKASI, at=now()
    )
    assert "/saya/ktp/" not in client.get("/saya/").content.decode()


def test_the_own_page_says_what_does_not_agree_and_where_to_mend_it(center: Center, manager: User) -> None:
    one = EnrollmentFactory(center=center)
    client, words = signed_in(one.person.user), "tanggal lahir di KTP 12 Mei 1990"
    assert "belum cocok" not in client.get("/saya/").content.decode()
    services.verify_identity(
        enrollment_id=one.pk, actor=manager, status=IdentityStatus.DIKETIK, note=words, at=now()
    )
    page = client.get("/saya/").content.decode()
    assert words in page and 'href="/saya/data/perbaiki/"' in page and 'href="/saya/ktp/"' in page
    services.verify_identity(
        enrollment_id=one.pk, actor=manager, status=IdentityStatus.DIVERIFIKASI, at=now()
    )
    assert words not in client.get("/saya/").content.decode()


def test_staff_see_no_link_to_what_is_not_theirs(center: Center, manager: User) -> None:
    one = participant(stage=Stage.PENDAFTARAN, center=center)
    path = f"/peserta/{one.person_id}/"
    agency = signed_in(staff(Role.DINAS, "31", is_demo=True))
    for client, may in ((signed_in(manager), True), (agency, False)):
        assert (f'href="{path}identitas/"' in client.get("/antrean/").content.decode()) is may
        assert (f'href="{path}identitas/"' in client.get(path).content.decode()) is may
        assert (client.get(f"{path}identitas/").status_code == 200) is may


def test_a_ktp_is_opened_by_checkers_alone_and_every_opening_is_audited(
    center: Center, manager: User
) -> None:
    coach = coach_at(center, "Ratna")
    one = participant(stage=Stage.PENDAFTARAN, center=center, coach=coach.user)
    document = attach(one, coach.user)
    path = f"/ktp/{document.pk}/"
    assert signed_in(manager).get(path).status_code == 200
    entry = AuditEntry.objects.get(action="data.buka")
    assert (entry.actor_id, entry.object_id, entry.reason, entry.detail["role"]) == (
        manager.pk, str(one.person_id), "mencocokkan KTP", Role.PENGELOLA,
    )  # fmt: skip
    assert signed_in(coach.user).get(path).status_code == 403
    assert signed_in(staff(Role.DINAS, "31", is_demo=True)).get(path).status_code == 403
    assert signed_in(staff(Role.PENGELOLA, "P31.74.05", is_demo=True)).get(path).status_code == 404
    assert signed_in(EnrollmentFactory().person.user).get(path).status_code == 404


@pytest.mark.parametrize(
    "upload",
    [
        SimpleUploadedFile("ktp.jpg", b"<svg onload=alert(1)>", "image/jpeg"),
        SimpleUploadedFile("ktp.pdf", b"%PDF-1.4\n%%EOF", "application/pdf"),
        SimpleUploadedFile("ktp.jpg", b"", "image/jpeg"),
        SimpleUploadedFile("ktp.jpg", b"\xff\xd8\xff" + b"0" * 100, "image/jpeg"),
        SimpleUploadedFile("ktp.jpg", b"\xff\xd8\xff" + b"0" * 6_000_000, "image/jpeg"),
        None,
    ],
)
def test_what_is_no_photo_is_refused_beside_the_field(center: Center, upload: Any) -> None:
    one = EnrollmentFactory(center=center)
    answer = signed_in(one.person.user).post("/saya/ktp/", {"file": upload} if upload else {})
    assert answer.status_code == 422 and answer.context["form"].errors["file"]
    assert not IdentityDocument.objects.exists() and not StoredFile.objects.exists()


def test_strangers_bring_no_ktp_and_a_verified_identity_needs_none(center: Center) -> None:
    one = EnrollmentFactory(center=center)
    with pytest.raises(NotYours):
        attach(one, staff(Role.PENGELOLA, "P31.74.05"))
    services.verify_identity(
        enrollment_id=one.pk,
        actor=staff(Role.PENGELOLA, center.code),
        status=IdentityStatus.DIVERIFIKASI,
        at=now(),
    )
    with pytest.raises(Refused, match="tidak diperlukan lagi"):
        attach(one, one.person.user)


def test_a_compared_ktp_goes_by_its_rule_and_an_erased_person_leaves_none(
    center: Center, manager: User
) -> None:
    seen, waiting = EnrollmentFactory(center=center), EnrollmentFactory(center=center)
    attach(seen, seen.person.user)
    attach(waiting, waiting.person.user)
    at = now()
    services.verify_identity(enrollment_id=seen.pk, actor=manager, status=IdentityStatus.DIVERIFIKASI, at=at)

    def ran(days: int) -> int:
        runs = retention.run(at=at + timedelta(days=days), is_trial=False)
        return next(run.done for run in runs if run.kind == RetentionKind.KTP_TERVERIFIKASI)

    assert ran(20) == 0
    assert ran(40) == 1
    assert set(IdentityDocument.objects.values_list("person_id", flat=True)) == {waiting.person_id}
    assert StoredFile.objects.count() == 1
    erasure.erase_person(person_id=waiting.person_id, actor=manager, reason="Diminta", at=now())
    assert not IdentityDocument.objects.exists() and not StoredFile.objects.exists()


# Taking back ----------------------------------------------------------------------------------------------


def test_an_assignment_is_taken_back_only_while_nobody_accepted(center: Center, manager: User) -> None:
    old, new = coach_at(center, "Lama"), coach_at(center, "Baru")
    one = participant(stage=Stage.PELATIHAN, center=center, coach=old.user)

    def give() -> CoachAssignment:
        return services.assign_coach(
            enrollment_id=one.pk, actor=manager, coach=new.user, at=now(), reason="Pindah tugas"
        )

    def take(assignment: CoachAssignment) -> Enrollment:
        return takeback.take_back_coach(
            enrollment_id=one.pk, actor=manager, assignment_id=assignment.pk, at=now()
        )

    assert take(give()).coach_id == old.user_id
    current = CoachAssignment.objects.active().get(enrollment=one)
    assert current.coach == old.user and current.accepted_at is not None
    given = give()
    services.accept_assignment(enrollment_id=one.pk, actor=new.user, at=now())
    with pytest.raises(Refused, match="sudah menerima"):
        take(given)
    assert Enrollment.objects.get(pk=one.pk).coach_id == new.user_id


def test_a_center_taken_back_leaves_the_log_and_the_count_whole(center: Center) -> None:
    one = EnrollmentFactory(center=None)
    dinas = staff(Role.DINAS, "31")
    placed = moves.place_in_center(enrollment_id=one.pk, actor=dinas, version=1, center=center, at=now())
    entered = placed.stage_entered_at
    back = moves.take_back_center(
        enrollment_id=one.pk, actor=dinas, version=placed.version, center=center, at=now()
    )
    assert (back.status, back.center_id, back.stage) == (Status.MENUNGGU_PUSAT, None, Stage.PENDAFTARAN)
    assert back.stage_entered_at == entered
    assert list(one.transitions.order_by("version").values_list("kind", flat=True)) == [
        "daftar", "lanjut", "koreksi",
    ]  # fmt: skip
    with pytest.raises(Refused):
        moves.take_back_center(
            enrollment_id=one.pk, actor=dinas, version=placed.version, center=center, at=now()
        )
