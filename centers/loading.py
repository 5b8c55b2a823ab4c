"""Loads the area tables from `centers/data/`: one COPY into a temporary table and one upsert per level.

The source and its licence stand in `centers/data/NOTICE.md`. Loading is idempotent: a second run changes
nothing. A code that vanished from the files is retired with the instant of the run, one that came back is
current again.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from centers.models import Agency, District, Province, Regency, Village, search_key

DATA_DIR = Path(__file__).parent / "data"

DEMO_AREAS = ("31", "32.73", "73.71", "91.71")
"""Jakarta and one kota per time zone outside it: Bandung (WIB), Makassar (WITA), Jayapura (WIT)."""

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class LevelCount:
    """What loading did to one level: rows in the files, rows written (new or changed), codes retired."""

    label: str
    rows: int
    written: int
    retired: int


def read_csv(name: str, data_dir: Path = DATA_DIR) -> Iterator[dict[str, str]]:
    """Yield the rows of a data file (`.csv` or `.csv.gz`) as dicts of text."""
    path = data_dir / name
    opener: Callable[..., Any] = gzip.open if name.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def load_areas(*, at: datetime, only: Sequence[str] = (), data_dir: Path = DATA_DIR) -> list[LevelCount]:
    """Load provinces, regencies, districts, villages and the agency catalogue in one transaction.

    `only` limits the run to some provinces (`31`) or regencies (`32.73`), with the province rows these need;
    nothing outside them is touched or retired. `at` is the instant written to `retired_at`.
    Raises ValueError for an area in `only` that the files do not know.
    """
    chosen = _Selection(only)
    facts = {row["code"]: row for row in read_csv("regency_facts.csv", data_dir)}
    centroids = {row["code"]: row for row in read_csv("district_centroids.csv", data_dir)}
    postal = {row["village_code"]: row["postal_code"] for row in read_csv("postal_codes.csv.gz", data_dir)}

    provinces: list[Row] = [
        (row["code"], row["name"], search_key(row["name"]))
        for row in read_csv("provinces.csv", data_dir)
        if chosen.needs_province(row["code"])
    ]
    regencies: list[Row] = []
    for row in read_csv("regencies.csv", data_dir):
        if chosen.has(row["code"]):
            fact = facts[row["code"]]
            regencies.append(
                (
                    row["code"],
                    row["name"],
                    search_key(row["name"]),
                    row["province_code"],
                    row["kind"],
                    fact["utc_offset"],
                    fact["capital"],
                    fact["lat"] or None,
                    fact["lng"] or None,
                    fact["area_km2"] or None,
                    fact["population"] or None,
                )
            )
    districts: list[Row] = []
    for row in read_csv("districts.csv", data_dir):
        if chosen.has(row["code"]):
            point = centroids.get(row["code"], {})
            districts.append(
                (
                    row["code"],
                    row["name"],
                    search_key(row["name"]),
                    row["regency_code"],
                    point.get("lat"),
                    point.get("lng"),
                )
            )
    villages: list[Row] = [
        (row["code"], row["name"], search_key(row["name"]), row["district_code"], postal.get(row["code"], ""))
        for row in read_csv("villages.csv.gz", data_dir)
        if chosen.has(row["code"])
    ]
    chosen.refuse_unknown(provinces, regencies)

    with transaction.atomic():
        return [
            _load_level(Province, "provinsi", ["code", "name", "search_name"], provinces, at, chosen),
            _load_level(
                Regency,
                "kabupaten/kota",
                [
                    "code",
                    "name",
                    "search_name",
                    "province_id",
                    "kind",
                    "utc_offset",
                    "capital",
                    "lat",
                    "lng",
                    "area_km2",
                    "population",
                ],
                regencies,
                at,
                chosen,
            ),
            _load_level(
                District,
                "kecamatan",
                ["code", "name", "search_name", "regency_id", "lat", "lng"],
                districts,
                at,
                chosen,
            ),
            _load_level(
                Village,
                "kelurahan/desa",
                ["code", "name", "search_name", "district_id", "postal_code"],
                villages,
                at,
                chosen,
            ),
            _load_agencies(data_dir),
        ]


class _Selection:
    """The areas a run is limited to; empty means all."""

    def __init__(self, only: Sequence[str]) -> None:
        self.only = tuple(only)

    def has(self, code: str) -> bool:
        """Whether the code is one of the chosen areas or lies inside one."""
        return not self.only or any(code == area or code.startswith(area + ".") for area in self.only)

    def needs_province(self, code: str) -> bool:
        """Whether the province is chosen or holds a chosen regency."""
        return not self.only or any(area[:2] == code for area in self.only)

    def refuse_unknown(self, *levels: list[Row]) -> None:
        """Raise ValueError for a chosen area that no province or regency of the files has."""
        known = {row[0] for rows in levels for row in rows}
        if unknown := [area for area in self.only if area not in known]:
            raise ValueError(f"unknown province or regency: {', '.join(unknown)}")

    def sql(self) -> tuple[str, list[str]]:
        """The condition on `code` that keeps a statement inside the chosen areas, and its parameters."""
        if not self.only:
            return "TRUE", []
        parts = " OR ".join(["code = %s OR code LIKE %s"] * len(self.only))
        return f"({parts})", [value for area in self.only for value in (area, area + ".%")]


def _load_level(
    model: type[Province | Regency | District | Village],
    label: str,
    columns: list[str],
    rows: list[Row],
    at: datetime,
    chosen: _Selection,
) -> LevelCount:
    """COPY the rows beside the table, write those that are new or differ, retire those that vanished.

    Table and column names come from the code above, never from input.
    """
    table, temp = model._meta.db_table, f"load_{model._meta.model_name}"
    names = ", ".join(columns)
    changed = [column for column in columns if column != "code"]
    kept = ", ".join(f"kept.{column}" for column in changed)
    new = ", ".join(f"EXCLUDED.{column}" for column in changed)
    assignments = ", ".join(f"{column} = EXCLUDED.{column}" for column in changed)
    scope, scope_params = chosen.sql()
    with connection.cursor() as cursor:
        # Names of our own tables and columns, nothing that anybody typed.
        shape = f"SELECT {names} FROM {table} WITH NO DATA"  # nosec B608
        cursor.execute(f"CREATE TEMP TABLE {temp} ON COMMIT DROP AS {shape}")
        cursor.copy_expert(f"COPY {temp} ({names}) FROM STDIN", _copy_text(rows))
        cursor.execute(f"ANALYZE {temp}")
        cursor.execute(
            f"INSERT INTO {table} AS kept ({names}) SELECT {names} FROM {temp} "  # nosec B608 (fixed names)
            f"ON CONFLICT (code) DO UPDATE SET {assignments}, retired_at = NULL "
            f"WHERE kept.retired_at IS NOT NULL OR ({kept}) IS DISTINCT FROM ({new})"
        )
        written = cursor.rowcount
        cursor.execute(
            f"UPDATE {table} SET retired_at = %s WHERE retired_at IS NULL AND {scope} "  # nosec B608 (fixed names)
            f"AND NOT EXISTS (SELECT FROM {temp} WHERE {temp}.code = {table}.code)",
            [at, *scope_params],
        )
        retired = cursor.rowcount
        cursor.execute(f"DROP TABLE {temp}")
    return LevelCount(label=label, rows=len(rows), written=written, retired=retired)


def _copy_text(rows: Iterable[Row]) -> io.StringIO:
    """The rows in PostgreSQL's COPY text format."""
    escape = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
    buffer = io.StringIO()
    for row in rows:
        buffer.write("\t".join("\\N" if value is None else value.translate(escape) for value in row))
        buffer.write("\n")
    buffer.seek(0)
    return buffer


def _load_agencies(data_dir: Path) -> LevelCount:
    """Add the catalogue's agencies that are missing. Existing rows belong to the admin and stay as they
    are."""
    agencies = [
        Agency(
            code=row["code"],
            area_code=row["area_code"],
            short_name=row["short_name"],
            name=row["name"],
            duties=row["duties"].split("|"),
            sectors=[sector for sector in row["sectors"].split("|") if sector],
            position=int(row["position"]),
        )
        for row in read_csv("agencies.csv", data_dir)
    ]
    before = Agency.objects.count()
    Agency.objects.bulk_create(agencies, ignore_conflicts=True)
    return LevelCount(label="dinas", rows=len(agencies), written=Agency.objects.count() - before, retired=0)
