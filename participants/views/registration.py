"""`/daftar/`: one page that works without script, its answer, and the neutral page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import SeeOther, public, signed_in
from accounts.models import User
from accounts.sessions import FirstSession, browser_of, remember_browser, start_session
from core import clock
from core.context import has_page
from core.validators import local_phone
from participants.deadlines import due_day
from participants.forms import RegistrationForm
from participants.models import Enrollment, Status, Threshold
from participants.models.choices import Pathway
from participants.registration import Held, Registered, register_person, repeated_answer

PATHS = (
    {
        "code": Pathway.CARI_KERJA.value,
        "words": "Saya mencari kerja",
        "note": "Pelatihan, lalu tempat kerja",
    },
    {
        "code": Pathway.MULAI_USAHA.value,
        "words": "Saya mau mulai usaha",
        "note": "Dari ide sampai berizin dan laku",
    },
    {
        "code": Pathway.NAIK_KELAS.value,
        "words": "Usaha saya mau naik kelas",
        "note": "Sudah punya usaha, ingin tumbuh",
    },
)
"""The three ways in, in the words of the person who chooses."""
PRIVACY = "/privasi/"
SIGN_IN_AGAIN = timedelta(minutes=10)
"""How long a repeated submission signs its browser in again; later the person signs in with the password."""


@public
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Register a citizen: 303 to the number, 303 to the neutral page, or 422 with everything kept."""
    browser = browser_of(request)
    if request.method != "POST":
        return _form_page(request, RegistrationForm(initial={"pathway": _wanted_path(request)}), browser)
    form = RegistrationForm(request.POST)
    if not form.is_valid():
        form.ask_password_again()
        return _form_page(request, form, browser, status=422)
    at = clock.now()
    session = FirstSession(request)
    answer = register_person(
        data=form.to_data(),
        submission_id=form.cleaned_data["submission_id"],
        browser=browser,
        at=at,
        also=session.rows,
    )
    response = _answer(request, answer, at, session)
    return remember_browser(request, response, browser)


@signed_in
@require_safe
def success(request: HttpRequest) -> HttpResponse:
    """The registration number and what happens next; without an enrollment, the form."""
    found = Enrollment.objects.filter(person__user=cast(User, request.user)).for_page()
    enrollment = found.order_by("-registered_at", "-pk").first()
    if enrollment is None:
        return SeeOther(reverse("register"))
    context = {
        "enrollment": enrollment,
        "step": first_step(enrollment),
        "login_note": login_note(enrollment),
        "center_phone": local_phone(enrollment.center.whatsapp) if enrollment.center else "",
        "help_center": enrollment.center,
        "bring": things_to_bring(enrollment),
        "keep_url": f"https://wa.me/?text={quote(keepsake(enrollment))}",
    }
    return render(request, "participants/registration/success.html", context)


@public
@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """The neutral page: the same for everybody and every reason."""
    return render(request, "participants/registration/check.html")


def render_expired(request: HttpRequest) -> HttpResponse:
    """What a POST with an outdated token gets; called by the CSRF failure view for this address.

    A submission that this browser had sent before gets its answer again (signing in renewed the token
    meanwhile). Anything else is shown again with what was typed and a fresh token; nothing is written.
    """
    browser = browser_of(request)
    form = RegistrationForm(request.POST)
    if submission_id := form.begin_anew():
        answer = repeated_answer(submission_id=submission_id, browser=browser)
        if answer is not None:
            return _answer(request, answer, clock.now())
    return _form_page(request, form, browser, status=403)


# parts -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FirstStep:
    """What happens after registering, in the citizen's words; `due_on` is a working day at the centre."""

    title: str
    text: str
    who: str
    due_on: date


