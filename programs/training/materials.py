"""Files that belong to a course: who may read them, how they come."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q

from accounts.models import User
from core import audit
from core.models import StoredFile
from participants.refusals import Refused

from .models import ClassStatus, Course, CourseMaterial, Seat, TrainingClass
from .models.course import CourseMaterialQuerySet
from .planning import lock_course

MOST_FILES = 20


def readable_by(user: User) -> CourseMaterialQuerySet:
    """What somebody may open: of courses they plan with or teach, and of classes they have a seat in."""
    seats = Seat.objects.enrolled().filter(
        enrollment__person__user=user,
        enrollment__erased_at__isnull=True,
        training_class__status__in=ClassStatus.held(),
    )
    led = TrainingClass.objects.led_by(user)
    return CourseMaterial.objects.select_related("file").filter(
        Q(course__in=Course.objects.usable_by(user).values("pk"))
        | Q(course__in=led.values("course"))
        | Q(course__in=seats.values("training_class__course"))
    )


@transaction.atomic
def add_file(
    *, course_id: UUID, actor: User, title: str, store_file: Callable[[], StoredFile]
) -> CourseMaterial:
    """Put a file beside the links of a course. `store_file` is called only once everything else holds.

    Raises NotYours, Refused for one file too many, and what `store_file` raises.
    """
    course = lock_course(course_id, actor)
    known = course.materials.stored()
    if known.count() >= MOST_FILES:
        raise Refused(f"Paling banyak {MOST_FILES} berkas untuk satu kursus. Hapus yang tidak dipakai dulu.")
    last = known.aggregate(last=Max("number"))["last"]
    made = CourseMaterial.objects.create(
        course=course,
        number=last + 1 if last else CourseMaterial.FIRST_FILE,
        title=title,
        file=store_file(),
    )
    audit.record(actor=actor, action="kursus.bahan", obj=course, detail={"added": title})
    return made
