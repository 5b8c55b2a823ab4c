"""One kind of message known to the tests, and servers that stand in for the outside world."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from accounts.models import User
from notifications import registry
from notifications.registry import Ids, Values

KIND = "uji"
calls: list[int] = []
"""How many messages each call of the context loader got."""


def about_user(ids: Sequence[Ids]) -> list[Values | None]:
    """`user`: the name, with one query for all."""
    calls.append(len(ids))
    names = {str(pk): name for pk, name in User.objects.values_list("pk", "display_name")}
    return [{"name": names[one["user"]]} if one["user"] in names else None for one in ids]


@pytest.fixture(autouse=True)
def known_kind(monkeypatch: pytest.MonkeyPatch) -> str:
    """`uji` is registered for one test; the kinds of the portal are there too."""
    monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))
    calls.clear()
    registry.register(
        KIND,
        title="Kabar untuk {name}",
        body="Isi untuk {name}.",
        url="/saya/",
        context=about_user,
        email_subject="E-mail untuk {name}",
    )
    return KIND


class SmtpSink:
    """An SMTP server that keeps what it gets and may refuse a recipient or hang up."""

    def __init__(self) -> None:
        self.letters: list[str] = []
        self.connections = 0
        self.answers: dict[str, str] = {}
        self.hang_up_after: int | None = None
        sink = self

        class Talk(socketserver.StreamRequestHandler):
            def say(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

            def handle(self) -> None:
                sink.connections += 1
                self.say("220 sink")
                while line := self.rfile.readline().decode().strip():
                    verb = line[:4].upper()
                    if verb == "RCPT":
                        address = line.partition("<")[2].partition(">")[0]
                        self.say(sink.answers.get(address, "250 ok"))
                    elif verb == "DATA":
                        self.say("354 go on")
                        lines = []
                        while (part := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                            lines.append(part)
                        sink.letters.append("\n".join(lines))
                        self.say("250 kept")
                        if sink.hang_up_after is not None and len(sink.letters) >= sink.hang_up_after:
                            return
                    elif verb == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 ok")

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self.server = Server(("127.0.0.1", 0), Talk)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def smtp(settings: Any) -> Iterator[SmtpSink]:
    """A real SMTP server, set as the portal's."""
    sink = SmtpSink()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "", ""
    settings.EMAIL_USE_TLS = False
    yield sink
    sink.server.shutdown()
    sink.server.server_close()


class CloudApi:
    """A stand-in for the WhatsApp Business Cloud API: keeps what it gets, answers what it is told."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.statuses: list[int] = []
        stand_in = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = stand_in.statuses.pop(0) if stand_in.statuses else 200
                stand_in.requests.append(
                    {"path": self.path, "token": self.headers["Authorization"], "json": json.loads(body)}
                )
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b'{"messages": [{"id": "wamid.1"}]}')

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing on the test's output."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def cloud_api(settings: Any) -> Iterator[CloudApi]:
    """A WhatsApp provider, set as the portal's."""
    api = CloudApi()
    settings.WHATSAPP_API_URL = api.url
    settings.WHATSAPP_TOKEN = "token"
    settings.WHATSAPP_PHONE_ID = "1029"
    yield api
    api.server.shutdown()
    api.server.server_close()
