"""What an erasure touches, model by model; okoce/tests/test_erasure.py proves the whole."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import models

from accounts.models import Role, User
from accounts.tests.factories import PASSWORD, staff
from core.clock import now
from core.models import AuditEntry
from helpdesk.models import Ticket
from helpdesk.tests.factories import ticket
from participants import rights, services
from participants.erasure import GONE, erase_person, erased_models
from participants.models import Consent, Enrollment, Merge, Person, RequestKind, Stage, StageEvidence, Status
from participants.tests.factories import PersonFactory, StageEvidenceFactory, center_of, participant

pytestmark = pytest.mark.django_db

WITHOUT_WORDS = {
    "accounts.AccessCode": "a keyed hash; deleted with the account",
    "pipeline.SilenceReminder": "days and a count",
}
"""Models about people in which nothing can name anybody."""


def models_about_people() -> set[str]:
    """Labels of models that point, by any number of steps, at a person or at what belongs to one."""
    found: set[type[models.Model]] = {Person, Enrollment, Ticket}
    while True:
        more = {
            model
            for model in apps.get_models()
            if not model.__name__.endswith("Event")
            and any(
                field.related_model in found and (field.many_to_one or field.one_to_one)
                for field in model._meta.fields
                if field.is_relation
            )
        } - found
        if not more:
            return {model._meta.label for model in found}
        found |= more


def test_every_model_about_people_says_what_erasure_does_to_it() -> None:
    missing = models_about_people() - erased_models() - WITHOUT_WORDS.keys()
    assert sorted(missing) == [], "register them with participants.erasure.erases"
    assert len(models_about_people()) >= 12


def test_every_history_of_a_person_is_deleted() -> None:
    """Every tracked model about people is among those whose history goes."""
    enrollment = participant(center=center_of(), coach=staff(Role.PENDAMPING, "P31.74.07"))
    enrollment.person.businesses.create(name="Dapur")
    histories = [
        model
        for model in apps.get_models()
        if model.__name__.endswith("Event")
        and model._meta.label.removesuffix("Event") in models_about_people()
    ]
    assert len(histories) >= 4
    assert all(model._default_manager.exists() for model in histories)
    erase_person(person_id=enrollment.person_id, actor=None, reason="Percobaan", at=now())
    assert [model._meta.label for model in histories if model._default_manager.exists()] == []


def test_the_anonymous_facts_stay() -> None:
    enrollment = participant(stage=Stage.PERIZINAN, center=center_of())
    evidence = StageEvidenceFactory(enrollment=enrollment, accepted_by=staff(Role.PENGELOLA, "P31.74.07"))
    business = enrollment.person.businesses.create(name="Dapur", sector="kuliner", capital=9)
    report = business.workforce_reports.create(full_time=2, part_time=1)
    moves = list(enrollment.transitions.order_by("version").values())
    erase_person(person_id=enrollment.person_id, actor=None, reason="Percobaan", at=now())
    assert list(enrollment.transitions.order_by("version").values()) == moves
    after = StageEvidence.objects.get(pk=evidence.pk)
    assert (after.kind, after.stage, after.status) == (evidence.kind, evidence.stage, evidence.status)
    assert (after.note, after.number) == (GONE, "")
    report.refresh_from_db()
    business.refresh_from_db()
    assert (report.full_time, report.part_time, business.sector) == (2, 1, "kuliner")
    assert (business.name, business.capital) == (GONE, None)
    left = Enrollment.objects.get(pk=enrollment.pk)
    assert (left.stage, left.status, left.district_id) == (
        Stage.PERIZINAN,
        Status.AKTIF,
        enrollment.district_id,
    )
    assert not Consent.objects.given().filter(person=enrollment.person).exists()


def test_nobody_sees_the_erased_in_any_list() -> None:
    enrollment = participant(center=center_of())
    viewers = [staff(Role.ADMIN, "ID"), staff(Role.PENGELOLA, "P31.74.07"), staff(Role.DINAS, "31")]
    assert all(Enrollment.objects.visible_to(user).exists() for user in viewers)
    erase_person(person_id=enrollment.person_id, actor=None, reason="Percobaan", at=now())
    assert not any(Enrollment.objects.visible_to(user).exists() for user in viewers)
    assert not any(
        Person.objects.visible_to(user).filter(pk=enrollment.person_id).exists() for user in viewers
    )
    assert not Enrollment.objects.open().exists()


def test_somebody_who_works_here_keeps_the_account_of_the_work() -> None:
    enrollment = participant(center=center_of())
    user = enrollment.person.user
    assert user is not None
    user.role_assignments.create(role=Role.PENDAMPING, scope="P31.74.07", starts_at=now() - timedelta(days=9))
    name = user.display_name
    erase_person(person_id=enrollment.person_id, actor=None, reason="Percobaan", at=now())
    user = User.objects.get(pk=user.pk)
    assert user.is_active
    assert user.check_password(PASSWORD)
    assert (user.display_name, user.login_number, user.is_peserta) == (name, None, False)
    assert Person.objects.get(pk=enrollment.person_id).full_name == GONE


def test_a_file_that_others_use_too_stays() -> None:
    shared = participant(center=center_of())
    other = participant(center=center_of())
    from core.files import store_generated

    file = store_generated(b"x", name="a.txt", content_type="text/plain", owner_id=None)
    for enrollment in (shared, other):
        StageEvidenceFactory(enrollment=enrollment, file=file)
    erase_person(person_id=shared.person_id, actor=None, reason="Percobaan", at=now())
    assert StageEvidence.objects.get(enrollment=other).file_id == file.pk
    assert StageEvidence.objects.get(enrollment=shared).file_id is None


def test_the_audit_log_keeps_who_and_when_but_no_words() -> None:
    enrollment = participant(center=center_of())
    manager = staff(Role.PENGELOLA, "P31.74.07")
    services.reveal(enrollment_id=enrollment.pk, actor=manager, reason="Bu Siti pindah rumah")
    rights.withdraw_reminders(person_id=enrollment.person_id, actor=enrollment.person.user, at=now())
    LogEntry.objects.create(
        user=manager,
        content_type=ContentType.objects.get_for_model(Person),
        object_id=str(enrollment.person_id),
        object_repr=enrollment.person.full_name,
        action_flag=2,
        change_message="Bu Siti",
    )
    erase_person(person_id=enrollment.person_id, actor=manager, reason="Permintaan HD-26-1", at=now())
    opened = AuditEntry.objects.get(action="data.buka")
    assert (opened.actor_id, opened.reason, opened.detail) == (manager.pk, GONE, {})
    withdrawn = AuditEntry.objects.get(action="persetujuan.tarik")
    assert enrollment.person.full_name not in withdrawn.actor_label
    erased = AuditEntry.objects.get(action="hak_data.hapus")
    assert (erased.actor_id, erased.reason) == (manager.pk, "Permintaan HD-26-1")
    assert LogEntry.objects.get().object_repr == GONE


def test_questions_and_complaints_lose_their_words() -> None:
    enrollment, other = participant(center=center_of()), participant(center=center_of())
    phone = enrollment.person.phone() or ""
    signed_in = ticket(asker=enrollment.person.user, text="Saya Siti", name="Siti", phone="")
    public = ticket(text="Saya Siti juga", name="Siti", phone=phone)
    foreign = ticket(text="Saya Budi", name="Budi", phone=other.person.phone() or "")
    erase_person(person_id=enrollment.person_id, actor=None, reason="Percobaan", at=now())
    for row in (signed_in, public):
        row.refresh_from_db()
        assert (row.name, row.phone_index) == (GONE, None)
        assert [message.text for message in row.messages.all()] == [GONE]
    foreign.refresh_from_db()
    assert foreign.name == "Budi"
    assert foreign.phone_index is not None


def test_erasures_that_a_restore_undid_are_repeated(tmp_path: Path) -> None:
    here, already = participant(center=center_of()), participant(center=center_of())
    erase_person(person_id=already.person_id, actor=None, reason="Percobaan", at=now())
    names = tmp_path / "erased.txt"
    names.write_text(f"{here.person_id}\n{already.person_id}\n\n{uuid4()}\n")
    out = StringIO()
    call_command("erase_again", str(names), stdout=out)
    assert out.getvalue().strip() == "1 erased again, 1 were erased already, 1 not in this database."
    assert Person.objects.get(pk=here.person_id).full_name == GONE
    names.write_text("Siti Aminah\n")
    with pytest.raises(CommandError):
        call_command("erase_again", str(names), stdout=out)


def test_a_record_merged_into_this_one_goes_with_it() -> None:
    kept, taken_out = participant(center=center_of()), participant(center=center_of())
    Merge.objects.create(
        winner=kept.person,
        loser=taken_out.person,
        kept=kept,
        taken_out=taken_out,
        kept_version=1,
        taken_out_version=1,
        merged_by=staff(Role.ADMIN, "ID"),
        reason="Bu Siti dua kali",
    )
    stranger = PersonFactory()
    erase_person(person_id=kept.person_id, actor=None, reason="Percobaan", at=now())
    assert Person.objects.get(pk=taken_out.person_id).erased_at is not None
    assert Merge.objects.get().reason == ""
    assert Person.objects.get(pk=stranger.pk).erased_at is None


def test_an_interrupted_erasure_has_done_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """All or nothing: a failure in the last step leaves every name where it was."""
    enrollment = participant(center=center_of())
    request = rights.request_erasure(
        person_id=enrollment.person_id, actor=enrollment.person.user, reason="Pindah", at=now()
    )
    first, second = staff(Role.PENGELOLA, "P31.74.07"), staff(Role.ADMIN, "ID")
    rights.grant(request_id=request.pk, actor=first, at=now())

    def fail(_traces: object) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr("participants.erasure._forget_history", fail)
    with pytest.raises(RuntimeError):
        rights.grant(request_id=request.pk, actor=second, at=now())
    request.refresh_from_db()
    person = Person.objects.get(pk=enrollment.person_id)
    assert (request.status, request.kind) == ("menunggu_kedua", RequestKind.HAPUS)
    assert person.erased_at is None
    assert person.nik() is not None