def first_step(enrollment: Enrollment) -> FirstStep:
    """The step after registration: the officer's check of the KTP, or a centre that has to be found first."""
    who = enrollment.center.name if enrollment.center else "Dinas wilayah Anda"
    due_on = due_day(enrollment, Threshold.objects.on(enrollment.registered_on))
    if enrollment.status == Status.MENUNGGU_PUSAT:
        return FirstStep(
            "Kami siapkan pusat untuk Anda",
            "Belum ada pusat yang buka di kabupaten atau kota Anda. Dinas wilayah Anda melihat pendaftaran"
            " ini dan akan memberi kabar.",
            who,
            due_on,
        )
    if enrollment.person.nik_index is None:
        return FirstStep(
            "Petugas memeriksa data Anda",
            "Bawa surat yang Anda punya ke pusat, misalnya KK, akta lahir, atau surat dari kelurahan. Belum"
            " punya NIK tidak menghalangi. Sesudah itu Anda mendapat pendamping.",
            who,
            due_on,
        )
    return FirstStep(
        "Petugas memeriksa data Anda",
        "Tunjukkan KTP ke pusat bila sempat, supaya lebih cepat. Sesudah itu Anda mendapat pendamping.",
        who,
        due_on,
    )


def login_note(enrollment: Enrollment) -> str:
    """With what this person signs in: the phone too, unless it belongs to somebody else of the household."""
    user = enrollment.person.user
    if user is not None and user.phone_index is not None:
        return "Masuk dengan nomor ini atau nomor HP Anda, dan kata sandi yang baru Anda buat."
    return "Masuk dengan nomor ini dan kata sandi yang baru Anda buat."


def things_to_bring(enrollment: Enrollment) -> list[str]:
    """What a person takes along to the centre."""
    paper = (
        "KTP"
        if enrollment.person.nik_index is not None
        else "Surat yang ada: KK, akta lahir, atau surat kelurahan"
    )
    business = ["Surat usaha bila ada, misalnya NIB"] if enrollment.pathway == Pathway.NAIK_KELAS else []
    return [paper, "Nomor pendaftaran ini", *business]


def keepsake(enrollment: Enrollment) -> str:
    """What a person may send to themselves: the number and where to ask, nothing else about them."""
    lines = [f"Nomor pendaftaran OK OCE saya: {enrollment.number}."]
    if enrollment.center:
        lines.append(f"Pusat saya: {enrollment.center.name}.")
    return " ".join(lines)


def _wanted_path(request: HttpRequest) -> str:
    """The path of the link the person followed (`?jalur=`), or nothing."""
    wanted = request.GET.get("jalur", "")
    return wanted if wanted in Pathway.values else ""


def _form_page(
    request: HttpRequest, form: RegistrationForm, browser: str, *, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "paths": PATHS,
        "is_told": True,
        # What the script of the page needs to say the same about a NIK as the server would.
        "today": clock.today().isoformat(),
        "any_serial": settings.ALLOW_SYNTHETIC_NIK,
        "privacy_page": PRIVACY if has_page(PRIVACY) else "",
    }
    response = render(request, "participants/registration/form.html", context, status=status)
    # A page with somebody's data is not kept anywhere; the empty one may be shown again by "back".
    response.headers["Cache-Control"] = "private, no-cache" if status == 200 else "private, no-store"
    return remember_browser(request, response, browser)


def _answer(
    request: HttpRequest, answer: Registered | Held, at: datetime, session: FirstSession | None = None
) -> HttpResponse:
    """303 to where the answer stands, signed in as the person who registered: the first time by `session`."""
    if isinstance(answer, Held):
        return SeeOther(reverse("register_check"))
    target = reverse("register_success")
    user = answer.enrollment.person.user
    if user is None or not user.is_active:
        return SeeOther(reverse("register_check"))
    if request.user.is_authenticated and request.user.pk == user.pk:
        return SeeOther(target)
    if answer.is_new and session is not None:
        return session.begin(user, redirect_url=target)
    if at - answer.enrollment.registered_at > SIGN_IN_AGAIN:
        return SeeOther(reverse("login"))
    return start_session(request, user, redirect_url=target)
