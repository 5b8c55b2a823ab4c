"""What is published and what checks it: the stored daily cut, earlier reported figures, the recount."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import F, Q


class PublicCut(models.Model):
    """The public figures of one day, all counted as of the same instant."""

    day = models.DateField("hari", unique=True)
    taken_at = models.DateTimeField("batas data")

    class Meta:
        verbose_name = "potongan harian"
        verbose_name_plural = "potongan harian"

    def __str__(self) -> str:
        return self.day.isoformat()


class PublicFigures(models.Model):
    """The figures of one area in a cut: of everybody, one cohort or one path. NULL is hidden.

    What may not be public is not in this table at all, so no page can show it by mistake.
    """

    cut = models.ForeignKey(PublicCut, on_delete=models.CASCADE, related_name="figures")
    area = models.CharField("wilayah", max_length=8)
    year = models.PositiveSmallIntegerField("tahun daftar (0 = semua)", default=0)
    pathway = models.CharField("jalur (kosong = semua)", max_length=20, blank=True)
    stages = models.JSONField("sampai, selesai, dispensasi, sekarang per tahap")
    permits = models.PositiveIntegerField("punya izin", null=True)
    reported = models.PositiveIntegerField("pekerjaan dilaporkan", null=True)
    confirmed = models.PositiveIntegerField("pekerjaan dikonfirmasi", null=True)
    elsewhere = models.PositiveIntegerField("mendaftar di bagian yang tidak tampil", null=True)

    class Meta:
        verbose_name = "angka publik"
        verbose_name_plural = "angka publik"
        constraints = [
            models.UniqueConstraint(fields=["cut", "area", "year", "pathway"], name="public_figures_once")
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.year or ''} {self.pathway}".strip()


class ReportedFigure(models.Model):
    """A figure that somebody reported before this portal counted: historical, aggregate, not recomputable."""

    as_of = models.DateField("batas data")
    position = models.PositiveSmallIntegerField("urutan")
    label = models.CharField("arti", max_length=80)
    value = models.PositiveIntegerField("angka")
    area = models.CharField("wilayah", max_length=8)
    publication = models.CharField("laporan", max_length=120)
    source = models.CharField("sumber", max_length=300)

    class Meta:
        verbose_name = "angka historis"
        verbose_name_plural = "angka historis"
        ordering = ["as_of", "position"]
        constraints = [models.UniqueConstraint(fields=["as_of", "position"], name="reported_figure_once")]

    def __str__(self) -> str:
        return f"{self.label}: {self.value}"

    @property
    def is_people(self) -> bool:
        """Whether it counts people, so that its share of the registered has a meaning."""
        return not self.label.startswith("Tenaga kerja")


class ReconcileRunQuerySet(models.QuerySet["ReconcileRun"]):
    """Questions about runs."""

    def newest_first(self) -> Self:
        return self.order_by("-started_at", "-pk")


class ReconcileRun(models.Model):
    """One run: how much was read, how many differences it found, the first of them.

    `findings` holds codes, figures and record ids (`reconcile.findings.Finding`), never names or numbers of
    people. `night` is the local day of a nightly run, None for one by hand: a night is done once.
    """

    night = models.DateField("malam", null=True, unique=True)
    started_at = models.DateTimeField("mulai")
    ended_at = models.DateTimeField("selesai")
    people = models.PositiveIntegerField("orang dibaca")
    rows_read = models.PositiveBigIntegerField("baris dibaca")
    pages = models.PositiveIntegerField("halaman dibandingkan")
    differences = models.PositiveIntegerField("selisih")
    mended = models.PositiveIntegerField("diperbaiki", default=0)
    findings = models.JSONField("selisih yang pertama", default=list)

    objects = ReconcileRunQuerySet.as_manager()

    class Meta:
        verbose_name = "rekonsiliasi"
        verbose_name_plural = "rekonsiliasi"
        constraints = [
            models.CheckConstraint(
                name="reconcile_ends_after_start", condition=Q(ended_at__gte=F("started_at"))
            )
        ]
        indexes = [models.Index(fields=["-started_at", "-id"], name="reconcile_newest")]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}: {self.differences}"

    @property
    def is_clean(self) -> bool:
        """Whether everything agreed."""
        return self.differences == 0
