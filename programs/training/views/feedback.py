"""Tests and survey: the questions of a course, the participant's answers."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.access import SeeOther, role_required
from accounts.models import Role
from accounts.requests import actor_of, sent, show_refusal
from core.clock import now
from participants.refusals import Refused
from programs.training import quiz, survey
from programs.training.forms import QuestionForm, QuizForm, SurveyForm
from programs.training.models import Course, Moment, Question, Seat, TrainingClass

from .certificates import KEEPERS
from .fetch import edited_course, own_enrollment, published
from .public import FORM


@role_required(*KEEPERS)
@FORM
def question_add(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """One question more."""
    return _question(request, edited_course(request, course_id), None)


@role_required(*KEEPERS)
@FORM
def question_edit(request: HttpRequest, question_id: UUID) -> HttpResponse:
    """Change a question, or take it away."""
    found = Question.objects.filter(pk=question_id).first()
    if found is None:
        raise Http404("Tidak ditemukan.")
    return _question(request, edited_course(request, found.course_id), found)


def _question(request: HttpRequest, course: Course, question: Question | None) -> HttpResponse:
    form, actor = QuestionForm(**sent(request), question=question), actor_of(request)
    back = reverse("course_edit", args=[course.pk])
    if form.is_valid():
        try:
            if question is not None and form.cleaned_data["removed"]:
                quiz.remove_question(course_id=course.pk, question_id=question.pk, actor=actor)
            else:
                quiz.save_question(
                    course_id=course.pk, question_id=question.pk if question else None,
                    text=form.written(), actor=actor, submission_id=form.cleaned_data.get("submission_id"),
                )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Soal tersimpan.")
            return SeeOther(back)
    context = {"form": form, "course": course, "question": question, "back": back}
    return render(request, "training/question.html", context, status=422 if form.errors else 200)


@role_required(Role.PESERTA)
@FORM
def class_test(request: HttpRequest, class_id: UUID, moment: str) -> HttpResponse:
    """The questions before or after; answered once."""
    if moment not in Moment.values:
        raise Http404("Tidak ditemukan.")
    (one, seat), at, asked = _own_seat(request, class_id), now(), Moment(moment)
    known = set(seat.results.values_list("moment", flat=True))
    questions = list(one.course.questions.all())
    if not questions or quiz.open_moment(one, list(one.sessions.all()), known, at=at) != asked:
        messages.info(request, f"{asked.label} kelas ini sudah diisi atau tidak sedang dibuka.")
        return SeeOther(one.get_absolute_url())
    form = QuizForm(**sent(request), questions=questions)
    if form.is_valid():
        try:
            result = quiz.answer(
                seat_id=seat.pk, moment=asked, chosen=form.chosen(), actor=actor_of(request), at=at
            )
        except Refused as refusal:
            show_refusal(request, refusal)
        else:
            messages.success(request, f"{asked.label}: {result} benar.")
        return SeeOther(one.get_absolute_url())
    context = {"form": form, "item": one, "label": asked.label, "back": one.get_absolute_url()}
    return render(request, "training/test.html", context, status=422 if form.errors else 200)


@role_required(Role.PESERTA)
@FORM
def class_survey(request: HttpRequest, class_id: UUID) -> HttpResponse:
    """How the class was; answered once, without a name."""
    (one, seat), at = _own_seat(request, class_id), now()
    if survey.has_answered(seat) or not survey.is_open(one, list(one.sessions.all()), at=at):
        messages.info(request, "Kesan sudah diisi, atau belum dibuka: mulai pertemuan terakhir.")
        return SeeOther(one.get_absolute_url())
    form = SurveyForm(**sent(request))
    if form.is_valid():
        data = form.cleaned_data
        try:
            survey.answer(
                seat_id=seat.pk, rating=int(data["rating"]), words=data["words"], actor=actor_of(request),
                at=at,
            )  # fmt: skip
        except Refused as refusal:
            show_refusal(request, refusal)
        else:
            messages.success(request, "Terima kasih. Kesan Anda tersimpan tanpa nama.")
        return SeeOther(one.get_absolute_url())
    context = {"form": form, "item": one, "back": one.get_absolute_url()}
    return render(request, "training/survey.html", context, status=422 if form.errors else 200)


def _own_seat(request: HttpRequest, class_id: UUID) -> tuple[TrainingClass, Seat]:
    """A class the participant has a seat in; else 404."""
    one, enrollment = published(class_id), own_enrollment(actor_of(request))
    found = Seat.objects.enrolled().filter(training_class=one, enrollment=enrollment)
    seat = found.first() if enrollment is not None else None
    if seat is None:
        raise Http404("Tidak ditemukan.")
    return one, seat
