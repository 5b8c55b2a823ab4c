"""Protective headers on every answer: every address, every visitor, every status, every kind of body.

The list of faults is in `protection.py`; the first tests here prove that it finds each of them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from http.cookies import SimpleCookie
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import PASSWORD, staff
from core import files, jobs
from core.clock import now
from okoce import errors
from okoce.testing.processes import Portal
from okoce.testing.services import ROOT, Services
from participants.models import EvidenceKind
from participants.tests.factories import StageEvidenceFactory, center_of, participant
from participants.tests.test_registration_page import valid
from reports import monthly
from reports.questions import FunnelQuery

from .protection import body_of, faults_of
from .test_access import EVERYBODY, LINES, World, ask, world  # noqa: F401 (`world` is a fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    """Staff of these tests owe no second factor; its own pages are asked below."""
    settings.DEMO_MODE = True


def entered(user: Any) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="accounts.backends.LoginBackend")
    return client


# The list itself ----------------------------------------------------------------------------------------

GOOD_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-abcdefghijklmnopqrstuv=='; style-src 'self';"
    " img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
GOOD_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(self)",
    "Cache-Control": "no-store, private",
    "Content-Security-Policy": GOOD_POLICY,
    "Content-Type": "text/html; charset=utf-8",
}
GOOD_PAGE = '<a href="/masuk/">Masuk</a><script nonce="abcdefghijklmnopqrstuv==">1</script>'


def answer(page: str = GOOD_PAGE, **changes: str) -> Any:
    """An answer in order, with some headers changed (`_` for `-`)."""
    headers = GOOD_HEADERS | {name.replace("_", "-"): value for name, value in changes.items()}
    return SimpleNamespace(status_code=200, headers=headers, content=page.encode())


def test_an_answer_in_order_has_no_fault() -> None:
    assert faults_of(answer(), signed_in=True) == []


@pytest.mark.parametrize("name", [name for name in GOOD_HEADERS if name != "Content-Type"])
def test_each_missing_header_is_a_fault(name: str) -> None:
    assert faults_of(answer(**{name.replace("-", "_"): ""}), signed_in=True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("script-src 'self'", "script-src 'self' 'unsafe-inline'"),
        ("script-src 'self'", "script-src 'self' https://cdn.example"),
        ("style-src 'self'", "style-src *"),
        ("frame-ancestors 'none'", "frame-ancestors 'self'"),
        ("default-src 'none'", "default-src 'self'"),
        ("base-uri 'none'", ""),
    ],
)
def test_a_weaker_policy_is_a_fault(old: str, new: str) -> None:
    assert faults_of(answer(Content_Security_Policy=GOOD_POLICY.replace(old, new)), signed_in=True)


@pytest.mark.parametrize(
    "page",
    [
        "<script>1</script>",
        '<script nonce="another-nonce-entirely==">1</script>',
        "<style>p{}</style>",
        '<p style="color:red">',
        '<button onclick="go()">',
        '<a href="javascript:go()">',
        '<a href="//evil.example/">',
        '<script src="https://cdn.example/x.js"></script>',
        '<form action="https://evil.example/">',
        '<img src="https://evil.example/x.png">',
        '<svg><rect style="fill:red"/></svg>',
        '<div hx-on:click="go()">',
        '<div hx-vals="js:{a: go()}">',
        '<meta http-equiv="refresh" content="0">',
        '<iframe srcdoc="x"></iframe>',
    ],
)
def test_each_inline_or_foreign_part_is_a_fault(page: str) -> None:
    assert faults_of(answer(page), signed_in=True)


# The whole matrix ---------------------------------------------------------------------------------------

ENDING = frozenset({"logout", "sign_out_everywhere"})


def address(world: World, name: str) -> str:  # noqa: F811
    """The address of one name with the records of the world in it."""
    kwargs = {
        key: value[1:] if value.startswith("=") else world.values[value]
        for key, value in LINES[name].kwargs.items()
    }
    return reverse(name, kwargs=kwargs)


def test_every_address_is_protected_for_every_visitor(world: World) -> None:  # noqa: F811 (the fixture)
    """Every name × persona × GET and empty POST: 200, 302, 303, 403, 404, 405, 410, 422."""
    wrong: list[str] = []
    seen: Counter[int] = Counter()
    types: Counter[str] = Counter()
    clients = {who: entered(world.users[who]) if who in world.users else Client() for who in EVERYBODY}
    for name in sorted(LINES):
        for who, client in sorted(clients.items()):
            for method in ("get", "post"):
                response = getattr(client, method)(address(world, name))
                if name in ENDING and method == "post" and who in world.users:
                    clients[who] = entered(world.users[who])
                seen[response.status_code] += 1
                types[response.headers.get("Content-Type", "").partition(";")[0]] += 1
                is_file = "sandbox" in response.headers.get("Content-Security-Policy", "")
                found = faults_of(response, signed_in=who != "anonymous", is_file=is_file)
                wrong += [f"{method} {name} as {who} ({response.status_code}): {fault}" for fault in found]
    assert wrong == [], f"{len(wrong)} faults, the first: {wrong[:12]}"
    for status in (200, 303, 403, 404, 405, 422):
        assert seen[status] >= 10, f"hardly any {status} among {dict(seen)}"
    for content_type in ("text/html", "application/json", "text/csv", "image/png"):
        assert types[content_type], f"no {content_type} among {dict(types)}"


def test_files_are_sandboxed_and_never_guessed(world: World) -> None:  # noqa: F811
    picture = ask(world, "evidence_file", "manager", "get")
    assert faults_of(picture, signed_in=True, is_file=True) == []
    assert picture["Cross-Origin-Resource-Policy"] == "same-origin"
    pdf = SimpleUploadedFile("surat.pdf", b"%PDF-1.4\n1 0 obj<<>>endobj\nstartxref\n0\n%%EOF", "text/html")
    evidence = StageEvidenceFactory(
        enrollment=world.enrollment, kind=EvidenceKind.SKU, file=files.store_upload(pdf, owner=None)
    )
    response = entered(world.users["manager"]).get(reverse("evidence_file", args=[evidence.pk]))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment")
    assert faults_of(response, signed_in=True, is_file=True) == []

    dinas = world.users["dinas"]
    job = monthly.order(user=dinas, query=FunnelQuery(area="31"), month=now().date(), token=uuid4())
    assert jobs.run(job.pk)
    report = entered(dinas).get(reverse("report_download", args=[job.pk]))
    assert report.status_code == 200
    assert report["Content-Disposition"].startswith("attachment")
    assert faults_of(report, signed_in=True, is_file=True) == []


def test_every_page_of_the_admin_site_is_protected(world: World) -> None:  # noqa: F811
    client = entered(world.users["admin"])
    start = client.get("/admin/")
    links = sorted(set(re.findall(r'href="(/admin/[^"?]*)"', body_of(start))))
    assert len(links) > 10
    wrong = []
    for link in links:
        response = client.get(link)
        wrong += [f"{link} ({response.status_code}): {x}" for x in faults_of(response, signed_in=True)]
    assert wrong == []


def test_the_pages_of_the_second_factor_are_protected(settings: Any) -> None:
    """Real staff without demo mode: sign in, set the authenticator up, see the recovery codes."""
    settings.DEMO_MODE = False
    user = staff(Role.ADMIN, "ID")
    client = Client()
    signed = client.post("/masuk/", {"login": user.email, "password": PASSWORD})
    assert faults_of(signed, signed_in=True) == []
    for name in ("mfa_activate_totp", "mfa_index", "account_reauthenticate", "dashboard"):
        response = client.get(reverse(name))
        assert faults_of(response, signed_in=True) == [], name
    setup = client.get(reverse("mfa_activate_totp"))
    assert setup.status_code == 200
    assert "data:image/svg+xml" in body_of(setup)
    refused = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert refused.status_code in (200, 422)
    assert faults_of(refused, signed_in=True) == []


# Failures -----------------------------------------------------------------------------------------------


@pytest.fixture
def visitors(world: World) -> list[tuple[Client, bool]]:  # noqa: F811
    """A stranger and somebody with a session, each with whether there is one."""
    return [(Client(raise_request_exception=False), False), (entered(world.users["manager"]), True)]


def all_protected(visitors: list[tuple[Client, bool]], send: Callable[[Client], Any], status: int) -> None:
    for client, signed_in in visitors:
        response = send(client)
        assert response.status_code == status
        assert faults_of(response, signed_in=signed_in) == []


Visitors = list[tuple[Client, bool]]


def test_bad_requests_are_protected(visitors: Visitors) -> None:
    latin = "application/x-www-form-urlencoded; charset=latin-1"
    all_protected(visitors, lambda client: client.post("/masuk/", b"login=x", content_type=latin), 400)
    all_protected(visitors, lambda client: client.get("/", headers={"host": "evil.example"}), 400)
    flood = "&".join(f"f{n}=1" for n in range(1_200))
    form = "application/x-www-form-urlencoded"
    all_protected(visitors, lambda client: client.post("/masuk/", flood, content_type=form), 400)
    heavy = b"login=" + b"x" * (django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    all_protected(visitors, lambda client: client.post("/masuk/", heavy, content_type=form), 400)


def test_a_missing_page_and_a_missing_slash_are_protected(visitors: Visitors) -> None:
    all_protected(visitors, lambda client: client.get("/tidak-ada/"), 404)
    all_protected(visitors, lambda client: client.get("/%00"), 404)
    all_protected(visitors, lambda client: client.get("/pusat"), 301)
    all_protected(visitors, lambda client: client.get("/static/tidak-ada.css"), 404)


def test_a_server_error_is_protected(visitors: Visitors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("okoce.home.load_public_line", lambda: 1 / 0)
    all_protected(visitors, lambda client: client.get("/"), 500)


def test_a_server_error_in_a_middleware_is_protected(
    visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.access.AccessMiddleware.process_view", lambda *_args: 1 / 0)
    all_protected(visitors, lambda client: client.get("/"), 500)


def test_an_error_page_without_its_template_is_protected(
    visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "render_to_string", _no_template)
    all_protected(visitors, lambda client: client.get("/tidak-ada/"), 404)


def _no_template(name: str, *_args: Any, **_kwargs: Any) -> str:
    raise errors.TemplateDoesNotExist(name)


def test_a_failed_csrf_check_is_protected(world: World) -> None:  # noqa: F811
    for path, data in (("/masuk/", {"login": "x"}), ("/daftar/", valid()), ("/keluar/", {})):
        for who in (None, world.users["manager"]):
            client = Client(enforce_csrf_checks=True)
            if who:
                client.force_login(who, backend="accounts.backends.LoginBackend")
            response = client.post(path, data)
            assert response.status_code == 403
            assert faults_of(response, signed_in=who is not None) == []


def test_a_lockout_and_a_held_registration_are_protected(world: World) -> None:  # noqa: F811
    client = Client()
    login = {"login": world.users["citizen"].email, "password": "salah sama sekali"}
    answers = [client.post("/masuk/", login) for _ in range(11)]
    assert answers[-1].status_code == 429
    assert faults_of(answers[-1], signed_in=False) == []
    center_of()
    nik = participant().person.nik()
    held = entered(world.users["manager"]).post("/loket/", valid(nik=nik, step="simpan"))
    assert held.status_code == 409
    assert faults_of(held, signed_in=True) == []


def test_htmx_answers_are_protected(world: World) -> None:  # noqa: F811
    client = entered(world.users["dinas"])
    for path in ("/peserta/", "/laporan/", "/wilayah/cari/?district=keb&name=district_pick"):
        response = client.get(path, headers={"HX-Request": "true"})
        assert response.status_code == 200
        assert faults_of(response, signed_in=True) == []
    stranger = Client().get("/peserta/", headers={"HX-Request": "true"})
    assert faults_of(stranger, signed_in=False) == []


def test_the_error_pages_need_no_session_and_are_clean() -> None:
    """Each page of `templates/errors` itself, whatever middleware is around it."""
    request = RequestFactory().get("/")
    for status in errors.TITLES:
        page = errors.error_page(request, status).content.decode()
        assert "<script>" not in page
        assert " style=" not in page
        assert errors.TITLES[status] in page


# Production ---------------------------------------------------------------------------------------------

HOST = "portal.okoce.example"
HSTS = "max-age=31536000; includeSubDomains; preload"


@pytest.fixture
def production(services: Services, tmp_path: Path, start_portal: Callable[..., Portal]) -> Portal:
    """The real web server with the production settings, as behind a proxy that speaks TLS."""
    environment = {
        "DJANGO_SETTINGS_MODULE": "okoce.settings.base",
        "ALLOWED_HOSTS": f"127.0.0.1,{HOST}",
        "SITE_URL": f"https://{HOST}",
        "BEHIND_TLS_PROXY": "1",
        "SECURE_SSL_REDIRECT": "1",
        "ALLOW_SYNTHETIC_NIK": "1",
        "DEMO_MODE": "0",
        "STATIC_ROOT": str(tmp_path / "static"),
    }
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "-v", "0"],
        check=True, cwd=ROOT, env=os.environ | services.environment() | environment,
    )  # fmt: skip
    return start_portal(environment=environment)


def cookies_of(response: httpx.Response) -> SimpleCookie:
    return SimpleCookie("\n".join(response.headers.get_list("set-cookie")))


@pytest.mark.django_db(transaction=True)
def test_production_answers_carry_hsts_and_host_cookies(production: Portal) -> None:
    """Registration, sign-in pages, errors and files of the real server: HSTS, Secure `__Host-` cookies."""
    center_of()
    through_proxy = {"X-Forwarded-Proto": "https", "Host": HOST}
    wrong: list[str] = []
    jar: dict[str, str] = {}
    kept: dict[str, Any] = {}

    def ask_server(method: str, path: str, data: dict[str, str] | None = None, **extra: str) -> Any:
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {}
        response = http.request(method, path, data=data, headers=through_proxy | cookie | extra)
        for name, morsel in cookies_of(response).items():
            jar[name], kept[name] = morsel.value, morsel
            if not morsel["max-age"] and not morsel.value:
                del jar[name]
        is_static = path.startswith("/static/")
        signed_in = "__Host-sessionid" in jar and not is_static
        wrong.extend(f"{method} {path} {response.status_code}: {x}" for x in _all_faults(response, signed_in))
        return response

    def _all_faults(response: httpx.Response, signed_in: bool) -> list[str]:
        found = faults_of(response, signed_in=signed_in)
        if response.headers.get("Strict-Transport-Security") != HSTS:
            found.append(f"HSTS: {response.headers.get('Strict-Transport-Security')}")
        return found

    with httpx.Client(base_url=production.url, follow_redirects=False, timeout=20) as http:
        plain = http.get("/daftar/", headers={"Host": HOST})
        assert (plain.status_code, plain.headers["Location"]) == (301, f"https://{HOST}/daftar/")

        page = ask_server("GET", "/daftar/")
        assert page.status_code == 200
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token
        form = valid() | {"csrfmiddlewaretoken": token[1]}
        sent = ask_server("POST", "/daftar/", form, Origin=f"https://{HOST}")
        assert (sent.status_code, sent.headers["Location"]) == (303, "/daftar/berhasil/")
        for path, status in (
            ("/daftar/berhasil/", 200), ("/saya/", 200), ("/peserta/", 403), ("/tidak-ada/", 404),
            ("/pusat/", 200), ("/statistik/", 200), ("/statistik/kamus/", 200), ("/healthz", 200),
            ("/readyz", 200), ("/admin/", 403), ("/pesan/dibaca/", 405),
        ):  # fmt: skip
            assert ask_server("GET", path).status_code == status, path
        assert ask_server("POST", "/daftar/", form | {"csrfmiddlewaretoken": "x"}).status_code in (303, 403)
        assert ask_server("POST", "/masuk/", {"login": "x"}).status_code == 403
        evil = http.get("/", headers=through_proxy | {"Host": "evil.example"})
        assert evil.status_code == 400
        wrong.extend(f"evil host: {fault}" for fault in _all_faults(evil, False))

        assets = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
        assert any(path.endswith(".css") for path in assets)
        assert any(path.endswith(".js") for path in assets)
        for path in assets:
            found = ask_server("GET", path)
            assert found.status_code == 200
            assert "immutable" in found.headers["Cache-Control"]
    assert wrong == []
    assert {"__Host-sessionid", "__Host-csrftoken", "__Host-okoce_browser"} <= kept.keys()
    for name, morsel in kept.items():
        assert name.startswith("__Host-"), name
        assert morsel["secure"], name
        assert morsel["path"] == "/", name
        assert not morsel["domain"], name
        assert morsel["samesite"] == "Lax", name
        assert morsel["httponly"], name
