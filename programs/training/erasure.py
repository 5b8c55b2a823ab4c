"""What an erased person's seats lose: live ones end, so that somebody else gets the seat; words go."""

from __future__ import annotations

from core import audit
from participants.erasure import GONE, Traces, erases
from participants.models import Person

from .models import AttendanceChange, CertificateRevocation, Seat, SeatStatus
from .services import end_seat, lock_class


@erases(
    "training.Seat",
    "training.Attendance",
    "training.AttendanceChange",
    "training.Certificate",
    "training.CertificateRevocation",
    "training.QuizResult",
    "training.SurveyDone",
)
def forget_seats(traces: Traces) -> None:
    """That somebody sat in a class, and how often they came, stays as a count of the class. A certificate
    names nobody by itself: its check then shows that the data are gone. A score stays as a figure; what
    somebody thought of a class cannot be told from what others thought."""
    seats = Seat.objects.filter(enrollment__in=traces.enrollment_ids)
    live = list(seats.live().order_by("training_class_id", "pk"))
    for seat in live:
        training_class = lock_class(seat.training_class_id)
        if training_class.is_over:
            continue
        seat.refresh_from_db()
        if seat.is_live:
            end_seat(seat, training_class, SeatStatus.BATAL, at=traces.at)
    for rows in (
        AttendanceChange.objects.filter(attendance__seat__in=seats),
        CertificateRevocation.objects.filter(certificate__seat__in=seats),
    ):
        audit.redact(
            rows,
            actor=traces.actor,
            reason="Penghapusan data",
            obj=Person(pk=traces.person_id),
            values={"reason": GONE},
        )
