"""The words that are stored. Codes are Indonesian and never change."""

from __future__ import annotations

from django.db import models


class VacancyStatus(models.TextChoices):
    """Whether people may apply."""

    DIBUKA = "dibuka", "Dibuka"
    DITUTUP = "ditutup", "Ditutup"


class ApplicationStatus(models.TextChoices):
    """How far one person is with one vacancy. That both sides confirmed is said by the placement."""

    MELAMAR = "melamar", "Lamaran masuk"
    WAWANCARA = "wawancara", "Diundang wawancara"
    DITERIMA = "diterima", "Diterima"
    TIDAK_DITERIMA = "tidak_diterima", "Tidak diterima"
    DIBATALKAN = "dibatalkan", "Dibatalkan"

    @classmethod
    def waiting(cls) -> list[str]:
        """The employer has not decided yet."""
        return [cls.MELAMAR, cls.WAWANCARA]


class EmployerSaid(models.TextChoices):
    """How the employer's word reached us."""

    TAUTAN = "tautan", "Lewat tautan"
    PETUGAS = "petugas", "Dicatat petugas"


class EndedBy(models.TextChoices):
    """Who said that a placement is none."""

    PESERTA = "peserta", "Peserta"
    PEMBERI_KERJA = "pemberi_kerja", "Pemberi kerja"
    PETUGAS = "petugas", "Petugas"
