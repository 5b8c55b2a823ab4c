"""What every answer of the portal must carry, as one list of faults; empty means protected."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

EXACT = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
CLOSED = ("default-src", "frame-ancestors", "base-uri", "object-src")
"""Directives of a page that must say 'none'."""
SOURCES = re.compile(r"'none'|'self'|data:|'nonce-[A-Za-z0-9+/=]{20,}'")
"""All that any directive of ours may name: no host, no scheme but data:, no unsafe-…"""
ADDRESSES = frozenset({"src", "href", "action", "formaction", "poster", "data", "xlink:href"})


class Parts(HTMLParser):
    """Collects what a page may not contain, with the tag that contains it."""

    def __init__(self, nonce: str) -> None:
        super().__init__(convert_charrefs=True)
        self.nonce = nonce
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        for name, value in values.items():
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.faults.append(f"<{tag} {name}=…>")
            is_own_name = tag == "link" and values.get("rel") == "canonical"
            if name in ADDRESSES and not is_own_name and not is_allowed_address(tag, value):
                self.faults.append(f"<{tag} {name}={value[:60]!r}>")
            if name in ("hx-on", "hx-vars") or name.startswith(("hx-on:", "hx-on-")):
                self.faults.append(f"<{tag} {name}=…> is a handler too")
            if name in ("hx-vals", "hx-headers") and value.lstrip().startswith(("js:", "javascript:")):
                self.faults.append(f"<{tag} {name}> runs script")
        is_inline = tag in ("script", "style") and "src" not in values
        if is_inline and (not self.nonce or values.get("nonce") != self.nonce):
            self.faults.append(f"<{tag}> without the nonce of its answer")
        if tag in ("base", "object", "embed", "applet", "iframe", "frame"):
            self.faults.append(f"<{tag}>")
        if tag == "meta" and values.get("http-equiv", "").lower() in ("refresh", "content-security-policy"):
            self.faults.append("<meta http-equiv>")


def is_allowed_address(tag: str, value: str) -> bool:
    """An address inside the portal. A link may also lead out by https, to the phone, mail or authenticator
    app; a picture may be inside the page.
    """
    text = value.strip()
    if re.match(r"(?i)[a-z][a-z0-9+.\-]*:", text) is None:
        return not text.startswith("//")
    if tag == "img":
        return text.startswith("data:image/")
    return tag == "a" and text.startswith(("https://", "http://testserver/", "tel:", "mailto:", "otpauth:"))


def policy_of(header: str) -> dict[str, list[str]]:
    """The directives of a Content-Security-Policy."""
    parts = (part.split() for part in header.split(";") if part.strip())
    return {name: sources for name, *sources in parts}


def faults_of(response: Any, *, signed_in: bool, is_file: bool = False) -> list[str]:
    """Everything this answer lacks. `signed_in`: the request or the answer carried a session.

    `response` is one of Django's test client or anything with `status_code`, `headers` and `content`.
    """
    headers: Mapping[str, str] = response.headers
    found = [f"{name}: {headers.get(name)!r}" for name, value in EXACT.items() if headers.get(name) != value]
    if "camera=(self)" not in headers.get("Permissions-Policy", ""):
        found.append(f"Permissions-Policy: {headers.get('Permissions-Policy')!r}")
    if signed_in and "no-store" not in headers.get("Cache-Control", ""):
        found.append(f"Cache-Control: {headers.get('Cache-Control')!r}")
    found += _policy_faults(headers.get("Content-Security-Policy", ""), is_file=is_file)
    if headers.get("Content-Type", "").startswith("text/html"):
        found += _page_faults(body_of(response), headers.get("Content-Security-Policy", ""))
    return found


def body_of(response: Any) -> str:
    """The text of an answer, streamed or not."""
    if getattr(response, "streaming", False):
        content = b"".join(response.streaming_content)
        response.streaming_content = [content]
        return content.decode("utf-8", "replace")
    return bytes(response.content).decode("utf-8", "replace")


def _policy_faults(header: str, *, is_file: bool) -> Iterator[str]:
    policy = policy_of(header)
    if is_file:
        if "sandbox" not in policy or policy["sandbox"]:
            yield f"a file without an empty sandbox: {header!r}"
        wanted: tuple[str, ...] = ("default-src", "frame-ancestors")
    else:
        wanted = CLOSED
        if policy.get("form-action") != ["'self'"]:
            yield f"form-action: {policy.get('form-action')}"
    for name in wanted:
        if policy.get(name) != ["'none'"]:
            yield f"CSP {name}: {policy.get(name)}"
    for name, sources in policy.items():
        yield from (f"CSP {name}: {source}" for source in sources if not SOURCES.fullmatch(source))


def _page_faults(html: str, header: str) -> list[str]:
    nonces = {source[7:-1] for source in policy_of(header).get("script-src", []) if "nonce-" in source}
    parser = Parts(next(iter(nonces), ""))
    parser.feed(html)
    parser.close()
    return parser.faults
