from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("training", "0005_tests_and_survey")]

    operations = [
        migrations.AddField(
            model_name="trainingclass",
            name="is_withdrawn",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="dibatalkan sebelum dibuka"
            ),
        ),
    ]
