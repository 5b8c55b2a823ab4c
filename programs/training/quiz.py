"""The test before and after a class: the same questions, each answered once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from core import audit
from core.fields import RELOADED
from participants.refusals import NotYours, Refused

from .models import ClassSession, ClassStatus, Moment, Question, QuizResult, Seat, SeatStatus, TrainingClass
from .planning import lock_course
from .survey import BATCH

MOST_QUESTIONS = 20


def open_moment(
    training_class: TrainingClass, sessions: Sequence[ClassSession], answered: set[str], *, at: datetime
) -> Moment | None:
    """Which test somebody with a seat can take now: before until the first session ends, after from the
    beginning of the last one. Where that is one session, the first comes first."""
    if training_class.status not in ClassStatus.held() or not sessions:
        return None
    first, last = sessions[0], sessions[-1]
    if Moment.AWAL not in answered and at < first.ends_at:
        return Moment.AWAL
    if Moment.AKHIR not in answered and at >= last.starts_at:
        return Moment.AKHIR
    return None


def answer(
    *, seat_id: UUID, moment: Moment, chosen: Mapping[UUID, int], actor: User, at: datetime
) -> QuizResult:
    """Keep how many answers are right; sent twice, the first counts. `chosen` is by question.

    Raises NotYours, or Refused when this test is not open.
    """
    seat = Seat.objects.select_related("training_class", "enrollment__person").get(pk=seat_id)
    if seat.enrollment.person.user_id != actor.pk:
        raise NotYours("Tes diisi hanya oleh peserta sendiri.")
    known = {one.moment: one for one in seat.results.all()}
    if moment in known:
        return known[moment]
    sessions = list(seat.training_class.sessions.order_by("number"))
    if not seat.is_enrolled or open_moment(seat.training_class, sessions, set(known), at=at) != moment:
        raise Refused(f"{moment.label} kelas ini tidak sedang dibuka.")
    questions = list(Question.objects.filter(course=seat.training_class.course_id))
    if not questions:
        raise Refused("Kelas ini tidak memakai tes.")
    right = sum(chosen.get(one.pk) == one.answer for one in questions)
    values = {"right": right, "total": len(questions), "at": at}
    result, _ = QuizResult.objects.get_or_create(seat=seat, moment=moment, defaults=values)
    return result


@dataclass(frozen=True, slots=True)
class Average:
    """How a class did: how many answered and the average percent before, after, and of those who took both.

    A percent is of five people at a time, the first first, and None below: nobody's own score can be read
    from it. `both_people` are those whose answers are in it.
    """

    before: int | None
    before_people: int
    after: int | None
    after_people: int
    both: tuple[int, int] | None
    both_people: int


def averages(training_class: TrainingClass) -> Average:
    """Averages of those who are in the class, nobody by name; one statement."""
    results = QuizResult.objects.filter(
        seat__training_class=training_class, seat__status=SeatStatus.TERDAFTAR,
        seat__enrollment__erased_at__isnull=True,
    )  # fmt: skip
    rows = results.order_by("at", "pk").values_list("seat_id", "moment", "right", "total")
    found: dict[str, dict[UUID, float]] = {Moment.AWAL: {}, Moment.AKHIR: {}}
    for seat_id, moment, right, total in rows:
        found[moment][seat_id] = right * 100 / total
    before, after = found[Moment.AWAL], found[Moment.AKHIR]
    both = [seat_id for seat_id in after if seat_id in before]
    pair = (_mean([before[pk] for pk in both]), _mean([after[pk] for pk in both]))
    return Average(
        before=_mean(list(before.values())),
        before_people=len(before),
        after=_mean(list(after.values())),
        after_people=len(after),
        both=(pair[0], pair[1]) if pair[0] is not None and pair[1] is not None else None,
        both_people=_shown(len(both)),
    )


def average_words(average: Average) -> str:
    """ "45% menjadi 78%, dari 10 orang yang mengisi keduanya"."""
    if average.both:
        before, after = average.both
        return f"{before}% menjadi {after}%, dari {average.both_people} orang yang mengisi keduanya"
    parts = [
        f"{label} {mean}% dari {_shown(people)} orang"
        for label, mean, people in (
            ("awal", average.before, average.before_people),
            ("akhir", average.after, average.after_people),
        )
        if mean is not None
    ]
    if parts:
        return "; ".join(parts)
    people = max(average.before_people, average.after_people)
    return f"{people} orang mengisi; tampil mulai {BATCH} orang" if people else "Belum ada yang mengisi"


def _shown(people: int) -> int:
    return people // BATCH * BATCH


def _mean(values: Sequence[float]) -> int | None:
    """Of the first five, ten, …; None below five."""
    first = values[: _shown(len(values))]
    return round(sum(first) / len(first)) if first else None


@dataclass(frozen=True, slots=True)
class QuestionText:
    """A question as it is written; `answer` is the place of the right choice, from 0."""

    text: str
    choices: Sequence[str]
    answer: int


@transaction.atomic
def save_question(
    *,
    course_id: UUID,
    question_id: UUID | None,
    text: QuestionText,
    actor: User,
    submission_id: UUID | None = None,
) -> Question:
    """Add a question, or change one; results that are there stay as they are. `submission_id` becomes the id
    of a new one: sent again, it is the question that was made, unchanged.

    Raises NotYours, or Refused for one question too many.
    """
    course, key = lock_course(course_id, actor), submission_id or uuid4()
    if question_id is not None:
        question = course.questions.get(pk=question_id)
    elif known := Question.objects.filter(pk=key).first():
        if known.course_id != course.pk:
            raise Refused(RELOADED)
        return known
    else:
        if course.questions.count() >= MOST_QUESTIONS:
            raise Refused(f"Paling banyak {MOST_QUESTIONS} soal untuk satu kursus.")
        last = course.questions.aggregate(last=Max("number"))["last"]
        question = Question(pk=key, course=course, number=(last or 0) + 1)
    question.text, question.choices, question.answer = text.text, list(text.choices), text.answer
    question.save()
    audit.record(actor=actor, action="kursus.soal", obj=course, detail={"number": question.number})
    return question


@transaction.atomic
def remove_question(*, course_id: UUID, question_id: UUID, actor: User) -> None:
    """Take a question away. Raises NotYours."""
    course = lock_course(course_id, actor)
    removed, _ = course.questions.filter(pk=question_id).delete()
    if removed:
        audit.record(actor=actor, action="kursus.soal", obj=course, detail={"removed": str(question_id)})
