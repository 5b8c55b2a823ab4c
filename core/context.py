"""What the base layout needs on every page: theme, menu, help. Lazy, so a fragment that uses none pays nothing.

The menu is data: a line per place, with the roles it is meant for. A place appears as soon as its address (one of
the stable addresses of the product) resolves, so a menu never holds a dead link.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, get_urlconf, resolve

THEME_COOKIE = "tema"
THEMES = {"terang": "light", "gelap": "dark"}
"""Cookie value → `data-bs-theme`. Without a cookie the device decides (`prefers-color-scheme`)."""


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the menu: its word, stable address, icon and the roles it is for (`None` = signed out)."""

    label: str
    path: str
    icon: str
    roles: frozenset[str | None]


def _place(label: str, path: str, icon: str, *roles: str | None) -> Place:
    return Place(label, path, icon, frozenset(roles))


MENU: tuple[Place, ...] = (
    _place("Langkah", "/saya/", "stairs", "peserta"),
    _place("Dasbor", "/dasbor/", "chart", "dinas", "admin"),
    _place("Hari ini", "/pendamping/", "cal", "pendamping"),
    _place("Antrean", "/antrean/", "check", "pengelola", "dinas"),
    _place("Peserta", "/peserta/", "users", "pendamping", "pengelola", "dinas", "admin"),
    _place("Loket", "/loket/", "plus", "pendamping", "pengelola"),
    _place("Kelas", "/pelatihan/", "cap", None, "peserta", "pendamping", "pengelola", "pelatih"),
    _place("Buku kas", "/saya/buku-kas/", "book", "peserta"),
    _place("Dasbor", "/dasbor/", "chart", "pengelola"),
    _place("Pusat", "/pusat/", "pin", None, "admin"),
    _place("Etalase", "/etalase/", "brief", None),
    _place("Statistik", "/statistik/", "chart", None, "mitra_modal"),
    _place("Laporan", "/laporan/", "file", "pengelola", "dinas", "admin"),
    _place("Pesan", "/pesan/", "chat", "peserta", "pendamping", "pengelola", "dinas", "admin"),
    _place("Pengaturan", "/admin/", "lock", "admin"),
)

FOOTER: tuple[tuple[str, str], ...] = (
    ("Data pribadi Anda", "/privasi/"),
    ("Cara kami menghitung", "/statistik/"),
    ("Cari pusat", "/pusat/"),
    ("Tentang OK OCE", "/tentang/"),
)

ROLE_WORDS = {
    "pendamping": "pendamping",
    "pengelola": "pengelola",
    "dinas": "dinas",
    "pelatih": "pelatih",
    "mitra_modal": "mitra permodalan",
    "admin": "admin",
}


@cache
def _resolves(path: str, urlconf: str | None) -> bool:
    try:
        resolve(path, urlconf)
    except Resolver404:
        return False
    return True


def has_page(path: str) -> bool:
    """Return whether an address of this portal exists (asked once per process)."""
    return _resolves(path, get_urlconf())


def menu_for(roles: Iterable[str | None], current: str) -> list[dict[str, Any]]:
    """Return the menu of a set of roles in fixed order; the longest address that begins `current` is marked."""
    wanted = frozenset(roles)
    entries: dict[str, dict[str, Any]] = {}
    for place in MENU:
        if place.roles & wanted and place.path not in entries and has_page(place.path):
            entries[place.path] = {
                "label": place.label,
                "path": place.path,
                "icon": place.icon,
                "current": False,
            }
    here = max((path for path in entries if current.startswith(path)), key=len, default=None)
    if here is not None:
        entries[here]["current"] = True
    return list(entries.values())


class Portal:
    """The frame of a page for one request. Every part is worked out at most once, and only if shown."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def theme(self) -> str:
        """`light` or `dark` as chosen by the reader, empty when the device decides."""
        return THEMES.get(self._request.COOKIES.get(THEME_COOKIE, ""), "")

    @cached_property
    def user(self) -> Any:
        """The signed-in user, or None."""
        user = getattr(self._request, "user", None)
        return user if user is not None and user.is_authenticated else None

    @cached_property
    def roles(self) -> frozenset[str]:
        """Role codes in force; empty when signed out."""
        return frozenset(self.user.roles()) if self.user else frozenset()

    @cached_property
    def is_citizen(self) -> bool:
        """Signed in as a participant alone: the menu is a row of tabs under the header on a phone."""
        return self.roles == {"peserta"}

    @cached_property
    def menu(self) -> list[dict[str, Any]]:
        """Lines of the menu: label, path, icon, current."""
        return menu_for(self.roles if self.user else (None,), self._request.path)

    @cached_property
    def who(self) -> str:
        """Name and, for staff, the roles ("Maya Kusuma, pengelola")."""
        words = [word for role, word in ROLE_WORDS.items() if role in self.roles]
        return ", ".join([str(self.user), *words]) if self.user else ""

    @property
    def footer(self) -> list[tuple[str, str]]:
        """Links at the end of every page."""
        return [(label, path) for label, path in FOOTER if has_page(path)]

    @property
    def can_sign_out(self) -> bool:
        return self.user is not None and has_page("/keluar/")

    @property
    def can_ask(self) -> bool:
        """Whether the page for questions and complaints exists."""
        return has_page("/bantuan/")

    @property
    def help_whatsapp(self) -> str:
        """`wa.me` address of the secretariat (setting SECRETARIAT_WHATSAPP, E.164), or empty."""
        phone: str = getattr(settings, "SECRETARIAT_WHATSAPP", "")
        return f"https://wa.me/{phone.removeprefix('+')}" if phone else ""


def portal(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `portal` (see `Portal`) and `csp_nonce` for the scripts of the base layout."""
    return {"portal": Portal(request), "csp_nonce": getattr(request, "csp_nonce", None)}
