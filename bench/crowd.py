"""A large made-up population for benchmarks, made by the database itself from one template row per table.

Columns that a benchmark does not care about are copied from the template, so new columns need no change here.
"""

from __future__ import annotations

from django.db import connection

from accounts.models import Role, User
from accounts.tests.factories import staff
from centers.models import District
from participants.models import Stage
from participants.tests.factories import center_of, participant

FIRST = ("Siti", "Budi", "Nur", "Agus", "Dewi", "Eko", "Rina", "Joko", "Sri", "Hadi", "Ayu", "Wati", "Yudi")
LAST = ("Rahmawati", "Santoso", "Aini", "Wijaya", "Lestari", "Prasetyo", "Marlina", "Saputra", "Hidayat")


def columns(table: str) -> list[str]:
    """Names of the columns that can be written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = %s AND is_generated = 'NEVER' AND is_identity = 'NO'"
            " ORDER BY ordinal_position",
            [table],
        )
        return [row[0] for row in cursor.fetchall()]


def multiply(table: str, template: str, source: str, overrides: dict[str, str]) -> None:
    """Insert one row for each row of `source`, copying the template row except for the overrides (SQL)."""
    names = columns(table)
    values = [overrides.get(name, f"t.{name}").replace("%", "%%") for name in names]
    source = source.replace("%", "%%")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)}"
            f" FROM {table} t CROSS JOIN {source} WHERE t.id = %s",
            [template],
        )


def populate(count: int) -> User:
    """Make `count` people in Jakarta's kecamatan with their enrollments and logs; return an admin.

    One in seven stands in each stage. Call inside a transaction.
    """
    for code in ("P31.74.07", "P31.71.01"):
        center_of(code)
    template = participant(stage=Stage.PELATIHAN)
    codes = list(District.objects.filter(code__startswith="31.").values_list("code", flat=True))
    areas = "ARRAY[" + ",".join(f"'{code}'" for code in codes) + "]"
    first = "ARRAY[" + ",".join(f"'{name}'" for name in FIRST) + "]"
    last = "ARRAY[" + ",".join(f"'{name}'" for name in LAST) + "]"
    stages = "ARRAY[" + ",".join(f"'{stage}'" for stage in Stage) + "]"
    series = f"generate_series(1, {count}) AS i"
    person_id = "('00000000-0000-4000-8000-' || lpad(to_hex(i), 12, '0'))::uuid"
    enrollment_id = "('00000000-0000-4000-9000-' || lpad(to_hex(i), 12, '0'))::uuid"
    area = f"({areas})[1 + i % {len(codes)}]"
    stage = f"({stages})[1 + i % 7]"
    multiply(
        "participants_person",
        str(template.person_id),
        series,
        {
            "id": person_id,
            "user_id": "NULL",
            "full_name": f"({first})[1 + i % {len(FIRST)}] || ' ' || ({last})[1 + (i / 7) % {len(LAST)}]"
            " || ' ' || translate(to_hex(i), '0123456789', 'ghijklmnop')",
            "nik_index": "decode(md5(i::text) || md5((i + 1)::text), 'hex')",
            "phone_index": "decode(md5((-i)::text) || md5(i::text), 'hex')",
        },
    )
    multiply(
        "participants_enrollment",
        str(template.pk),
        series,
        {
            "id": enrollment_id,
            "person_id": person_id,
            "number": "'OK-26-' || lpad(i::text, 7, '0')",
            "district_id": area,
            "stage": stage,
            "registered_at": "t.registered_at - i * interval '20 seconds'",
        },
    )
    transition = template.transitions.get(version=1)
    steps = "LATERAL generate_series(1, 1 + i % 7) AS n"
    log_source = f"(SELECT i, n FROM generate_series(1, {count}) AS i, {steps}) AS s"
    multiply(
        "participants_stagetransition",
        str(transition.pk),
        log_source,
        {
            "id": "gen_random_uuid()",
            "enrollment_id": enrollment_id,
            "version": "n",
            "kind": "CASE WHEN n = 1 THEN 'daftar' ELSE 'maju' END",
            "from_stage": f"CASE WHEN n = 1 THEN '' ELSE ({stages})[n - 1] END",
            "to_stage": f"({stages})[n]",
            "from_status": "CASE WHEN n = 1 THEN '' ELSE 'aktif' END",
            "district_code": area,
        },
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("ANALYZE participants_person, participants_enrollment, participants_stagetransition")
        # What autovacuum does within minutes: new names wait in a list until the index takes them in.
        cursor.execute("SELECT gin_clean_pending_list('person_name_trgm')")
    return staff(Role.ADMIN, "ID", is_demo=True)
