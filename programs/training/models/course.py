"""What is taught: the course, its template of sessions, its material."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.access import scopes
from accounts.models import Role
from core import clock
from participants.models import Pathway

from .choices import Level

if TYPE_CHECKING:
    from accounts.models import User


class CourseQuerySet(models.QuerySet["Course"]):
    """Questions about courses."""

    def active(self) -> Self:
        """Courses of which classes may be planned."""
        return self.filter(is_active=True)

    def usable_by(self, user: User) -> Self:
        """Courses a member of staff plans classes of: those of the programme and of the own centres."""
        if scopes(user, Role.ADMIN):
            return self.all()
        own = scopes(user, Role.PENGELOLA)
        return self.filter(Q(center__isnull=True) | Q(center__in=own)) if own else self.none()

    def editable_by(self, user: User) -> Self:
        """The secretariat changes all, a manager those of the own centres."""
        if scopes(user, Role.ADMIN):
            return self.all()
        return self.filter(center__in=scopes(user, Role.PENGELOLA))


class Course(models.Model):
    """A course. Without a centre it belongs to the whole programme. No paths: it suits every path."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField("nama kursus", max_length=120)
    level = models.CharField("tingkat", max_length=12, choices=Level.choices)
    pathways = ArrayField(models.CharField(max_length=20, choices=Pathway.choices), default=list, blank=True)
    aims = models.CharField("tujuan", max_length=1000)
    hours = models.PositiveSmallIntegerField("jam pelajaran")
    center = models.ForeignKey("centers.Center", null=True, on_delete=models.PROTECT, related_name="courses")
    is_active = models.BooleanField("dipakai", default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    objects = CourseQuerySet.as_manager()

    class Meta:
        verbose_name = "kursus"
        verbose_name_plural = "kursus"
        constraints = [
            models.CheckConstraint(name="course_level_known", condition=Q(level__in=Level.values)),
            models.CheckConstraint(
                name="course_paths_known", condition=Q(pathways__contained_by=list(Pathway.values))
            ),
            models.CheckConstraint(name="course_has_hours", condition=Q(hours__gt=0)),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def level_label(self) -> str:
        return Level(self.level).label

    @property
    def for_whom(self) -> str:
        """ "Mulai usaha, Usaha naik kelas", or everybody."""
        return ", ".join(Pathway(code).label for code in self.pathways) or "Semua jalur"

    def suits(self, pathway: str) -> bool:
        """Whether somebody on this path may take part."""
        return not self.pathways or pathway in self.pathways


class CourseTopic(models.Model):
    """One line of the template: what the n-th session is about."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="topics")
    number = models.PositiveSmallIntegerField("urutan")
    title = models.CharField("topik", max_length=120)

    class Meta:
        verbose_name = "topik pertemuan"
        verbose_name_plural = "topik pertemuan"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["course", "number"], name="topic_one_per_number")]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"


class CourseMaterialQuerySet(models.QuerySet["CourseMaterial"]):
    """Questions about materials."""

    def links(self) -> Self:
        return self.filter(file__isnull=True)

    def stored(self) -> Self:
        """Those that are files of ours."""
        return self.filter(file__isnull=False)


class CourseMaterial(models.Model):
    """Something to read or watch: a link, or a file of ours. Files have numbers from `FIRST_FILE` on."""

    FIRST_FILE = 101

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="materials")
    number = models.PositiveSmallIntegerField("urutan")
    title = models.CharField("judul", max_length=120)
    url = models.URLField("tautan", max_length=300, blank=True)
    file = models.OneToOneField("core.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")

    objects = CourseMaterialQuerySet.as_manager()

    class Meta:
        verbose_name = "bahan"
        verbose_name_plural = "bahan"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["course", "number"], name="material_one_per_number"),
            models.CheckConstraint(
                name="material_link_or_file",
                condition=Q(url__startswith="https://", file__isnull=True) | Q(url="", file__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def address(self) -> str:
        """Where it opens."""
        return self.url or reverse("material_file", args=[self.pk])
