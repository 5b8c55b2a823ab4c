"""Merges of two records of one person, pairs found to be two people, wishes to change a NIK."""

import core.clock
import core.crypto
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0006_name_key"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Merge",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("kept_version", models.PositiveIntegerField()),
                ("taken_out_version", models.PositiveIntegerField()),
                ("loser_nik_sealed", core.crypto.SealedField(null=True)),
                ("loser_nik_mask", models.CharField(blank=True, max_length=24)),
                ("winner_nik_sealed", core.crypto.SealedField(null=True)),
                ("changes", models.JSONField(default=dict)),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="alasan")),
                ("merged_at", models.DateTimeField(default=core.clock.now, verbose_name="digabung")),
                ("undone_at", models.DateTimeField(null=True, verbose_name="dibatalkan")),
                (
                    "kept",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="participants.enrollment",
                    ),
                ),
                (
                    "loser",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merges_lost",
                        to="participants.person",
                    ),
                ),
                (
                    "merged_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "taken_out",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="participants.enrollment",
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "winner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merges_won",
                        to="participants.person",
                    ),
                ),
            ],
            options={
                "verbose_name": "penggabungan",
                "verbose_name_plural": "penggabungan",
                "indexes": [models.Index(fields=["-merged_at", "-id"], name="merge_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("winner", models.F("loser")), _negated=True), name="merge_of_two"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at__isnull", True)),
                        fields=("loser",),
                        name="merge_one_standing_per_loser",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("undone_at__isnull", True), ("undone_by__isnull", True)),
                            models.Q(("undone_at__isnull", False), ("undone_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="merge_undone_together",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NikCorrection",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("nik_sealed", core.crypto.SealedField(null=True)),
                ("nik_mask", models.CharField(blank=True, max_length=24, verbose_name="NIK baru")),
                ("old_nik_mask", models.CharField(blank=True, max_length=24, verbose_name="NIK lama")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="alasan")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("menunggu", "Menunggu diperiksa"),
                            ("disetujui", "Sudah diperbaiki"),
                            ("ditolak", "Ditolak"),
                            ("dibatalkan", "Dibatalkan"),
                        ],
                        default="menunggu",
                        max_length=10,
                    ),
                ),
                ("requested_at", models.DateTimeField(default=core.clock.now, verbose_name="diminta")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="diputuskan")),
                ("answer", models.CharField(blank=True, max_length=300, verbose_name="alasan penolakan")),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "enrollment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="nik_corrections",
                        to="participants.enrollment",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="nik_corrections",
                        to="participants.person",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "perbaikan NIK",
                "verbose_name_plural": "perbaikan NIK",
                "indexes": [
                    models.Index(fields=["-requested_at", "-id"], name="nik_correction_newest"),
                    models.Index(
                        condition=models.Q(("status", "menunggu")),
                        fields=["requested_at"],
                        name="nik_correction_pending",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "menunggu")),
                        fields=("person",),
                        name="nik_correction_one_pending",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["disetujui", "ditolak"]), _negated=True),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                models.Q(("decided_by", models.F("requested_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="nik_correction_by_second",
                        violation_error_message="Perbaikan NIK diputuskan orang kedua, bukan yang meminta.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("nik_sealed__isnull", False), ("status", "menunggu")),
                            models.Q(
                                models.Q(("status", "menunggu"), _negated=True), ("nik_sealed__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="nik_correction_number_while_pending",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "ditolak"), _negated=True),
                            models.Q(("answer", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="nik_correction_refusal_says_why",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NotSamePerson",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="alasan")),
                ("decided_at", models.DateTimeField(default=core.clock.now, verbose_name="diputuskan")),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="participants.person",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="participants.person",
                    ),
                ),
            ],
            options={
                "verbose_name": "bukan orang yang sama",
                "verbose_name_plural": "bukan orang yang sama",
                "constraints": [
                    models.UniqueConstraint(fields=("first", "second"), name="not_same_person_once"),
                    models.CheckConstraint(
                        condition=models.Q(("first__lt", models.F("second"))), name="not_same_person_ordered"
                    ),
                ],
            },
        ),
    ]
