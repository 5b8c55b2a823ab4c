"""SQL statements of the pages of help: within the budget, and the same for 3 rows as for 24."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from accounts.tests.factories import PesertaUserFactory
from helpdesk import services
from helpdesk.models import Ticket
from helpdesk.tests.factories import MONDAY, manager, officer, ticket
from helpdesk.tests.test_pages import as_user, valid

pytestmark = pytest.mark.django_db
LIST, RECORD, ACT = 12, 20, 30


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


def count(send: Any, status: int = 200) -> int:
    cache.clear()
    with CaptureQueriesContext(connection) as caught:
        assert send().status_code == status
    return len(caught)


def test_no_page_asks_more_for_more_rows():
    users = {"manager": manager(), "dinas": officer(Role.DINAS, "31"), "admin": officer(Role.ADMIN, "ID")}
    asker = PesertaUserFactory()
    one = ticket(asker=asker)
    queue, record, own = "/antrean-bantuan/", f"/antrean-bantuan/{one.number}/", f"/bantuan/{one.number}/"
    looks = [(who, path, LIST) for who in users for path in (queue, f"{queue}?q=siti&status=terbuka")]
    looks += [
        (who, path, RECORD) for who in users for path in (record, f"{record}serahkan/", f"{record}tutup/")
    ]
    clients = {who: as_user(user) for who, user in users.items()} | {"asker": as_user(asker)}
    looks += [("asker", "/bantuan/", LIST), ("asker", own, RECORD)]
    counted: dict[tuple[str, str], list[int]] = {(who, path): [] for who, path, _limit in looks}
    for rows in (3, 24):
        while Ticket.objects.count() < rows:
            ticket()
            ticket(asker=asker)
            services.write_again(ticket_id=one.pk, author=asker, text="Tambahan", at=MONDAY)
            services.add_note(ticket_id=one.pk, actor=users["manager"], text="Catatan", at=MONDAY)
            manager()
        for who, path, _limit in looks:
            clients[who].get(path)
            counted[who, path].append(count(lambda who=who, path=path: clients[who].get(path)))
    wrong = {
        (who, path): counted[who, path]
        for who, path, limit in looks
        if len(set(counted[who, path])) > 1 or counted[who, path][0] > limit
    }
    assert wrong == {}


def test_no_act_needs_more_than_thirty_statements(client: Any):
    boss = manager()
    client.get("/bantuan/")
    assert count(lambda: client.post("/bantuan/", valid()), 303) <= ACT
    one = Ticket.objects.get()
    staff, base = as_user(boss), f"/antrean-bantuan/{one.number}/"
    staff.get("/antrean-bantuan/")
    for path, data in (
        ("ambil/", {}),
        ("jawab/", {"text": "Begini."}),
        ("catatan/", {"catatan-text": "Catatan."}),
        ("tutup/", {"text": ""}),
    ):
        assert count(lambda path=path, data=data: staff.post(f"{base}{path}", data), 303) <= ACT, path
    assert count(lambda: client.post(f"/bantuan/{one.number}/", {"text": "Belum."}), 303) <= ACT
    officer(Role.DINAS, "31")
    handing = {"to": "meja:dinas", "reason": "Perlu dinas"}
    assert count(lambda: staff.post(f"{base}serahkan/", handing), 303) <= ACT
