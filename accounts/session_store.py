"""The sessions of the portal: Django's table and promises, with one statement where Django needs five.

Django writes an empty row as soon as a key is drawn, to be sure that nobody has it, then updates it at the
end of the request. Here the row is written once, at the end, by an INSERT that fails if somebody has the key.
Nobody ever has: it is 128 random bits.
"""

from __future__ import annotations

import secrets
from copy import deepcopy
from typing import Any, cast

from django.contrib.sessions.backends.base import CreateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.core import signing
from django.db import IntegrityError
from django.utils import timezone

from core.inserts import insert_together
from core.joined import joined

_VALID = joined("SELECT {Session} FROM django_session WHERE session_key = %s AND expire_date > %s", Session)


class SessionStore(DatabaseSessions):
    """A session in the database; a new one has no row until it is saved."""

    _is_unwritten = False
    _handed_out: dict[str, Any] | None = None

    def _get_session_from_db(self) -> Session | None:
        """The row of this key while it is valid, by SQL that is written out: every page asks for it."""
        for (row,) in _VALID.rows([self.session_key, timezone.now()]):
            return row
        self._session_key = None
        return None

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Signed as Django does, but not packed: packing a few hundred bytes costs more than it saves."""
        return signing.dumps(session_dict, salt=self.key_salt, serializer=self.serializer)

    def create(self) -> None:
        """Draw a new key, and keep the content; the row follows with `save`."""
        self._session_key = secrets.token_hex(16)
        self._get_session(no_load=True)  # type: ignore[attr-defined]
        self._is_unwritten = self.modified = True

    def cycle_key(self) -> None:
        """Give the session a new key and keep its content; whoever knows the old key is out at once."""
        if self._is_unwritten:
            self.create()
        else:
            super().cycle_key()

    def row(self) -> Session:
        """The row of a new session, for an act that inserts it with rows of its own.

        When the act has failed, forget this store: it holds its row for written.
        """
        if self.session_key is None:
            self.create()
        content: dict[str, Any] = self._get_session(no_load=True)  # type: ignore[attr-defined]
        self._is_unwritten = False
        self._handed_out = deepcopy(content)
        return cast(Session, self.create_model_instance(content))

    def save(self, must_create: bool = False) -> None:
        """Write a new session, or change the row of an old one.

        Raises CreateError when a new key is taken, UpdateError when the old row is gone (signed out
        elsewhere meanwhile): it is never made again.
        """
        if self.session_key is None:
            self.create()
        if not (must_create or self._is_unwritten):
            if self._handed_out != self._get_session():  # type: ignore[attr-defined]
                super().save()
            self._handed_out = None
            return
        row = self.row()
        self._is_unwritten = True
        try:
            insert_together([row])
        except IntegrityError:
            raise CreateError from None
        self._is_unwritten = False
        self._handed_out = None

    def delete(self, session_key: str | None = None) -> None:
        """End the session of a key, by default this one."""
        key = session_key or self.session_key
        if key is None or (self._is_unwritten and key == self.session_key):
            return
        self.model.objects.filter(session_key=key).delete()
