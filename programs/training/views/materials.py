"""Files of a course: add, open."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import SeeOther, role_required
from accounts.models import Role
from accounts.requests import actor_of, sent
from core import files
from participants.refusals import Refused
from programs.training import materials
from programs.training.forms import MaterialForm
from programs.training.models import Course

from .certificates import KEEPERS
from .fetch import edited_course
from .public import FORM, LEADERS

ACCEPTED = files.PDF | frozenset({"image/jpeg", "image/png"})


@role_required(*KEEPERS)
@FORM
def material_add(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """Send one file with a title."""
    course, actor = edited_course(request, course_id), actor_of(request)
    form = MaterialForm(**sent(request))
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            materials.add_file(
                course_id=course.pk, actor=actor, title=form.cleaned_data["title"],
                store_file=lambda: files.store_upload(upload, owner=actor, kinds=ACCEPTED),
            )  # fmt: skip
        except ValidationError as refusal:
            form.add_error("file", refusal)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Bahan {form.cleaned_data['title']} tersimpan.")
            return SeeOther(_back(course))
    context = {"form": form, "course": course, "back": _back(course)}
    return render(request, "training/material.html", context, status=422 if form.errors else 200)


@role_required(Role.PESERTA, *LEADERS)
@require_safe
def material_file(request: HttpRequest, material_id: UUID) -> HttpResponseBase:
    """The file, for who has a seat, teaches or plans."""
    found = materials.readable_by(actor_of(request)).stored().filter(pk=material_id).first()
    if found is None or found.file is None:
        raise Http404("Tidak ditemukan.")
    return files.serve(found.file)


def _back(course: Course) -> str:
    return reverse("course_edit", args=[course.pk])
