"""Ticket numbers (`B-26-000123`) count on across years: a sequence gives each out once, without a lock."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("helpdesk", "0002_default_rules")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE helpdesk_ticket_number AS bigint MINVALUE 1 START 1 CACHE 1",
            "DROP SEQUENCE helpdesk_ticket_number",
        )
    ]
