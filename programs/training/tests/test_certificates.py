"""Certificates: issued once to whoever attended enough, checked by anybody, revoked for good."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
import typst
import zxingcpp
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from accounts.models import User
from core import jobs
from core.clock import local_day, now
from core.models import AuditEntry, Job, OutboxMessage
from participants.erasure import erase_person
from participants.facts import load_shared_facts
from participants.models import Enrollment, Pathway, Person
from participants.portability import load
from participants.refusals import NotYours, Refused
from participants.rules import ItemState, evaluate
from programs.training import certificates, planning
from programs.training.facts import load_facts
from programs.training.models import Certificate, CertificateRevocation, Seat, TrainingClass
from programs.training.rules import REQUIREMENTS

from .factories import AT, called, enrolled, finished_class, manager_of, trainee, training_class

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now_is_at() -> Any:
    """The portal's clock stands at AT, roles included."""
    with time_machine.travel(AT, tick=False):
        yield


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
        """Order, and do what the worker does; the new ones."""
        known = set(Certificate.objects.values_list("pk", flat=True))
        ordered = certificates.order(class_id=self.one.pk, actor=self.manager, at=self.at)
        if ordered is not None:
            assert jobs.run(ordered.pk)
        return list(Certificate.objects.exclude(pk__in=known).select_related("seat"))


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
    assert AuditEntry.objects.filter(action="sertifikat.terbitkan").count() == 1


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
        certificates.order(class_id=training_class().pk, actor=done.manager, at=AT)
    with pytest.raises(NotYours):
        certificates.order(class_id=done.one.pk, actor=manager_of("P31.74.05"), at=done.at)
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


def test_a_name_of_one_word_is_not_shown_whole() -> None:
    done = Finished()
    Person.objects.filter(pk=done.passed.enrollment.person_id).update(full_name="Sakura")
    (made,) = done.issue()
    text = check(made.code).content.decode()
    assert "Sakura" not in text and "S…" in text


def test_the_holder_reads_that_it_was_revoked_and_the_manager_that_one_no_longer_fits(settings: Any) -> None:
    settings.DEMO_MODE = True
    done = Finished()
    User.objects.filter(pk=done.manager.pk).update(is_demo=True)
    (made,) = done.issue()
    clients = []
    with time_machine.travel(done.at, tick=False):
        for user in (done.manager, done.passed.enrollment.person.user):
            clients.append(Client())
            clients[-1].force_login(user, backend="accounts.backends.LoginBackend")
        manager, holder = clients
        desk = reverse("class_desk", args=[done.one.pk])
        assert "tidak cukup lagi" not in manager.get(desk).content.decode()
        row = done.passed.attendance.get(session__number=1)
        answer = manager.post(
            reverse("attendance_correct", args=[row.pk]), {"presence": "alpa", "reason": "Salah orang"},
            follow=True,
        )  # fmt: skip
        assert "sertifikatnya masih berlaku" in answer.content.decode()
        text = manager.get(desk).content.decode()
        assert "tidak cukup lagi" in text and text.count("Siti Aminah Contoh") > 1
        page = done.one.get_absolute_url()
        assert "Unduh sertifikat" in holder.get(page).content.decode()
        certificates.revoke(certificate_id=made.pk, actor=done.manager, reason="Rahasia", at=done.at)
        text = holder.get(page).content.decode()
        assert made.number in text and "dicabut" in text and "Rahasia" not in text
        assert "tidak cukup lagi" not in manager.get(desk).content.decode()


