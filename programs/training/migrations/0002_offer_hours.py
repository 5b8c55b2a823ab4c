"""Hours for which an offered seat is kept free, as a dated row."""

from datetime import date

from django.db import migrations

CODE = "tawaran_jam"
HOURS = 24
SINCE = date(2018, 1, 1)
SOURCE = "Ketetapan sekretariat: tawaran tempat di kelas berlaku satu hari"


def insert_default(apps, schema_editor):
    schema_editor.execute("SET LOCAL okoce.rule_history = 'on'")
    apps.get_model("participants", "Threshold").objects.create(
        stage="pelatihan", code=CODE, value=HOURS, valid_from=SINCE, source=SOURCE
    )
    schema_editor.execute("SET LOCAL okoce.rule_history = 'off'")


def remove_default(apps, schema_editor):
    schema_editor.execute("SET LOCAL okoce.rule_history = 'on'")
    apps.get_model("participants", "Threshold").objects.filter(code=CODE).delete()
    schema_editor.execute("SET LOCAL okoce.rule_history = 'off'")


class Migration(migrations.Migration):
    dependencies = [("training", "0001_initial"), ("participants", "0011_known_of_a_registration")]

    operations = [migrations.RunPython(insert_default, remove_default)]
