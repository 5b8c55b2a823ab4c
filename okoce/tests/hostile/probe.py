"""One hostile request and everything that must hold for its answer."""

from __future__ import annotations

import hashlib
import re
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from core.fields import showable

from .forms import read
from .values import MUST_NOT_BE_STORED

MAY_CHANGE = frozenset({"django_session", "accounts_signincounter"})
"""Tables that a refused request may write: the session itself, and the count of wrong passwords."""
LARGE = frozenset({"centers_area", "centers_district", "centers_village"})
MARKS = re.compile(rb"Traceback \(most recent|Exception Value|DJANGO_SETTINGS|psycopg2\.|django\.db\.")
BESIDE = re.compile(
    rb'aria-invalid="true"|role="alert"|invalid-feedback|errorlist|errornote|class="[^"]*error|class="empty"|alert-danger'
)
_WRITE = re.compile(r'^\s*(?:WITH\b.*?)?\b(INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.I | re.S)


def tables() -> list[str]:
    """All tables of ours whose rows count."""
    return sorted(set(connection.introspection.table_names()) - MAY_CHANGE)


def stored() -> dict[str, str]:
    """What every table holds: a digest per table."""
    found: dict[str, str] = {}
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            count = cursor.fetchone()[0]
            if count > 3_000:
                found[table] = str(count)
                continue
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
            rows = "\n".join(row[0] for row in cursor.fetchall())
            found[table] = hashlib.sha256(rows.encode()).hexdigest()
    return found


def all_text(names: set[str]) -> str:
    """The rows of some tables as text."""
    parts = []
    with connection.cursor() as cursor:
        for table in sorted(names & set(tables())):
            cursor.execute(f'SELECT t::text FROM "{table}" t LIMIT 3000')
            parts += [row[0] for row in cursor.fetchall()]
    return "\n".join(parts)


@contextmanager
def writes() -> Iterator[set[str]]:
    """Names of the tables that were written to, also when it was taken back."""
    found: set[str] = set()

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if match := _WRITE.match(sql if isinstance(sql, str) else str(sql)):
            found.add(match[2])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield found


@dataclass
class Verdicts:
    """What was asked and what was wrong with the answers."""

    before: dict[str, str]
    token: str = ""
    cases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def ask(
        self,
        family: str,
        label: str,
        send: Callable[[], Any],
        *,
        may_read_all: bool = False,
        kept: tuple[str, str] | None = None,
        wants_refusal: bool = False,
    ) -> Any:
        """Send one request in a savepoint of its own, judge the answer, take everything back.

        `kept`: name and value that a refused form must show again; `wants_refusal`: nothing else is right.
        """  # fmt: skip
        self.cases[family] += 1
        answer: Any = None
        try:
            with transaction.atomic(), writes() as written:
                try:
                    answer = send()
                    self._judge(label, answer, written, may_read_all=may_read_all, kept=kept)
                    if wants_refusal and answer.status_code < 400:
                        self.wrong.append(f"{label}: accepted ({answer.status_code})")
                finally:
                    transaction.set_rollback(True)
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)
            ours = [f for f in where if "/site-packages/" not in f.filename and "/hostile/" not in f.filename]
            at = f"{ours[-1].filename.rpartition('/')[2]}:{ours[-1].lineno}" if ours else "?"
            self.wrong.append(f"{label}: {type(error).__name__} at {at}: {str(error)[:120]!r}")
        return answer

    def _judge(
        self, label: str, answer: Any, written: set[str], *, may_read_all: bool, kept: tuple[str, str] | None
    ) -> None:
        status = answer.status_code
        self.statuses[status] += 1
        content = b"".join(answer.streaming_content) if answer.streaming else bytes(answer.content)
        is_outage = status == 503 and answer.headers.get("Retry-After")
        if status >= 500 and not is_outage:
            self.wrong.append(f"{label}: status {status}")
        if MARKS.search(content):
            self.wrong.append(f"{label}: shows a traceback")
        if b"<script>alert(1)" in content and b"html" in answer.headers.get("Content-Type", "").encode():
            self.wrong.append(f"{label}: markup came back as markup")
        if self.token and not may_read_all and self.token.encode() in content:
            self.wrong.append(f"{label}: shows a foreign record")
        if status >= 400:
            if written - MAY_CHANGE and (changed := self._changed()):
                self.wrong.append(f"{label}: refused ({status}), yet wrote {', '.join(changed)}")
        elif written:
            text = all_text(written)
            for what, mark in MUST_NOT_BE_STORED.items():
                if mark in text:
                    self.wrong.append(f"{label}: stored {what} in {', '.join(sorted(written))}")
        if status == 422 and answer.wsgi_request.method == "POST":
            self._judge_refusal(label, content, kept)

    def _judge_refusal(self, label: str, content: bytes, kept: tuple[str, str] | None) -> None:
        if not BESIDE.search(content):
            self.wrong.append(f"{label}: refused without a word beside a field")
        if kept is None:
            return
        name, value = kept
        forms, _ = read(content.decode(), "/")
        shown = [c.value for form in forms for c in form.controls if c.name == name]
        if shown and showable(value) not in shown:
            self.wrong.append(f"{label}: {name} was not kept ({shown[0][:40]!r})")

    def _changed(self) -> list[str]:
        after = stored()
        return sorted(table for table in after if after[table] != self.before.get(table))
