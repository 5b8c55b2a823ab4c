"""The dashboard: figures, scope, links, files, and addresses that make no sense."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, RoleAssignment, User
from accounts.tests.factories import UserFactory, grant, staff
from centers.models import Agency
from core.clock import now, today
from participants.models import (
    Business,
    Enrollment,
    EvidenceKind,
    Pathway,
    Stage,
    Status,
    TransitionKind,
    WorkforceReport,
)
from participants.tests.factories import (
    EnrollmentFactory,
    StageEvidenceFactory,
    center_of,
    district_of,
    participant,
)
from participants.transitions import log_transition

from .conftest import Enter

pytestmark = pytest.mark.django_db

PAGE, JSON, CSV = "/dasbor/", "/dasbor/corong.json", "/dasbor/corong.csv"
LOOKS = (PAGE, JSON, CSV)


class _Text(HTMLParser):
    """The words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def words(response) -> str:
    parser = _Text()
    parser.feed(response.content.decode())
    return " ".join(" ".join(parser.words).split())


def stages(client: Client, address: str = JSON) -> dict[str, tuple[int, int, int, int]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return {
        row["stage"]: (row["reached"], row["completed"], row["waived"], row["current"])
        for row in answer.json()["stages"]
    }


def small_world() -> None:
    """Six people: four in Jakarta Selatan, one in Jakarta Pusat, one in Makassar."""
    participant(registered_at=now())
    participant(stage=Stage.PELATIHAN, pathway=Pathway.CARI_KERJA)
    licensed = participant(stage=Stage.PEMASARAN)
    StageEvidenceFactory(enrollment=licensed, kind=EvidenceKind.NIB, accepted_by=UserFactory())
    participant(stage=Stage.PERIZINAN, status=Status.BERHENTI)
    participant(stage=Stage.PERIZINAN, center="P31.71.01")
    participant(stage=Stage.PELATIHAN, center="P73.71.01", pathway=Pathway.NAIK_KELAS)


def test_the_page_tells_the_finding_with_its_denominator_and_cutoff(enter: Enter) -> None:
    small_world()
    page = enter(Role.DINAS, "31").get(PAGE)
    text = words(page)
    assert "5 mendaftar, 1 sudah lewat tahap Perizinan (20,0%)" in text
    assert "DKI Jakarta, semua angkatan" in text
    assert "Langsung dari catatan, " in text
    assert " WIB" in text
    row = next(part for part in page.content.decode().split("<tr>") if "Perizinan</th>" in part)
    assert ">3</" in row
    assert "60,0%" in row  # three of the five who registered
    assert "100,0%" in row  # three of the three who reached the stage before


def test_json_has_the_stable_shape(enter: Enter) -> None:
    small_world()
    shop = Business.objects.create(person=participant().person, name="Warung")
    WorkforceReport.objects.create(business=shop, full_time=2, part_time=1, confirmed_at=now())
    answer = enter(Role.ADMIN, "ID").get(JSON).json()
    assert list(answer) == ["scope", "cutoff", "definitions", "stages", "permits", "jobs"]
    assert [row["stage"] for row in answer["stages"]] == Stage.values
    assert set(answer["stages"][0]) == {"stage", "reached", "completed", "waived", "current"}
    assert answer["stages"][0] == {
        "stage": "pendaftaran", "reached": 7, "completed": 5, "waived": 0, "current": 2,
    }  # fmt: skip
    assert answer["permits"] == {"people": 1}
    assert answer["jobs"] == {"reported": 3, "confirmed": 3}
    assert answer["scope"]["wilayah"] == "ID"
    assert answer["cutoff"].startswith(f"{today():%Y-%m-%d}T")


@pytest.mark.parametrize(
    ("query", "registered"),
    [
        ("", 6), ("?wilayah=ID", 6), ("?wilayah=31", 5), ("?wilayah=31.74", 4), ("?wilayah=31.74.07", 4),
        ("?wilayah=31.71", 1), ("?wilayah=73", 1), ("?wilayah=31&jalur=cari_kerja", 1),
        ("?jalur=naik_kelas", 1), (f"?tahun={today().year}", None), ("?tahun=2017", 0),
        ("?pusat=P31.71.01", 1), ("?wilayah=31.74&pusat=P31.71.01", 0), ("?wilayah=&tahun=&jalur=&pusat=", 6),
    ],
)  # fmt: skip
def test_filters_narrow_the_funnel(enter: Enter, query: str, registered: int | None) -> None:
    small_world()
    found = stages(enter(Role.ADMIN, "ID"), JSON + query)["pendaftaran"][0]
    if registered is None:
        registered = Enrollment.objects.filter(cohort_year=today().year).count()
    assert found == registered


@pytest.mark.parametrize("path", LOOKS)
@pytest.mark.parametrize(
    ("role", "scope", "query", "status"),
    [
        (Role.DINAS, "31", "", 200), (Role.DINAS, "31", "wilayah=31.74", 200),
        (Role.DINAS, "31", "wilayah=32", 404),
        (Role.DINAS, "31", "wilayah=ID", 404), (Role.DINAS, "31.74", "wilayah=31", 404),
        (Role.DINAS, "31.74", "wilayah=31.71", 404), (Role.DINAS, "31", "wilayah=31.99", 404),
        (Role.DINAS, "31", "pusat=P31.74.07", 200), (Role.DINAS, "31", "pusat=P73.71.01", 404),
        (Role.PENGELOLA, "P31.74.07", "", 200), (Role.PENGELOLA, "P31.74.07", "pusat=P31.74.07", 200),
        (Role.PENGELOLA, "P31.74.07", "wilayah=31.74.07", 200),
        (Role.PENGELOLA, "P31.74.07", "wilayah=31", 404),
        (Role.PENGELOLA, "P31.74.07", "pusat=P31.71.01", 404),
        (Role.PENGELOLA, "P31.74.07", "wilayah=73", 404),
        (Role.PENDAMPING, "P31.74.07", "", 403), (Role.MITRA_MODAL, "ID", "", 403),
        (Role.ADMIN, "ID", "wilayah=73.71.01", 200), (Role.ADMIN, "ID", "wilayah=99", 404),
        (Role.ADMIN, "ID", "wilayah=31.74.99", 404), (Role.ADMIN, "ID", "pusat=P31.74.99", 404),
    ],
)  # fmt: skip
def test_a_place_outside_the_scope_does_not_exist(
    enter: Enter, path: str, role: Role, scope: str, query: str, status: int
) -> None:
    for code in ("P31.74.07", "P31.71.01", "P73.71.01"):
        center_of(code)
    assert enter(role, scope).get(f"{path}?{query}").status_code == status


@pytest.mark.parametrize("path", LOOKS)
def test_strangers_are_sent_to_sign_in(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 303
    assert answer["Location"].startswith("/masuk/")


@pytest.mark.parametrize("path", LOOKS)
def test_a_citizen_sees_no_dashboard(path: str) -> None:
    client = Client()
    client.force_login(participant().person.user)
    assert client.get(path).status_code == 403


def test_a_manager_counts_the_people_of_the_own_centre_only(enter: Enter) -> None:
    small_world()
    client = enter(Role.PENGELOLA, "P31.71.01")
    assert stages(client)["pendaftaran"][0] == 1
    text = words(client.get(PAGE))
    assert "Pusat OK OCE Gambir, semua angkatan" in text
    assert "Kebayoran Baru" not in text


def test_a_manager_of_two_centres_looks_at_one_at_a_time(enter: Enter) -> None:
    small_world()
    client = enter(Role.PENGELOLA, "P31.71.01")
    grant(User.objects.get(pk=client.session["_auth_user_id"]), Role.PENGELOLA, "P31.74.07")
    assert stages(client, f"{JSON}?pusat=P31.71.01")["pendaftaran"][0] == 1
    assert stages(client, f"{JSON}?pusat=P31.74.07")["pendaftaran"][0] == 4
    assert 'name="pusat"' in client.get(PAGE).content.decode()


def test_an_agency_sees_its_own_people(enter: Enter) -> None:
    agency, _ = Agency.objects.get_or_create(
        code="31-sosial",
        defaults={"name": "Dinas Sosial", "short_name": "Dinsos", "area_code": "31", "duties": ["pembina"]},
    )
    EnrollmentFactory(agency=agency)
    EnrollmentFactory()
    client = enter(Role.DINAS, "31", agency_code="31-sosial")
    assert stages(client)["pendaftaran"][0] == 1
    assert f"Hanya peserta yang dibina atau dilayani {agency.name}" in words(client.get(PAGE))


NONSENSE = [
    "wilayah=abc", "wilayah=31.7", "wilayah=31.74.07.1001", "wilayah=%00", "wilayah=31%00", "wilayah=31%0A",
    "wilayah=" + quote("３１"), "wilayah=" + quote("٣١"), "wilayah=31'--", "wilayah=" + "3" * 5000,
    "wilayah=%ED%A0%80", "wilayah=" + quote("\u202e31"), "wilayah=../../etc", "wilayah=31.%25",
    "tahun=abc", "tahun=" + "9" * 400, "tahun=" + "9" * 6000, "tahun=-1", "tahun=0", "tahun=1e10",
    "tahun=2016", "tahun=2999", "tahun=20.26", "tahun=" + quote("٢٠٢٦"), "tahun=%00", "tahun=2026%0a",
    "jalur=semua", "jalur=%00", "jalur=MULAI_USAHA", "jalur=" + "x" * 9000, "jalur=mulai_usaha'",
    "pusat=31.74.07", "pusat=P31.74", "pusat=P31.74.07%00", "pusat=" + "P" * 500, "pusat=P31.74.07-0",
    "wilayah=31&wilayah=abc", "tahun=2026&tahun=x", "wilayah=31&tahun=%00&jalur=%ff",
]  # fmt: skip


@pytest.mark.parametrize("query", NONSENSE)
def test_an_address_that_makes_no_sense_is_answered_in_words(enter: Enter, query: str) -> None:
    client = enter(Role.ADMIN, "ID")
    page = client.get(f"{PAGE}?{query}")
    assert page.status_code == 422
    assert "Galat: Dasbor" in page.content.decode()
    assert "Angka baru tampil sesudah saringannya dibetulkan." in words(page)
    assert "invalid-feedback" in page.content.decode()
    answer = client.get(f"{JSON}?{query}")
    assert answer.status_code == 422
    assert answer.json()["fields"]
    assert client.get(f"{CSV}?{query}").status_code == 422


def test_unknown_parameters_are_nobodys_business(enter: Enter) -> None:
    assert enter(Role.ADMIN, "ID").get(f"{PAGE}?x=%00&utm=1&wilayah=").status_code == 200


@pytest.mark.parametrize("path", LOOKS)
def test_figures_are_only_read(enter: Enter, path: str) -> None:
    assert enter(Role.ADMIN, "ID").post(path).status_code == 405


def statements(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


@pytest.mark.parametrize(
    ("role", "scope", "query"),
    [
        (Role.ADMIN, "ID", ""), (Role.DINAS, "31", ""), (Role.DINAS, "31", "?wilayah=31.74"),
        (Role.PENGELOLA, "P31.74.07", ""),
        (Role.ADMIN, "ID", "?wilayah=31.74.07&tahun=2026&jalur=mulai_usaha"),
    ],
)  # fmt: skip
def test_the_number_of_statements_is_small_and_constant(
    enter: Enter, role: Role, scope: str, query: str
) -> None:
    center_of()
    client = enter(role, scope)
    client.get(PAGE + query)
    before = statements(client, PAGE + query)
    small_world()
    for district in ("31.74.05", "91.71.01"):
        participant(center=None, district=district_of(district))
    assert statements(client, PAGE + query) <= before + 1  # names of centres are asked once there are any
    assert statements(client, PAGE + query) <= 12
    assert statements(client, JSON + query) <= 7


def test_what_waits_is_counted_and_leads_to_the_people(enter: Enter) -> None:
    waiting = participant(center=None, district=district_of("31.74.05"))
    assert waiting.status == Status.MENUNGGU_PUSAT
    silent = participant(stage=Stage.PELATIHAN)
    silent.last_activity_at = now() - timedelta(days=365)
    silent.save(update_fields=["last_activity_at"])
    proof = StageEvidenceFactory(enrollment=silent)
    proof.submitted_at = now() - timedelta(days=365)
    proof.save(update_fields=["submitted_at"])
    client = enter(Role.DINAS, "31")
    page = client.get(PAGE)
    text = words(page)
    assert "1 pendaftar menunggu pusat" in text
    assert "1 peserta diam lewat batas" in text
    assert "1 peserta menunggu buktinya diperiksa (1 lebih dari 3 hari)" in text
    html = page.content.decode().replace("&amp;", "&")
    for link in ("?status=menunggu_pusat&wilayah=31", "?diam=1&wilayah=31", "?bukti=1&wilayah=31"):
        assert f'href="/peserta/{link}"' in html


@pytest.mark.parametrize(
    ("role", "scope", "query"),
    [
        (Role.DINAS, "31", ""),
        (Role.DINAS, "31", "?jalur=mulai_usaha&wilayah=31.74"),
        (Role.PENGELOLA, "P31.74.07", ""),
    ],
)
def test_every_linked_number_leads_to_exactly_these_people(
    enter: Enter, role: Role, scope: str, query: str
) -> None:
    small_world()
    participant(stage=Stage.PELATIHAN, status=Status.TIDAK_TERHUBUNGI)
    waived = participant(stage=Stage.PELATIHAN, pathway=Pathway.MULAI_USAHA)
    waived.version, waived.stage = waived.version + 1, Stage.PENDAMPINGAN
    log_transition(
        waived, kind=TransitionKind.DISPENSASI, from_stage=Stage.PELATIHAN, from_status=waived.status,
        reason="Sudah berpengalaman", actor=None, actor_role=Role.PENGELOLA, at=now(),
    )  # fmt: skip
    waived.save()
    client = enter(role, scope)
    board = client.get(PAGE + query).context["board"]
    shown = [(row[part], address) for row in board.rows for part, address in row["links"].items()]
    shown += [
        (getattr(line, part), address)
        for breakdown in [board.areas, *board.others]
        for line in breakdown.lines
        for part, address in line.links.items()
    ]
    shown.append((board.funnel.permits, board.permits_href))
    for count, address in shown:
        assert len(client.get(address).context["rows"]) == count, address
    linked = " ".join(address for _, address in shown)
    for name in ("sampai", "selesai", "dispensasi", "lewat", "izin", "tahap", "wilayah", "tahun", "pusat"):
        assert f"{name}=" in linked, name


def test_without_people_the_page_says_so_and_offers_the_way_out(enter: Enter) -> None:
    district_of("31.74.07")
    text = words(enter(Role.DINAS, "31").get(f"{PAGE}?tahun=2017"))
    assert "Belum ada pendaftar di sini" in text
    assert "Lihat semua" in text


def test_areas_can_be_opened_down_to_the_kecamatan(enter: Enter) -> None:
    small_world()
    client = enter(Role.DINAS, "31")
    province = client.get(PAGE).content.decode()
    assert 'href="/dasbor/?wilayah=31.74"' in province
    assert "Per kota dan kabupaten" in province
    assert 'class="tiles"' in province
    city = client.get(f"{PAGE}?wilayah=31.74").content.decode()
    assert 'href="/dasbor/?wilayah=31.74.07"' in city
    assert "Per kecamatan" in city
    assert 'class="tiles"' not in city
    district = client.get(f"{PAGE}?wilayah=31.74.07").content.decode()
    assert "Kebayoran Baru, semua angkatan" in district
    assert 'href="/dasbor/?wilayah=31"' in district
    assert "Indonesia</a>" not in district  # outside the scope: not even offered


def test_the_tile_map_shows_shares_with_names(enter: Enter) -> None:
    small_world()
    html = enter(Role.DINAS, "31").get(PAGE).content.decode()
    assert "25 Kebayoran Baru, Kota Jakarta Selatan: 25,0% yaitu 1 dari 4" in html
    assert html.count('class="q0"') >= 42


def test_csv_holds_every_part_and_runs_nothing(enter: Enter) -> None:
    small_world()
    place = center_of("P31.74.07")
    place.name = "=HYPERLINK(1)"
    place.save(update_fields=["name"])
    answer = enter(Role.DINAS, "31").get(CSV)
    assert answer["Content-Disposition"] == f'attachment; filename="corong-31-{today():%Y-%m-%d}.csv"'
    text = answer.content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    total = [row for row in rows if row["bagian"] == "total"]
    assert [row["tahap"] for row in total] == [stage.label for stage in Stage]
    assert (total[0]["sampai"], total[3]["sampai"], total[3]["berhenti"]) == ("5", "3", "1")
    assert {row["kode"] for row in rows if row["bagian"] == "wilayah"} == {"31.71", "31.74"}
    assert {row["nama"] for row in rows if row["kode"] == "P31.74.07"} == {"'=HYPERLINK(1)"}
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_the_json_equals_the_page(enter: Enter) -> None:
    small_world()
    client = enter(Role.ADMIN, "ID")
    answer = json.loads(client.get(JSON).content)
    text = words(client.get(PAGE))
    assert f"{answer['stages'][0]['reached']} mendaftar" in text
    assert answer["permits"]["people"] == 1
    assert "1 orang punya izin usaha" in text


def test_a_role_that_ended_opens_nothing_at_the_next_request(enter: Enter) -> None:
    client = enter(Role.DINAS, "31")
    assert client.get(PAGE).status_code == 200
    RoleAssignment.objects.update(ends_at=now())
    assert client.get(PAGE).status_code == 403


def test_two_areas_of_one_user_are_both_offered(enter: Enter, settings) -> None:
    settings.DEMO_MODE = True
    for code in ("31.74.07", "73.71.01"):
        district_of(code)
    user = staff(Role.DINAS, "31.74", is_demo=True)
    grant(user, Role.DINAS, "73.71")
    client = Client()
    client.force_login(user)
    html = client.get(PAGE).content.decode()
    assert '<option value="73.71">Kota Makassar</option>' in html
    assert client.get(f"{PAGE}?wilayah=73.71").status_code == 200
