"""Days after which a recorded session counts although the participant said nothing, as a dated row."""

from datetime import date

from django.db import migrations

CODE = "konfirmasi_hari"
DAYS = 7
SINCE = date(2018, 1, 1)
SOURCE = "Ketetapan sekretariat: peserta punya seminggu untuk membantah catatan pertemuan"


def insert_default(apps, schema_editor):
    schema_editor.execute("SET LOCAL okoce.rule_history = 'on'")
    apps.get_model("participants", "Threshold").objects.create(
        stage="pendampingan", code=CODE, value=DAYS, valid_from=SINCE, source=SOURCE
    )
    schema_editor.execute("SET LOCAL okoce.rule_history = 'off'")


def remove_default(apps, schema_editor):
    schema_editor.execute("SET LOCAL okoce.rule_history = 'on'")
    apps.get_model("participants", "Threshold").objects.filter(code=CODE).delete()
    schema_editor.execute("SET LOCAL okoce.rule_history = 'off'")


class Migration(migrations.Migration):
    dependencies = [("mentoring", "0002_sessions_and_plans"), ("participants", "0011_known_of_a_registration")]

    operations = [migrations.RunPython(insert_default, remove_default)]
