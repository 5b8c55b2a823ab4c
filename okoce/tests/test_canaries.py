"""200 people with known NIKs and phones live in the portal; their numbers stand nowhere but sealed.

100 come through the real pages of the real portal, with the real worker behind it: most at /daftar/ in every
spelling of a number, some at the counter, with typing errors, held repetitions, failed and successful
sign-ins, proofs, reveals and reports. Then everything that was written anywhere is read: a dump of the
database, every log, every command the broker has seen, every address and page.
"""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import os
import re
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote_plus, urljoin
from uuid import uuid4

import httpx
import pytest
import redis
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from PIL import Image

from accounts.models import Role, User
from accounts.tests.factories import PASSWORD, staff
from centers.models import Agency, CoachProfile
from core import keys, rotation
from core.clock import now
from core.crypto import SealBroken
from core.management.commands import rotate_keys
from core.models import AuditEntry, Job, OutboxMessage
from core.validators import clean_nik, local_phone, mask_nik, mask_phone
from notifications.models import Notification
from okoce import errors
from okoce.launch.processes import wait_until
from okoce.launch.services import postgres_program
from okoce.testing.processes import Portal, Worker
from okoce.testing.services import Services
from participants import registration
from participants.models import Enrollment, Person, Stage
from participants.tests.factories import center_of, demo_phone, participant, synthetic_nik
from participants.tests.test_counter import answers
from participants.tests.test_registration_page import valid
from participants.tests.test_registration_races import person_data

from .canaries import Canaries

WHATSAPP = re.compile(r'https://wa\.me/62\d+(\?[^"]*)?"')
CONTACTS = frozenset({"coach", "manager"})
"""Who may have a participant's number behind a WhatsApp button."""


# The scanner --------------------------------------------------------------------------------------------

NIK, PHONE = "3174077105950000", "+62812000012345"


@pytest.mark.parametrize(
    "text",
    [
        NIK, f"nik={NIK}&x", "3174 0771 0595 0000", "3174-0771-0595-0000", "31.74.07.710595.0000",
        "3174%200771%200595%200000", "3174+0771+0595+0000", "３１７４０７７１０５９５００００",
        "<b>3174</b><b>0771</b><b>0595</b><b>0000</b>", "\\x" + NIK.encode().hex(), f"9{NIK}9",
        PHONE, "62812000012345", "0812000012345", "0812-0000-12345", "+62 812-0000-12345", "0812 0000 12345",
        "(0812) 0000.12345", "%2B62812000012345", "wa.me/62812000012345?text=x",
    ],
)  # fmt: skip
def test_every_spelling_is_found(text: str) -> None:
    canaries = Canaries()
    canaries.add(nik=NIK, phone=PHONE)
    assert len(canaries.in_text(f"before {text} after")) == 1
    assert len(canaries.in_text(f"before {text} after".encode())) == 1


@pytest.mark.parametrize(
    "text",
    [NIK[:-1] + "1", mask_nik(NIK), mask_phone(PHONE), "0812-0000-12346", "2026-11-22T18:27:07.123456"],
)
def test_other_numbers_and_masks_are_not(text: str) -> None:
    canaries = Canaries()
    canaries.add(nik=NIK, phone=PHONE)
    assert canaries.in_text(text, encoded=True) == set()


def test_what_is_encoded_is_found_when_asked_for() -> None:
    canaries = Canaries()
    canaries.add(nik=NIK)
    token = base64.b64encode(json.dumps({"nik": NIK}).encode()).decode()
    assert canaries.in_text(token) == set()
    assert canaries.in_text(f'{{"body":"{token}"}}', encoded=True)


# 200 people ---------------------------------------------------------------------------------------------


class LoggingPortal(Portal):
    """The portal with everything in its log that it can write there."""

    def command(self) -> list[str]:
        return [*super().command(), "--access-log"]


@dataclass
class Record:
    """Everything that was asked and answered."""

    addresses: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    pages: list[tuple[str, str]] = field(default_factory=list)


