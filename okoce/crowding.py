"""A bounded queue in front of the portal: when all places are taken, a friendly 503 instead of a long wait.

granian hands every request to one of `THREADS` threads of its process. At most `AT_ONCE` of them work,
`WAITING` more wait for up to `PATIENCE` seconds; the rest are free to say at once that the portal is full. So
a crowd costs a bounded number of database connections and nobody waits in silence. What was accepted is
carried to its end. /healthz is always answered: a full portal is not a dead one.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable
from typing import Any

AT_ONCE = 8
WAITING = 20
PATIENCE = 4.0
"""Seconds that a request waits for its turn."""
RETRY_AFTER = 5
"""Seconds after which a refused browser may come again."""
THREADS = AT_ONCE + WAITING + 4
ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}
"""For web processes: threads share the 19 MB that a password hash needs, instead of keeping them each."""
ALWAYS_ANSWERED = frozenset({"/healthz"})

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

PAGE = """<!doctype html>
<html lang="id"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sedang ramai – OK OCE</title>
<style nonce="{nonce}">
html{{color-scheme:light dark;background:#f2f4ef;color:#1d211b}}
body{{font:1.0625rem/1.55 system-ui,sans-serif;max-width:38rem;margin:0 auto;padding:1.25rem 1rem}}
b.m{{font-size:1.25rem;letter-spacing:.04em;color:#5d2352}}
h1{{font-size:1.75rem;line-height:1.2;margin-top:2.5rem}}
a{{display:inline-block;padding:.65rem 1.1rem;margin:0 .5rem .5rem 0;
border:2px solid #6f7769;border-radius:8px;
font-weight:600;color:inherit;text-decoration:none}}
a.p{{background:#5d2352;border-color:#5d2352;color:#fff}}
a:focus-visible{{outline:3px solid #0b5fc0;outline-offset:2px}}
@media(prefers-color-scheme:dark){{html{{background:#141612;color:#ebeee7}}b.m{{color:#dba6cd}}a{{border-color:#8b9384}}
a.p{{background:#dba6cd;border-color:#dba6cd;color:#2c0d26}}a:focus-visible{{outline-color:#8cc6ff}}}}
</style></head>
<body><b class="m">OK OCE</b><main><h1>Portal sedang ramai sekali</h1>
<p>Banyak orang membuka portal ini bersamaan. Tunggu sekitar {seconds} detik, lalu coba lagi.</p>
<p>Bila Anda baru saja mengirim isian: kiriman itu <b>belum</b> kami terima. Tekan tombol kembali di HP,
lalu kirim sekali lagi. Mengirim dua kali tidak membuat Anda terdaftar dua kali.</p>
<p><a class="p" href="">Coba lagi</a><a href="/">Ke beranda</a></p></main></body></html>
"""


class BoundedQueue:
    """The portal's WSGI application behind a limited number of places."""

    def __init__(
        self,
        application: Application,
        *,
        at_once: int = AT_ONCE,
        waiting: int = WAITING,
        patience: float = PATIENCE,
    ) -> None:
        self.application = application
        self.patience = patience
        self.at_work = threading.BoundedSemaphore(at_once)
        self.inside = threading.BoundedSemaphore(at_once + waiting)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """The portal's answer, or that it is full."""
        if environ.get("PATH_INFO") in ALWAYS_ANSWERED:
            return self.application(environ, start_response)
        if not self.inside.acquire(blocking=False):
            return full(environ, start_response)
        if not self.at_work.acquire(timeout=self.patience):
            self.inside.release()
            return full(environ, start_response)
        try:
            answer = self.application(environ, start_response)
        except BaseException:
            self._leave()
            raise
        return Answer(answer, self._leave)

    def _leave(self) -> None:
        self.at_work.release()
        self.inside.release()


class Answer:
    """The body of an answer; its place is free again when the server has closed it."""

    def __init__(self, body: Iterable[bytes], leave: Callable[[], None]) -> None:
        self.body = body
        self._leave: Callable[[], None] | None = leave

    def __iter__(self) -> Any:
        return iter(self.body)

    def close(self) -> None:
        """End the answer inside, then give up the place, once."""
        leave, self._leave = self._leave, None
        try:
            if hasattr(self.body, "close"):
                self.body.close()
        finally:
            if leave is not None:
                leave()


def full(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """503 with Retry-After and a page that needs nothing of the portal."""
    nonce = secrets.token_hex(16)
    body = PAGE.format(nonce=nonce, seconds=RETRY_AFTER).encode()
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}';"
        " form-action 'self'; frame-ancestors 'none';"
        " base-uri 'none'; object-src 'none'"
    )
    start_response(
        "503 Service Unavailable",
        [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Retry-After", str(RETRY_AFTER)),
            ("Cache-Control", "no-store, private"),
            ("Content-Security-Policy", policy),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("X-Frame-Options", "DENY"),
            ("Strict-Transport-Security", "max-age=31536000; includeSubDomains; preload"),
            ("Permissions-Policy", "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"),
        ],
    )
    return [b""] if environ.get("REQUEST_METHOD") == "HEAD" else [body]
