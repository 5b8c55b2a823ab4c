"""The support view: pages as a role, without anything personal, and without a way to change anything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.clock import now
from core.models import AuditEntry
from helpdesk import services as helpdesk
from helpdesk.models import Ticket
from notifications.models import Notification
from okoce.secretariat import masking, support
from participants.models import Enrollment, Person, StageEvidence
from participants.tests.factories import center_of, participant

from .test_access import LINES, TOKEN, World, world  # noqa: F401 (`world` is a fixture)

pytestmark = pytest.mark.django_db
PLACES = {"pendamping": "P31.74.07", "pengelola": "P31.74.07", "dinas": "31", "peserta": "P31.74.07"}


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


def entered(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.LoginBackend")
    return client


def looking(user: User, role: str) -> Client:
    client = entered(user)
    data = {"role": role, "scope": PLACES[role], "reason": "Pertanyaan B-26-000001"}
    assert client.post("/dukungan/", data).status_code == 303
    return client


def mark(world: World) -> set[str]:  # noqa: F811
    """Tokens in every personal text of the world; returns the texts that no page may show."""
    person = world.enrollment.person
    person.full_name, person.address, person.no_nik_reason = f"{TOKEN} Nama", f"{TOKEN} alamat", f"{TOKEN} x"
    person.save()
    Enrollment.objects.filter(pk=world.enrollment.pk).update(goal=f"{TOKEN} tujuan", source=f"{TOKEN} sumber")
    StageEvidence.objects.filter(enrollment=world.enrollment).update(note=f"{TOKEN} catatan")
    person.businesses.create(name=f"{TOKEN} usaha", address=f"{TOKEN} alamat usaha")
    Notification.objects.update(title=f"{TOKEN} judul", body=f"{TOKEN} isi")
    one = Ticket.objects.get(number=world.values["ticket"])
    Ticket.objects.filter(pk=one.pk).update(name=f"{TOKEN} penanya", summary=f"{TOKEN} ringkasan")
    helpdesk.write_again(ticket_id=one.pk, author=person.user, text=f"{TOKEN} tanya", at=now())
    helpdesk.add_note(ticket_id=one.pk, actor=world.users["coach"], text=f"{TOKEN} internal", at=now())
    User.objects.filter(pk__in=[user.pk for user in world.users.values()]).exclude(
        pk=world.users["admin"].pk
    ).update(display_name=f"{TOKEN} akun")
    phone = person.phone() or ""
    nik = person.nik() or ""
    return {TOKEN, nik, phone.removeprefix("+62"), person.nik_mask, person.phone_mask, f"{person.user.email}"}


def sums() -> dict[str, str]:
    """A checksum of every table but those of sessions."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table in ("django_session", "core_auditentry"):
                continue
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {table} t"
            )
            found[table] = cursor.fetchone()[0]
    return found


def addresses(world: World) -> dict[str, str]:  # noqa: F811
    return {
        name: reverse(
            name,
            kwargs={
                key: text[1:] if text.startswith("=") else world.values[text]
                for key, text in line.kwargs.items()
            },
        )
        for name, line in LINES.items()
        if name not in ("support_end", "logout", "metrics", "readyz", "healthz")
    }


@pytest.mark.parametrize("role", PLACES)
def test_no_page_of_a_role_shows_anything_personal_and_no_post_changes_anything(
    world: World,  # noqa: F811
    role: str,
) -> None:
    forbidden = mark(world)
    plain = entered(world.users["manager"]).get(f"/peserta/{world.enrollment.person_id}/").content.decode()
    assert TOKEN in plain  # the marks are really on the pages, or this would prove nothing
    client = looking(world.users["admin"], role)
    before, entries = sums(), AuditEntry.objects.count()
    wrong, shown = [], 0
    for name, address in addresses(world).items():
        answer = client.get(address)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        text = content.decode("utf-8", "replace")
        shown += answer.status_code == 200 and "Tampilan dukungan." in text
        wrong += [f"get {name}: {token[:8]}" for token in forbidden if token and token in text]
        if answer.status_code >= 500 and not name.startswith("statistics_"):  # 503 until a first cut
            wrong.append(f"get {name}: {answer.status_code}")
        posted = client.post(address, {"version": "1", "reason": "x", "decision": "terima"})
        if posted.status_code != 403 or b"hanya untuk melihat" not in posted.content:
            wrong.append(f"post {name}: {posted.status_code}")
    assert wrong == []
    assert shown >= 15
    assert sums() == before
    assert AuditEntry.objects.count() == entries