class Browser:
    """Somebody's browser before the real portal; every answer goes into the record."""

    def __init__(self, portal: Portal, record: Record, who: str) -> None:
        self.record, self.who = record, who
        self.http = httpx.Client(base_url=portal.url, timeout=60)
        self.token = ""

    def get(self, path: str, *, is_own: bool = False) -> httpx.Response:
        """Open a page and follow where it leads. `is_own`: a page that may show the number (see there)."""
        return self._send("GET", path, is_own=is_own)

    def post(
        self, path: str, data: dict[str, Any], *, files: Any = None, is_own: bool = False
    ) -> httpx.Response:
        """Send a form with the token of the last page."""
        return self._send(
            "POST", path, data={**data, "csrfmiddlewaretoken": self.token}, files=files, is_own=is_own
        )

    def _send(self, method: str, path: str, *, is_own: bool, **more: Any) -> httpx.Response:
        answer = self.http.request(method, path, **more)
        self.record.addresses.append(str(answer.request.url))
        self.record.headers.append(repr(answer.headers.multi_items()))
        text = answer.text
        if found := re.search(r'csrfmiddlewaretoken" value="([^"]+)"', text):
            self.token = found[1]
        if not is_own:
            self.record.pages.append((f"{method} {path} as {self.who} ({answer.status_code})", text))
        if answer.is_redirect:
            return self.get(urljoin(path, answer.headers["Location"]), is_own=is_own)
        return answer

    def sign_in(self, login: str, password: str = PASSWORD) -> httpx.Response:
        self.get("/masuk/")
        # A refused form shows its owner what was typed.
        return self.post("/masuk/", {"login": login, "password": password}, is_own=True)


SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda e164: e164,
    lambda e164: "0" + e164[3:],
    local_phone,
    lambda e164: e164[1:],
    lambda e164: f"+62 {e164[3:6]}-{e164[6:10]}-{e164[10:]}",
    lambda e164: e164[3:],
)
NIK_SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda nik: nik,
    lambda nik: f"{nik[:4]} {nik[4:8]} {nik[8:12]} {nik[12:]}",
    lambda nik: f"{nik[:2]}.{nik[2:4]}.{nik[4:6]}.{nik[6:12]}.{nik[12:]}",
    lambda nik: f"{nik[:6]}-{nik[6:12]}-{nik[12:]}",
)


