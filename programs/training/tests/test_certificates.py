"""Certificates: issued once to whoever attended enough, checked by anybody, revoked for good."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from core.clock import local_day
from core.models import AuditEntry, OutboxMessage
from participants.erasure import erase_person
from participants.facts import load_shared_facts
from participants.models import Enrollment, Pathway
from participants.portability import load
from participants.refusals import NotYours, Refused
from participants.rules import ItemState, evaluate
from programs.training import certificates, planning
from programs.training.facts import load_facts
from programs.training.models import Certificate, CertificateRevocation, Seat, TrainingClass
from programs.training.rules import REQUIREMENTS

from .factories import AT, called, enrolled, manager_of, trainee, training_class

pytestmark = pytest.mark.django_db


class Finished:
    """A finished class of five sessions: one attended four, one three."""

    def __init__(self) -> None:
        self.manager: User = manager_of(display_name="Maya Contoh")
        self.one: TrainingClass = training_class(sessions=5)
        self.passed: Seat = enrolled(self.one, trainee(person__full_name="Siti Aminah Contoh"))
        self.failed: Seat = enrolled(self.one)
        called(self.one, self.passed, "hadir terlambat hadir hadir izin")
        called(self.one, self.failed, "hadir hadir hadir izin izin")
        planning.begin_classes(at=self.one.starts_at)
        self.at = self.one.ends_at
        planning.finish_class(class_id=self.one.pk, actor=self.manager, at=self.at)

    def issue(self) -> list[Certificate]:
        return certificates.issue(class_id=self.one.pk, actor=self.manager, at=self.at)


def is_certified(enrollment: Enrollment) -> bool:
    shared = load_shared_facts([enrollment], on=local_day(AT))
    facts = load_facts([enrollment], shared=shared)[enrollment.pk]
    items = evaluate(REQUIREMENTS, facts, pathway=Pathway(enrollment.pathway))
    return next(item.state for item in items if item.requirement.code == "sertifikat") is ItemState.MET


def test_whoever_attended_enough_gets_one_certificate_each() -> None:
    done = Finished()
    (made,) = done.issue()
    assert done.issue() == []
    assert (made.seat_id, made.course, made.hours, made.signatory) == (
        done.passed.pk, "Dasar usaha", 12, "Maya Contoh",
    )  # fmt: skip
    assert made.number.startswith("SP-26-") and len(made.code) == 12
    assert OutboxMessage.objects.filter(ids__kind="sertifikat_terbit").count() == 1
    assert AuditEntry.objects.filter(action="sertifikat.terbitkan").count() == 2


def test_the_rule_reads_the_certificate_and_forgets_a_revoked_one() -> None:
    done = Finished()
    (made,) = done.issue()
    assert is_certified(done.passed.enrollment) and not is_certified(done.failed.enrollment)
    for _ in range(2):
        certificates.revoke(certificate_id=made.pk, actor=done.manager, reason="Salah kelas", at=done.at)
    assert not is_certified(done.passed.enrollment)
    assert CertificateRevocation.objects.count() == 1
    assert done.issue() == []


def test_not_before_the_class_is_finished_and_not_by_others() -> None:
    done = Finished()
    with pytest.raises(Refused, match="sesudah kelas diselesaikan"):
        certificates.issue(class_id=training_class().pk, actor=done.manager, at=AT)
    with pytest.raises(NotYours):
        certificates.issue(class_id=done.one.pk, actor=manager_of("P31.74.05"), at=done.at)
    (made,) = done.issue()
    with pytest.raises(NotYours):
        certificates.revoke(certificate_id=made.pk, actor=manager_of("P31.74.05"), reason="Iri", at=done.at)


def test_number_and_words_never_change() -> None:
    done = Finished()
    (made,) = done.issue()
    for change in ({"number": "SP-26-000000"}, {"course": "Lain"}, {"code": "X"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Certificate.objects.filter(pk=made.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Certificate.objects.all().delete()


def check(code: str) -> Any:
    return Client().get(reverse("verify", args=[code]))


def test_anybody_checks_a_certificate_and_reads_no_more_than_a_part_of_the_name() -> None:
    done = Finished()
    (made,) = done.issue()
    page = check(made.code)
    text = page.content.decode()
    assert page.status_code == 200 and "Berlaku" in text and "Siti A. C." in text
    assert "Aminah" not in text and done.passed.enrollment.person.nik() not in text
    assert "Berlaku" in check(made.code.lower()).content.decode()
    certificates.revoke(certificate_id=made.pk, actor=done.manager, reason="Rahasia kantor", at=done.at)
    text = check(made.code).content.decode()
    assert "Sudah dicabut" in text and "Rahasia kantor" not in text
    unknown = check("TIDAKADA")
    assert unknown.status_code == 404 and "Tidak dikenal" in unknown.content.decode()


def test_the_document_opens_and_names_no_nik(settings: Any) -> None:
    settings.DEMO_MODE = True
    done = Finished()
    (made,) = done.issue()
    owner, stranger = done.passed.enrollment.person.user, trainee().person.user
    assert owner is not None and stranger is not None
    with time_machine.travel(done.at, tick=False):
        found = {}
        for user in (owner, stranger):
            client = Client()
            client.force_login(user, backend="accounts.backends.LoginBackend")
            with CaptureQueriesContext(connection) as caught:
                found[user.pk] = client.get(reverse("certificate", args=[made.pk]))
            assert len(caught.captured_queries) <= 20
        page = client.get(done.one.get_absolute_url())
    assert found[owner.pk].content.startswith(b"%PDF") and found[stranger.pk].status_code == 404
    assert b"Unduh sertifikat" not in page.content


def test_a_manager_issues_and_revokes_by_hand(settings: Any) -> None:
    settings.DEMO_MODE = True
    done = Finished()
    User.objects.filter(pk=done.manager.pk).update(is_demo=True)
    with time_machine.travel(done.at, tick=False):
        client = Client()
        client.force_login(done.manager, backend="accounts.backends.LoginBackend")
        desk = reverse("class_desk", args=[done.one.pk])
        assert b"Terbitkan sertifikat" in client.get(desk).content
        answer = client.post(reverse("certificates_issue", args=[done.one.pk]), follow=True)
        assert "1 sertifikat baru terbit" in answer.content.decode()
        made = Certificate.objects.get()
        page = reverse("certificate_revoke", args=[made.pk])
        assert client.post(page, {"reason": ""}).status_code == 422
        client.post(page, {"reason": "Salah kelas"})
        assert "(dicabut)" in client.get(desk).content.decode()
        own = Client()
        own.force_login(done.passed.enrollment.person.user, backend="accounts.backends.LoginBackend")
        assert "Unduh sertifikat" not in own.get(done.one.get_absolute_url()).content.decode()


def test_what_is_held_and_what_an_erasure_leaves() -> None:
    done = Finished()
    (made,) = done.issue()
    certificates.revoke(certificate_id=made.pk, actor=done.manager, reason="Salah kelas", at=done.at)
    person = done.passed.enrollment.person
    sections = {part["kode"]: part["isi"] for part in load(person, at=done.at)["bagian"]}
    assert sections["sertifikat"][0]["nomor"] == made.number
    erase_person(person_id=person.pk, actor=None, reason="Percobaan", at=done.at)
    assert "Siti" not in check(made.code).content.decode()
    assert CertificateRevocation.objects.get().reason == "(data dihapus)"
