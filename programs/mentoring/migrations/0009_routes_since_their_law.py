"""The public routes to help about a lost job hold since the law they rest on: PP 37/2021, 2 February 2021."""

from datetime import date

from django.db import migrations

SINCE, BEFORE = date(2021, 2, 2), date(2018, 1, 1)
NUMBERS = (1, 2)


def begin(apps, schema_editor, day):
    routes = apps.get_model("mentoring", "HelpRoute").objects
    schema_editor.execute("SET LOCAL okoce.rule_history = 'on'")
    routes.filter(trouble="kehilangan_kerja", number__in=NUMBERS).update(valid_from=day)
    schema_editor.execute("SET LOCAL okoce.rule_history = 'off'")


def since_the_law(apps, schema_editor):
    begin(apps, schema_editor, SINCE)


def since_the_programme(apps, schema_editor):
    begin(apps, schema_editor, BEFORE)


class Migration(migrations.Migration):
    dependencies = [("mentoring", "0008_heavy_instalments")]

    operations = [migrations.RunPython(since_the_law, since_the_programme)]
