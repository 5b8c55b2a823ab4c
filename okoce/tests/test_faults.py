"""What people notice of a broken broker or database while they register: nothing, or a page that says so.

The portal, the worker and the scheduler are real processes on real servers. What a worker's death does to a
report is proved in reports/tests, to an outbox message in core/tests.
"""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, OperationalError, connection
from django.test import Client

from core import broker
from core.models import OutboxMessage
from notifications.models import Notification
from okoce.launch.processes import wait_until
from okoce.testing.processes import Portal, TestProcess, Worker
from okoce.testing.services import Services
from participants.models import Enrollment, Person, RegistrationSubmission, StageTransition
from participants.tests.factories import center_of, participant
from participants.tests.test_registration_page import valid

pytestmark = pytest.mark.django_db(transaction=True)

PAGE_SECONDS = 15.0
"""A page may take so long while the broker is away, on a busy machine too."""
REPAIR_SECONDS = 120.0
"""Everything accepted is carried out so long after the repair at the latest."""


class Scheduler(TestProcess):
    """A real Celery beat with the portal's own table."""

    def command(self) -> list[str]:
        return [
            sys.executable, "-m", "celery", "-A", "okoce.celery", "beat", "--loglevel", "INFO",
            "--schedule", str(self.services.folder / f"{self.name}-schedule"),
        ]  # fmt: skip

    def is_ready(self) -> bool:
        return "beat: Starting..." in self.log()


@pytest.fixture
def start_scheduler(services: Services) -> Iterator[Callable[[str], Scheduler]]:
    started: list[Scheduler] = []

    def start(name: str = "beat") -> Scheduler:
        started.append(Scheduler(services, name, {"LOG_LEVEL": "INFO"}))
        started[-1].start()
        return started[-1]

    yield start
    for process in started:
        process.stop()


@pytest.fixture(autouse=True)
def _center() -> Iterator[None]:
    center_of()
    yield
    broker.breaker.reset()


class Citizen:
    """A person with a browser of their own before the real web server."""

    def __init__(self, portal: Portal) -> None:
        self.http = httpx.Client(base_url=portal.url, timeout=60)
        page = self.http.get("/daftar/")
        assert page.status_code == 200
        found = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert found
        self.form = valid() | {"csrfmiddlewaretoken": found[1]}
        self.seconds = 0.0

    def send(self) -> httpx.Response:
        """Press the button; the same form every time."""
        begin = time.monotonic()
        answer = self.http.post("/daftar/", data=self.form)
        self.seconds = time.monotonic() - begin
        return answer

    def stored(self) -> Enrollment:
        """The one enrollment behind this form."""
        submission = RegistrationSubmission.objects.get(pk=self.form["submission_id"])
        return Enrollment.objects.select_related("person").get(pk=submission.enrollment_id)


def is_success(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.headers.get("Location")) == (303, "/daftar/berhasil/")


def messages_of(citizen: Citizen) -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(dedupe_key=f"n:daftar:{citizen.stored().pk}"))


def told(citizen: Citizen) -> int:
    """How many times this person has been told in the inbox that the registration arrived."""
    user_id = citizen.stored().person.user_id
    return Notification.objects.filter(recipient_id=user_id, kind="pendaftaran_diterima").count()


def arrives(citizen: Citizen, *logs: TestProcess) -> float:
    """Wait for the message; returns the seconds it took, fails with the logs after two minutes."""
    begin = time.monotonic()
    came = wait_until(lambda: told(citizen) > 0, seconds=REPAIR_SECONDS, pause=0.2)
    assert came, "no message within two minutes:\n" + "\n".join(process.log()[-3000:] for process in logs)
    return time.monotonic() - begin


def stays_alone(*citizens: Citizen) -> None:
    """Three more rounds of the schedule: nothing is told or stored twice, nothing waits any more."""
    time.sleep(3)
    for citizen in citizens:
        assert told(citizen) == 1
        (message,) = messages_of(citizen)
        assert message.done_at is not None
        assert StageTransition.objects.filter(enrollment=citizen.stored()).count() == 1
    assert not OutboxMessage.objects.pending().exists()
    assert Person.objects.count() == len(citizens)


def test_a_registration_without_broker_is_answered_and_told_once_it_is_back(
    services: Services,
    start_portal: Callable[..., Portal],
    start_worker: Callable[..., Worker],
    start_scheduler: Callable[[str], Scheduler],
) -> None:
    """The broker stops under portal, worker and two schedulers; after its return each message comes once."""
    portal = start_portal()
    first, second = Citizen(portal), Citizen(portal)
    worker = start_worker(concurrency=2)
    schedulers = [start_scheduler("beat"), start_scheduler("second-beat")]
    services.stop_broker()
    for citizen in (first, second):
        answer = citizen.send()
        assert is_success(answer), (answer.status_code, portal.log()[-2000:])
        assert citizen.seconds < PAGE_SECONDS
        assert citizen.http.get("/daftar/berhasil/").status_code == 200
        assert citizen.stored().person.full_name == "Siti Rahmawati"
        (message,) = messages_of(citizen)
        assert message.done_at is None
        assert told(citizen) == 0
    assert citizen.http.get("/readyz").status_code == 503
    services.start_broker()
    broker.breaker.reset()
    seconds = arrives(first, worker, *schedulers)
    arrives(second, worker)
    # The same task, delivered five times more.
    for _ in range(5):
        assert broker.publish("core.relay_outbox")
    stays_alone(first, second)
    print(
        f"answered in {first.seconds:.1f} and {second.seconds:.1f} s, told {seconds:.1f} s after the repair"
    )


