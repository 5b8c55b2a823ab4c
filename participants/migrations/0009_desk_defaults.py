"""Working days in which a coach accepts a task, and how long a compared KTP is kept, as dated rows."""

from datetime import date

from django.db import migrations

STAGES = (
    "pendaftaran",
    "pelatihan",
    "pendampingan",
    "perizinan",
    "pemasaran",
    "pelaporan_keuangan",
    "permodalan",
)
ACCEPT_DAYS = 3
ACCEPT_SINCE = date(2018, 1, 1)
ACCEPT_SOURCE = "Ketetapan sekretariat: tugas pendampingan dijawab dalam tiga hari kerja"

KTP_MONTHS = 1
KTP_SINCE = date(2024, 10, 17)
KTP_SOURCE = (
    "UU 27/2022 ps. 16 ayat 2 huruf g dan ps. 42–44 (berlaku penuh 17 Oktober 2024); ketetapan sekretariat"
)


def insert_defaults(apps, schema_editor):
    Threshold = apps.get_model("participants", "Threshold")
    Threshold.objects.bulk_create(
        Threshold(
            stage=stage,
            code="terima_tugas",
            value=ACCEPT_DAYS,
            valid_from=ACCEPT_SINCE,
            source=ACCEPT_SOURCE,
        )
        for stage in STAGES
    )
    RetentionRule = apps.get_model("participants", "RetentionRule")
    RetentionRule.objects.create(
        kind="ktp_terverifikasi", months=KTP_MONTHS, valid_from=KTP_SINCE, source=KTP_SOURCE
    )


def remove_defaults(apps, schema_editor):
    apps.get_model("participants", "Threshold").objects.filter(code="terima_tugas").delete()
    apps.get_model("participants", "RetentionRule").objects.filter(kind="ktp_terverifikasi").delete()


class Migration(migrations.Migration):
    dependencies = [("participants", "0008_identity_document")]

    operations = [migrations.RunPython(insert_defaults, remove_defaults)]
