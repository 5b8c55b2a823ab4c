"""What participants think of a class: anonymous to everybody, shown five answers at a time.

Five at a time, because an answer that appears alone says who has just given it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from core.privacy import redact_numbers
from participants.refusals import NotYours, Refused

from .models import ClassSession, ClassStatus, Seat, SurveyAnswer, SurveyDone, TrainingClass
from .services import hold_seat

BATCH = 5
"""Fewest answers that are shown together."""


def is_open(training_class: TrainingClass, sessions: Sequence[ClassSession], *, at: datetime) -> bool:
    """From the beginning of the last session on."""
    is_held = training_class.status in ClassStatus.held()
    return is_held and bool(sessions) and at >= sessions[-1].starts_at


@transaction.atomic
def answer(*, seat_id: UUID, rating: int, words: str, actor: User, at: datetime) -> None:
    """Keep an answer without a name or a time; sent twice, the first counts. Nothing of it is logged.

    Raises NotYours, or Refused before the last session.
    """
    seat, training_class = hold_seat(seat_id)
    if seat.enrollment.person.user_id != actor.pk:
        raise NotYours("Kesan diisi hanya oleh peserta sendiri.")
    if not seat.is_enrolled or not is_open(training_class, list(training_class.sessions.all()), at=at):
        raise Refused("Kesan dibuka mulai pertemuan terakhir, untuk yang terdaftar.")
    _, is_first = SurveyDone.objects.get_or_create(seat=seat)
    if not is_first:
        return
    known = SurveyAnswer.objects.filter(training_class=training_class).count()
    SurveyAnswer.objects.create(
        training_class=training_class, batch=known // BATCH, rating=rating, words=redact_numbers(words)
    )


@dataclass(frozen=True, slots=True)
class Survey:
    """What may be shown of a class: how many answered, and of the full batches how they rated and said."""

    people: int
    shown: int
    counts: Sequence[tuple[int, int]]
    words: Sequence[str]

    @property
    def average(self) -> str:
        """ "4,2"."""
        total = sum(rating * count for rating, count in self.counts)
        return f"{total / self.shown:.1f}".replace(".", ",") if self.shown else ""


def load_survey(training_class: TrainingClass) -> Survey:
    """The full batches, in no order that says who was when; one statement."""
    rows = list(
        SurveyAnswer.objects.filter(training_class=training_class)
        .order_by("pk")
        .values_list("batch", "rating", "words")
    )
    shown = [row for row in rows if row[0] < len(rows) // BATCH]
    counts = Counter(rating for _, rating, _ in shown)
    return Survey(
        people=len(rows),
        shown=len(shown),
        counts=[(rating, counts[rating]) for rating in range(5, 0, -1)],
        words=[words for _, _, words in shown if words],
    )


def survey_words(survey: Survey) -> str:
    """ "4,2 dari 5, menurut 10 orang"; without a number before there are enough."""
    if not survey.shown:
        return f"{survey.people} orang mengisi; tampil mulai {BATCH} orang"
    return f"{survey.average} dari 5, menurut {survey.shown} orang"


def has_answered(seat: Seat) -> bool:
    """Whether somebody answered."""
    return SurveyDone.objects.filter(seat=seat).exists()
