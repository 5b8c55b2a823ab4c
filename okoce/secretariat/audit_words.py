"""Every code of the audit log in words: "<who> <words> <what>". A code without words fails a test."""

from __future__ import annotations

from dataclasses import dataclass

GROUPS: dict[str, str] = {
    "akun": "Akun dan peran",
    "data": "Data pribadi dibuka atau diunduh",
    "hak_data": "Hak atas data",
    "identitas": "Identitas, NIK, dan KTP",
    "peserta": "Pendaftaran dan pendampingan",
    "kelas": "Kelas pelatihan",
    "kerja": "Lowongan dan penempatan kerja",
    "tahap": "Perpindahan tahap",
    "duplikat": "Pendaftaran ganda",
    "sekretariat": "Aturan, pusat, dan dinas",
    "pengawasan": "Catatan audit dan tampilan dukungan",
}
"""The filter "jenis tindakan": code → words."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a code says: the group it is found under, and the sentence after the name of who did it.

    `{obj}` stands for the record concerned.
    """

    group: str
    sentence: str


def _group(group: str, sentences: dict[str, str]) -> dict[str, Words]:
    return {code: Words(group, sentence) for code, sentence in sentences.items()}


WORDS: dict[str, Words] = (
    _group(
        "akun",
        {
            "akun.dibuat": "membuat akun {obj}",
            "akun.diubah": "mengubah akun {obj}",
            "akun.dinonaktifkan": "menonaktifkan akun {obj}",
            "akun.diaktifkan": "mengaktifkan lagi akun {obj}",
            "akun.peran_diberikan": "memberi peran {obj}",
            "akun.peran_diubah": "mengubah masa peran {obj}",
            "akun.peran_diakhiri": "mengakhiri peran {obj}",
            "akun.keluar_semua": "mengeluarkan {obj} dari semua perangkat",
            "akun.mfa_aktif": "memasang pengaman dua langkah untuk {obj}",
            "akun.mfa_lepas": "melepas pengaman dua langkah {obj}",
            "akun.mfa_dilepas_admin": "melepas pengaman dua langkah {obj}",
            "akun.kode_dicetak": "mencetak kode sekali pakai untuk {obj}",
            "akun.kode_dipakai": "memakai kode sekali pakai akun {obj}",
            "akun.sandi_diganti": "mengganti kata sandi {obj}",
            "akun.sandi_baru_lewat_tautan": "membuat kata sandi baru lewat tautan untuk {obj}",
        },
    )
    | _group(
        "data",
        {
            "data.buka": "membuka data pribadi {obj}",
            "data.buka_sendiri": "membuka datanya sendiri: {obj}",
            "data.unduh": "mengunduh data {obj}",
            "data.disamarkan": "menyamarkan catatan lama {obj}",
        },
    )
    | _group(
        "hak_data",
        {
            "hak_data.minta": "mengajukan permintaan data {obj}",
            "hak_data.batal": "membatalkan permintaan data {obj}",
            "hak_data.setuju_pertama": "menyetujui sebagai orang pertama {obj}",
            "hak_data.setuju": "menyetujui permintaan data {obj}",
            "hak_data.tolak": "menolak permintaan data {obj}",
            "hak_data.koreksi": "memperbaiki data {obj}",
            "hak_data.hapus": "menghapus data pribadi {obj}",
            "persetujuan.beri": "mencatat persetujuan {obj}",
            "persetujuan.tarik": "mencatat penarikan persetujuan {obj}",
        },
    )
    | _group(
        "identitas",
        {
            "identitas.periksa": "memeriksa identitas {obj}",
            "identitas.batalkan": "membatalkan pemeriksaan identitas {obj}",
            "ktp.unggah": "mengirim foto KTP {obj}",
            "nik.catat": "mencatat NIK {obj}",
            "nik.perbaikan_diminta": "meminta perbaikan NIK {obj}",
            "nik.perbaikan_dibatalkan": "membatalkan permintaan perbaikan NIK {obj}",
            "nik.perbaikan_ditolak": "menolak perbaikan NIK {obj}",
            "nik.perbaiki": "memperbaiki NIK {obj}",
        },
    )
    | _group(
        "peserta",
        {
            "pendaftaran.dibantu": "membantu pendaftaran {obj}",
            "pendaftaran.nik_dikenal": "mengetik NIK yang sudah terdaftar: {obj}",
            "skpd.tetapkan": "menetapkan SKPD pembina {obj}",
            "skpd.batalkan": "membatalkan SKPD pembina {obj}",
            "pendamping.tetapkan": "menetapkan pendamping {obj}",
            "pendamping.profil": "mengubah profil pendamping {obj}",
            "pendamping.batalkan": "membatalkan pendamping {obj}",
            "bukti.periksa": "memeriksa bukti {obj}",
            "sesi.pindah": "memindahkan {obj}",
            "sesi.batal": "membatalkan {obj}",
            "klinik.buka": "membuka {obj}",
            "klinik.batalkan": "membatalkan {obj}",
            "klinik.batal_janji": "membatalkan janji {obj}",
            "sesi.koreksi": "memperbaiki catatan {obj}",
            "rencana.setuju_lisan": "mencatat persetujuan lisan atas {obj}",
            "massal.lakukan": "melakukan tindakan untuk banyak peserta ({obj})",
            "massal.batalkan": "membatalkan tindakan untuk banyak peserta ({obj})",
        },
    )
    | _group(
        "kelas",
        {
            "kursus.simpan": "menyimpan {obj}",
            "kursus.soal": "mengubah soal tes {obj}",
            "kursus.bahan": "mengubah bahan {obj}",
            "kelas.rencanakan": "merencanakan {obj}",
            "kelas.buka": "membuka pendaftaran {obj}",
            "kelas.tempat": "mengubah jumlah tempat {obj}",
            "kelas.ubah": "mengubah {obj}",
            "kelas.waktu": "mengubah waktu pertemuan {obj}",
            "kelas.batalkan": "membatalkan {obj}",
            "kelas.selesaikan": "menyelesaikan {obj}",
            "kelas.daftarkan": "mendaftarkan orang ke kelas: {obj}",
            "kelas.terimakan": "menerima tawaran tempat untuk peserta: {obj}",
            "kelas.keluarkan": "mengeluarkan orang dari kelas: {obj}",
            "kelas.pindahkan": "memindahkan orang ke kelas lain: {obj}",
            "kelas.unduh": "mengunduh daftar nama {obj}",
            "kehadiran.koreksi": "mengoreksi {obj}",
            "kehadiran.susulan": "mencatat kehadiran yang belum tercatat di {obj}",
            "sertifikat.terbitkan": "menerbitkan sertifikat {obj}",
            "sertifikat.cabut": "mencabut {obj}",
        },
    )
    | _group(
        "kerja",
        {
            "lowongan.ubah": "mengubah {obj}",
            "lowongan.tutup": "menutup {obj}",
            "lowongan.buka": "membuka lagi {obj}",
            "lamaran.wawancara": "menetapkan wawancara untuk {obj}",
            "lamaran.terima": "mencatat diterima: {obj}",
            "lamaran.tolak": "mencatat tidak diterima: {obj}",
            "kerja.tanya": "menyiapkan pertanyaan kepada pemberi kerja: {obj}",
            "kerja.jawab": "menerima jawaban pemberi kerja lewat tautan: {obj}",
            "kerja.catat": "mencatat jawaban pemberi kerja: {obj}",
            "kerja.batal": "membatalkan {obj}",
        },
    )
    | _group(
        "tahap",
        {
            "tahap.daftar": "mendaftarkan {obj}",
            "tahap.maju": "memajukan {obj} ke tahap berikutnya",
            "tahap.dispensasi": "memberi dispensasi tahap kepada {obj}",
            "tahap.koreksi": "mengoreksi tahap {obj}",
            "tahap.berhenti": "mencatat berhenti {obj}",
            "tahap.lanjut": "melanjutkan lagi {obj}",
            "tahap.lulus": "meluluskan {obj}",
            "tahap.tidak_terhubungi": "mencatat tidak terhubungi {obj}",
            "tahap.ganti_jalur": "mengganti jalur {obj}",
        },
    )
    | _group(
        "duplikat",
        {
            "duplikat.berbeda": "menyatakan bukan orang yang sama: {obj}",
            "duplikat.gabung": "menggabungkan pendaftaran ganda {obj}",
            "duplikat.batal": "membatalkan penggabungan {obj}",
        },
    )
    | _group(
        "sekretariat",
        {
            "aturan.ditambah": "menambah nilai aturan {obj}",
            "aturan.dicabut": "mencabut nilai aturan {obj}",
            "pusat.dibuat": "membuat pusat {obj}",
            "pusat.diubah": "mengubah pusat {obj}",
            "pusat.ditutup": "menutup pusat {obj}",
            "dinas.dibuat": "membuat dinas {obj}",
            "dinas.diubah": "mengubah dinas {obj}",
            "pendamping.dibuat": "mencatat profil pendamping {obj}",
            "pendamping.diubah": "mengubah profil pendamping {obj}",
        },
    )
    | _group(
        "pengawasan",
        {
            "audit.ekspor": "mengunduh catatan audit",
            "dukungan.mulai": "mulai melihat portal sebagai {obj}",
            "dukungan.selesai": "selesai melihat portal sebagai {obj}",
            "rekonsiliasi.perbaiki": "memperbaiki angka tersimpan {obj} menurut catatan aslinya",
        },
    )
)


def codes_of(group: str) -> list[str]:
    """The codes found under one filter."""
    return sorted(code for code, words in WORDS.items() if words.group == group)


def sentence_of(action: str) -> str:
    """The sentence of a code; a code of an older release without words is said plainly."""
    words = WORDS.get(action)
    return words.sentence if words else f"melakukan “{action}” pada {{obj}}"
