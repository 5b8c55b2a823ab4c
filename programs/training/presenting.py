"""What a participant's own page says about their classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, DateTimeField, OuterRef, Q, Subquery
from django.urls import reverse

from core.formats import moment
from participants.models import Enrollment

from .models import ClassSession, ClassStatus, Presence, Seat

SHOWN = 4


@dataclass(frozen=True, slots=True)
class OwnClass:
    """One's seat or wait in a class that is not over: the next session, how many were attended of those
    that are recorded."""

    seat: Seat
    next_at: datetime | None
    attended: int
    recorded: int

    @property
    def next_text(self) -> str:
        """ "8 Desember 2026, 09.00 WIB", or nothing after the last session."""
        return moment(self.next_at, self.seat.training_class.zone) if self.next_at else ""


@dataclass(frozen=True, slots=True)
class Step:
    """What to do about one's classes now: text for the panel of the next step, and its button."""

    text: str
    button: dict[str, str]


def own(enrollment: Enrollment, *, at: datetime) -> list[OwnClass]:
    """Classes that are not over, the offered first, those one waits for last; one query."""
    coming = ClassSession.objects.filter(training_class=OuterRef("training_class"), ends_at__gt=at)
    rows = (
        Seat.objects.live()
        .filter(enrollment=enrollment, training_class__status__in=ClassStatus.taking_part())
        .select_related("training_class__course", "training_class__center")
        .annotate(
            next_at=Subquery(
                coming.order_by("starts_at").values("starts_at")[:1], output_field=DateTimeField()
            ),
            attended=Count("attendance", filter=Q(attendance__presence__in=Presence.attended())),
            recorded=Count("attendance"),
        )
        .order_by("training_class__starts_at", "pk")[:SHOWN]
    )
    found = [OwnClass(seat, seat.next_at, seat.attended, seat.recorded) for seat in rows]
    return sorted(found, key=lambda one: (not one.seat.is_offered, one.seat.is_waiting))


def step(classes: Sequence[OwnClass]) -> Step | None:
    """The next step of somebody who has a seat, an offer or a place in a queue; None without one."""
    if not classes:
        return None
    first = classes[0]
    one = first.seat.training_class
    name = f"{one.course.title}, {one.name}"
    if first.seat.is_offered:
        until = moment(first.seat.offer_until, one.zone)
        text, label = f"Ada tempat untuk Anda di {name}. Terima sebelum {until}.", "Lihat dan terima"
    elif first.seat.is_enrolled:
        text = f"Datang ke {name}." + (f" Pertemuan berikutnya: {first.next_text}." if first.next_at else "")
        label = "Lihat kelas Anda"
    else:
        text, label = f"Anda di daftar tunggu {name}. Kami kabari begitu ada tempat.", "Lihat kelas ini"
    return Step(text, {"label": label, "href": reverse("class_page", args=[one.pk]), "icon": "arrow"})
