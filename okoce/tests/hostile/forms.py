"""Reads the forms and links of a page as a browser would: what it may send, and where."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

CHOSEN = frozenset({"select", "radio", "checkbox", "hidden"})
"""Kinds of controls whose value people do not type."""
SILENT = frozenset({"submit", "button", "reset", "image"})


@dataclass
class Control:
    """One named control with the value it would send untouched, and its choices."""

    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)
    is_sent: bool = True


@dataclass
class Form:
    """One form of a page."""

    address: str
    method: str
    controls: list[Control] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """Names of what can be sent, each once, without the CSRF token."""
        return list(dict.fromkeys(c.name for c in self.controls if c.name != "csrfmiddlewaretoken"))

    def control(self, name: str) -> Control:
        """The first control of that name."""
        return next(control for control in self.controls if control.name == name)


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self.forms: list[Form] = []
        self.links: set[str] = set()
        self.by_id: dict[str, Form] = {}
        self.open: Form | None = None
        self.select: Control | None = None
        self.area: Control | None = None
        self.has_chosen = False
        self.loose: list[tuple[str, Control]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        for name in ("href", "hx-get"):
            if tag != "link" and name in values:
                self.links.add(urljoin(self.page, values[name]))
        if tag == "form":
            address = urljoin(self.page, values.get("action") or self.page)
            self.open = Form(address, values.get("method", "get").lower())
            self.forms.append(self.open)
            if values.get("id"):
                self.by_id[values["id"]] = self.open
            return
        if tag == "option" and self.select is not None:
            value = values.get("value", "")
            self.select.options.append(value)
            if "selected" in values:
                self.select.value, self.has_chosen = value, True
            return
        if tag not in ("input", "select", "textarea", "button") or not values.get("name"):
            return
        kind = {"input": values.get("type", "text").lower(), "button": "submit"}.get(tag, tag)
        control = Control(values["name"], kind, values.get("value", "on" if kind == "checkbox" else ""))
        if kind in ("radio", "checkbox"):
            control.options, control.is_sent = [control.value], "checked" in values
        if kind in SILENT:
            control.options, control.is_sent = [control.value], False
        if values.get("form"):
            self.loose.append((values["form"], control))
        elif self.open is not None:
            self.open.controls.append(control)
        if kind == "select":
            self.select, self.has_chosen = control, False
        if kind == "textarea":
            self.area = control

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.area.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        elif tag == "textarea" and self.area is not None:
            self.area.value, self.area = self.area.value.removeprefix("\n"), None
        elif tag == "select" and self.select is not None:
            if not self.has_chosen and self.select.options:
                self.select.value = self.select.options[0]
            self.select = None


def read(html: str, page: str) -> tuple[list[Form], set[str]]:
    """The forms of a page, and the addresses of our own that it links to."""
    reader = _Reader(page)
    reader.feed(html)
    reader.close()
    for form_id, control in reader.loose:
        if form_id in reader.by_id:
            reader.by_id[form_id].controls.append(control)
    return reader.forms, {link for link in reader.links if link.startswith("/") and link[:2] != "//"}


def parameters(address: str) -> tuple[str, list[str]]:
    """The path of an address and the names in its query."""
    parts = urlsplit(address)
    return parts.path, [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