class Town:
    """The people of the test, what they did, and where it may have left its mark."""

    def __init__(self, services: Services, portal: Portal) -> None:
        self.services, self.portal = services, portal
        self.canaries, self.record = Canaries(), Record()
        self.center = center_of(capacity=1_000)
        self.users = {
            "manager": staff(Role.PENGELOLA, self.center.code, is_demo=True, phone=self.new_phone()),
            "coach": staff(Role.PENDAMPING, self.center.code, is_demo=True, phone=self.new_phone()),
            "dinas": staff(Role.DINAS, "31", is_demo=True, phone=self.new_phone()),
            "admin": staff(Role.ADMIN, "ID", is_demo=True, phone=self.new_phone()),
        }
        CoachProfile.objects.create(user=self.users["coach"], center=self.center, capacity=500)
        self.count = 0

    def new_phone(self) -> str:
        phone = demo_phone()
        self.canaries.add(phone=phone)
        return phone

    def new_nik(self) -> str:
        nik = synthetic_nik(gender="P")
        self.canaries.add(nik=nik)
        return nik

    def browser(self, who: str) -> Browser:
        browser = Browser(self.portal, self.record, who)
        if who in self.users:
            page = browser.sign_in(self.users[who].email or "")
            assert page.status_code == 200, page.text[:500]
        return browser

    def typed(self, **changes: Any) -> dict[str, Any]:
        """A registration with new canaries, spelled in one of many ways."""
        self.count += 1
        nik, phone = self.new_nik(), self.new_phone()
        data: dict[str, Any] = {
            "nik": NIK_SPELLINGS[self.count % len(NIK_SPELLINGS)](nik),
            "phone": SPELLINGS[self.count % len(SPELLINGS)](phone),
            "full_name": f"Siti {_letters(self.count)}",
            "email": f"warga-{self.count}@contoh.id" if self.count % 3 == 0 else None,
        }
        return valid(**(data | changes))

    # What people do -------------------------------------------------------------------------------------

    def register(self, **changes: Any) -> tuple[Browser, dict[str, Any]]:
        """One person at /daftar/."""
        browser, form = Browser(self.portal, self.record, "citizen"), self.typed(**changes)
        browser.get("/daftar/")
        page = browser.post("/daftar/", form)
        assert "OK-" in page.text, page.text[-1500:]
        return browser, form

    def register_with_errors(self) -> None:
        """Refused twice, then corrected; a NIK typed where no NIK belongs is not taken."""
        browser, form = Browser(self.portal, self.record, "citizen"), self.typed()
        browser.get("/daftar/")
        wrong = form | {"consent": "", "goal": f"NIK saya {form['nik']}"}
        refused = browser.post("/daftar/", wrong, is_own=True)
        assert refused.status_code == 422
        assert form["nik"] in html.unescape(refused.text), "the owner's own form keeps what was typed"
        wrong = form | {"address": f"Jl. Wijaya, HP {form['phone']}"}
        assert browser.post("/daftar/", wrong, is_own=True).status_code == 422
        assert "OK-" in browser.post("/daftar/", form).text

    def register_again(self, form: dict[str, Any]) -> None:
        """A known NIK and a known phone lead to the neutral page."""
        for again in (form, form | {"nik": None, "no_nik_reason": "Hilang", "birth_date": "31/05/1990"}):
            browser = Browser(self.portal, self.record, "citizen")
            browser.get("/daftar/")
            sent = {name: value for name, value in again.items() if value is not None}
            sent |= {"submission_id": valid()["submission_id"], "gender": "P"}
            page = browser.post("/daftar/", sent)
            assert page.request.url.path == "/daftar/periksa/"

    def fail_to_sign_in(self, form: dict[str, Any]) -> None:
        browser = Browser(self.portal, self.record, "anonymous")
        assert browser.sign_in(form["phone"], "salah sama sekali").status_code == 422
        assert browser.sign_in(form["nik"], "salah sama sekali").status_code == 422
        browser.get("/lupa-sandi/")
        browser.post("/lupa-sandi/", {"login": form["phone"]}, is_own=True)
        assert browser.sign_in(form["phone"], form["password"]).status_code == 200

    def stand_at_the_counter(self, people: int) -> None:
        """The manager registers people at the desk; the read-back shows the officer what was typed."""
        manager = self.browser("manager")
        for _ in range(people):
            nik, phone = self.new_nik(), self.new_phone()
            self.count += 1
            form = answers(nik=nik, phone=local_phone(phone), full_name=f"Siti {_letters(self.count)}")
            manager.get("/loket/")
            read_back = manager.post("/loket/", form, is_own=True)
            assert " ".join(nik[i : i + 4] for i in range(0, 16, 4)) in read_back.text
            slip = manager.post("/loket/", form | {"step": "simpan"})
            assert "OK-" in slip.text
            again = form | {"step": "simpan", "submission_id": valid()["submission_id"]}
            assert manager.post("/loket/", again).status_code == 409

    def work(self, form: dict[str, Any]) -> None:
        """Manager, coach and dinas do their days on one of those who registered."""
        enrollment = Enrollment.objects.select_related("person").get(person__full_name=form["full_name"])
        person, number = f"/peserta/{enrollment.person_id}/", {"version": str(enrollment.version)}
        manager, coach = self.browser("manager"), self.browser("coach")
        manager.get(person)
        for reason in (f"Cocokkan {form['nik']} dengan KTP", f"Telepon {form['phone']}"):
            told = manager.post(f"{person}data-lengkap/", number | {"reason": reason}, is_own=True)
            assert told.status_code in (200, 422)
        shown = manager.post(f"{person}data-lengkap/", number | {"reason": "Mencocokkan KTP"}, is_own=True)
        assert enrollment.person.nik() in shown.text
        manager.post(f"{person}identitas/", number | {"status": "diverifikasi", "note": ""})
        agency = Agency.objects.for_area(enrollment.district_id).supervising().first()
        assert agency is not None
        manager.post(f"{person}skpd/", number | {"agency": agency.pk})
        profile = CoachProfile.objects.get(user=self.users["coach"])
        manager.post(
            f"{person}pendamping/",
            number | {"coach": profile.pk, "note": f"HP-nya {form['phone']}"},
            is_own=True,
        )
        manager.post(f"{person}pendamping/", number | {"coach": profile.pk, "note": "Sore saja."})
        for slug, text in (("tujuan", "goal"), ("berhenti", "reason"), ("tidak-terhubungi", "reason")):
            data = number | {text: f"NIK {form['nik']}", "why": "pindah"}
            refused = manager.post(f"{person}{slug}/", data, is_own=True)
            assert refused.status_code == 422, slug
        manager.post(f"{person}tujuan/", number | {"goal": "Punya warung"})
        coach.get("/pendamping/")
        coach.post(f"{person}terima-tugas/", number)
        coach.get(person)
        manager.post(f"{person}naik/", number)
        enrollment.refresh_from_db()
        assert enrollment.stage == Stage.PELATIHAN
        number = {"version": str(enrollment.version)}
        day = f"{now():%d/%m/%Y}"
        proof = number | {"number": "SRT-1", "happened_on": day, "note": f"NIK {form['nik']}"}
        address = f"{person}bukti/sertifikat/"
        name = f"KTP {form['nik']} {form['phone']}.png"
        refused = coach.post(address, proof, files={"file": (name, a_png(), "image/png")}, is_own=True)
        assert refused.status_code == 422
        for typed in (form["nik"], form["phone"]):
            data = proof | {"note": "", "number": typed}
            told = coach.post(address, data, files={"file": (name, a_png(), "image/png")}, is_own=True)
            assert told.status_code == 422
        sent = coach.post(
            address, proof | {"note": "Terbaca jelas"}, files={"file": (name, a_png(), "image/png")}
        )
        assert "Terkirim." in sent.text
        evidence = enrollment.evidence.get()
        check = f"{person}bukti/{evidence.pk}/periksa/"
        manager.get(check)
        data = number | {"decision": "kembalikan", "rejection": f"Bukan milik {form['nik']}"}
        assert manager.post(check, data, is_own=True).status_code == 422
        manager.post(check, number | {"decision": "terima"})
        manager.get(f"/berkas/{evidence.pk}/")

    def look_around(self) -> None:
        """Every list, the first people of it, figures and reports, as each kind of staff."""
        for who in self.users:
            browser = self.browser(who)
            for path in (
                "/", "/peserta/", "/antrean/", "/pendamping/", "/dasbor/", "/dasbor/corong.json",
                "/dasbor/corong.csv", "/laporan/", "/rekonsiliasi/", "/pesan/",
                "/akun/", "/loket/", "/pusat/",
                "/pusat/31.74.07/", "/peserta/?q=siti", "/peserta/?tahap=pelatihan", "/admin/",
                "/admin/accounts/user/", "/metrics", "/statistik/", "/statistik/?wilayah=31",
                "/statistik/corong.json", "/statistik/corong.csv", "/statistik/kamus/",
            ):  # fmt: skip
                browser.get(path)
            page = browser.get("/peserta/").text
            while following := re.search(r'href="(\?[^"]*sesudah=[^"]*)"[^>]*>[^<]*(?:Berikut|Lanjut)', page):
                page = browser.get(f"/peserta/{html.unescape(following[1])}").text
            for address in list(dict.fromkeys(re.findall(r"/peserta/[0-9a-f-]{36}/", page)))[:6]:
                browser.get(address)
                for slug in ("identitas", "koreksi", "data-lengkap", "kode", "usaha", "bukti/nib"):
                    browser.get(f"{address}{slug}/")
        dinas = self.browser("dinas")
        month = f"{now():%Y-%m}"
        dinas.get("/laporan/")
        order = {"wilayah": "31", "bulan": month, "permintaan": valid()["submission_id"]}
        dinas.post("/laporan/", order)
        assert wait_until(
            lambda: Job.objects.filter(status=Job.Status.SELESAI).exists(), seconds=90, pause=0.3
        )
        dinas.get("/laporan/")

    def search_by_number(self, form: dict[str, Any]) -> None:
        """Staff type what stands on the KTP into the search box; it finds the person and leaves no mark."""
        enrollment = Enrollment.objects.get(person__full_name=form["full_name"])
        manager = self.browser("manager")
        for typed in (form["nik"], form["phone"]):
            manager.get("/peserta/")
            page = manager.post("/peserta/", {"q": typed})
            assert page.request.url.path == f"/peserta/{enrollment.person_id}/"
            assert form["full_name"] in page.text

    def be_a_citizen(self, browser: Browser, form: dict[str, Any]) -> None:
        """Own pages and messages."""
        for path in ("/saya/", "/pesan/", "/akun/", "/daftar/berhasil/", "/saya/tujuan/ubah/", "/peserta/"):
            browser.get(path)

    # Where it may have left its mark --------------------------------------------------------------------

    def dump(self) -> str:
        """What `pg_dump` writes of the whole database."""
        done = subprocess.run(
            [postgres_program("pg_dump"), "--dbname", self.services.dsn],
            check=True, capture_output=True, env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        )  # fmt: skip
        return done.stdout.decode()

    def sessions(self) -> Iterator[tuple[str, str]]:
        """What every session holds; in the dump it is compressed."""
        for session in Session.objects.all():
            yield f"session {session.pk[:6]}", json.dumps(session.get_decoded(), default=str)

    def logs(self) -> Iterator[tuple[str, bytes]]:
        """Every log: of portal and worker with their access log, of the database server and the broker."""
        for path in sorted(self.services.folder.rglob("*.log")):
            yield f"log {path.name}", path.read_bytes()

    def letters_and_files(self) -> Iterator[tuple[str, bytes]]:
        """Messages in var/outbox, uploads and produced workbooks, unpacked."""
        for folder in ("outbox", "files"):
            for path in sorted((self.services.folder / folder).rglob("*")):
                if path.is_file():
                    yield from _unpacked(f"{folder}/{path.name}", path.read_bytes())

    def pages(self) -> Iterator[tuple[str, str]]:
        """Every page, without the WhatsApp links of those who may have them."""
        for label, text in self.record.pages:
            who = label.rpartition(" as ")[2].partition(" ")[0]
            yield label, WHATSAPP.sub('"', text) if who in CONTACTS or who == "citizen" else text


