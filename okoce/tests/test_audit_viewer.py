"""The audit log as the secretariat reads it: every code in words, found by filters, taken out as a file."""

from __future__ import annotations

import ast
import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role
from accounts.tests.factories import staff
from centers.admin import AuditedAdmin
from core import audit
from core.clock import now
from core.models import AuditEntry
from okoce.secretariat.audit_log import PAGE_SIZE
from okoce.secretariat.audit_words import GROUPS, WORDS
from okoce.testing.checks import SOURCES
from okoce.testing.services import ROOT
from participants.models import TransitionKind
from participants.tests.factories import center_of, participant, synthetic_nik

OPEN_CODES = {
    "core/audit.py": set(),  # hands on the code it is given
    "accounts/admin.py": {"akun.dibuat", "akun.diubah"},
    "centers/admin.py": set(),  # the subclasses' names, gathered below
    "okoce/secretariat/places.py": {"pusat.dibuat", "pusat.diubah", "dinas.dibuat", "dinas.diubah"},
    "programs/pipeline/merging.py": {"duplikat.gabung", "duplikat.batal"},
    "programs/pipeline/moves.py": {f"tahap.{kind}" for kind in TransitionKind.values},
}
"""Files in which a code is put together; a new one must be added here with what it may become."""


def codes_in_the_tree() -> set[str]:
    """Every audit code that our sources can write; fails on one that cannot be read from the source."""
    found = {
        f"{one.audit_name}.{act}" for one in AuditedAdmin.__subclasses__() for act in ("dibuat", "diubah")
    }
    unread = []
    for app in SOURCES:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if "/tests/" in name or "/migrations/" in name:
                continue
            for value in _actions(ast.parse(path.read_text(encoding="utf-8"))):
                constants = _constants(value)
                if constants is not None:
                    found |= constants
                elif name in OPEN_CODES:
                    found |= OPEN_CODES[name]
                else:
                    unread.append(f"{name}:{value.lineno}")
    assert unread == []
    return found


def _actions(tree: ast.AST) -> list[ast.expr]:
    """The `action=` of every call of `audit.record` or `audit.entry_row`."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("record", "entry_row"):
                found += [keyword.value for keyword in node.keywords if keyword.arg == "action"]
    return found


def _constants(value: ast.expr) -> set[str] | None:
    if isinstance(value, ast.Constant):
        return {str(value.value)}
    if isinstance(value, ast.IfExp):
        parts = [_constants(value.body), _constants(value.orelse)]
        return None if None in parts else set().union(*(part for part in parts if part))
    return None


def test_every_code_of_the_tree_has_words_and_every_word_a_code() -> None:
    codes = codes_in_the_tree()
    assert len(codes) > 50
    assert sorted(codes - WORDS.keys()) == []
    assert sorted(WORDS.keys() - codes) == []
    assert {words.group for words in WORDS.values()} == GROUPS.keys()


@pytest.fixture
def desk(settings: Any) -> Client:
    settings.DEMO_MODE = True
    client = Client()
    client.force_login(
        staff(Role.ADMIN, "ID", display_name="Rina Sekretaris", is_demo=True),
        backend="accounts.backends.LoginBackend",
    )
    return client


@pytest.mark.django_db
def test_an_entry_is_read_as_a_sentence_without_personal_numbers(desk: Client) -> None:
    maya = staff(Role.PENGELOLA, "P31.74.07", display_name="Maya Kusuma")
    one = participant(center=center_of(), person__full_name="Siti Aminah")
    nik = synthetic_nik()
    audit.record(actor=maya, action="identitas.periksa", obj=one.person, reason=f"KTP {nik} cocok")
    page = desk.get("/audit/").content.decode()
    link = f'<a href="/peserta/{one.person_id}/">Siti Aminah ({one.number})</a>'
    assert f"<b>Maya Kusuma</b> memeriksa identitas {link}" in page
    assert "KTP [NIK] cocok" in page
    assert nik not in page
    assert "WIB" in page


@pytest.mark.django_db
def test_filters_find_by_actor_kind_number_day_and_place(desk: Client) -> None:
    here, there = center_of("P31.74.07"), center_of("P73.71.01")
    maya, budi = (
        staff(Role.PENGELOLA, here.code, display_name="Maya Kusuma"),
        staff(Role.PENGELOLA, there.code, display_name="Budi Santoso"),
    )
    siti = participant(center=here, person__full_name="Siti Aminah")
    andi = participant(center=there, person__full_name="Andi Saputra")
    audit.record(actor=maya, action="ktp.unggah", obj=siti.person)
    audit.record(actor=budi, action="bukti.periksa", obj=andi)
    yesterday = f"{now() - timedelta(days=2):%d/%m/%Y}"

    def names(query: str) -> tuple[bool, bool]:
        page = desk.get(f"/audit/?{query}").content.decode()
        return "mengirim foto KTP <a" in page, "memeriksa bukti <a" in page

    assert names("") == (True, True)
    assert names("pelaku=maya") == (True, False)
    assert names("tindakan=identitas") == (True, False)
    assert names(f"nomor={andi.number}") == (False, True)
    assert names("wilayah=31.74") == (True, False)
    assert names("wilayah=P73.71.01") == (False, True)
    assert names(f"sampai={yesterday}") == (False, False)
    assert names(f"dari={yesterday}") == (True, True)
    wrong = desk.get("/audit/?wilayah=mana+saja")
    assert "Tulis kode wilayah" in wrong.content.decode()


@pytest.mark.django_db
def test_pages_go_to_the_oldest_entry_and_back(desk: Client) -> None:
    for number in range(PAGE_SIZE * 2 + 3):
        audit.record(actor=None, action="data.unduh", obj=f"uji-{number:03d}")
    seen, query = [], ""
    for _ in range(3):
        response = desk.get(f"/audit/{query}")
        seen += [line.obj for line in response.context["lines"]]
        query = response.context["older"]
    assert query == ""
    assert seen == [f"catatan uji-{number:03d}" for number in reversed(range(PAGE_SIZE * 2 + 3))]
    back = desk.get(f"/audit/{response.context['newer']}")
    assert [line.obj for line in back.context["lines"]] == seen[PAGE_SIZE : PAGE_SIZE * 2]
    assert desk.get(f"/audit/{back.context['newer']}").context["newer"] == ""


@pytest.mark.django_db
def test_the_file_runs_nothing_and_taking_it_is_an_entry(desk: Client) -> None:
    rina = staff(Role.ADMIN, "ID", display_name="=HYPERLINK(1)")
    audit.record(actor=rina, action="data.unduh", obj="satu", reason="@SUM(A1)")
    answer = desk.post("/audit/unduh/", {"tindakan": "data"})
    assert answer.streaming
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["kode"] for row in rows] == ["data.unduh"]
    assert rows[0]["pelaku"] == "'=HYPERLINK(1)"
    assert rows[0]["alasan"] == "'@SUM(A1)"
    taken = AuditEntry.objects.get(action="audit.ekspor")
    assert taken.actor_label == "Rina Sekretaris"
    assert taken.detail == {"filters": {"tindakan": "data"}}
