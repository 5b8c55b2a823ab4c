"""What a course asks before and after, what came out, and what participants think of a class.

A survey answer names nobody and has no time: that somebody answered is a row of its own, without the answer.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from core import clock
from core.append_only import append_only

from .choices import Moment
from .classes import TrainingClass
from .course import Course
from .seat import Seat


class Question(models.Model):
    """One question of a course with two to five choices; `answer` is the place of the right one, from 0."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="questions")
    number = models.PositiveSmallIntegerField("urutan")
    text = models.CharField("pertanyaan", max_length=300)
    choices = ArrayField(models.CharField(max_length=120))
    answer = models.PositiveSmallIntegerField("jawaban benar")

    class Meta:
        verbose_name = "soal"
        verbose_name_plural = "soal"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["course", "number"], name="question_one_per_number"),
            models.CheckConstraint(name="question_two_to_five", condition=Q(choices__len__range=(2, 5))),
            models.CheckConstraint(name="question_has_its_answer", condition=Q(answer__lt=F("choices__len"))),
        ]

    def __str__(self) -> str:
        return f"soal {self.number}"


class QuizResult(models.Model):
    """How many questions somebody answered rightly, once before and once after. Never what they chose."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="results")
    moment = models.CharField(max_length=5, choices=Moment.choices)
    right = models.PositiveSmallIntegerField("benar")
    total = models.PositiveSmallIntegerField("dari")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = "hasil tes"
        verbose_name_plural = "hasil tes"
        triggers = append_only()
        constraints = [
            models.UniqueConstraint(fields=["seat", "moment"], name="result_once_per_moment"),
            models.CheckConstraint(name="result_moment_known", condition=Q(moment__in=Moment.values)),
            models.CheckConstraint(
                name="result_within_total", condition=Q(total__gt=0, right__lte=F("total"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.right} dari {self.total}"

    @property
    def label(self) -> str:
        return Moment(self.moment).label


class SurveyDone(models.Model):
    """Somebody answered the survey of their class: so that nobody answers twice, and nothing more."""

    seat = models.OneToOneField(Seat, primary_key=True, on_delete=models.PROTECT, related_name="survey")

    class Meta:
        verbose_name = "kesan terkirim"
        verbose_name_plural = "kesan terkirim"

    def __str__(self) -> str:
        return str(self.seat_id)


class SurveyAnswer(models.Model):
    """What somebody in a class thinks of it. Shown from `batch` to batch, each of five answers."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="survey")
    batch = models.PositiveSmallIntegerField()
    rating = models.PositiveSmallIntegerField("nilai")
    words = models.CharField("kata", max_length=500, blank=True)

    class Meta:
        verbose_name = "kesan"
        verbose_name_plural = "kesan"
        triggers = append_only(redactable=["words"])
        constraints = [
            models.CheckConstraint(name="survey_one_to_five", condition=Q(rating__range=(1, 5))),
        ]

    def __str__(self) -> str:
        return str(self.rating)
