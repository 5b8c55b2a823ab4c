"""Typed reading of the environment: every missing or bad value is collected, then named in one message.

The readers never raise. They note the problem, return a harmless placeholder and go on, so that one failed
start tells the operator everything that has to be mended. `Environment.finish()` then ends the process.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

TRUE_WORDS = frozenset({"1", "true", "yes", "on", "ya"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", "tidak"})


class SettingsRefused(SystemExit):
    """The portal cannot start with these settings.

    A `SystemExit`, so that every entry point (manage.py, web server, worker) prints the message alone and
    ends with status 1, without a traceback.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(f"The portal cannot start. Please mend these settings:\n{lines}")


class Environment:
    """Reads typed values from environment variables and remembers what was wrong with them."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = os.environ if values is None else values
        self.problems: list[str] = []

    def problem(self, name: str, what: str) -> None:
        """Note that the value called `name` stops the start, and why."""
        self.problems.append(f"{name} {what}")

    def finish(self) -> None:
        """End the process with one message when anything was missing or bad; raises SettingsRefused."""
        if self.problems:
            raise SettingsRefused(self.problems)

    def has(self, name: str) -> bool:
        """Whether the variable is set to something other than blanks."""
        return bool(self._values.get(name, "").strip())

    def text(self, name: str, default: str | None = None) -> str:
        """A non-empty text; without a default the variable is required."""
        value = self._values.get(name, "").strip()
        if value:
            return value
        if default is None:
            self.problem(name, "is missing.")
            return ""
        return default

    def boolean(self, name: str, default: bool) -> bool:
        """A switch: 1/0, true/false, yes/no, on/off."""
        value = self._values.get(name, "").strip().lower()
        if not value:
            return default
        if value in TRUE_WORDS:
            return True
        if value not in FALSE_WORDS:
            self.problem(name, f"must be 1 or 0, not {value!r}.")
        return False

    def integer(self, name: str, default: int, *, least: int = 0, most: int = 2_147_483_647) -> int:
        """A whole number between `least` and `most`, both included."""
        value = self._values.get(name, "").strip()
        if not value:
            return default
        if not (value.isascii() and value.isdigit() and len(value) <= 10 and least <= int(value) <= most):
            self.problem(name, f"must be a whole number from {least} to {most}, not {value!r}.")
            return default
        return int(value)

    def choice(self, name: str, default: str, options: Sequence[str]) -> str:
        """One of the listed words."""
        value = self._values.get(name, "").strip() or default
        if value not in options:
            self.problem(name, f"must be one of {', '.join(options)}, not {value!r}.")
            return default
        return value

    def words(self, name: str, default: Sequence[str] | None = None) -> list[str]:
        """A comma-separated list; without a default at least one entry is required."""
        found = [part.strip() for part in self._values.get(name, "").split(",") if part.strip()]
        if found:
            return found
        if default is None:
            self.problem(name, "is missing (a comma-separated list).")
            return []
        return list(default)

    def folder(self, name: str, default: Path) -> Path:
        """An absolute folder; it need not exist yet."""
        value = self._values.get(name, "").strip()
        return Path(value).expanduser().resolve() if value else default

    def address(self, name: str, default: str | None, schemes: Sequence[str]) -> str:
        """A URL with one of the given schemes. The value itself is never repeated: it may hold a password."""
        value = self._values.get(name, "").strip()
        if not value:
            if default is None:
                self.problem(name, f"is missing (an address starting with {schemes[0]}://).")
                return ""
            value = default
        try:
            parts = urlsplit(value)
            _ = parts.port
        except ValueError:
            self.problem(name, "is not a readable address.")
            return ""
        if parts.scheme not in schemes:
            self.problem(name, f"must start with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
            return ""
        return value
