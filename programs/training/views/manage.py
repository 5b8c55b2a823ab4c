"""The staff's side: courses, the class builder, one class with its people, enrol many, move, call off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import SeeOther, role_required, scopes
from accounts.models import Role, RoleAssignment, User
from accounts.requests import actor_of, sent, show_refusal
from centers.models import Center
from core.clock import now, today
from core.formats import day_long, inside
from core.keyset import page as keyset_page
from participants.models import Enrollment, Stage, Threshold
from participants.refusals import Refused
from programs.training import catalogue, planning, quiz, services, survey
from programs.training.access import manages
from programs.training.attendance import EARLY, shows_code
from programs.training.facts import passed_seats, recorded_sessions
from programs.training.forms import (
    CancelForm,
    CapacityForm,
    ClassForm,
    CourseForm,
    EnrolManyForm,
    MoveForm,
    centers_of,
)
from programs.training.models import (
    ClassSession,
    ClassStatus,
    Course,
    Presence,
    Seat,
    SeatStatus,
    TrainerKind,
    TrainingClass,
)
from programs.training.schedule import mark_of, recurring_days, slots_of, years_without_holidays

from .certificates import KEEPERS, certified
from .fetch import edited_course, led, managed, visible_seat
from .public import FORM, LEADERS

CANDIDATES = 100
TARGETS = 30


@role_required(*LEADERS)
@require_safe
def class_desk_list(request: HttpRequest) -> HttpResponse:
    """The classes somebody teaches or manages, the latest first; keyset pages."""
    actor = actor_of(request)
    page = keyset_page(
        TrainingClass.objects.led_by(actor).for_page(),
        cursor=request.GET.get("sesudah", ""), field="starts_at", size=catalogue.PAGE_SIZE,
    )  # fmt: skip

    def link(cursor: str) -> str:
        return f"?{urlencode({'sesudah': cursor})}" if cursor else ""

    context = {
        "rows": page.rows,
        "next_url": link(page.next_cursor),
        "previous_url": link(page.previous_cursor),
        "may_plan": bool(scopes(actor, Role.PENGELOLA)),
        "may_teach": any(scopes(actor, role) for role in KEEPERS),
    }
    return render(request, "training/desk_list.html", context)


@role_required(*KEEPERS)
@require_safe
def courses(request: HttpRequest) -> HttpResponse:
    """What may be taught."""
    actor = actor_of(request)
    found = Course.objects.usable_by(actor).select_related("center").annotate(sessions=Count("topics"))
    own = set(Course.objects.editable_by(actor).values_list("pk", flat=True))
    rows = [{"course": one, "may_edit": one.pk in own} for one in found.order_by("title", "pk")[:200]]
    return render(request, "training/courses.html", {"rows": rows})


@role_required(*KEEPERS)
@FORM
def course_new(request: HttpRequest) -> HttpResponse:
    """Describe a new course."""
    return _course(request, None)


@role_required(*KEEPERS)
@FORM
def course_edit(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """Change a course of one's own."""
    return _course(request, edited_course(request, course_id))


