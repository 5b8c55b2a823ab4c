from __future__ import annotations

import re
import threading
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts import codes, lockout, signin
from accounts.codes import ALPHABET, CodeRefused, issue_code, redeem_code
from accounts.models import AccessCode, Role, SignInCounter, User
from accounts.signin import TooManyAttempts
from accounts.tests.conftest import sign_in
from accounts.tests.factories import PesertaUserFactory, UserFactory, staff
from core.clock import now
from core.models import AuditEntry

NEW = "tiga kata rahasia"
PHONE = "+6281200001234"


def issue(user: User, purpose: str = "reset") -> str:
    return issue_code(user=user, purpose=purpose, issued_by=staff(Role.PENGELOLA, "P31.74.07"), at=now())


def redeem(login: str, code: str, password: str = NEW) -> User:
    return redeem_code(login=login, code=code, new_password=password, at=now())


@pytest.mark.django_db
class TestOneCode:
    def test_has_eight_characters_nobody_confuses(self) -> None:
        code = issue(UserFactory())
        assert re.fullmatch(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", code)
        assert not set("01258BILOSZ") & set(ALPHABET)

    def test_sets_a_new_password(self) -> None:
        user = UserFactory()
        redeemed = redeem(user.email, issue(user))
        assert redeemed == user
        assert redeemed.check_password(NEW)

    def test_may_be_typed_in_any_case_with_or_without_dash(self) -> None:
        user = PesertaUserFactory(phone=PHONE)
        redeem("0812-0000-1234", f" {issue(user).lower().replace('-', ' ')} ")
        redeem(user.login_number.lower(), issue(user).replace("-", ""))

    def test_opens_an_account_that_staff_registered(self) -> None:
        user = PesertaUserFactory(password=None, email=None)
        assert redeem(user.login_number, issue(user, "klaim")).check_password(NEW)

    def test_works_once(self) -> None:
        user = UserFactory()
        code = issue(user)
        redeem(user.email, code)
        with pytest.raises(CodeRefused) as refused:
            redeem(user.email, code, "lain lagi sandinya")
        assert refused.value.reason == CodeRefused.NO_MATCH
        assert User.objects.get(pk=user.pk).check_password(NEW)

    def test_works_for_24_hours(self) -> None:
        user, at = UserFactory(), now()
        code = issue(user)
        late = time_machine.travel(at + timedelta(hours=24, seconds=1), tick=False)
        with late, pytest.raises(CodeRefused) as refused:
            redeem(user.email, code)
        assert refused.value.reason == CodeRefused.EXPIRED
        with time_machine.travel(at + timedelta(hours=23, minutes=59), tick=False):
            redeem(user.email, code)

    def test_is_void_once_a_newer_one_is_printed(self) -> None:
        user = UserFactory()
        old, new = issue(user), issue(user)
        with pytest.raises(CodeRefused):
            redeem(user.email, old)
        redeem(user.email, new)

    def test_takes_every_other_open_code_along(self) -> None:
        user = UserFactory()
        reset, claim = issue(user), issue(user, "klaim")
        redeem(user.email, reset)
        with pytest.raises(CodeRefused):
            redeem(user.email, claim)

    def test_opens_no_other_account(self) -> None:
        user, other = UserFactory(), UserFactory()
        code = issue(user)
        with pytest.raises(CodeRefused):
            redeem(other.email, code)
        with pytest.raises(CodeRefused):
            redeem("tidak-ada@contoh.test", code)

    def test_does_not_open_a_disabled_account(self) -> None:
        user = UserFactory(is_active=False)
        with pytest.raises(CodeRefused):
            redeem(user.email, issue(user))

    def test_is_stored_as_a_keyed_hash_only(self) -> None:
        user = UserFactory()
        code = issue(user)
        with connection.cursor() as cursor:
            cursor.execute("SELECT accounts_accesscode::text FROM accounts_accesscode")
            row = cursor.fetchone()[0]
        assert code.replace("-", "") not in row
        assert code not in row
        assert code not in str(list(AuditEntry.objects.values()))

    def test_same_code_for_two_accounts_has_two_hashes(self) -> None:
        one, two = UserFactory(), UserFactory()
        assert codes._hash(one.pk, "ACDE3467") != codes._hash(two.pk, "ACDE3467")

    def test_leaves_audit_entries_when_printed_and_used(self) -> None:
        user = UserFactory()
        redeem(user.email, issue(user))
        found = (
            AuditEntry.objects.filter(object_id=str(user.pk)).order_by("id").values_list("action", flat=True)
        )
        assert list(found) == ["akun.kode_dicetak", "akun.kode_dipakai"]

    def test_purpose_must_be_known(self) -> None:
        with pytest.raises(ValueError, match="bebas"):
            issue(UserFactory(), "bebas")

    def test_ends_every_session(self) -> None:
        user = UserFactory()
        phone = Client()
        sign_in(phone, user)
        assert phone.get("/dalam/").status_code == 200
        redeem(user.email, issue(user))
        assert phone.get("/dalam/").status_code == 303

    def test_wrong_tries_are_counted_with_the_passwords(self) -> None:
        user = UserFactory()
        code = issue(user)
        for _ in range(5):
            sign_in(Client(), user, "bukan-kata-sandinya")
        for _ in range(5):
            with pytest.raises(CodeRefused):
                redeem(user.email, "ACDE-3467")
        with pytest.raises(TooManyAttempts):
            redeem(user.email, code)
        assert sign_in(Client(), user).status_code == 429

    def test_tries_on_unknown_accounts_are_counted_too(self) -> None:
        for _ in range(10):
            with pytest.raises(CodeRefused):
                redeem("0812-9999-0000", "ACDE-3467")
        with pytest.raises(TooManyAttempts):
            redeem("+6281299990000", "ACDE-3467")


@pytest.mark.django_db
class TestThePage:
    def test_signs_in_after_setting_the_password(self, visitor: Client) -> None:
        user = PesertaUserFactory(password=None)
        response = visitor.post(
            "/lupa-sandi/kode/",
            {"login": user.login_number, "code": issue(user, "klaim"), "new_password": NEW},
        )
        assert (response.status_code, response["Location"]) == (303, "/saya/")
        assert visitor.get("/saya/").status_code == 200

    def test_does_not_sign_staff_in_past_the_second_factor(self, visitor: Client) -> None:
        user = staff(Role.PENGELOLA)
        visitor.post("/lupa-sandi/kode/", {"login": user.email, "code": issue(user), "new_password": NEW})
        assert visitor.get("/khusus/")["Location"].startswith("/akun/mfa/pasang/")

    def test_says_the_same_for_a_wrong_code_and_an_unknown_account(self, visitor: Client) -> None:
        user = UserFactory()
        issue(user)
        data = {"code": "ACDE-3467", "new_password": NEW}
        known = visitor.post("/lupa-sandi/kode/", {"login": user.email, **data})
        unknown = visitor.post("/lupa-sandi/kode/", {"login": "tidak-ada@contoh.test", **data})
        assert known.status_code == unknown.status_code == 422
        assert known.context["form"].errors == unknown.context["form"].errors

    def test_keeps_what_was_typed_except_the_password(self, visitor: Client) -> None:
        data = {"login": "OK-26-1", "code": "ACDE-34", "new_password": NEW}
        page = visitor.post("/lupa-sandi/kode/", data).content.decode()
        assert 'value="OK-26-1"' in page
        assert 'value="ACDE-34"' in page
        assert NEW not in page

    def test_a_weak_password_costs_neither_code_nor_attempt(self, visitor: Client) -> None:
        user = UserFactory()
        code = issue(user)
        for weak in ("pendek", "password123", "1234567890"):
            data = {"login": user.email, "code": code, "new_password": weak}
            assert visitor.post("/lupa-sandi/kode/", data).status_code == 422
        redeem(user.email, code)

    def test_is_locked_after_ten_tries(self, visitor: Client) -> None:
        user = UserFactory()
        data = {"login": user.email, "code": "ACDE-3467", "new_password": NEW}
        assert [visitor.post("/lupa-sandi/kode/", data).status_code for _ in range(11)] == [422] * 10 + [429]


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def race(self, user: User, code: str, amount: int) -> list[str]:
        """Redeem one code `amount` times at once, each with its own new password; the outcomes."""
        barrier = threading.Barrier(amount)
        outcomes: list[str] = []

        def one(number: int) -> None:
            try:
                barrier.wait(timeout=20)
                redeem(user.email, code, f"{NEW} {number}")
                outcomes.append(f"{NEW} {number}")
            except (CodeRefused, TooManyAttempts) as refused:
                outcomes.append(type(refused).__name__)
            finally:
                connection.close()

        threads = [threading.Thread(target=one, args=(number,)) for number in range(amount)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        return outcomes

    def test_of_many_redemptions_at_once_one_wins(self) -> None:
        user = UserFactory()
        outcomes = self.race(user, issue(user), 8)
        winners = [outcome for outcome in outcomes if outcome.startswith(NEW)]
        assert (len(outcomes), len(winners)) == (8, 1), outcomes
        assert User.objects.get(pk=user.pk).check_password(winners[0])
        assert AccessCode.objects.filter(user=user, used_at__isnull=False).count() == 1

    def test_the_lock_on_the_account_is_what_prevents_it(self, monkeypatch) -> None:
        """Without the lock, redemptions that read at the same moment all win: the test above can fail."""
        user = UserFactory()
        code = issue(user)
        readers = threading.Barrier(4)
        original = codes.hmac.compare_digest

        def together(one: bytes, two: bytes) -> bool:
            readers.wait(timeout=20)
            return original(one, two)

        monkeypatch.setattr(User.objects, "select_for_update", lambda **_: User.objects.all(), raising=False)
        monkeypatch.setattr(codes.hmac, "compare_digest", together)
        outcomes = self.race(user, code, 4)
        assert sum(outcome.startswith(NEW) for outcome in outcomes) > 1, outcomes

    def test_two_codes_printed_at_once_leave_one_open(self) -> None:
        user, manager = UserFactory(), staff(Role.PENGELOLA, "P31.74.07")
        barrier = threading.Barrier(6)

        def one() -> None:
            try:
                barrier.wait(timeout=20)
                issue_code(user=user, purpose="reset", issued_by=manager, at=now())
            finally:
                connection.close()

        threads = [threading.Thread(target=one) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert AccessCode.objects.filter(user=user, voided_at=None).count() == 1
        assert AccessCode.objects.filter(user=user).count() == 6

    def guess_at_once(self, user: User, amount: int) -> list[int]:
        """Wrong passwords for one account, all sent at the same moment; the status codes, sorted."""
        barrier = threading.Barrier(amount)
        statuses: list[int] = []

        def one() -> None:
            try:
                barrier.wait(timeout=20)
                statuses.append(sign_in(Client(), user, "bukan-kata-sandinya").status_code)
            finally:
                connection.close()

        threads = [threading.Thread(target=one) for _ in range(amount)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        return sorted(statuses)

    def test_many_wrong_passwords_at_once_get_ten_checks(self, monkeypatch) -> None:
        checks: list[str] = []
        original = signin.verify
        monkeypatch.setattr(signin, "verify", lambda u, p: (checks.append(p), original(u, p))[1])
        assert self.guess_at_once(UserFactory(), 24) == [422] * 10 + [429] * 14
        assert len(checks) == 10

    def test_counting_first_and_writing_later_would_let_more_through(self, monkeypatch) -> None:
        """The upsert under the row's lock is what prevents it: the test above can fail."""
        readers = threading.Barrier(12)

        def count_then_write(key: bytes, *, at: datetime, limit: lockout.Limit) -> datetime | None:
            if limit.amount != lockout.CHECKS_PER_ACCOUNT:
                return None
            counter, _ = SignInCounter.objects.get_or_create(key=key)
            readers.wait(timeout=20)
            if len(counter.attempts) >= limit.amount:
                return at + limit.window
            SignInCounter.objects.filter(key=key).update(attempts=[*counter.attempts, at])
            return None

        monkeypatch.setattr(lockout, "admit", count_then_write)
        assert self.guess_at_once(UserFactory(), 12).count(422) > 10


@pytest.mark.django_db
def test_the_first_admin_is_made_on_the_command_line(capsys) -> None:
    call_command("create_admin", name="Sekretariat", email="Kantor@contoh.test")
    code = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", capsys.readouterr().out)
    user = redeem("kantor@contoh.test", code.group())
    assert user.is_admin
    assert user.display_name == "Sekretariat"
    call_command("create_admin", name="Sekretariat", email="kantor@contoh.test")
    assert user.role_assignments.count() == 1