def test_the_desk_of_a_finished_class_asks_no_more_for_more_certificates(settings: Any) -> None:
    settings.DEMO_MODE = True
    counts = []
    for people in (2, 6):
        one, manager = finished_class(people=people)
        User.objects.filter(pk=manager.pk).update(is_demo=True)
        certificates.issue_some(class_id=one.pk, issuer=manager, at=one.ends_at)
        client = Client()
        with time_machine.travel(one.ends_at, tick=False):
            client.force_login(manager, backend="accounts.backends.LoginBackend")
            client.get(reverse("class_desk", args=[one.pk]))
            with CaptureQueriesContext(connection) as caught:
                assert client.get(reverse("class_desk", args=[one.pk])).status_code == 200
        counts.append(len(caught.captured_queries))
    assert counts[0] == counts[1]


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
        text = answer.content.decode()
        assert "Sertifikat sedang diterbitkan" in text and "Menunggu giliran" in text
        client.post(reverse("certificates_issue", args=[done.one.pk]))
        assert jobs.run(Job.objects.get(kind=certificates.KIND).pk)
        made = Certificate.objects.get()
        text = client.get(reverse("certificates_issue", args=[done.one.pk]), headers={"HX-Request": "true"})
        assert "1 sertifikat berlaku" in text.content.decode()
        printed = client.get(reverse("certificates_print", args=[done.one.pk]))
        assert printed.content.startswith(b"%PDF")
        page = reverse("certificate_revoke", args=[made.pk])
        assert client.post(page, {"reason": ""}).status_code == 422
        client.post(page, {"reason": "Salah kelas"})
        assert "(dicabut)" in client.get(desk).content.decode()
        assert client.get(reverse("certificates_print", args=[done.one.pk])).status_code == 404
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


def test_a_typed_code_leads_to_its_certificate() -> None:
    done = Finished()
    (made,) = done.issue()
    form = reverse("verify_form")
    spaced = f"{made.code[:4]} {made.code[4:8]}-{made.code[8:]}".lower()
    answer = Client().get(form, {"kode": spaced})
    assert answer.status_code == 303 and answer["Location"] == reverse("verify", args=[made.code])
    for wrong in ("", "kode salah!", "x" * 17, "١٢٣"):
        text = Client().get(form, {"kode": wrong})
        assert text.status_code == 200 and "Kode sertifikat" in text.content.decode()
    assert 'name="kode"' in check("TIDAKADA").content.decode()


def test_the_code_on_the_paper_opens_its_check(settings: Any) -> None:
    done = Finished()
    (made,) = done.issue()
    made = Certificate.objects.for_page().get(pk=made.pk)
    data = json.dumps({"title": "x", "all": [certificates.words_of(made)]})
    picture = typst.compile(str(certificates.TEMPLATE), format="png", ppi=150, sys_inputs={"data": data})
    assert isinstance(picture, bytes)
    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    assert read.text.startswith(settings.SITE_URL)
    page = Client().get(read.text.removeprefix(settings.SITE_URL))
    assert page.status_code == 200 and made.number in page.content.decode()


class Killed(BaseException):
    """The worker's process ends here."""


def test_killed_half_way_and_run_beside_itself_everybody_gets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest comes with the next run; a second runner that goes on with an old look finds nothing."""
    one, manager = finished_class(people=5)
    monkeypatch.setattr(certificates, "CHUNK", 2)
    ordered = certificates.order(class_id=one.pk, actor=manager, at=one.ends_at)
    assert ordered is not None
    numbers, real = [], certificates.issue_some

    def dies_in_the_second(**values: Any) -> list[Certificate]:
        if numbers:
            raise Killed
        numbers.extend(real(**values))
        return numbers

    monkeypatch.setattr(certificates, "issue_some", dies_in_the_second)
    with pytest.raises(Killed):
        jobs.run(ordered.pk)
    assert Certificate.objects.count() == 2
    monkeypatch.setattr(certificates, "issue_some", real)
    Job.objects.filter(pk=ordered.pk).update(lease_until=now() - timedelta(seconds=1))
    assert jobs.run(ordered.pk)
    assert real(class_id=one.pk, issuer=manager, at=one.ends_at) == []
    ordered.refresh_from_db()
    assert (ordered.status, ordered.done, ordered.total, ordered.attempts) == ("selesai", 5, 5, 2)
    assert Certificate.objects.values("seat").distinct().count() == Certificate.objects.count() == 5
    assert OutboxMessage.objects.filter(ids__kind="sertifikat_terbit").count() == 5
    assert certificates.order(class_id=one.pk, actor=manager, at=one.ends_at) is None
