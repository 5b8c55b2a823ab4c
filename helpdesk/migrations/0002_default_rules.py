"""The first limits as dated rows, so that admins change policy without a release."""

from datetime import date

from django.db import migrations

SINCE = date(2018, 1, 1)
SOURCE = "Ketentuan layanan OK OCE"
ROWS = (
    ("pertanyaan", "tenggat", 3),
    ("keluhan", "tenggat", 2),
    ("pertanyaan", "naik", 2),
    ("keluhan", "naik", 2),
    ("pertanyaan", "buka_lagi", 14),
    ("keluhan", "buka_lagi", 14),
)


def insert_defaults(apps, schema_editor):
    TicketRule = apps.get_model("helpdesk", "TicketRule")
    TicketRule.objects.bulk_create(
        TicketRule(kind=kind, code=code, value=value, valid_from=SINCE, source=SOURCE)
        for kind, code, value in ROWS
    )


def remove_defaults(apps, schema_editor):
    TicketRule = apps.get_model("helpdesk", "TicketRule")
    TicketRule.objects.filter(valid_from=SINCE, source=SOURCE).delete()


class Migration(migrations.Migration):
    dependencies = [("helpdesk", "0001_initial")]

    operations = [migrations.RunPython(insert_defaults, remove_defaults)]