def _course(request: HttpRequest, course: Course | None) -> HttpResponse:
    actor = actor_of(request)
    form = CourseForm(**sent(request), actor=actor, course=course)
    if form.is_valid():
        data = dict(form.cleaned_data)
        code, key, at = data.pop("center", ""), data.pop("submission_id", None), now()
        center = Center.objects.filter(pk=code).first() if code else None
        try:
            saved = planning.save_course(
                course_id=course.pk if course else None, center=center, actor=actor, at=at,
                text=planning.CourseText(**data), submission_id=key,
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            if course is None and saved.created_at != at:
                messages.info(request, "Kursus ini sudah tersimpan tadi. Mau mengubahnya? Ubah di sini.")
                return SeeOther(reverse("course_edit", args=[saved.pk]))
            messages.success(request, f"Kursus {data['title']} tersimpan.")
            return SeeOther(reverse("courses"))
    context: dict[str, Any] = {"form": form, "course": course, "cancel": reverse("courses")}
    if course is not None:
        context["questions"] = list(course.questions.all())
        context["files"] = list(course.materials.stored().select_related("file"))
    return render(request, "training/course.html", context, status=422 if form.errors else 200)


@role_required(Role.PENGELOLA)
@FORM
def class_new(request: HttpRequest) -> HttpResponse:
    """Build a class with a recurring schedule; its clashes, then its days are shown before it is made."""
    actor = actor_of(request)
    trainers = trainers_of([center.pk for center in centers_of(actor)])
    form = ClassForm(**sent(request), actor=actor, trainers=trainers, today=today())
    found: list[str] = []
    shown: dict[str, Any] = {}
    if form.is_valid():
        data = form.cleaned_data
        center = Center.objects.get(pk=data["center"])
        course = Course.objects.prefetch_related("topics").get(pk=data["course"])
        chosen = [user for user in trainers if str(user.pk) in data["trainers"]]
        plan = _plan(data, center, course, chosen)
        found = catalogue.clashes(
            plan.slots, center_id=center.pk, place=data["place"], trainers=chosen,
            besides=data["submission_id"],
        )  # fmt: skip
        wanted = data["count"] or max(1, course.topics.count())
        if len(plan.slots) < wanted:
            form.add_error("weekdays", f"Dengan pilihan ini jadwalnya hanya memuat {len(plan.slots)} hari.")
        elif found and not data["despite"]:
            form.add_error("despite", "Jadwal ini bentrok. Ubah jadwalnya, atau centang di sini.")
        elif request.POST.get("seen") != mark_of(plan.slots):
            topics = list(course.topics.all())
            days = planning.sessions_of(TrainingClass(zone=center.zone), topics, plan.slots)
            shown = {
                "days": days,
                "seen": mark_of(plan.slots),
                "unknown_years": years_without_holidays([one.on for one in days])
                if data["skips_holidays"]
                else [],
            }
        else:
            at = now()
            try:
                one = planning.plan_class(
                    course=course, center=center, plan=plan, actor=actor, at=at,
                    submission_id=data["submission_id"],
                )  # fmt: skip
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                if one.created_at == at:
                    messages.success(request, "Kelas dibuat. Periksa jadwalnya, lalu buka pendaftarannya.")
                else:
                    messages.info(request, "Kelas ini sudah dibuat tadi. Mau mengubahnya? Ubah di sini.")
                return SeeOther(reverse("class_desk", args=[one.pk]))
    context = {"form": form, "clashes": found, "cancel": reverse("class_desk_list"), **shown}
    return render(request, "training/class_new.html", context, status=422 if form.errors else 200)


def _plan(data: dict[str, Any], center: Center, course: Course, chosen: list[User]) -> planning.ClassPlan:
    days = recurring_days(
        data["first_on"],
        count=data["count"] or max(1, course.topics.count()),
        weekdays={int(number) for number in data["weekdays"]},
        skips_weekends=data["skips_weekends"],
        skips_holidays=data["skips_holidays"],
    )
    return planning.ClassPlan(
        name=data["name"], place=data["place"], online_url=data["online_url"], capacity=data["capacity"],
        opens_on=data["opens_on"], closes_on=data["closes_on"],
        slots=slots_of(days, begins=data["begins"], ends=data["ends"], zone=center.zone),
        trainers=kinds_of(chosen, data["trainer_kind"]),
    )  # fmt: skip


def kinds_of(chosen: Sequence[User], kind: str) -> dict[UUID, TrainerKind]:
    """As what they teach: coaches as coaches, all others as this kind."""
    others = TrainerKind(kind or TrainerKind.PELAKU_USAHA)
    return {
        user.pk: TrainerKind.PENDAMPING if Role.PENDAMPING in getattr(user, "held_roles", ()) else others
        for user in chosen
    }


def trainers_of(places: Sequence[str]) -> list[User]:
    """Coaches and trainers of these centres, with the roles they hold there."""
    held = RoleAssignment.objects.active(now()).filter(
        scope__in=places, role__in=[Role.PELATIH, Role.PENDAMPING], user__is_active=True
    )
    people: dict[UUID, User] = {}
    for row in held.select_related("user").order_by("user__display_name", "user_id")[:200]:
        user = people.setdefault(row.user_id, row.user)
        user.held_roles = {*getattr(user, "held_roles", ()), row.role}  # type: ignore[attr-defined]
    return list(people.values())


@role_required(*LEADERS)
@require_safe
def class_desk(request: HttpRequest, class_id: UUID) -> HttpResponse:
    """One class for who leads it: sessions, people, who waits, and what may be done."""
    at, actor, one = now(), actor_of(request), led(request, class_id)
    came = Count("attendance", filter=Q(attendance__presence__in=Presence.attended()))
    named = ("enrollment__person", "certificate__revocation")
    seats = Seat.objects.visible_to(actor).filter(training_class=one).select_related(*named)
    seats = seats.filter(status=SeatStatus.KELAS_BATAL) if one.is_cancelled else seats.live()
    rows = list(seats.annotate(came=came).in_rank())
    enrolled = [row for row in rows if row.is_enrolled]
    may_open = Enrollment.objects.none()
    if one.is_cancelled:
        may_open = Enrollment.objects.visible_to(actor).filter(pk__in=[row.enrollment_id for row in rows])
    sessions = list(recorded_sessions(one).select_related("training_class"))
    may_manage, average = manages(actor, one), quiz.averages(one)
    context = {
        "item": one,
        **(certified(one) if may_manage and one.status == ClassStatus.SELESAI else {}),
        "sessions": [
            {
                "session": row,
                "is_on": at >= row.starts_at - EARLY,
                "shows_code": shows_code(row, at=at),
                "missing": _missing(row, len(enrolled), at=at),
            }
            for row in sessions
        ],
        "count": len(sessions),
        "current": next((row for row in sessions if row.starts_at - EARLY <= at <= row.ends_at), None),
        "seats": enrolled,
        "called_off": rows if one.is_cancelled else [],
        "may_open": set(may_open.values_list("pk", flat=True)),
        "waiting": sorted(
            (row for row in rows if row.is_offered or row.is_waiting),
            key=lambda row: (not row.is_offered, row.queued_at),
        ),
        "average": average,
        "average_words": inside(quiz.average_words(average)),
        "survey": survey.load_survey(one),
        "trainers": list(one.trainers.select_related("user").order_by("pk")),
        "may_manage": may_manage,
        "may_finish": may_manage and one.status == ClassStatus.BERJALAN and at >= one.ends_at,
        "crumbs": [{"label": "Kelas Anda", "href": reverse("class_desk_list")}, {"label": one.name}],
    }
    return render(request, "training/desk.html", context)


@role_required(*KEEPERS)
@require_POST
def class_open(request: HttpRequest, class_id: UUID) -> HttpResponse:
    """Show the class in the catalogue."""
    return _step(request, class_id, planning.open_class, "Pendaftaran kelas ini dibuka.")


def _missing(session: ClassSession, people: int, *, at: datetime) -> int:
    """Of how many people it is not known how they were at a session that is over."""
    return max(0, people - session.recorded) if at >= session.ends_at else 0  # type: ignore[attr-defined]


@role_required(*KEEPERS)
@FORM
def class_finish(request: HttpRequest, class_id: UUID) -> HttpResponse:
    """Say what is missing, then close the books of the class."""
    if request.method == "POST":
        return _step(request, class_id, planning.finish_class, "Kelas ini selesai.")
    one, at = managed(request, class_id), now()
    people = Seat.objects.enrolled().filter(training_class=one, enrollment__erased_at__isnull=True).count()
    empty = [(row, _missing(row, people, at=at)) for row in recorded_sessions(one)]
    missing = [
        {
            "label": str(row),
            "value": f"{count} orang belum tercatat",
            "href": reverse("roll_call", args=[row.pk]),
        }
        for row, count in empty
        if count
    ]
    context = {
        "question": f"Selesaikan {one.course.title}, {one.name}?",
        "consequence": "Yang belum tercatat dihitung tidak hadir. Isi dulu, atau selesaikan saja: sesudah itu"
        " hanya pengelola yang bisa mengisinya, dengan alasan."
        if missing
        else "Semua kehadiran sudah tercatat. Sesudah ini kehadiran hanya diubah lewat koreksi.",
        "details": missing,
        "verb": "Ya, selesaikan kelas",
        "cancel": reverse("class_desk", args=[one.pk]),
    }
    return render(request, "layout/confirm.html", context)


def _step(request: HttpRequest, class_id: UUID, act: Callable[..., object], words: str) -> HttpResponse:
    """One button of the class's page."""
    one = managed(request, class_id)
    try:
        act(class_id=one.pk, actor=actor_of(request), at=now())
    except Refused as refusal:
        show_refusal(request, refusal)
    else:
        messages.success(request, words)
    return SeeOther(reverse("class_desk", args=[one.pk]))


@role_required(*KEEPERS)
@FORM
def class_cancel(request: HttpRequest, class_id: UUID) -> HttpResponse:
    """Ask for the reason, then call the class off and tell everybody."""
    one = managed(request, class_id)
    form = CancelForm(**sent(request))
    if form.is_valid():
        try:
            planning.cancel_class(class_id=one.pk, actor=actor_of(request), at=now(), **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Kelas dibatalkan. Semua yang terdaftar diberi tahu.")
            return SeeOther(reverse("class_desk", args=[one.pk]))
    people = Seat.objects.live().filter(training_class=one).count()
    context = {
        "form": form,
        "question": f"Batalkan {one.course.title}, {one.name}?",
        "consequence": f"{people} orang langsung diberi tahu dan melihat angkatan lain."
        if people
        else "Belum ada yang terdaftar. Kelas ini tidak tampil lagi sebagai kelas yang bisa diikuti.",
        "verb": "Ya, batalkan kelas",
        "cancel": reverse("class_desk", args=[one.pk]),
        "danger": True,
    }
    return render(request, "layout/confirm.html", context, status=422 if form.errors else 200)


@role_required(*KEEPERS)
@FORM
def class_capacity(request: HttpRequest, class_id: UUID) -> HttpResponse:
    """Another number of seats; who waits is offered the new ones."""
    one = managed(request, class_id)
    form = CapacityForm(**sent(request), initial={"capacity": one.capacity})
    if form.is_valid():
        try:
            planning.change_capacity(class_id=one.pk, actor=actor_of(request), at=now(), **form.cleaned_data)
        except Refused as refusal:
            form.add_error("capacity", str(refusal))
        else:
            messages.success(request, "Jumlah tempat diubah.")
            return SeeOther(reverse("class_desk", args=[one.pk]))
    context = {
        "form": form,
        "question": "Ubah jumlah tempat?",
        "consequence": f"{one.course.title}, {one.name}: {one.taken} dari {one.capacity} tempat terisi.",
        "verb": "Simpan",
        "cancel": reverse("class_desk", args=[one.pk]),
    }
    return render(request, "layout/confirm.html", context, status=422 if form.errors else 200)


@role_required(*KEEPERS)
@FORM
def class_people(request: HttpRequest, class_id: UUID) -> HttpResponse:
    """Enrol a whole list at once; what became of each person stands on the page."""
    one, actor = managed(request, class_id), actor_of(request)
    people = _candidates(actor)
    form = EnrolManyForm(
        **sent(request), people=[(str(row.pk), f"{row.person.full_name} ({row.number})") for row in people]
    )
    outcomes: list[dict[str, Any]] = []
    if form.is_valid():
        numbers = form.cleaned_data["numbers"]
        seen = Enrollment.objects.visible_to(actor).select_related("person")
        found = {row.number: row for row in seen.filter(number__in=numbers)}
        picked = {row.pk: row for row in people if str(row.pk) in form.cleaned_data.get("pick", [])}
        wanted = {**picked, **{row.pk: row for row in found.values()}}
        results = services.enrol_many(enrollment_ids=list(wanted), class_id=one.pk, actor=actor, at=now())
        seated = [result.enrollment_id for result in results if result.seat]
        busy = catalogue.busy_of(seated, one)
        outcomes = [
            {
                "name": wanted[result.enrollment_id].person.full_name,
                "seat": result.seat,
                "reason": result.reason,
                "busy": busy.get(result.enrollment_id, []),
            }
            for result in results
        ]
        outcomes += [
            {"name": number, "seat": None, "reason": "Nomor ini tidak ada di pusat Anda."}
            for number in numbers
            if number not in found
        ]
    context = {
        "item": one,
        "form": form,
        "has_begun": now() >= one.starts_at,
        "outcomes": outcomes,
        "cancel": reverse("class_desk", args=[one.pk]),
    }
    return render(request, "training/people.html", context, status=422 if form.errors else 200)


def _candidates(actor: User) -> list[Enrollment]:
    """Participants of the own centres in P2 who are in no class to come or under way and have not attended
    enough of one, the longest waiting first."""
    enough = Threshold.objects.on(today())[Stage.PELATIHAN, "hadir_persen"]
    found = Enrollment.objects.visible_to(actor).active().filter(stage=Stage.PELATIHAN)
    found = found.filter(center__in=scopes(actor, Role.PENGELOLA))
    seats = Seat.objects.live().filter(training_class__status__in=ClassStatus.taking_part())
    seated = seats.filter(enrollment__in=found.values("pk")).values("enrollment")
    passed = passed_seats(enough=enough).filter(enrollment__in=found.values("pk")).values("enrollment")
    found = found.exclude(pk__in=seated).exclude(pk__in=passed)
    return list(found.select_related("person").order_by("stage_entered_at", "pk")[:CANDIDATES])


@role_required(*KEEPERS)
@FORM
def seat_move(request: HttpRequest, seat_id: UUID) -> HttpResponse:
    """Bring somebody into another class that has a free seat."""
    seat, actor, at = visible_seat(request, seat_id), actor_of(request), now()
    if not manages(actor, seat.training_class):
        raise Http404("Tidak ditemukan.")
    back = reverse("class_desk", args=[seat.training_class_id])
    classes = TrainingClass.objects.for_page().filter(
        Q(pk__in=TrainingClass.objects.managed_by(actor).values("pk")) | Q(course=seat.training_class.course),
        catalogue.open_q(at),
    )
    others = [
        one
        for one in classes.exclude(pk=seat.training_class_id).order_by("starts_at", "pk")[:TARGETS]
        if one.course.suits(seat.enrollment.pathway)
    ]
    others.sort(key=lambda one: one.center_id != seat.training_class.center_id)  # the nearest by time inside
    form = MoveForm(**sent(request), classes=others)
    if form.is_valid():
        to = form.cleaned_data["to"]
        try:
            services.move_seat(seat_id=seat.pk, to_class_id=to, actor=actor, at=at)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{seat.enrollment.person.full_name} pindah kelas dan diberi tahu.")
            for busy in catalogue.busy_with(seat.enrollment, next(one for one in others if one.pk == to)):
                messages.warning(request, f"Waktunya sama dengan {busy.course.title}, {busy.name}.")
            return SeeOther(back)
    context = {
        "form": form,
        "question": f"Pindahkan {seat.enrollment.person.full_name}?",
        "consequence": f"Dari {seat.training_class.course.title}, {seat.training_class.name}"
        f" ({day_long(seat.training_class.starts_on)}). Kehadiran di kelas ini tidak ikut pindah.",
        "verb": "Pindahkan",
        "cancel": back,
    }
    return render(request, "layout/confirm.html", context, status=422 if form.errors else 200)
