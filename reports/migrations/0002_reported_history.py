"""What was reported before this portal counted: the programme report for 2018 and the successor portal, 2021.

Aggregate figures as their publishers gave them; nothing behind them can be recomputed here.
"""

from datetime import date

from django.db import migrations

REPORTS = (
    (
        date(2018, 12, 31),
        "Laporan program 2018",
        "Laporan program OK OCE tahun 2018, Jakarta, batas data 31 Desember 2018",
        (
            ("Mendaftar", 65_414),
            ("Ikut pelatihan", 55_732),
            ("Didampingi", 33_214),
            ("Punya izin usaha", 16_734),
            ("Tenaga kerja yang dilaporkan", 29_346),
        ),
    ),
    (
        date(2021, 10, 27),
        "Portal penerus program di Jakarta, 2021",
        "Angka yang ditampilkan portal penerus program di Jakarta, keadaan 27 Oktober 2021",
        (
            ("Pendaftaran", 284_164),
            ("Pelatihan", 176_891),
            ("Pendampingan", 157_498),
            ("Perizinan", 148_374),
            ("Pemasaran", 44_456),
            ("Pelaporan keuangan", 32_883),
            ("Permodalan", 6_159),
        ),
    ),
)


def insert_reports(apps, schema_editor):
    ReportedFigure = apps.get_model("reports", "ReportedFigure")
    ReportedFigure.objects.bulk_create(
        ReportedFigure(
            as_of=as_of, position=position, label=label, value=value, area="31", publication=publication,
            source=source,
        )
        for as_of, publication, source, figures in REPORTS
        for position, (label, value) in enumerate(figures, start=1)
    )


def remove_reports(apps, schema_editor):
    ReportedFigure = apps.get_model("reports", "ReportedFigure")
    ReportedFigure.objects.filter(as_of__in=[as_of for as_of, *_ in REPORTS]).delete()


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_public_cut")]

    operations = [migrations.RunPython(insert_reports, remove_reports)]
