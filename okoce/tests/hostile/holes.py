"""Deliberate holes, each made by a patch that is taken away again, and the check that must notice it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Q, QuerySet
from django.template import base as template_base
from django.utils.safestring import mark_safe

from accounts import adapters, lockout, reset
from accounts.access import PUBLIC, SIGNED_IN
from accounts.backends import LoginBackend
from accounts.models import User
from accounts.session_store import SessionStore
from core import audit, crypto, files
from core.models import AuditEntry
from okoce.settings import log
from participants import services
from programs.pipeline import moves
from programs.pipeline.views import fetch, people
from reports import exports

from . import checks
from .checks import Scene

Patch = Callable[[pytest.MonkeyPatch, Any], None]


@dataclass(frozen=True)
class Hole:
    """What is broken, how, and who must notice."""

    name: str
    make: Patch
    check: Callable[[Scene], None]


def without(*names: str) -> Patch:
    """A portal that lacks a middleware."""

    def make(patch: pytest.MonkeyPatch, settings: Any) -> None:
        assert set(names) <= set(settings.MIDDLEWARE)
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name not in names]

    return make


def setting(name: str, value: Any) -> Patch:
    """A portal with another setting."""

    def make(patch: pytest.MonkeyPatch, settings: Any) -> None:
        setattr(settings, name, value)

    return make


def replaced(target: Any, name: str, value: Any) -> Patch:
    """A portal in which one name means something else."""

    def make(patch: pytest.MonkeyPatch, settings: Any) -> None:
        patch.setattr(target, name, value)

    return make


def _everything(user: Any, prefix: str = "") -> Q:
    return Q(**{f"{prefix}pk__isnull": False})


def _no_scope(patch: pytest.MonkeyPatch, settings: Any) -> None:
    patch.setattr("participants.models.enrollment.enrollment_scope", _everything)


def _forbidden_for_foreigners(patch: pytest.MonkeyPatch, settings: Any) -> None:
    original = people.enrollment_of

    def open_or_refuse(request: Any, person_id: Any) -> Any:
        try:
            return original(request, person_id)
        except fetch.Http404:
            raise PermissionDenied("Bukan peserta Anda.") from None

    patch.setattr(people, "enrollment_of", open_or_refuse)


def _opened(patch: pytest.MonkeyPatch, settings: Any) -> None:
    patch.setattr("accounts.access.access_of", lambda request, view: PUBLIC)


def _any_role(patch: pytest.MonkeyPatch, settings: Any) -> None:
    patch.setattr("accounts.access.access_of", lambda request, view: SIGNED_IN)


def _safe_everywhere(patch: pytest.MonkeyPatch, settings: Any) -> None:
    """As if every variable had `|safe`."""
    original = template_base.render_value_in_context
    patch.setattr(
        template_base, "render_value_in_context",
        lambda value, context: original(mark_safe(value) if isinstance(value, str) else value, context),
    )  # fmt: skip


def _believes_headers(patch: pytest.MonkeyPatch, settings: Any) -> None:
    """Counts per address, and takes the address from what the request says."""
    original = lockout.admit

    def admit(key: bytes, *, at: Any, limit: Any) -> Any:
        asked = _asked_from[0].encode()
        return original(key + asked, at=at, limit=limit)

    def address(request: Any) -> str:
        _asked_from[0] = request.headers.get("X-Forwarded-For", "")
        return _asked_from[0]

    patch.setattr("accounts.views.client_address", address)
    patch.setattr(lockout, "admit", admit)


_asked_from = [""]


def _no_lock(patch: pytest.MonkeyPatch, settings: Any) -> None:
    patch.setattr(QuerySet, "select_for_update", lambda self, *args, **options: self)


def _no_version(patch: pytest.MonkeyPatch, settings: Any) -> None:
    patch.setattr(moves, "_lock", lambda enrollment_id, version: services.lock_enrollment(enrollment_id))


def _no_unique_nik(patch: pytest.MonkeyPatch, settings: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'participants_person'::regclass"
            " AND contype = 'u' AND pg_get_constraintdef(oid) LIKE '%nik_index%'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE participants_person DROP CONSTRAINT "{name}"')
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'participants_person'"
            " AND indexdef LIKE 'CREATE UNIQUE%nik_index%'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP INDEX "{name}"')


def _plain_index(value: str, *, purpose: str) -> bytes:
    return value.encode().ljust(32, b"\0")


def _plain_text(text: str, *, context: str) -> bytes:
    return crypto.header_of(crypto._ciphers()[0]) + text.encode()


def _who_is(backend: Any, user_id: Any) -> User | None:
    return User.objects.filter(pk=user_id).first()


def _no_audit(patch: pytest.MonkeyPatch, settings: Any) -> None:
    patch.setattr(audit, "record", lambda **values: AuditEntry())


HOLES = (
    Hole("a scope filter removed (person page)", _no_scope, checks.foreign_is_missing),
    Hole("a scope filter removed (list)", _no_scope, checks.foreign_is_in_no_list),
    Hole("404 turned 403 for foreigners", _forbidden_for_foreigners, checks.foreign_is_missing),
    Hole("access decorator opened to everybody", _opened, checks.strangers_are_led_to_the_door),
    Hole("access decorator opened to every role", _any_role, checks.roles_stay_in_their_rooms),
    Hole(
        "access middleware skipped",
        without("accounts.access.AccessMiddleware"),
        checks.roles_stay_in_their_rooms,
    ),
    Hole(
        "second factor skipped", without("accounts.mfa.StaffMfaMiddleware"), checks.staff_owe_a_second_factor
    ),
    Hole(
        "CSRF protection off",
        without("django.middleware.csrf.CsrfViewMiddleware"),
        checks.a_form_needs_its_token,
    ),
    Hole("|safe added", _safe_everywhere, checks.markup_stays_text),
    Hole("no-store removed", without("okoce.headers.HeadersMiddleware"), checks.pages_carry_their_headers),
    Hole(
        "policy of content removed", without("csp.middleware.CSPMiddleware"), checks.pages_carry_their_headers
    ),
    Hole(
        "next leads anywhere",
        replaced(adapters, "url_has_allowed_host_and_scheme", lambda *args, **options: True),
        checks.sign_in_leads_only_inside,
    ),
    Hole("rate limit off", replaced(lockout, "CHECKS_PER_ACCOUNT", 1_000_000), checks.ten_guesses_are_all),
    Hole("rate limit believes X-Forwarded-For", _believes_headers, checks.ten_guesses_are_all),
    Hole(
        "session not renewed at sign-in",
        replaced(SessionStore, "cycle_key", lambda self: None),
        checks.the_session_is_new,
    ),
    Hole("disabled accounts stay in", replaced(LoginBackend, "get_user", _who_is), checks.disabled_is_out),
    Hole("version check removed", _no_version, checks.an_old_page_moves_nobody),
    Hole("a lock removed", _no_lock, checks.acts_hold_the_row),
    Hole("unique NIK dropped", _no_unique_nik, checks.one_nik_one_person),
    Hole("revealing without a trace", _no_audit, checks.reading_numbers_is_noted),
    Hole(
        "blind index is plain text", replaced(crypto, "blind_index", _plain_index), checks.numbers_rest_sealed
    ),
    Hole("numbers stored unsealed", replaced(crypto, "seal", _plain_text), checks.numbers_rest_sealed),
    Hole("log lines not redacted", replaced(log, "redact", lambda text: text), checks.logs_name_no_number),
    Hole("formula escaping off", replaced(exports, "plain", lambda text: text), checks.cells_run_nothing),
    Hole(
        "pictures kept as they came",
        replaced(files, "clean_image", lambda content, content_type: (content, content_type, (1, 1))),
        checks.pictures_are_written_anew,
    ),
    Hole(
        "documents not looked through",
        replaced(files, "check_pdf", lambda content: None),
        checks.documents_cannot_act,
    ),
    Hole(
        "links for a password never end",
        replaced(reset, "LIFETIME", timedelta(days=999)),
        checks.old_links_open_nothing,
    ),
)

IN_GATE = frozenset(
    {
        "a scope filter removed (person page)",
        "second factor skipped",
        "CSRF protection off",
        "|safe added",
        "no-store removed",
        "rate limit believes X-Forwarded-For",
        "a lock removed",
        "formula escaping off",
        "pictures kept as they came",
        "unique NIK dropped",
    }
)
"""The names of those that every run of the gate opens; the battery opens all."""
