"""The kinds of messages and their texts. Apps register theirs at start; nothing here knows what they mean.

A text is Indonesian with `{name}` placeholders. They are filled at delivery, from the records as they are
then, so that the outbox holds record ids only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter

Ids = Mapping[str, str]
Values = Mapping[str, str]
ContextLoader = Callable[[Sequence[Ids]], Sequence[Values | None]]
"""Gets the ids of many messages of one kind and answers with the placeholders' values, one for each and in
the same order, in a number of queries that does not grow with the messages. None: the record is gone, send
nothing."""


class UnknownKind(LookupError):
    """Nobody registered this kind of message."""


class BadText(ValueError):
    """A text holds something other than plain `{name}` placeholders."""


@dataclass(frozen=True)
class Text:
    """A message ready to be read. `url` is a path of the portal."""

    title: str
    body: str
    url: str
    email_subject: str


@dataclass(frozen=True)
class Kind:
    """One kind of message: its texts, where it leads and how its placeholders are filled."""

    code: str
    title: str
    body: str
    url: str
    context: ContextLoader
    email_subject: str | None = None

    def placeholders(self) -> frozenset[str]:
        """Names that `context` has to answer."""
        found: set[str] = set()
        for text in (self.title, self.body, self.url, self.email_subject or ""):
            found |= _placeholders(text)
        return frozenset(found)

    def render(self, values: Values) -> Text:
        """Fill the texts. Raises KeyError naming a placeholder without a value."""
        title = self.title.format_map(values)
        return Text(
            title=title,
            body=self.body.format_map(values),
            url=self.url.format_map(values),
            email_subject=(self.email_subject or self.title).format_map(values),
        )

    def render_many(self, ids: Sequence[Ids]) -> list[Text | None]:
        """The texts for many messages, in order; None where the record behind one is gone."""
        loaded = self.context(ids)
        if len(loaded) != len(ids):
            raise RuntimeError(f"context of {self.code!r} answered {len(loaded)} for {len(ids)} messages")
        return [None if values is None else self.render(values) for values in loaded]


_kinds: dict[str, Kind] = {}


def register(
    kind: str, *, title: str, body: str, url: str, context: ContextLoader, email_subject: str | None = None
) -> None:
    """Make a kind of message known, once, from an AppConfig.ready.

    `email_subject` replaces the title in e-mail. Raises BadText for anything but `{name}` placeholders, and
    ValueError when the kind exists already.
    """
    if kind in _kinds:
        raise ValueError(f"The kind of message {kind!r} is registered twice.")
    entry = Kind(kind, title, body, url, context, email_subject)
    entry.placeholders()
    _kinds[kind] = entry


def get(kind: str) -> Kind:
    """The registered kind; raises UnknownKind."""
    try:
        return _kinds[kind]
    except KeyError:
        raise UnknownKind(f"No message of kind {kind!r} is registered.") from None


def kinds() -> Iterable[Kind]:
    """Every registered kind."""
    return tuple(_kinds.values())


def _placeholders(text: str) -> set[str]:
    """Names in braces; raises BadText for attributes, indexes, conversions and format marks."""
    found = set()
    for _literal, name, mark, conversion in Formatter().parse(text):
        if name is None:
            continue
        if not name.isidentifier() or mark or conversion:
            raise BadText(f"Only plain {{name}} placeholders are allowed in {text!r}")
        found.add(name)
    return found
