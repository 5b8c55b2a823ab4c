"""The programme's numbers of 2018 as dated rows, so that admins change policy without a release."""

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
SILENT_DAYS = (14, 30, 14, 30, 30, 30, 30)
DUE_DAYS = (7, 14, 14, 14, 14, 14, 14)
SINCE = date(2018, 1, 1)
SOURCE = "Ketentuan program OK OCE"

ROWS = (
    *((stage, "batas_diam", days) for stage, days in zip(STAGES, SILENT_DAYS, strict=True)),
    *((stage, "tenggat", days) for stage, days in zip(STAGES, DUE_DAYS, strict=True)),
    ("pelatihan", "hadir_persen", 80),
    ("pendampingan", "sesi", 3),
    ("pelaporan_keuangan", "bulan_buku_kas", 3),
)


def insert_defaults(apps, schema_editor):
    Threshold = apps.get_model("participants", "Threshold")
    Threshold.objects.bulk_create(
        Threshold(stage=stage, code=code, value=value, valid_from=SINCE, source=SOURCE)
        for stage, code, value in ROWS
    )


def remove_defaults(apps, schema_editor):
    Threshold = apps.get_model("participants", "Threshold")
    Threshold.objects.filter(valid_from=SINCE, source=SOURCE).delete()


class Migration(migrations.Migration):
    dependencies = [("participants", "0001_initial")]

    operations = [migrations.RunPython(insert_defaults, remove_defaults)]
