"""The words that are stored. Codes are Indonesian and never change; their order is their meaning."""

from __future__ import annotations

from django.db import models


class Pathway(models.TextChoices):
    """Why a person comes. It decides the questions, the stages that apply and the waivers allowed."""

    CARI_KERJA = "cari_kerja", "Mencari kerja"
    MULAI_USAHA = "mulai_usaha", "Mulai usaha"
    NAIK_KELAS = "naik_kelas", "Usaha naik kelas"


class Stage(models.TextChoices):
    """The seven stages P1–P7 in their order."""

    PENDAFTARAN = "pendaftaran", "Pendaftaran"
    PELATIHAN = "pelatihan", "Pelatihan"
    PENDAMPINGAN = "pendampingan", "Pendampingan"
    PERIZINAN = "perizinan", "Perizinan"
    PEMASARAN = "pemasaran", "Pemasaran"
    PELAPORAN_KEUANGAN = "pelaporan_keuangan", "Pelaporan keuangan"
    PERMODALAN = "permodalan", "Permodalan"

    @property
    def number(self) -> int:
        """1 for pendaftaran … 7 for permodalan."""
        return list(Stage).index(self) + 1


class Status(models.TextChoices):
    """Where an enrollment stands, apart from its stage."""

    MENUNGGU_PUSAT = "menunggu_pusat", "Menunggu pusat"
    AKTIF = "aktif", "Aktif"
    LULUS = "lulus", "Lulus"
    BERHENTI = "berhenti", "Berhenti"
    TIDAK_TERHUBUNGI = "tidak_terhubungi", "Tidak terhubungi"

    @classmethod
    def open_values(cls) -> list[str]:
        """Statuses of people who are still on their way."""
        return [cls.MENUNGGU_PUSAT, cls.AKTIF, cls.TIDAK_TERHUBUNGI]


class TransitionKind(models.TextChoices):
    """Every way in which stage or status can change."""

    DAFTAR = "daftar", "Terdaftar"
    MAJU = "maju", "Naik tahap"
    DISPENSASI = "dispensasi", "Dispensasi"
    KOREKSI = "koreksi", "Koreksi tahap"
    BERHENTI = "berhenti", "Berhenti"
    LANJUT = "lanjut", "Lanjut lagi"
    GANTI_JALUR = "ganti_jalur", "Ganti jalur"
    LULUS = "lulus", "Lulus"
    TIDAK_TERHUBUNGI = "tidak_terhubungi", "Tidak terhubungi"


class StopReason(models.TextChoices):
    """Why a person stopped; "dirujuk" is a referral elsewhere, not a failure."""

    BEKERJA = "bekerja", "Sudah bekerja"
    PINDAH = "pindah", "Pindah tempat tinggal"
    KELUARGA = "keluarga", "Urusan keluarga atau kesehatan"
    TIDAK_BERMINAT = "tidak_berminat", "Tidak berminat lagi"
    DIRUJUK = "dirujuk", "Dirujuk ke layanan lain"
    GANDA = "ganda", "Pendaftaran ganda"
    LAINNYA = "lainnya", "Alasan lain"


class Gender(models.TextChoices):
    """As on the KTP."""

    LAKI_LAKI = "L", "Laki-laki"
    PEREMPUAN = "P", "Perempuan"


class IdentityStatus(models.TextChoices):
    """How sure the programme is of who this is."""

    DIKETIK = "diketik", "Diketik"
    DOKUMEN_DILIHAT = "dokumen_dilihat", "Dokumen dilihat"
    DIVERIFIKASI = "diverifikasi", "Diverifikasi"


class ConsentPurpose(models.TextChoices):
    """One purpose each, so that they can be given and withdrawn apart (UU 27/2022 art. 20–22)."""

    PROGRAM = "program", "Pelatihan, pendampingan, dan izin usaha"
    PENGINGAT = "pengingat", "Pengingat lewat pesan"


