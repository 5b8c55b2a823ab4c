"""Numbers of requests count on across years; the first retention periods as dated rows."""

from datetime import date

from django.db import migrations

SINCE = date(2024, 10, 17)
LAW = "UU 27/2022 ps. 16 ayat 2 huruf g dan ps. 42–44 (berlaku penuh 17 Oktober 2024)"
HOUSE = f"{LAW}; ketetapan sekretariat"

ROWS = (
    ("berkas_ditolak", 12),
    ("pesan_dibaca", 24),
    ("pesan_keluar", 24),
    ("kode_akses", 12),
    ("hitungan_masuk", 1),
    ("jawaban_pendaftaran", 6),
    ("peserta_berhenti", 60),
)


def insert_defaults(apps, schema_editor):
    RetentionRule = apps.get_model("participants", "RetentionRule")
    RetentionRule.objects.bulk_create(
        RetentionRule(kind=kind, months=months, valid_from=SINCE, source=HOUSE) for kind, months in ROWS
    )


def remove_defaults(apps, schema_editor):
    RetentionRule = apps.get_model("participants", "RetentionRule")
    RetentionRule.objects.filter(valid_from=SINCE, source=HOUSE).delete()


class Migration(migrations.Migration):
    dependencies = [("participants", "0004_data_rights")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE participants_data_request_number AS bigint MINVALUE 1 START 1 CACHE 1",
            "DROP SEQUENCE participants_data_request_number",
        ),
        migrations.RunPython(insert_defaults, remove_defaults),
    ]
