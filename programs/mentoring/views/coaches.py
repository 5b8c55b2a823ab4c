"""A coach's own profile, and what a participant would like of a coach."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.access import SeeOther, role_required
from accounts.models import Role
from accounts.requests import actor_of, sent
from centers.models import CoachProfile
from core.clock import now
from programs.mentoring import coaches
from programs.mentoring.coach_forms import CoachProfileForm, WishForm
from programs.mentoring.models import CoachWish

from .fetch import own_enrollment
from .sessions import FORM


@role_required(Role.PENDAMPING)
@FORM
def coach_profile(request: HttpRequest) -> HttpResponse:
    """Whom one accompanies: the manager's choice of a coach reads it."""
    actor = actor_of(request)
    profile = CoachProfile.objects.filter(user=actor).select_related("center").first()
    if profile is None:
        raise Http404("Tidak ditemukan.")
    form = CoachProfileForm(**sent(request), profile=profile)
    if form.is_valid():
        coaches.save_profile(profile_id=profile.pk, actor=actor, text=form.text(), at=now())
        messages.success(request, "Profil Anda tersimpan.")
        return SeeOther(reverse("coach_profile"))
    context = {"form": form, "profile": profile}
    return render(request, "mentoring/coach_profile.html", context, status=422 if form.errors else 200)


@role_required(Role.PESERTA)
@FORM
def my_wish(request: HttpRequest) -> HttpResponse:
    """What one would like of a coach."""
    enrollment = own_enrollment(request)
    wish = CoachWish.objects.filter(enrollment=enrollment).first()
    form = WishForm(**sent(request), wish=wish)
    if form.is_valid():
        coaches.save_wish(enrollment_id=enrollment.pk, actor=actor_of(request), at=now(), **form.cleaned_data)
        messages.success(request, "Tersimpan. Pengelola pusat membacanya saat memilih pendamping.")
        return SeeOther(reverse("journey"))
    context = {"form": form, "has_coach": enrollment.coach_id is not None}
    return render(request, "mentoring/my_wish.html", context, status=422 if form.errors else 200)
