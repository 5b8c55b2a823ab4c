"""Tests before and after a class, and the survey that names nobody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.models import AuditEntry, OutboxMessage
from participants.erasure import erase_person
from participants.portability import load
from participants.refusals import NotYours, Refused
from programs.training import planning, quiz, report, services, survey
from programs.training.models import (
    Course,
    Moment,
    Question,
    QuizResult,
    Seat,
    SurveyAnswer,
    SurveyDone,
    TrainerKind,
    TrainingClass,
)

from .factories import AT, enrolled, manager_of, session_of, trainee, training_class

pytestmark = pytest.mark.django_db

TEXT = {
    "text": "Harga jual dihitung dari?",
    "choice_1": "Modal",
    "choice_2": "Modal dan untung",
    "answer": "B",
}


@pytest.fixture(autouse=True)
def the_portal(settings: Any) -> Any:
    """For demo staff, and its clock stands at AT, roles included."""
    settings.DEMO_MODE = True
    with time_machine.travel(AT, tick=False):
        yield


class Asked:
    """A class of three days with two questions, a trainer, and as many people as wanted."""

    def __init__(self, *, people: int = 1, sessions: int = 3) -> None:
        self.manager = manager_of()
        self.trainer = staff(Role.PELATIH, "P31.74.07", is_demo=True)
        self.one: TrainingClass = training_class(
            manager=self.manager, sessions=sessions, trainers={self.trainer.pk: TrainerKind.MITRA}
        )
        Course.objects.filter(pk=self.one.course_id).update(center=self.one.center)
        self.questions = Question.objects.bulk_create(
            Question(course=self.one.course, number=n, text=f"Soal {n}", choices=["Ya", "Tidak"], answer=0)
            for n in (1, 2)
        )
        self.seats: list[Seat] = [enrolled(self.one) for _ in range(people)]
        self.first, self.last = session_of(self.one), session_of(self.one, sessions)

    def user(self, number: int = 0) -> User:
        found = self.seats[number].enrollment.person.user
        assert found is not None
        return found

    def answer(
        self, moment: Moment, right: int, *, number: int = 0, at: datetime | None = None
    ) -> QuizResult:
        chosen = {one.pk: 0 if n < right else 1 for n, one in enumerate(self.questions)}
        return quiz.answer(
            seat_id=self.seats[number].pk, moment=moment, chosen=chosen, actor=self.user(number),
            at=at or (AT if moment == Moment.AWAL else self.last.starts_at),
        )  # fmt: skip

    def say(self, rating: int, words: str = "", *, number: int = 0, at: datetime | None = None) -> None:
        survey.answer(
            seat_id=self.seats[number].pk, rating=rating, words=words, actor=self.user(number),
            at=at or self.last.starts_at,
        )  # fmt: skip

    def page(self, name: str, user: User, *args: Any, at: datetime = AT, data: Any = None) -> Any:
        client = Client()
        with time_machine.travel(at, tick=False):
            client.force_login(user, backend="accounts.backends.LoginBackend")
            address = reverse(name, args=args or [self.one.pk])
            return client.get(address) if data is None else client.post(address, data)


# Tests --------------------------------------------------------------------------------------------------


def test_each_test_counts_once_in_its_time() -> None:
    asked = Asked()
    with pytest.raises(Refused, match="tidak sedang dibuka"):
        asked.answer(Moment.AKHIR, 2, at=AT)
    assert str(asked.answer(Moment.AWAL, 1)) == "1 dari 2"
    assert str(asked.answer(Moment.AWAL, 2)) == "1 dari 2"
    assert str(asked.answer(Moment.AKHIR, 2)) == "2 dari 2"
    assert QuizResult.objects.count() == 2
    late = Asked()
    with pytest.raises(Refused):
        late.answer(Moment.AWAL, 1, at=late.first.ends_at)


def test_in_a_class_of_one_day_the_first_test_comes_first() -> None:
    asked = Asked(sessions=1)
    during = asked.first.starts_at + timedelta(minutes=5)
    with pytest.raises(Refused):
        asked.answer(Moment.AKHIR, 1, at=during)
    asked.answer(Moment.AWAL, 1, at=during)
    asked.answer(Moment.AKHIR, 2, at=during)


def test_nobody_answers_for_another_or_without_a_seat_or_questions() -> None:
    asked = Asked(people=2)
    wanted: dict[str, Any] = {"seat_id": asked.seats[0].pk, "moment": Moment.AWAL, "chosen": {}, "at": AT}
    with pytest.raises(NotYours):
        quiz.answer(actor=asked.user(1), **wanted)
    Question.objects.all().delete()
    with pytest.raises(Refused, match="tidak memakai tes"):
        quiz.answer(actor=asked.user(), **wanted)
    Seat.objects.filter(pk=asked.seats[0].pk).update(status="batal", ended_at=AT)
    with pytest.raises(Refused, match="tidak sedang dibuka"):
        quiz.answer(actor=asked.user(), **wanted)


def test_the_average_compares_those_who_took_both() -> None:
    asked = Asked(people=6)
    for number, (before, after) in enumerate([(0, 2), (0, 2), (1, 2), (2, 2), (2, 2), (2, None)]):
        later = timedelta(minutes=number)
        asked.answer(Moment.AWAL, before, number=number, at=AT + later)
        if after is not None:
            asked.answer(Moment.AKHIR, after, number=number, at=asked.last.starts_at + later)
    found = quiz.averages(asked.one)
    assert (found.before, found.before_people, found.after, found.after_people) == (50, 6, 100, 5)
    assert (found.both, found.both_people) == ((50, 100), 5)
    text = asked.page("class_desk", asked.trainer, at=asked.last.ends_at).content.decode()
    assert "<b>50%</b> sebelum dan <b>100%</b> sesudah kelas, dari 5 orang" in text
    facts = dict(report.load_report(asked.one, reader=asked.trainer, at=AT).facts)
    assert facts["Tes awal dan akhir"].startswith("50% menjadi 100%")


def test_nobodys_score_can_be_read_from_an_average() -> None:
    """Shown from five on and five at a time, of those who are in the class."""
    asked = Asked(people=7)
    for number in range(4):
        asked.answer(Moment.AWAL, 2, number=number)
    found = quiz.averages(asked.one)
    assert (found.before, found.before_people) == (None, 4)
    facts = dict(report.load_report(asked.one, reader=asked.trainer, at=AT).facts)
    assert facts["Tes awal dan akhir"] == "4 orang mengisi; tampil mulai 5 orang"
    text = asked.page("class_desk", asked.trainer).content.decode()
    assert "4 orang mengisi" in text and "100%" not in text.partition("<main")[2].partition("</main>")[0]
    asked.answer(Moment.AWAL, 2, number=4)
    assert quiz.average_words(quiz.averages(asked.one)) == "awal 100% dari 5 orang"
    asked.answer(Moment.AWAL, 0, number=5, at=AT + timedelta(minutes=1))
    assert quiz.average_words(quiz.averages(asked.one)) == "awal 100% dari 5 orang"
    services.give_up(seat_id=asked.seats[5].pk, actor=asked.user(5), at=AT)
    services.give_up(seat_id=asked.seats[0].pk, actor=asked.user(), at=AT)
    found = quiz.averages(asked.one)
    assert (found.before, found.before_people) == (None, 4)


def test_a_participant_answers_on_the_page_and_reads_the_own_score() -> None:
    asked = Asked()
    fields = {f"q-{one.pk}": "0" for one in asked.questions}
    test = ("class_test", asked.user(), asked.one.pk, "awal")
    assert "Isi tes awal" in asked.page("class_page", asked.user()).content.decode()
    empty = asked.page(*test, data={})
    assert empty.status_code == 422 and "Pilih satu jawaban" in empty.content.decode()
    bad = asked.page(*test, data=dict.fromkeys(fields, "9"))
    assert bad.status_code == 422 and not QuizResult.objects.exists()
    sent = asked.page(*test, data=fields)
    assert sent.status_code == 303 and QuizResult.objects.get().right == 2
    text = asked.page("class_page", asked.user()).content.decode()
    assert "2 dari 2 benar" in text and "Isi tes awal" not in text
    assert asked.page(*test, data=fields).status_code == 303 and QuizResult.objects.count() == 1
    assert asked.page("class_test", asked.user(), asked.one.pk, "besok").status_code == 404
    stranger = trainee().person.user
    assert stranger is not None
    assert asked.page("class_test", stranger, asked.one.pk, "awal").status_code == 404


def test_a_manager_writes_changes_and_removes_questions() -> None:
    asked = Asked()
    course_id = asked.one.course_id
    written = TEXT | {"submission_id": str(uuid4())}
    for _ in range(2):
        assert asked.page("question_add", asked.manager, course_id, data=written).status_code == 303
    question = Question.objects.get(text=TEXT["text"])
    assert (question.number, question.choices, question.answer) == (3, ["Modal", "Modal dan untung"], 1)
    edit = ("question_edit", asked.manager, question.pk)
    assert asked.page(*edit, data=TEXT | {"choice_3": "Rasa", "answer": "C"}).status_code == 303
    question.refresh_from_db()
    assert question.answer == 2
    for wrong in (
        {"answer": "D"},
        {"choice_4": "Lewat"},
        {"choice_2": "modal"},
        {"answer": ""},
        {"text": ""},
    ):
        assert asked.page(*edit, data=TEXT | wrong).status_code == 422, wrong
    asked.page(*edit, data=TEXT | {"removed": "on"})
    assert not Question.objects.filter(pk=question.pk).exists()
    assert AuditEntry.objects.filter(action="kursus.soal").count() == 3
    assert asked.page("question_add", manager_of("P31.74.05"), course_id, data=TEXT).status_code == 404


def test_questions_have_an_end_and_the_database_knows_their_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked()
    monkeypatch.setattr(quiz, "MOST_QUESTIONS", 2)
    written = TEXT | {"submission_id": str(uuid4())}
    answer = asked.page("question_add", asked.manager, asked.one.course_id, data=written)
    assert answer.status_code == 422 and "Paling banyak 2 soal" in answer.content.decode()
    for change in ({"answer": 2}, {"choices": ["Satu"]}, {"choices": []}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Question.objects.filter(pk=asked.questions[0].pk).update(**change)


# Survey -------------------------------------------------------------------------------------------------


def test_nothing_is_shown_before_five_and_then_only_five_at_a_time() -> None:
    asked = Asked(people=7)
    for number in range(4):
        asked.say(1, f"rahasia {number}", number=number)
    found = survey.load_survey(asked.one)
    assert (found.people, found.shown, found.words) == (4, 0, [])
    for user in (asked.trainer, asked.manager):
        text = asked.page("class_desk", user, at=asked.last.ends_at).content.decode()
        assert "4 orang sudah mengisi kesan" in text and "rahasia" not in text
    for number in range(4, 7):
        asked.say(5, f"rahasia {number}", number=number)
    found = survey.load_survey(asked.one)
    assert (found.people, found.shown) == (7, 5)
    assert dict(found.counts) == {5: 1, 4: 0, 3: 0, 2: 0, 1: 4}
    assert found.average == "1,8"
    assert sorted(found.words) == [f"rahasia {number}" for number in range(5)]
    text = asked.page("class_desk", asked.trainer, at=asked.last.ends_at).content.decode()
    assert "rahasia 4" in text and "rahasia 5" not in text
    facts = dict(report.load_report(asked.one, reader=asked.trainer, at=AT).facts)
    assert facts["Kesan peserta"] == "1,8 dari 5, menurut 5 orang"


def test_an_answer_has_no_name_no_time_and_no_trace() -> None:
    columns = {field.column for field in SurveyAnswer._meta.concrete_fields}
    assert columns == {"id", "training_class_id", "batch", "rating", "words"}
    assert {field.column for field in SurveyDone._meta.concrete_fields} == {"seat_id"}
    asked = Asked()
    before = AuditEntry.objects.count(), OutboxMessage.objects.count()
    asked.say(2, "Hubungi 081200001234 atau 3174075705910001")
    assert (AuditEntry.objects.count(), OutboxMessage.objects.count()) == before
    words = SurveyAnswer.objects.get().words
    assert "081200001234" not in words and "3174075705910001" not in words


def test_a_survey_counts_once_from_the_last_session_on_by_the_own_hand() -> None:
    asked = Asked(people=2)
    at = asked.last.starts_at
    with pytest.raises(Refused, match="mulai pertemuan terakhir"):
        asked.say(5, at=at - timedelta(seconds=1))
    with pytest.raises(NotYours):
        survey.answer(seat_id=asked.seats[0].pk, rating=1, words="", actor=asked.user(1), at=at)
    for rating in (5, 1):
        asked.say(rating)
    assert SurveyAnswer.objects.get().rating == 5
    with pytest.raises(IntegrityError), transaction.atomic():
        SurveyAnswer.objects.update(rating=1)


def test_the_survey_on_the_page_and_the_news_at_the_end() -> None:
    asked = Asked()
    own, at = ("class_survey", asked.user()), asked.last.ends_at
    assert asked.page(*own).status_code == 303
    assert asked.page(*own, at=at).status_code == 200
    assert asked.page(*own, at=at, data={"rating": "6"}).status_code == 422
    assert asked.page(*own, at=at, data={"rating": "4", "words": "Bagus"}).status_code == 303
    assert asked.page(*own, at=at, data={"rating": "1"}).status_code == 303
    assert SurveyAnswer.objects.get().words == "Bagus"
    text = asked.page("class_page", asked.user(), at=at).content.decode()
    assert "Kesan Anda sudah kami terima" in text
    planning.begin_classes(at=asked.one.starts_at)
    planning.finish_class(class_id=asked.one.pk, actor=asked.manager, at=at)
    assert OutboxMessage.objects.filter(ids__kind="kelas_selesai").count() == 1
    stranger = trainee().person.user
    assert stranger is not None
    assert asked.page("class_survey", stranger, at=at).status_code == 404


def test_what_is_held_and_what_an_erasure_leaves() -> None:
    asked = Asked()
    asked.answer(Moment.AWAL, 1)
    asked.say(4, "Bagus")
    person = asked.seats[0].enrollment.person
    sections = {part["kode"]: part["isi"] for part in load(person, at=AT)["bagian"]}
    assert (sections["tes_kelas"][0]["benar"], sections["tes_kelas"][0]["dari"]) == (1, 2)
    assert sections["kesan_kelas"] == [{"kursus": "Dasar usaha", "angkatan": "Angkatan 1"}]
    erase_person(person_id=person.pk, actor=None, reason="Percobaan", at=AT)
    assert quiz.averages(asked.one).before_people == 0
    assert SurveyAnswer.objects.get().words == "Bagus"


def test_statements_of_the_forms_stay_within_the_budget() -> None:
    asked = Asked()
    at = asked.last.ends_at
    fields = {f"q-{one.pk}": "0" for one in asked.questions}
    asked.page("class_page", asked.user())  # what a process asks only once is not the page's
    for name, args, data, when in (
        ("class_test", (asked.one.pk, "awal"), fields, AT),
        ("class_survey", (), None, at),
        ("class_survey", (), {"rating": "4"}, at),
    ):
        with CaptureQueriesContext(connection) as caught:
            asked.page(name, asked.user(), *args, at=when, data=data)
        assert len(caught.captured_queries) <= 35, (name, len(caught.captured_queries))