def _letters(number: int) -> str:
    """A number as a name may hold it: letters only."""
    return "".join("abcdefghij"[int(digit)] for digit in f"{number:03d}").capitalize()


def _unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, content
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            for part in parts.namelist():
                yield f"{name}/{part}", parts.read(part)
    elif content[:2] == b"\x1f\x8b":
        yield f"{name} unpacked", gzip.decompress(content)


def a_png() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "#ddd").save(content, "PNG")
    return content.getvalue()


class BrokerWatch(threading.Thread):
    """Reads along everything that is said to the broker (MONITOR)."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.client = redis.Redis.from_url(url)
        self.heard: list[str] = []
        self.is_listening = threading.Event()

    def run(self) -> None:
        with suppress(redis.RedisError, OSError, ValueError), self.client.monitor() as monitor:
            self.is_listening.set()
            for command in monitor.listen():
                self.heard.append(str(command["command"]))

    def kept(self) -> Iterator[tuple[str, str]]:
        """Every key that lies in the broker now, with its value in the clear and as it is kept."""
        readers: dict[bytes, Callable[[bytes], Any]] = {
            b"string": self.client.get,
            b"list": lambda key: self.client.lrange(key, 0, -1),
            b"hash": self.client.hgetall,
            b"set": self.client.smembers,
            b"zset": lambda key: self.client.zrange(key, 0, -1, withscores=True),
        }
        for key in self.client.scan_iter():
            value = readers[self.client.type(key)](key)
            yield f"broker key {key!r}", f"{key!r} {value!r} {self.client.dump(key)!r}"


@pytest.fixture
def town(
    services: Services, transactional_db: None, start_worker: Callable[..., Worker], settings: Any
) -> Iterator[Town]:
    for path in services.folder.glob("*.log"):
        path.write_bytes(b"")  # of processes of other tests, which had other people
    settings.FILES_DIR = services.folder / "files"
    portal = LoggingPortal(
        services, "portal", {"DEMO_MODE": "1", "LOG_LEVEL": "INFO", "BROKER_WAKE_TIMEOUT": "10"}
    )
    portal.start()
    start_worker(environment={"LOG_LEVEL": "INFO"})
    try:
        yield Town(services, portal)
    finally:
        portal.stop()


@pytest.mark.django_db(transaction=True)
def test_two_hundred_people_leave_no_number_anywhere(town: Town) -> None:
    watch = BrokerWatch(town.services.redis_url)
    watch.start()
    assert watch.is_listening.wait(60)

    first_browser, first = town.register()
    for _ in range(82):
        town.register()
    for _ in range(4):
        town.register_with_errors()
    town.register_again(first)
    town.fail_to_sign_in(first)
    town.stand_at_the_counter(10)
    # A household: another person, the same phone.
    _, shared = town.register()
    relative = town.typed() | {"phone": shared["phone"]}
    browser = Browser(town.portal, town.record, "citizen")
    browser.get("/daftar/")
    assert "OK-" in browser.post("/daftar/", relative).text
    # Without NIK; the manager records it later.
    _, newcomer = town.register(nik=None, no_nik_reason="Belum jadi", birth_date="31/05/1990", gender="P")
    assert Person.objects.count() == 100
    enrollment = Enrollment.objects.get(person__full_name=newcomer["full_name"])
    manager = town.browser("manager")
    manager.get(f"/peserta/{enrollment.person_id}/nik/")
    manager.post(f"/peserta/{enrollment.person_id}/nik/", {"version": "1", "nik": town.new_nik()})
    assert Person.objects.get(pk=enrollment.person_id).nik()
    for number in range(100):
        nik, phone = town.new_nik(), town.new_phone()
        participant(
            stage=list(Stage)[number % 7], center=town.center, coach=town.users["coach"],
            person__nik=nik, person__phone=phone,
        )  # fmt: skip
    assert Person.objects.count() == 200
    assert town.canaries.amount >= 400
    assert wait_until(lambda: not OutboxMessage.objects.pending().exists(), seconds=60, pause=0.3)
    assert Notification.objects.filter(kind="pendaftaran_diterima").count() == 100

    town.work(first)
    town.look_around()
    town.search_by_number(first)
    town.be_a_citizen(first_browser, first)
    assert wait_until(lambda: not OutboxMessage.objects.pending().exists(), seconds=60, pause=0.3)
    assert AuditEntry.objects.filter(action="data.buka").exists()

    begin = time.monotonic()
    assert town.canaries.in_all([("dump", town.dump())]) == []
    assert town.canaries.in_all(town.sessions()) == []
    logs = list(town.logs())
    assert {"log portal.log", "log worker.log", "log postgres.log"} <= {name for name, _ in logs}
    portal_log = dict(logs)["log portal.log"].decode()
    assert "/daftar/" in portal_log, "the access log was to be read too"
    assert town.canaries.in_all(logs, encoded=True) == []
    heard = "\n".join(watch.heard)
    assert "core.relay_outbox" in heard, "the broker was to be listened to"
    assert town.canaries.in_all([("broker", heard), *watch.kept()], encoded=True) == []
    assert len(town.record.addresses) > 400
    addresses = "\n".join(town.record.addresses)
    assert town.canaries.in_all([("addresses", addresses), ("addresses", unquote_plus(addresses))]) == []
    assert town.canaries.in_all([("headers", "\n".join(town.record.headers))], encoded=True) == []
    assert town.canaries.in_all(town.pages()) == []
    assert town.canaries.in_all(town.letters_and_files()) == []
    links = [label for label, text in town.record.pages if town.canaries.in_text(text)]
    assert links, "coach and manager have WhatsApp links: pages without any prove nothing"
    assert {label.rpartition(" as ")[2].partition(" ")[0] for label in links} <= CONTACTS | {"citizen"}
    print(
        f"{town.canaries.amount} numbers, {len(town.record.pages)} pages, {len(watch.heard)} commands of the"
        f" broker, scanned in {time.monotonic() - begin:.1f} s"
    )

    # One canary let loose in each place is found there.
    someone = Person.objects.order_by("pk")[0]
    nik, phone = someone.nik() or synthetic_nik(), someone.phone() or ""
    Person.objects.filter(pk=someone.pk).update(address=f"HP {local_phone(phone)}")
    assert town.canaries.in_all([("dump", town.dump())])
    with town.portal.log_path.open("a") as log:
        log.write(f'GET /peserta/?q={nik[:4]}+{nik[4:8]}+{nik[8:12]}+{nik[12:]} HTTP/1.1" 200\n')
    assert town.canaries.in_all(town.logs())
    watch.client.rpush("okoce-planted", json.dumps({"phone": phone}))
    assert town.canaries.in_all(watch.kept())
    assert wait_until(lambda: bool(town.canaries.in_text("\n".join(watch.heard))), seconds=60)
    town.record.pages.append(("GET /x as dinas (200)", f'<a href="https://wa.me/{phone[1:]}">'))
    assert town.canaries.in_all(town.pages())
    watch.client.delete("okoce-planted")
    watch.client.close()


# Swapped ciphertext -------------------------------------------------------------------------------------


@pytest.fixture
def pair(settings: Any) -> tuple[Enrollment, Enrollment]:
    """Two people of one centre, accompanied by one coach, whose sealed numbers get swapped."""
    settings.DEMO_MODE = True
    center = center_of()
    coach = staff(Role.PENDAMPING, center.code, is_demo=True, phone=demo_phone())
    CoachProfile.objects.create(user=coach, center=center)
    return (
        participant(center=center, coach=coach, person__full_name="Siti Satu"),
        participant(center=center, coach=coach, person__full_name="Budi Dua"),
    )


def swap(table: str, column: str, one: Any, other: Any) -> None:
    """What somebody with access to the database could do to two rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {column} = CASE id WHEN %s THEN (SELECT {column} FROM {table} WHERE id = %s)"
            f" ELSE (SELECT {column} FROM {table} WHERE id = %s) END WHERE id IN (%s, %s)",
            [one, other, one, one, other],
        )


