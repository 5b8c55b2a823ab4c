"""Dated rules: listed, previewed, confirmed, withdrawn; the past refuses every hand."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.clock import now
from core.dated import first_free_day_after
from core.models import AuditEntry
from core.refusals import Refused
from helpdesk.models import Kind, TicketRule
from okoce.secretariat import rules
from okoce.secretariat.rule_preview import preview
from okoce.secretariat.rules import FAMILIES, find_rule, load_rules
from participants.models import (
    Enrollment,
    EvidenceKind,
    RetentionKind,
    RetentionRule,
    Stage,
    Status,
    StopReason,
    Threshold,
)
from participants.tests.factories import StageEvidenceFactory, center_of, participant


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


def later(days: int = 10) -> date:
    return first_free_day_after(now()) + timedelta(days=days)


def rule(slug: str, key: str) -> rules.Rule:
    found = find_rule(slug, key)
    assert found is not None
    return found


SESSIONS = ("tahap", "pendampingan.sesi")
QUESTIONS = ("bantuan", "keluhan.tenggat")
MESSAGES = ("simpan", "pesan_dibaca")


def add(actor: User, which: tuple[str, str], value: int, since: date) -> rules.Value:
    return rules.add_value(
        rule=rule(*which), value=value, since=since, source="SK 12/2026", reason="Uji", actor=actor, at=now()
    )


@pytest.mark.django_db
@pytest.mark.parametrize("which", [SESSIONS, QUESTIONS, MESSAGES])
def test_a_value_begins_on_its_day_and_can_be_withdrawn_before(which: tuple[str, str]) -> None:
    admin, old = staff(Role.ADMIN), rule(*which).on(later())
    assert old is not None
    first = add(admin, which, 5, later(10))
    second = add(admin, which, 7, later(20))
    between = add(admin, which, 6, later(15))
    assert [rule(*which).on(later(days)).value for days in (9, 10, 14, 15, 19, 20)] == [
        old.value, 5, 5, 6, 6, 7,
    ]  # fmt: skip
    for gone, holds in ((between, 5), (first, old.value), (second, old.value)):
        rules.withdraw(rule=rule(*which), pk=gone.pk, reason="Batal", actor=admin, at=now())
        assert rule(*which).on(later(15)).value == holds
    assert rule(*which).on(later(400)).value == old.value
    words = AuditEntry.objects.filter(action="aturan.ditambah").earliest("pk").detail["words"]
    assert "5 " in words and "mulai" in words


@pytest.mark.django_db
def test_what_cannot_be_is_refused_with_its_reason() -> None:
    admin = staff(Role.ADMIN)
    current = rule(*SESSIONS).on(later())
    assert current is not None
    add(admin, SESSIONS, 5, later(10))
    for value, since in ((5, later(0)), (0, later(11)), (61, later(11)), (4, later(10)), (5, later(11))):
        with pytest.raises(Refused):
            add(admin, SESSIONS, value, since)
    with pytest.raises(Refused, match="sudah berlaku"):
        rules.withdraw(rule=rule(*SESSIONS), pk=current.pk, reason="x", actor=admin, at=now())


@pytest.mark.django_db
@pytest.mark.parametrize("slug", FAMILIES)
def test_the_database_refuses_to_rewrite_what_has_begun(slug: str) -> None:
    family = FAMILIES[slug]
    rows = family.model._default_manager
    one: Any = rows.order_by("pk").first()
    today = first_free_day_after(now())
    values = {name: getattr(one, name) for name in family.about}
    acts: list[Callable[[], Any]] = [
        lambda: rows.filter(pk=one.pk).update(**{family.value: 99}),
        lambda: rows.filter(pk=one.pk).update(source="lain"),
        lambda: rows.filter(pk=one.pk).update(valid_from=today + timedelta(days=9)),
        lambda: rows.filter(pk=one.pk).delete(),
        lambda: rows.create(**values, **{family.value: 9}, valid_from=today - timedelta(days=3), source="x",
                            **({"valid_until": today} if family.has_end else {})),
    ]  # fmt: skip
    if family.has_end:
        acts.append(lambda: rows.filter(pk=one.pk).update(valid_until=today))
    for act in acts:
        with pytest.raises(IntegrityError, match="dated:"), transaction.atomic():
            act()


# Previews --------------------------------------------------------------------------------------------------


def silent(days: int, **more: Any) -> Enrollment:
    one = participant(stage=Stage.PELATIHAN, center=center_of(), **more)
    Enrollment.objects.filter(pk=one.pk).update(last_activity_at=now() - timedelta(days=days))
    return one


@pytest.mark.django_db
def test_a_shorter_silence_names_who_would_be_reminded() -> None:
    admin = staff(Role.ADMIN)
    silent(3), silent(40)
    caught = silent(25)
    found = preview(rule("tahap", "pelatihan.batas_diam"), value=20, since=later(), actor=admin, at=now())
    (change,) = found.changes
    assert (change.total, [one.pk for one in change.people]) == (1, [caught.pk])
    assert change.by_center == ((center_of().name, 1),)
    back = preview(rule("tahap", "pelatihan.batas_diam"), value=60, since=later(), actor=admin, at=now())
    assert back.changes[0].words == "orang tidak lagi terhitung diam"
    assert back.total == 1


@pytest.mark.django_db
def test_a_shorter_step_names_whose_step_would_be_late() -> None:
    admin, ones = staff(Role.ADMIN), {}
    for days in (2, 12, 60):
        ones[days] = participant(stage=Stage.PELATIHAN, center=center_of())
        Enrollment.objects.filter(pk=ones[days].pk).update(stage_entered_at=now() - timedelta(days=days))
    found = preview(rule("tahap", "pelatihan.tenggat"), value=5, since=later(), actor=admin, at=now())
    (change,) = found.changes
    assert [one.pk for one in change.people] == [ones[12].pk]


@pytest.mark.django_db
def test_fewer_weeks_to_answer_name_whose_coach_would_be_late() -> None:
    admin, coach = staff(Role.ADMIN), staff(Role.PENDAMPING, "P31.74.07")
    one = participant(stage=Stage.PELATIHAN, center=center_of(), coach=coach)
    one.assignments.update(accepted_at=None, assigned_at=now() - timedelta(days=20))
    found = preview(rule("tahap", "pelatihan.terima_tugas"), value=60, since=later(), actor=admin, at=now())
    assert [change.words for change in found.changes] == ["orang tidak lagi terlambat dijawab pendamping"]
    assert [person.pk for person in found.changes[0].people] == [one.pk]


@pytest.mark.django_db
def test_more_sessions_name_who_is_ready_and_would_be_held_back() -> None:
    admin, coach = staff(Role.ADMIN), staff(Role.PENDAMPING, "P31.74.07")
    ready = participant(stage=Stage.PELATIHAN, center=center_of(), coach=coach)
    for kind, number in ((EvidenceKind.KEHADIRAN, "82"), (EvidenceKind.SERTIFIKAT, "S-1"),
                         (EvidenceKind.RENCANA_AKSI, "")):  # fmt: skip
        StageEvidenceFactory(
            enrollment=ready, kind=kind, number=number, accepted_by=staff(Role.PENGELOLA, "P31.74.07"),
            stage=Stage.PENDAMPINGAN if kind == EvidenceKind.RENCANA_AKSI else Stage.PELATIHAN,
        )  # fmt: skip
    participant(stage=Stage.PELATIHAN, center=center_of(), coach=coach)
    found = preview(rule("tahap", "pelatihan.hadir_persen"), value=90, since=later(), actor=admin, at=now())
    assert [change.words for change in found.changes] == ["orang siap naik tahap sekarang, dan akan tertahan"]
    assert [person.pk for person in found.changes[0].people] == [ready.pk]


@pytest.mark.django_db
def test_a_shorter_keeping_counts_what_would_go() -> None:
    admin = staff(Role.ADMIN)
    gone = participant(center=center_of(), status=Status.BERHENTI, stop_reason=StopReason.PINDAH)
    Enrollment.objects.filter(pk=gone.pk).update(last_activity_at=now() - timedelta(days=800))
    key = RetentionKind.PESERTA_BERHENTI.value
    found = preview(rule("simpan", key), value=12, since=later(), actor=admin, at=now())
    assert [person.pk for person in found.changes[0].people] == [gone.pk]
    none = preview(rule("simpan", "kode_akses"), value=1, since=later(), actor=admin, at=now())
    assert none.changes == ()


@pytest.mark.django_db
def test_every_rule_has_words_and_a_preview() -> None:
    admin = staff(Role.ADMIN)
    silent(25)
    found = load_rules()
    tables = Threshold.objects.values("stage", "code").distinct().count()
    tables += TicketRule.objects.values("kind", "code").distinct().count()
    tables += RetentionRule.objects.values("kind").distinct().count()
    assert len(found) == tables > 30
    for one in found:
        assert one.unit, one.key
        assert preview(one, value=max(one.least, 1), since=later(), actor=admin, at=now()).before


# Pages -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_rule_goes_from_preview_to_confirmation_and_back() -> None:
    client = Client()
    client.force_login(staff(Role.ADMIN, is_demo=True), backend="accounts.backends.LoginBackend")
    caught = silent(25)
    address = "/aturan/tahap/pelatihan.batas_diam/"
    data = {"value": "20", "since": f"{later():%d/%m/%Y}", "source": "SK 12/2026", "reason": "Lebih sigap"}
    wrong = client.post(f"{address}baru/", data | {"value": "0", "since": "01/01/2020"})
    assert wrong.status_code == 422
    assert "Tulis angka 1 sampai 365." in wrong.content.decode()
    with CaptureQueriesContext(connection) as asked:
        seen = client.post(f"{address}baru/", data)
    assert len(asked) <= 30
    assert seen.status_code == 200
    assert f'href="/peserta/{caught.person_id}/"' in seen.content.decode()
    assert Threshold.objects.filter(valid_from=later()).count() == 0
    with CaptureQueriesContext(connection) as asked:
        assert client.post(f"{address}baru/", data | {"langkah": "simpan"}).status_code == 303
    assert len(asked) <= 30
    row = Threshold.objects.get(valid_from=later())
    assert "20 hari" in client.get(address).content.decode()
    assert "20 hari" in client.get("/aturan/").content.decode()
    taken = client.post(f"{address}{row.pk}/cabut/", {"reason": "Belum perlu"})
    assert taken.status_code == 303
    assert not Threshold.objects.filter(pk=row.pk).exists()
    audit = client.get("/audit/?tindakan=sekretariat").content.decode()
    assert "mencabut nilai aturan Pelatihan: hari tanpa kabar sampai diingatkan: 20 hari mulai" in audit
    for missing in ("/aturan/lain/x/", "/aturan/tahap/tidak.ada/", f"{address}{row.pk}/cabut/"):
        assert client.get(missing).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_admins_add_at_once_and_the_second_sees_the_first() -> None:
    barrier = Barrier(2)

    def run(actor: User) -> Any:
        try:
            barrier.wait(timeout=30)
            return add(actor, QUESTIONS, 9, later())
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(run, (staff(Role.ADMIN), staff(Role.ADMIN))))
    assert sum(isinstance(result, Refused) for result in results) == 1
    assert TicketRule.objects.filter(kind=Kind.KELUHAN, code="tenggat", valid_from=later()).count() == 1
