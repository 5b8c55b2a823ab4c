"""Days of grace after a hand-over, and when a silence goes to the managers, as dated rows."""

from datetime import date

from django.db import migrations

SINCE = date(2018, 1, 1)
ROWS = (
    ("masa_serah", 3, "Ketetapan sekretariat: tiga hari untuk berkenalan sesudah peserta dialihkan"),
    ("naik_diam", 2, "Ketetapan sekretariat: diam dua kali batas menjadi urusan pengelola"),
)


def insert_defaults(apps, schema_editor):
    schema_editor.execute("SET LOCAL okoce.rule_history = 'on'")
    for code, value, source in ROWS:
        apps.get_model("participants", "Threshold").objects.create(
            stage="pendampingan", code=code, value=value, valid_from=SINCE, source=source
        )
    schema_editor.execute("SET LOCAL okoce.rule_history = 'off'")


def remove_defaults(apps, schema_editor):
    schema_editor.execute("SET LOCAL okoce.rule_history = 'on'")
    codes = [code for code, _value, _source in ROWS]
    apps.get_model("participants", "Threshold").objects.filter(code__in=codes).delete()
    schema_editor.execute("SET LOCAL okoce.rule_history = 'off'")


class Migration(migrations.Migration):
    dependencies = [("mentoring", "0003_confirmation_days"), ("participants", "0011_known_of_a_registration")]

    operations = [migrations.RunPython(insert_defaults, remove_defaults)]