def entered(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="accounts.backends.LoginBackend")
    return client


def numbers_of(*enrollments: Enrollment) -> Canaries:
    canaries = Canaries()
    for enrollment in enrollments:
        canaries.add(nik=enrollment.person.nik(), phone=enrollment.person.phone())
    return canaries


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["nik_sealed", "phone_sealed"])
def test_swapped_numbers_of_people_are_noticed(
    pair: tuple[Enrollment, Enrollment], column: str, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = pair
    canaries = numbers_of(one, other)
    swap("participants_person", column, one.person_id, other.person_id)
    read = Person.nik if column == "nik_sealed" else Person.phone
    for enrollment in pair:
        with pytest.raises(SealBroken):
            read(Person.objects.get(pk=enrollment.person_id))
    manager = entered(staff(Role.PENGELOLA, "P31.74.07", is_demo=True))
    address = f"/peserta/{one.person_id}/data-lengkap/"
    page = manager.post(address, {"version": one.version, "reason": "Mencocokkan KTP"})
    assert page.status_code == 500
    assert errors.TITLES[500] in page.content.decode()
    assert canaries.in_text(page.content) == set()
    assert canaries.in_text(caplog.text) == set()
    assert not AuditEntry.objects.filter(action="data.buka").exists(), "nothing was shown"
    # Lists show masks alone and go on working.
    assert manager.get("/peserta/").status_code == 200
    with pytest.raises(SealBroken, match=f"participants_person.{column}:"):
        call_command("rotate_keys", stdout=io.StringIO())


@pytest.mark.django_db
def test_a_swapped_phone_opens_no_chat_with_somebody_else(pair: tuple[Enrollment, Enrollment]) -> None:
    """Person page and coach's list hold WhatsApp links: rather none at all than to the wrong person."""
    one, other = pair
    canaries = numbers_of(one, other)
    assert one.coach is not None
    coach = entered(one.coach)
    for path in (f"/peserta/{one.person_id}/", "/pendamping/"):
        assert canaries.in_text(coach.get(path).content), "without the swap there is a link"
    swap("participants_person", "phone_sealed", one.person_id, other.person_id)
    for path in (f"/peserta/{one.person_id}/", "/pendamping/"):
        page = coach.get(path)
        assert page.status_code == 500
        assert canaries.in_text(page.content) == set()


@pytest.mark.django_db
def test_swapped_phones_of_users_are_noticed(pair: tuple[Enrollment, Enrollment]) -> None:
    one = pair[0]
    coach, stranger = one.coach, staff(Role.PENDAMPING, "P73.71.01", phone=demo_phone())
    assert coach is not None
    canaries = Canaries()
    canaries.add(phone=coach.phone())
    canaries.add(phone=stranger.phone())
    citizen = entered(one.person.user)
    assert canaries.in_text(citizen.get("/saya/").content), "without the swap the coach can be asked"
    swap("accounts_user", "phone_sealed", coach.pk, stranger.pk)
    for user in (coach, stranger):
        with pytest.raises(SealBroken):
            User.objects.get(pk=user.pk).phone()
    page = citizen.get("/saya/")
    assert page.status_code == 500
    assert canaries.in_text(page.content) == set()


# Rotation -----------------------------------------------------------------------------------------------


@pytest.fixture
def own_keys(services: Services) -> Path:
    """The keys of this run, the portal's too."""
    return services.keys_dir


@pytest.mark.django_db(transaction=True)
def test_rotation_keeps_everything_readable_while_people_register(
    town: Town, own_keys: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`rotate_keys`, then `rotate_keys --prune`, beside a portal in which people go on registering."""
    monkeypatch.setattr(rotation, "BATCH", 7)
    known = {}
    for _ in range(25):
        nik, phone = town.new_nik(), town.new_phone()
        one = participant(center=town.center, person__nik=nik, person__phone=phone)
        known[one.person_id] = (nik, phone)
    old = keys.read_encryption(own_keys)
    stop = threading.Event()
    forms: list[dict[str, Any]] = []
    failed: list[str] = []
    ended = [0, 0]

    def go_on_registering(who: int) -> None:
        try:
            while not stop.is_set():
                forms.append(town.register()[1])
                ended[who] += 1
        except AssertionError as error:
            failed.append(str(error))

    def pause(_seconds: float) -> None:
        """Until everybody who was writing has written, however long that takes on this machine."""
        goal = [amount + 2 for amount in ended]
        assert wait_until(lambda: all(one >= two for one, two in zip(ended, goal, strict=True)), seconds=60)

    monkeypatch.setattr(rotate_keys, "time", SimpleNamespace(sleep=pause))
    threads = [threading.Thread(target=go_on_registering, args=(who,)) for who in range(2)]
    for thread in threads:
        thread.start()
    try:
        assert wait_until(lambda: len(forms) >= 4, seconds=60)
        call_command("rotate_keys", "--kind", "encryption", stdout=io.StringIO())
        between = keys.read_encryption(own_keys).active
        count = len(forms)
        assert wait_until(lambda: len(forms) >= count + 3, seconds=60)
        call_command("rotate_keys", "--prune", stdout=io.StringIO())
        count = len(forms)
        assert wait_until(lambda: len(forms) >= count + 3, seconds=60)
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    assert failed == []
    ring = keys.read_encryption(own_keys)
    assert list(ring.by_id) == [ring.active], "pruned to the one key in use"
    assert ring.active not in {*old.by_id, between}
    assert rotation.keys_in_use().keys() == {ring.active}
    known |= {
        Person.objects.get(full_name=form["full_name"]).pk: (
            clean_nik(form["nik"]).value,
            _e164(form["phone"]),
        )
        for form in forms
    }
    assert Person.objects.count() == len(known) >= 35
    for person in Person.objects.select_related("user"):
        nik, phone = known[person.pk]
        assert (person.nik(), person.phone()) == (nik, phone)
        assert person.user is not None
        assert person.user.phone() == phone
        assert list(Person.objects.with_nik(nik)) == [person]
        assert list(Person.objects.with_phone(phone)) == [person]
        assert User.objects.find_by_login(local_phone(phone)) == person.user
    signed_in = town.browser("citizen")
    assert signed_in.sign_in(forms[0]["phone"], forms[0]["password"]).request.url.path == "/saya/"


def _e164(typed: str) -> str:
    digits = re.sub(r"\D", "", typed)
    return "+62" + digits.removeprefix("62").removeprefix("0")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first_is_user", [True, False])
def test_counting_keys_never_stops_a_writer(own_keys: Path, first_is_user: bool) -> None:
    """A writer holds one table and goes on to another one that the count holds already: the count steps back.

    Whichever order the count takes, one of the two writers meets it head-on.
    """
    tables = [User._meta.db_table, Person._meta.db_table]
    first, second = tables if first_is_user else tables[::-1]
    holds, waited = threading.Event(), threading.Event()
    raised: list[Exception] = []

    def write() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {first} IN ROW EXCLUSIVE MODE")
                holds.set()
                assert waited.wait(30)
                cursor.execute(f"LOCK TABLE {second} IN ROW EXCLUSIVE MODE")
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    def count() -> None:
        try:
            rotation.keys_in_use()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write), threading.Thread(target=count)]
    threads[0].start()
    assert holds.wait(20)
    threads[1].start()
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE mode = 'ShareLock' AND NOT granted AND relation = %s::regclass"
    )

    def counts_wait() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(waiting, [first])
            return bool(cursor.fetchone()[0])

    assert wait_until(counts_wait, seconds=20, pause=0.01)
    waited.set()
    for thread in threads:
        thread.join(60)
    assert raised == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_protected", [True, False])
def test_a_registration_under_way_survives_the_pruning_of_its_key(
    own_keys: Path, monkeypatch: pytest.MonkeyPatch, is_protected: bool
) -> None:
    """It has sealed with the old key and not written yet when the rotation begins.

    Pruning waits until such writers are through and seals once more; without the pause the row is lost.
    """
    center_of()
    sealed, go_on = threading.Event(), threading.Event()
    insert = registration.insert_together

    def insert_late(rows: Any) -> None:
        sealed.set()
        assert go_on.wait(30)
        insert(rows)

    monkeypatch.setattr(registration, "insert_together", insert_late)
    data = person_data()
    raised: list[Exception] = []

    def register() -> None:
        try:
            registration.register_person(data=data, submission_id=uuid4(), browser="b", at=now())
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=register)
    thread.start()
    assert sealed.wait(20)
    before = keys.read_encryption(own_keys)

    def pause(seconds: float) -> None:
        """What the writer does meanwhile; how long it takes does not depend on the machine."""
        assert seconds == rotation.WRITERS_END_SECONDS
        if is_protected:
            go_on.set()
            thread.join(30)

    monkeypatch.setattr(rotate_keys, "time", SimpleNamespace(sleep=pause))
    call_command("rotate_keys", "--prune", stdout=io.StringIO())
    go_on.set()
    thread.join(30)
    assert raised == []
    person = Person.objects.get()
    if is_protected:
        assert data.nik is not None
        assert person.nik() == data.nik.value
        assert person.phone() == data.phone
        assert before.active not in keys.read_encryption(own_keys).by_id
    else:
        with pytest.raises(SealBroken, match="no key"):
            person.nik()