def test_it_begins_and_ends_with_an_entry_and_a_banner(world: World) -> None:  # noqa: F811
    client = looking(world.users["admin"], "pengelola")
    page = client.get("/antrean/").content.decode()
    assert "Anda melihat sebagai pengelola pusat, Pusat OK OCE Kebayoran Baru" in page
    refused = client.get("/sekretariat/")
    assert refused.status_code == 403
    assert 'action="/dukungan/selesai/"' in refused.content.decode()  # the way out is on every page
    assert client.get(f"/berkas/{world.values['evidence']}/").status_code == 403
    assert client.post("/dukungan/selesai/").status_code == 303
    assert client.get("/sekretariat/").status_code == 200
    assert "Tampilan dukungan." not in client.get("/antrean/").content.decode()
    entries = AuditEntry.objects.filter(action__startswith="dukungan.").order_by("pk")
    assert [(one.action, one.object_id, one.reason) for one in entries] == [
        ("dukungan.mulai", "pengelola:P31.74.07", "Pertanyaan B-26-000001"),
        ("dukungan.selesai", "pengelola:P31.74.07", ""),
    ]


def test_it_ends_by_itself_after_half_an_hour(world: World, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    client = looking(world.users["admin"], "dinas")
    assert client.get("/dasbor/").status_code == 200
    late = now() + timedelta(minutes=30)
    monkeypatch.setattr(support, "now", lambda: late)
    answer = client.get("/dasbor/")
    assert (answer.status_code, answer["Location"]) == (303, "/dukungan/")
    assert AuditEntry.objects.get(action="dukungan.selesai").detail["expired"] is True
    assert "Waktu tampilan dukungan habis" in client.get("/dukungan/").content.decode()


def test_it_is_for_the_admin_role_while_it_holds(world: World) -> None:  # noqa: F811
    client = looking(world.users["admin"], "pengelola")
    world.users["admin"].role_assignments.update(starts_at=now() - timedelta(days=2), ends_at=now())
    assert client.get("/antrean/").status_code == 403


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"role": "pendamping", "scope": "P73.71.01"}, "belum punya pendamping"),
        ({"role": "peserta", "scope": "P73.71.01"}, "belum punya peserta"),
        ({"role": "dinas", "scope": "99"}, "Wilayah ini tidak ada"),
        ({"role": "pengelola", "scope": "31"}, "Tulis kode pusatnya"),
        ({"role": "admin", "scope": "ID"}, "Pilih perannya"),
    ],
)
def test_where_nobody_stands_in_the_form_says_so(data: dict[str, str], text: str) -> None:
    center_of("P73.71.01")
    answer = entered(staff(Role.ADMIN, is_demo=True)).post("/dukungan/", data | {"reason": "Uji"})
    assert answer.status_code == 422
    assert text in answer.content.decode()


def test_reads_are_masked_in_the_database_and_writes_refused() -> None:
    one = participant(center=center_of(), person__full_name="Siti Nur Aminah", person__address="Jl. Mawar 1")
    with masking.masked_reads():
        person = Person.objects.get(pk=one.person_id)
        assert (person.full_name, person.address) == ("S. N. A.", "disamarkan")
        assert (person.nik_sealed, person.phone_sealed, person.birth_date) == (None, None, None)
        assert not Person.objects.filter(full_name__icontains="siti").exists()
        with pytest.raises(DatabaseError), transaction.atomic():
            Enrollment.objects.filter(pk=one.pk).update(goal="x")
    assert Person.objects.get(pk=one.person_id).full_name == "Siti Nur Aminah"
    assert Enrollment.objects.filter(pk=one.pk).update(goal="x") == 1


def test_every_column_left_open_exists_and_everything_personal_is_hidden() -> None:
    tables = {model._meta.db_table: model for model in apps.get_models()}
    assert tables.keys() >= masking.OPEN_TABLES
    for table, columns in masking.OPEN_COLUMNS.items():
        assert columns <= {field.column for field in tables[table]._meta.concrete_fields}
    hidden = {table: masking.masked_columns(model).keys() for table, model in tables.items()}
    assert hidden["participants_person"] >= {
        "full_name", "nik_sealed", "nik_index", "nik_mask", "phone_sealed", "phone_mask", "birth_date",
        "address",
    }  # fmt: skip
    assert hidden["accounts_user"] >= {"password", "display_name", "email", "phone_sealed", "phone_mask"}
    assert hidden["helpdesk_ticketmessage"] == {"text"}
