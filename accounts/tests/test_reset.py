from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import mail
from django.test import Client

from accounts import reset
from accounts.models import Role, User
from accounts.tests.conftest import sign_in
from accounts.tests.factories import UserFactory, staff
from core import outbox
from core.clock import now
from core.models import AuditEntry, OutboxMessage

pytestmark = pytest.mark.django_db
NEW = "tiga kata rahasia"


def ask(login: str):
    return Client().post("/lupa-sandi/", {"login": login})


def link_for(user: User) -> str:
    return urlsplit(reset.make_link(User.objects.get(pk=user.pk), at=now())).path


def test_every_login_gets_the_same_page_and_the_same_work(django_assert_num_queries) -> None:
    UserFactory(email="siti@contoh.test", phone="+6281200001234")
    UserFactory(email=None, login_number="OK-26-1")
    UserFactory(email="mati@contoh.test", is_active=False)
    seen = []
    for login in (
        "siti@contoh.test",
        "0812-0000-1234",
        "ok-26-1",
        "mati@contoh.test",
        "tidak@ada.test",
        "08129999123",
    ):
        with django_assert_num_queries(6):
            answer = ask(login)
        seen.append((answer.status_code, answer["Location"], answer.content, answer.cookies.output()))
    assert len(set(seen)) == 1
    assert seen[0][:2] == (303, "/lupa-sandi/terkirim/")
    assert OutboxMessage.objects.filter(kind="akun.reset").count() == 6
    assert "1 jam" in Client().get("/lupa-sandi/terkirim/").content.decode()


def test_the_letter_goes_to_the_address_of_the_account_with_a_link_that_works() -> None:
    user = UserFactory(email="siti@contoh.test", display_name="Siti & Budi", phone="+6281200001234")
    ask("0812 0000 1234")
    ask("tidak@ada.test")
    outbox.relay()
    assert [letter.to for letter in mail.outbox] == [["siti@contoh.test"]]
    body = mail.outbox[0].body
    assert "Halo Siti & Budi" in body
    path = urlsplit(re.search(r"http://testserver(/lupa-sandi/\S+)", body).group()).path
    visitor = Client()
    assert visitor.get(path).status_code == 200
    assert visitor.post(path, {"new_password": NEW}).status_code == 303
    assert visitor.get("/dalam/").status_code == 200
    assert User.objects.get(pk=user.pk).check_password(NEW)


def test_the_queue_holds_no_link_and_no_address() -> None:
    UserFactory(email="siti@contoh.test")
    ask("siti@contoh.test")
    row = OutboxMessage.objects.get(kind="akun.reset")
    assert row.ids == {}
    assert "@" not in row.dedupe_key


def test_three_letters_an_hour_are_enough() -> None:
    UserFactory(email="siti@contoh.test", login_number="OK-1")
    for login in ("siti@contoh.test", "OK-1", "SITI@contoh.test", "ok1", "siti@contoh.test"):
        assert ask(login).status_code == 303
    outbox.relay()
    assert len(mail.outbox) == 3


def test_a_link_works_once() -> None:
    user = UserFactory()
    path = link_for(user)
    assert Client().post(path, {"new_password": NEW}).status_code == 303
    assert Client().post(path, {"new_password": "lain lagi sandinya"}).status_code == 410
    assert Client().get(path).status_code == 410
    assert User.objects.get(pk=user.pk).check_password(NEW)


def test_a_link_works_for_an_hour() -> None:
    at, user = now(), UserFactory()
    path = link_for(user)
    with time_machine.travel(at + timedelta(minutes=61), tick=False):
        assert Client().get(path).status_code == 410
    with time_machine.travel(at - timedelta(minutes=5), tick=False):
        assert Client().get(path).status_code == 410
    with time_machine.travel(at + timedelta(minutes=59), tick=False):
        assert Client().get(path).status_code == 200


@pytest.mark.parametrize("change", ["password", "email", "sessions", "active"])
def test_a_link_dies_with_what_it_was_made_for(change: str) -> None:
    user = UserFactory()
    path = link_for(user)
    if change == "password":
        user.set_password("sesuatu yang lain")
        user.save()
    elif change == "email":
        User.objects.filter(pk=user.pk).update(email="baru@contoh.test")
    elif change == "sessions":
        user.end_sessions()
    else:
        User.objects.filter(pk=user.pk).update(is_active=False)
    assert Client().get(path).status_code == 410


def test_a_link_of_another_account_opens_nothing() -> None:
    one, two = UserFactory(), UserFactory()
    token = link_for(one).rstrip("/").rsplit("/", 1)[1]
    assert Client().get(f"/lupa-sandi/{two.pk}/{token}/").status_code == 410
    assert Client().get(f"/lupa-sandi/00000000-0000-4000-8000-000000000000/{token}/").status_code == 410


@pytest.mark.parametrize(
    "token", ["x", "-", "1-", "-abc", "zzzzzzzzzzzzzzz-abc", "%00-x", "٣-x", "1-" + "a" * 3000]
)
def test_a_made_up_token_opens_nothing(token: str) -> None:
    assert Client().get(f"/lupa-sandi/{UserFactory().pk}/{token}/").status_code == 410


def test_a_reset_ends_all_sessions_and_is_audited() -> None:
    user = UserFactory()
    phone = Client()
    sign_in(phone, user)
    Client().post(link_for(user), {"new_password": NEW})
    assert phone.get("/dalam/").status_code == 303
    assert (
        AuditEntry.objects.filter(action="akun.sandi_baru_lewat_tautan", object_id=str(user.pk)).count() == 1
    )


def test_a_reset_does_not_lead_staff_past_the_second_factor() -> None:
    user, visitor = staff(Role.PENGELOLA), Client()
    visitor.post(link_for(user), {"new_password": NEW})
    assert visitor.get("/khusus/")["Location"].startswith("/akun/mfa/pasang/")


def test_a_weak_password_is_refused_and_the_link_stays_good() -> None:
    path = link_for(UserFactory())
    answer = Client().post(path, {"new_password": "pendek"})
    assert answer.status_code == 422
    assert "baru 6" in answer.content.decode()
    assert Client().post(path, {"new_password": NEW}).status_code == 303


def test_no_mail_server_means_waiting_not_losing(settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    UserFactory(email="siti@contoh.test")
    ask("siti@contoh.test")
    outbox.relay()
    message = OutboxMessage.objects.get(kind="akun.reset")
    assert message.done_at is None
    assert message.parked_at is None
