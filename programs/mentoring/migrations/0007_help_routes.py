"""Where help is found, as dated rows: public services with addresses of their own, and no numbers."""

from datetime import date

from django.db import migrations

SINCE = date(2018, 1, 1)
ROWS = (
    (
        "pinjol", 1, "Periksa dulu: terdaftar atau ilegal?",
        "OJK menerbitkan daftar penyelenggara pinjaman daring yang berizin. Yang tidak ada di daftar itu ilegal.",
        "https://www.ojk.go.id", "OJK: daftar penyelenggara LPBBTI berizin",
    ),
    (
        "pinjol", 2, "Mengadu ke OJK",
        "Pengaduan konsumen jasa keuangan, juga soal penagihan yang mengancam, lewat portal resmi OJK.",
        "https://kontak157.ojk.go.id", "OJK: layanan konsumen",
    ),
    (
        "pinjol", 3, "Diancam atau data disebar",
        "Simpan bukti pesan dan nomornya, lalu lapor ke polisi. Jangan meminjam lagi untuk menutup pinjaman.",
        "https://patrolisiber.id", "Polri: patroli siber",
    ),
    (
        "kehilangan_kerja", 1, "Jaminan Kehilangan Pekerjaan",
        "Peserta BPJS Ketenagakerjaan yang diberhentikan bisa mendapat uang tunai, pelatihan, dan info kerja.",
        "https://www.bpjsketenagakerjaan.go.id", "PP 37/2021: Jaminan Kehilangan Pekerjaan",
    ),
    (
        "kehilangan_kerja", 2, "Lowongan dan pelatihan",
        "SIAPkerja milik Kementerian Ketenagakerjaan: lowongan, pelatihan gratis di balai, dan sertifikasi.",
        "https://siapkerja.kemnaker.go.id", "Kementerian Ketenagakerjaan: SIAPkerja",
    ),
    (
        "kehilangan_kerja", 3, "Jalur cari kerja di OK OCE",
        "Pendamping dan pengelola pusat bisa mengganti jalur Anda ke cari kerja tanpa mendaftar ulang.",
        "", "Ketentuan program OK OCE",
    ),
)  # fmt: skip


def insert_routes(apps, schema_editor):
    schema_editor.execute("SET LOCAL okoce.rule_history = 'on'")
    for trouble, number, title, text, url, source in ROWS:
        apps.get_model("mentoring", "HelpRoute").objects.create(
            trouble=trouble, number=number, title=title, text=text, url=url, valid_from=SINCE, source=source
        )
    schema_editor.execute("SET LOCAL okoce.rule_history = 'off'")


def remove_routes(apps, schema_editor):
    schema_editor.execute("SET LOCAL okoce.rule_history = 'on'")
    apps.get_model("mentoring", "HelpRoute").objects.all().delete()
    schema_editor.execute("SET LOCAL okoce.rule_history = 'off'")


class Migration(migrations.Migration):
    dependencies = [("mentoring", "0006_sheets")]

    operations = [migrations.RunPython(insert_routes, remove_routes)]