class BusinessSector(models.TextChoices):
    """Plain-word sectors; `SECTOR_DIVISIONS` gives their KBLI divisions."""

    KULINER = "kuliner", "Kuliner (makanan dan minuman)"
    FESYEN = "fesyen", "Fesyen"
    KRIYA = "kriya", "Kriya dan kerajinan"
    PERDAGANGAN = "perdagangan", "Perdagangan"
    JASA = "jasa", "Jasa"
    KECANTIKAN = "kecantikan", "Kecantikan dan perawatan"
    PENDIDIKAN = "pendidikan", "Pendidikan dan pelatihan"
    KESEHATAN = "kesehatan", "Kesehatan"
    TRANSPORTASI = "transportasi", "Transportasi dan logistik"
    DIGITAL = "digital", "Digital dan teknologi"
    KREATIF = "kreatif", "Desain, foto, dan kreatif"
    KONSTRUKSI = "konstruksi", "Bangunan dan perbaikan"
    PERTANIAN = "pertanian", "Pertanian"
    PETERNAKAN = "peternakan", "Peternakan"
    PERIKANAN = "perikanan", "Perikanan"
    PARIWISATA = "pariwisata", "Pariwisata"
    LAINNYA = "lainnya", "Lainnya"


SECTOR_DIVISIONS: dict[str, tuple[str, ...]] = {
    BusinessSector.KULINER: ("10", "11", "56"),
    BusinessSector.FESYEN: ("13", "14", "15"),
    BusinessSector.KRIYA: ("16", "23", "31", "32"),
    BusinessSector.PERDAGANGAN: ("45", "46", "47"),
    BusinessSector.JASA: ("77", "78", "81", "82", "95"),
    BusinessSector.KECANTIKAN: ("96",),
    BusinessSector.PENDIDIKAN: ("85",),
    BusinessSector.KESEHATAN: ("86", "87", "88"),
    BusinessSector.TRANSPORTASI: ("49", "50", "52", "53"),
    BusinessSector.DIGITAL: ("62", "63"),
    BusinessSector.KREATIF: ("18", "58", "59", "73", "74", "90"),
    BusinessSector.KONSTRUKSI: ("41", "42", "43"),
    BusinessSector.PERTANIAN: ("01", "02"),
    BusinessSector.PETERNAKAN: ("01",),
    BusinessSector.PERIKANAN: ("03",),
    BusinessSector.PARIWISATA: ("55", "79", "91", "93"),
    BusinessSector.LAINNYA: (),
}
"""Sector → two-digit KBLI divisions (the divisions are the same in the 2020 edition; classes are not)."""


class EvidenceStatus(models.TextChoices):
    """Evidence counts only when a second person has accepted it."""

    MENUNGGU = "menunggu", "Menunggu diperiksa"
    DITERIMA = "diterima", "Diterima"
    DITOLAK = "ditolak", "Perlu diperbaiki"


class EvidenceKind(models.TextChoices):
    """What a proof shows. Each stage's rules name the kinds they ask for."""

    KEHADIRAN = "kehadiran", "Daftar hadir kelas"
    SERTIFIKAT = "sertifikat", "Sertifikat pelatihan"
    RENCANA_AKSI = "rencana_aksi", "Rencana aksi"
    SESI = "sesi", "Catatan pertemuan"
    PENEMPATAN = "penempatan", "Bukti diterima kerja"
    NIB = "nib", "NIB"
    IUMK = "iumk", "IUMK"
    SKU = "sku", "Surat Keterangan Usaha (SKU)"
    PRODUK = "produk", "Foto produk atau hasil kerja"
    PENJUALAN = "penjualan", "Bukti penjualan pertama"
    BUKU_KAS = "buku_kas", "Buku kas satu bulan"
    LAPORAN_KEUANGAN = "laporan_keuangan", "Laporan keuangan"
    MODAL_CAIR = "modal_cair", "Modal cair"
    TIDAK_BUTUH_MODAL = "tidak_butuh_modal", "Pernyataan tidak butuh modal"
    MODAL_DITOLAK = "modal_ditolak", "Pengajuan ditolak dan rencana lanjutan"


class AssignmentEnd(models.TextChoices):
    """Why a coach stopped accompanying a person."""

    DIALIHKAN = "dialihkan", "Dialihkan ke pendamping lain"
    SELESAI = "selesai", "Selesai"
    MENOLAK = "menolak", "Pendamping belum bisa menerima"
    DIBATALKAN = "dibatalkan", "Penetapan dibatalkan"
