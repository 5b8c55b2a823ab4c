"""Registration numbers (`OK-26-000398`) count on across years: a sequence gives each out once, without a lock."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("participants", "0002_default_thresholds")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE participants_registration_number AS bigint MINVALUE 1 START 1 CACHE 1",
            "DROP SEQUENCE participants_registration_number",
        )
    ]