def test_a_flushed_broker_loses_no_message(
    services: Services,
    start_portal: Callable[..., Portal],
    start_worker: Callable[..., Worker],
    start_scheduler: Callable[[str], Scheduler],
) -> None:
    """The wake-up waits in the broker for a worker; the flush takes it; the schedule finds the message."""
    portal = start_portal(environment={"BROKER_WAKE_TIMEOUT": "10"})
    citizen = Citizen(portal)
    assert is_success(citizen.send())
    assert waiting_tasks(services) == 1
    services.flush_broker()
    assert waiting_tasks(services) == 0
    worker = start_worker()
    time.sleep(1)
    assert told(citizen) == 0, "nobody but the schedule may find it now"
    scheduler = start_scheduler("beat")
    arrives(citizen, worker, scheduler)
    services.flush_broker()
    stays_alone(citizen)


def waiting_tasks(services: Services) -> int:
    """Tasks in the queue of the broker that no worker has taken."""
    with redis.Redis.from_url(services.redis_url) as client:
        return int(client.llen("okoce"))


def test_after_a_restart_of_the_database_the_next_registration_works(
    services: Services, start_portal: Callable[..., Portal]
) -> None:
    """The portal's open connections are dead; the next one who registers does not notice."""
    portal = start_portal()
    before, after = Citizen(portal), Citizen(portal)
    assert is_success(before.send())
    services.restart_database()
    answer = after.send()
    assert is_success(answer), (answer.status_code, portal.log()[-2000:])
    connection.close()
    assert Person.objects.count() == 2
    assert before.http.get("/saya/").status_code == 200


def test_registrations_during_a_restart_of_the_database_are_stored_once(
    services: Services, start_portal: Callable[..., Portal]
) -> None:
    """Two at a time press until they are through, while the database stops, is away, starts and is killed."""
    portal = start_portal()
    citizens = [Citizen(portal) for _ in range(12)]
    statuses: list[int] = []
    is_busy, is_away = threading.Event(), threading.Event()

    def register(own: list[Citizen]) -> None:
        for number, citizen in enumerate(own):
            if number == 1:
                is_busy.set()
            if number == 4:
                assert is_away.wait(30), "the last two are to meet a database that is away"
            end = time.monotonic() + 60
            while time.monotonic() < end:
                answer = citizen.send()
                statuses.append(answer.status_code)
                if is_success(answer):
                    break
                assert answer.status_code in (500, 503), answer.status_code
                assert "text/html" in answer.headers["Content-Type"]
                time.sleep(0.2)

    threads = [threading.Thread(target=register, args=(citizens[start::2],)) for start in (0, 1)]
    for thread in threads:
        thread.start()
    assert is_busy.wait(30)
    services.stop_database()
    is_away.set()
    was_missed = wait_until(lambda: any(status >= 500 for status in statuses), seconds=60)
    services.start_database()
    services.kill_database()
    services.start_database()
    for thread in threads:
        thread.join(90)
    connection.close()
    assert statuses.count(303) == 12, statuses
    assert was_missed, "the database was never missed: this proves nothing"
    assert Person.objects.count() == Enrollment.objects.count() == OutboxMessage.objects.count() == 12
    for citizen in citizens:
        assert len(messages_of(citizen)) == 1


@pytest.mark.parametrize("is_gone", [True, False])
def test_a_session_that_cannot_be_kept_is_explained(
    monkeypatch: pytest.MonkeyPatch, settings: Any, is_gone: bool
) -> None:
    """Stored, but the database went before the session was: our fault. Signed out elsewhere: sign in."""

    def save(_self: SessionStore, must_create: bool = False) -> None:
        try:
            raise OperationalError("server closed the connection") if is_gone else DatabaseError("no row")
        except DatabaseError:
            raise UpdateError  # noqa: B904 (as Django's own store raises it)

    client = Client(raise_request_exception=False)
    client.force_login(participant().person.user, backend="accounts.backends.LoginBackend")
    monkeypatch.setattr(SessionStore, "save", save)
    settings.SESSION_SAVE_EVERY_REQUEST = True
    answer = client.get("/saya/")
    if is_gone:
        assert answer.status_code == 500
        assert "Yang sudah tersimpan tetap aman" in answer.content.decode()
    else:
        assert (answer.status_code, answer["Location"]) == (303, "/masuk/")


def test_a_page_without_database_says_so_in_words(
    services: Services, start_portal: Callable[..., Portal]
) -> None:
    """Nothing of the machine shows, the person is told what to do, and it works again afterwards."""
    portal = start_portal()
    citizen = Citizen(portal)
    services.stop_database()
    answer = citizen.send()
    assert answer.status_code in (500, 503)
    assert "Coba lagi" in answer.text
    for word in ("Traceback", "psycopg2", OperationalError.__name__, "postgres", str(Path.cwd())):
        assert word not in answer.text
    assert citizen.http.get("/readyz").status_code == 503
    assert citizen.http.get("/healthz").status_code == 200
    services.start_database()
    assert is_success(citizen.send())
    connection.close()
    assert Person.objects.count() == 1
