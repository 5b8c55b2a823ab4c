"""The words that are stored. Codes are Indonesian and never change; their order is their meaning."""

from __future__ import annotations

from django.db import models


class Level(models.TextChoices):
    """How much a course presupposes; a thematic one stands beside the others."""

    DASAR = "dasar", "Dasar"
    LANJUTAN = "lanjutan", "Lanjutan"
    TEMATIK = "tematik", "Tematik"


class ClassStatus(models.TextChoices):
    """Where a class stands. `penuh` is an open class without a free seat."""

    DRAFT = "draft", "Belum dibuka"
    DIBUKA = "dibuka", "Dibuka"
    PENUH = "penuh", "Penuh"
    BERJALAN = "berjalan", "Berjalan"
    SELESAI = "selesai", "Selesai"
    BATAL = "batal", "Dibatalkan"

    @classmethod
    def taking_part(cls) -> list[str]:
        """People may still be given or lose a seat."""
        return [cls.DIBUKA, cls.PENUH, cls.BERJALAN]

    @classmethod
    def taking_names(cls) -> list[str]:
        """People may enrol themselves."""
        return [cls.DIBUKA, cls.PENUH]

    @classmethod
    def held(cls) -> list[str]:
        """The sessions take place, or took place."""
        return [cls.DIBUKA, cls.PENUH, cls.BERJALAN, cls.SELESAI]


class SeatStatus(models.TextChoices):
    """Where one person stands in one class."""

    TERDAFTAR = "terdaftar", "Terdaftar"
    DITAWARI = "ditawari", "Ditawari tempat"
    MENUNGGU = "menunggu", "Daftar tunggu"
    BATAL = "batal", "Batal ikut"
    TERLEWAT = "terlewat", "Tawaran terlewat"
    PINDAH = "pindah", "Pindah kelas"
    KELAS_BATAL = "kelas_batal", "Kelas dibatalkan"

    @classmethod
    def holding(cls) -> list[str]:
        """Takes one of the seats: enrolled, or offered and kept free until the answer."""
        return [cls.TERDAFTAR, cls.DITAWARI]

    @classmethod
    def live(cls) -> list[str]:
        """Has a seat or waits for one."""
        return [cls.TERDAFTAR, cls.DITAWARI, cls.MENUNGGU]


class Presence(models.TextChoices):
    """How somebody was at a session. Only the first two count as attended; only the last raises a flag."""

    HADIR = "hadir", "Hadir"
    TERLAMBAT = "terlambat", "Terlambat"
    IZIN = "izin", "Izin"
    SAKIT = "sakit", "Sakit"
    ALPA = "alpa", "Alpa"

    @classmethod
    def attended(cls) -> list[str]:
        return [cls.HADIR, cls.TERLAMBAT]


class TrainerKind(models.TextChoices):
    """Who teaches."""

    PENDAMPING = "pendamping", "Pendamping"
    PELAKU_USAHA = "pelaku_usaha", "Pelaku usaha"
    MITRA = "mitra", "Mitra"


class Moment(models.TextChoices):
    """When a test is taken: the same questions before and after."""

    AWAL = "awal", "Tes awal"
    AKHIR = "akhir", "Tes akhir"
