"""From which share of what comes in instalments are called heavy, as a dated row."""

from datetime import date

from django.db import migrations

CODE = "cicilan_persen"
PERCENT = 30
SINCE = date(2018, 1, 1)
SOURCE = "Ketetapan sekretariat: cicilan di atas 30% uang masuk disebut berat"


def insert_default(apps, schema_editor):
    schema_editor.execute("SET LOCAL okoce.rule_history = 'on'")
    apps.get_model("participants", "Threshold").objects.create(
        stage="pendampingan", code=CODE, value=PERCENT, valid_from=SINCE, source=SOURCE
    )
    schema_editor.execute("SET LOCAL okoce.rule_history = 'off'")


def remove_default(apps, schema_editor):
    schema_editor.execute("SET LOCAL okoce.rule_history = 'on'")
    apps.get_model("participants", "Threshold").objects.filter(code=CODE).delete()
    schema_editor.execute("SET LOCAL okoce.rule_history = 'off'")


class Migration(migrations.Migration):
    dependencies = [("mentoring", "0007_help_routes"), ("participants", "0011_known_of_a_registration")]

    operations = [migrations.RunPython(insert_default, remove_default)]
