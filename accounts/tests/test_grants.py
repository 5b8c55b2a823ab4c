"""Who may give which role over which scope, who may act on whose account, and what two of them do at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, models

from accounts import staff_accounts
from accounts.models import AccessCode, Role, RoleAssignment, User
from accounts.roles import GrantRefused, end_role, grant_role, holds
from accounts.tests.factories import PesertaUserFactory, UserFactory, grant, staff
from core.clock import now
from core.models import AuditEntry

HERE, POST, THERE = "P31.74.07", "P31.74.07-2", "P73.71.01"
SCOPES = ("ID", "31", "31.74", "73", HERE, POST, THERE)
GRANTERS: dict[str, tuple[Role, str]] = {
    "admin": (Role.ADMIN, "ID"),
    "admin of Jakarta": (Role.ADMIN, "31"),
    "manager": (Role.PENGELOLA, HERE),
    "manager elsewhere": (Role.PENGELOLA, THERE),
    "coach": (Role.PENDAMPING, HERE),
    "dinas": (Role.DINAS, "31"),
    "trainer": (Role.PELATIH, HERE),
    "lender": (Role.MITRA_MODAL, "ID"),
}
ROLES = tuple(role for role in Role if role is not Role.PESERTA)


def allowed(granter: str, role: Role, scope: str) -> bool:
    """The matrix as the product says it."""
    return {
        "admin": True,
        "admin of Jakarta": scope in ("31", "31.74", HERE, POST),
        "manager": role is Role.PENDAMPING and scope == HERE,
        "manager elsewhere": role is Role.PENDAMPING and scope == THERE,
    }.get(granter, False)


@pytest.mark.django_db
@pytest.mark.parametrize("granter", GRANTERS)
def test_a_role_is_given_and_ended_inside_the_own_right_alone(granter: str) -> None:
    actor = staff(*GRANTERS[granter])
    wrong = []
    for role in ROLES:
        for scope in SCOPES:
            user, held = UserFactory(), staff(role, scope)
            try:
                grant_role(user=user, role=role, scope=scope, granted_by=actor, at=now())
                given = True
            except GrantRefused:
                given = False
            try:
                end_role(assignment=held.role_assignments.get(), ended_by=actor, at=now())
                ended = True
            except GrantRefused:
                ended = False
            wanted = allowed(granter, role, scope)
            holds_it = User.objects.get(pk=user.pk).roles() == {role}
            keeps_it = User.objects.get(pk=held.pk).roles() == {role}
            if (given, ended, holds_it, keeps_it) != (wanted, wanted, wanted, not wanted):
                wrong.append(f"{granter}: {role} {scope}")
    assert wrong == []


@pytest.mark.parametrize(
    ("scope", "other", "is_held"),
    [
        ("ID", HERE, True), ("31", HERE, True), ("31.74", POST, True), ("31.7", HERE, False),
        (HERE, HERE, True), (HERE, POST, False), (HERE, "31.74.07", False), ("31.74.07", HERE, True),
        ("31.74", "31.745", False), ("73", "ID", False),
    ],
)  # fmt: skip
def test_a_scope_holds_its_smaller_areas_and_their_centres(scope: str, other: str, is_held: bool) -> None:
    assert holds(scope, other) is is_held


ON_ACCOUNTS: tuple[Callable[..., Any], ...] = (
    staff_accounts.disable, staff_accounts.enable, staff_accounts.sign_out,
    staff_accounts.remove_second_factor,
)  # fmt: skip


@pytest.mark.django_db
def test_an_account_is_managed_by_who_could_end_all_its_roles() -> None:
    admin, manager = staff(Role.ADMIN), staff(Role.PENGELOLA, HERE)
    mixed = staff(Role.PENDAMPING, HERE)
    grant(mixed, Role.PENDAMPING, THERE)
    later = staff(Role.PENDAMPING, HERE)
    grant(later, Role.DINAS, "31", starts_at=now() + timedelta(days=3))
    citizen = PesertaUserFactory()
    grant(citizen, Role.PENDAMPING, HERE)
    people = {
        "own coach": (staff(Role.PENDAMPING, HERE), {"admin", "manager"}),
        "other coach": (staff(Role.PENDAMPING, THERE), {"admin"}),
        "other manager": (staff(Role.PENGELOLA, HERE), {"admin"}),
        "coach of two centres": (mixed, {"admin"}),
        "coach soon dinas": (later, {"admin"}),
        "coach and participant": (citizen, {"admin"}),
        "nobody": (UserFactory(), {"admin"}),
        "other admin": (staff(Role.ADMIN), {"admin"}),
    }
    actors = {
        "admin": admin,
        "manager": manager,
        "coach": staff(Role.PENDAMPING, HERE),
        "dinas": staff(Role.DINAS, "31"),
    }
    wrong = []
    for name, (user, wanted) in people.items():
        for who, actor in actors.items():
            for act in (*ON_ACCOUNTS, staff_accounts.print_code):
                more = {} if act is staff_accounts.print_code else {"reason": "Uji"}
                try:
                    act(user_id=user.pk, actor=actor, at=now(), **more)
                    done = True
                except GrantRefused:
                    done = False
                if done != (who in wanted):
                    wrong.append(f"{who} {act.__name__} {name}")
    assert wrong == []
    for act in ON_ACCOUNTS:
        with pytest.raises(GrantRefused):
            act(user_id=admin.pk, actor=admin, at=now(), reason="Sendiri")


@pytest.mark.django_db
def test_a_disabled_account_loses_sessions_and_codes_and_gets_no_role() -> None:
    manager, coach = staff(Role.PENGELOLA, HERE), staff(Role.PENDAMPING, HERE)
    code = staff_accounts.print_code(user_id=coach.pk, actor=manager, at=now())
    assert len(code) == 9
    epoch = coach.session_epoch
    staff_accounts.disable(user_id=coach.pk, actor=manager, at=now(), reason="Pindah kerja")
    staff_accounts.disable(user_id=coach.pk, actor=manager, at=now(), reason="Dua kali")
    coach.refresh_from_db()
    assert not coach.is_active
    assert coach.session_epoch == epoch + 1
    assert not AccessCode.objects.filter(user=coach, voided_at=None).exists()
    assert AuditEntry.objects.get(action="akun.dinonaktifkan").reason == "Pindah kerja"
    with pytest.raises(GrantRefused, match="dinonaktifkan"):
        grant_role(user=coach, role=Role.PELATIH, scope=HERE, granted_by=staff(Role.ADMIN), at=now())
    with pytest.raises(GrantRefused, match="dinonaktifkan"):
        staff_accounts.print_code(user_id=coach.pk, actor=manager, at=now())
    staff_accounts.enable(user_id=coach.pk, actor=manager, at=now(), reason="Kembali")
    assert User.objects.get(pk=coach.pk).roles() == {"pendamping"}


@pytest.mark.django_db
def test_a_new_account_comes_with_its_role_and_code_or_not_at_all() -> None:
    manager = staff(Role.PENGELOLA, HERE)
    new = staff_accounts.NewAccount("Dewi", "dewi@example.com", "", Role.PENDAMPING, HERE)
    user, code = staff_accounts.open_account(new=new, actor=manager, at=now())
    assert user.roles() == {"pendamping"}
    assert not user.has_usable_password()
    assert AccessCode.objects.get(user=user).purpose == "klaim"
    assert code[4] == "-"
    higher = staff_accounts.NewAccount("Eka", "eka@example.com", "", Role.PENGELOLA, HERE)
    with pytest.raises(GrantRefused):
        staff_accounts.open_account(new=higher, actor=manager, at=now())
    assert not User.objects.filter(email="eka@example.com").exists()


# Races -----------------------------------------------------------------------------------------------------


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Run every act in a thread with a connection of its own, all let go at the same moment."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=30)
            return act()
        except GrantRefused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, act) for act in acts]]


def two_grants() -> tuple[User, list[Any]]:
    user, first, second = UserFactory(), staff(Role.ADMIN), staff(Role.ADMIN)
    give = [
        lambda actor=actor: grant_role(user=user, role=Role.DINAS, scope="31", granted_by=actor, at=now())
        for actor in (first, second)
    ]
    return user, together(*give)


@pytest.mark.django_db(transaction=True)
def test_two_granters_give_one_role_once() -> None:
    user, results = two_grants()
    assert [str(result) for result in results if isinstance(result, GrantRefused)] == [
        "Peran dengan cakupan itu sudah dipegang pada masa yang sama."
    ]
    assert RoleAssignment.objects.filter(user=user).count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_would_give_it(monkeypatch: pytest.MonkeyPatch) -> None:
    barrier = Barrier(2)
    monkeypatch.setattr(models.QuerySet, "select_for_update", lambda self, *args, **kwargs: self)
    save = RoleAssignment.save

    def save_together(self: RoleAssignment, *args: Any, **kwargs: Any) -> None:
        if self.granted_by_id:
            barrier.wait(timeout=30)
        save(self, *args, **kwargs)

    monkeypatch.setattr(RoleAssignment, "save", save_together)
    user, _results = two_grants()
    assert RoleAssignment.objects.filter(user=user).count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_end_each_other_one_stays() -> None:
    one, other = staff(Role.ADMIN), staff(Role.ADMIN)
    results = together(
        lambda: end_role(assignment=other.role_assignments.get(), ended_by=one, at=now()),
        lambda: end_role(assignment=one.role_assignments.get(), ended_by=other, at=now()),
    )
    assert sum(isinstance(result, GrantRefused) for result in results) == 1
    assert sum(User.objects.get(pk=user.pk).is_admin for user in (one, other)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_granter_who_is_disabled_at_the_same_moment_gives_nothing_afterwards() -> None:
    """Whichever comes first: a grant after the disabling is refused, and a disabled account gets no role."""
    secretary, manager, coach = staff(Role.ADMIN), staff(Role.PENGELOLA, HERE), UserFactory()
    disabled, given = together(
        lambda: staff_accounts.disable(user_id=manager.pk, actor=secretary, at=now(), reason="Dilepas"),
        lambda: grant_role(user=coach, role=Role.PENDAMPING, scope=HERE, granted_by=manager, at=now()),
    )
    assert isinstance(disabled, User)
    entries = list(
        AuditEntry.objects.filter(action__in=["akun.dinonaktifkan", "akun.peran_diberikan"])
        .order_by("pk").values_list("action", flat=True)
    )  # fmt: skip
    if isinstance(given, GrantRefused):
        assert entries == ["akun.dinonaktifkan"]
    else:
        assert entries == ["akun.peran_diberikan", "akun.dinonaktifkan"]
    with pytest.raises(GrantRefused):
        grant_role(user=UserFactory(), role=Role.PENDAMPING, scope=HERE, granted_by=manager, at=now())
