"""Turns what the crawl found into requests, family by family, in an order that never changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.tests.factories import PASSWORD
from okoce.tests.test_access import LINES, World

from .crawl import EVERYWHERE, Found, Place, path_of
from .forms import CHOSEN, SILENT, Control, Form
from .values import CALM, CLEANED_FILES, RAW, REFUSED_FILES, TEXTS, picture

URLENCODED = "application/x-www-form-urlencoded"
FILL = {
    "password": PASSWORD, "current_password": PASSWORD, "new_password": "tiga kata rahasia",
    "phone": "0812-0000-55555", "full_name": "Warga Uji", "name": "Warga Uji", "email": "",
    "district": "31.74.07", "address": "Jl. Contoh 1", "reason": "Alasan untuk uji.", "next": "/",
    "happened_on": "01/10/2026", "birth_date": "05/06/1990", "number": "9120000012345",
}  # fmt: skip
"""What an honest person might write, by the name of the field; everything else gets `WORDS`."""
WORDS = "Catatan biasa untuk uji."
NOT_SHOWN_AGAIN = frozenset({"password", "hidden", "file", "select", "radio", "checkbox"})
FOR_CHOICES = (
    "nul", "reversal", "arabic digits", "400 digits", "negative", "exponent", "bad uuid", "unknown uuid",
    "markup", "sql", "long", "json",
)  # fmt: skip
FOR_ANY_PAGE = ("nul", "400 digits", "reversal", "bad uuid", "markup", "exponent", "negative", "sql")
BODIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", URLENCODED),
    "separators": (b"&&&===&=", URLENCODED),
    "nul in a name": (b"%00=1&a%00b=2", URLENCODED),
    "surrogate in a name": (b"%ED%A0%80=1", URLENCODED),
    "1,001 fields": (b"&".join(b"a%d=1" % number for number in range(1_001)), URLENCODED),
    "json": (b'{"full_name": "x", "is_staff": true}', "application/json"),
    "no type": (b"full_name=x", ""),
    "another charset": (b"full_name=x", f"{URLENCODED}; charset=utf-7"),
    "broken multipart": (b"--x\r\nContent-Disposition: form-data; name=", "multipart/form-data; boundary=x"),
    "multipart without boundary": (b"--x\r\n", "multipart/form-data"),
    "brackets": (b"full_name[]=a&full_name[0]=b&version[$ne]=1&is_superuser=1", URLENCODED),
}


@dataclass
class Case:
    """One request, and what is known about the right answer."""

    family: str
    label: str
    visitor: str
    method: str
    path: str
    body: bytes = b""
    content_type: str = URLENCODED
    kept: tuple[str, str] | None = None
    wants_refusal: bool = False
    swollen: str = ""
    """A field that gets 10 MB when the case is sent, not before."""
    parts: dict[str, Any] = field(default_factory=dict)

    def send(self, client: Client) -> Any:
        """Ask it; what is too large meets the CSRF protection first, as in production: it reads the body."""
        client.handler.enforce_csrf_checks = bool(self.swollen)
        if self.method == "get":
            return client.generic("GET", self.path)
        if self.parts:
            content = encode_multipart(BOUNDARY, self.parts)
            return client.generic("POST", self.path, content, MULTIPART_CONTENT)
        more = f"&{quote_plus(self.swollen)}=".encode() + b"9" * 10_000_000 if self.swollen else b""
        return client.generic("POST", self.path, self.body + more, self.content_type)


def filled(form: Form) -> dict[str, Any]:
    """What an honest person would send."""
    values: dict[str, Any] = {}
    for control in form.controls:
        name = control.name
        if name == "csrfmiddlewaretoken" or control.kind in SILENT or name in values:
            continue
        value: Any = control.value
        if control.kind == "file":
            value = SimpleUploadedFile("nib.png", picture(), "image/png")
        elif control.kind == "select":
            value = value or next((option for option in control.options if option), "")
        elif control.kind == "hidden" and name == "submission_id" and not value:
            value = str(uuid4())
        elif control.kind not in CHOSEN and not value:
            value = FILL.get(name, WORDS)
        if not (control.kind == "radio" and not control.is_sent and name in values):
            values[name] = value
    return values


def encoded(values: dict[str, Any]) -> bytes:
    """The body of a form without files."""
    plain = {name: value for name, value in values.items() if isinstance(value, str)}
    return urlencode(plain, doseq=True).encode()


def with_value(form: Form, place: Place, control: Control, name: str, value: str, family: str) -> Case:
    """The form, honest but for one field."""
    values = filled(form) | {control.name: value}
    has_file = any(isinstance(part, SimpleUploadedFile) for part in values.values())
    kept = None
    if name in CALM and control.kind not in NOT_SHOWN_AGAIN:
        kept = (control.name, value)
    label = f"POST {place.name} {control.name}={name} as {place.visitor}"
    case = Case(family, label, place.visitor, "post", place.path, encoded(values), kept=kept)
    if has_file and "\0" not in value:
        case.parts = values
    return case


def all_cases(world: World, found: Found, foreign_ids: dict[str, str]) -> Iterator[Case]:
    """Everything, family by family."""
    for place, form in found.forms.values():
        yield from _form_cases(place, form, foreign_ids)
    for place, names in found.queries.values():
        yield from _query_cases(place, names)
    yield from _path_cases(world)


def _form_cases(place: Place, form: Form, foreign_ids: dict[str, str]) -> Iterator[Case]:
    end = f"as {place.visitor}"
    for name in form.names:
        control = form.control(name)
        if control.kind in SILENT:
            continue
        if control.kind == "file":
            yield from _file_cases(place, form, control)
            continue
        chosen = control.kind in CHOSEN
        for text in FOR_CHOICES if chosen else TEXTS:
            yield with_value(form, place, control, text, TEXTS[text], "choices" if chosen else "fields")
        if chosen:
            for what, value in foreign_ids.items():
                yield with_value(form, place, control, f"foreign {what}", value, "foreign ids")
        rest = encoded({key: value for key, value in filled(form).items() if key != name})
        for raw, escaped in RAW.items():
            body = rest + b"&" + quote_plus(name).encode() + b"=" + escaped
            yield Case(
                "bytes", f"POST {place.name} {name}={raw} {end}", place.visitor, "post", place.path, body
            )
        twice = encoded(filled(form)) + b"&" + quote_plus(name).encode() + b"=%00&" + name.encode() + b"=-1"
        yield Case(
            "doubled", f"POST {place.name} {name} thrice {end}", place.visitor, "post", place.path, twice
        )
    if form.names:
        typed = next((n for n in form.names if form.control(n).kind not in CHOSEN | SILENT | {"file"}), "x")
        honest = encoded({key: value for key, value in filled(form).items() if key != typed})
        yield Case(
            "10 MB", f"POST {place.name} {typed} of 10 MB {end}", place.visitor, "post", place.path, honest,
            wants_refusal=True, swollen=typed,
        )  # fmt: skip
    for what, (body, content_type) in BODIES.items():
        label = f"POST {place.name}, {what}, {end}"
        yield Case("bodies", label, place.visitor, "post", place.path, body, content_type)


def _file_cases(place: Place, form: Form, control: Control) -> Iterator[Case]:
    for refused, files in ((True, REFUSED_FILES), (False, CLEANED_FILES)):
        for what, (file_name, content, content_type) in files.items():
            upload = SimpleUploadedFile("x", content, content_type)
            upload.name = file_name  # past Django's own cleaning of names
            yield Case(
                "uploads", f"POST {place.name} {control.name}={what} as {place.visitor}", place.visitor,
                "post", place.path, parts=filled(form) | {control.name: upload}, wants_refusal=refused,
            )  # fmt: skip
    words = filled(form) | {control.name: "bukan berkas"}
    yield Case(
        "uploads", f"POST {place.name} {control.name}=words as {place.visitor}", place.visitor, "post",
        place.path, parts=words, wants_refusal=True,
    )  # fmt: skip


def _query_cases(place: Place, names: list[str]) -> Iterator[Case]:
    def case(family: str, what: str, query: str) -> Case:
        label = f"GET {place.path} {what} as {place.visitor}"
        return Case(family, label, place.visitor, "get", f"{place.path}?{query}")

    for name in names:
        own = name not in EVERYWHERE
        for text in TEXTS if own else FOR_ANY_PAGE:
            value = TEXTS[text][:6_000]  # no web server takes longer addresses
            yield case("queries", f"?{name}={text}", f"{quote_plus(name)}={quote_plus(value)}")
        for raw, escaped in RAW.items() if own else [("nul byte", b"%00"), ("lone surrogate", b"%ED%A0%80")]:
            yield case("query bytes", f"?{name}={raw}", f"{quote_plus(name)}={escaped.decode()}")
    own_names = [name for name in names if name not in EVERYWHERE]
    twice = "&".join(f"{quote_plus(name)}=%00&{quote_plus(name)}=-1" for name in own_names or ["q"])
    yield case("doubled", "all parameters twice", twice)
    yield case("query bytes", "nul in a name", "%00=1&a%00=2&%ED%A0%80=3")


BAD_PARTS = (
    "%00", "%ED%A0%80", "%FF", "%E2%80%AE", "00000000-0000-0000-0000-00000000000g", "-1", "1e10", "9" * 400,
    "%D9%A1%D9%A2", "..%2f..%2fetc%2fpasswd", "%3Cscript%3E", "a%0d%0ab",
    "00000000-0000-4000-8000-000000000000",
)  # fmt: skip


def _path_cases(world: World) -> Iterator[Case]:
    for name, line in LINES.items():
        if not line.kwargs:
            continue
        path = path_of(world, name)
        visitor = next(v for v in ("admin", "manager", "coach", "citizen", "anonymous") if v in line.may)
        for key, value in line.kwargs.items():
            stands = value[1:] if value.startswith("=") else str(world.values[value])
            for bad in BAD_PARTS:
                for method in ("get", "post"):
                    yield Case(
                        "paths", f"{method.upper()} {name} {key}={bad[:40]} as {visitor}", visitor, method,
                        path.replace(stands, bad),
                    )  # fmt: skip


def post_names() -> set[str]:
    """Names of our addresses that take a POST, as the table says."""
    return {name for name, line in LINES.items() if line.post != 405}
