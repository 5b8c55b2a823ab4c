"""What is published: the stored daily cut, and what others reported before this portal."""

from __future__ import annotations

from django.db import models


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
