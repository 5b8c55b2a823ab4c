"""What the base layout needs on every page: theme, menu, help. Lazy: who uses none pays nothing.

The menu is data: a line per place, with the roles it is for. A place appears as soon as its address (one
of the stable addresses of the product) resolves, so a menu never holds a dead link.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import Resolver404, get_urlconf, resolve
from django.utils.safestring import SafeString

THEME_COOKIE = "tema"
THEMES = {"terang": "light", "gelap": "dark"}
"""Cookie value → `data-bs-theme`. Without a cookie the device decides (`prefers-color-scheme`)."""


SIGNED_IN = "*"
"""Instead of a role in the menu: everybody with an account, whatever their roles."""

QUEUE_ROLES = frozenset({"pendamping", "pengelola", "pelatih"})
"""Roles with forms that the browser's send queue carries: their pages load it."""

ACCOUNT = "/akun/"
"""Address of the own account: the name in the header leads there."""


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the menu: its word, stable address, icon and the roles it is for.

    `None` stands for signed out, `SIGNED_IN` for everybody with an account.
    """

    label: str
    path: str
    icon: str
    roles: frozenset[str | None]


class Line(NamedTuple):
    """A line of the menu as one reader sees it; `current` marks where they are."""

    label: str
    path: str
    icon: str
    current: bool


def _place(label: str, path: str, icon: str, *roles: str | None) -> Place:
    return Place(label, path, icon, frozenset(roles))


MENU: tuple[Place, ...] = (
    _place("Langkah", "/saya/", "stairs", "peserta"),
    _place("Dasbor", "/dasbor/", "chart", "dinas", "admin"),
    _place("Hari ini", "/pendamping/", "cal", "pendamping"),
    _place("Antrean", "/antrean/", "check", "pengelola", "dinas", "admin"),
    _place("Peserta", "/peserta/", "users", "pendamping", "pengelola", "dinas", "admin"),
    _place("Bantuan", "/antrean-bantuan/", "help", "pendamping", "pengelola", "dinas", "admin"),
    _place("Hak data", "/hak-data/", "lock", "pengelola", "admin"),
    _place("Loket", "/loket/", "plus", "pendamping", "pengelola"),
    _place("Kelas", "/pelatihan/", "cap", None, "peserta", "pendamping", "pengelola", "pelatih"),
    _place("Klinik", "/klinik/", "users", "peserta"),
    _place("Klinik", "/klinik/meja/", "users", "pendamping", "pengelola"),
    _place("Lowongan", "/lowongan/", "search", None),
    _place("Lowongan", "/pusat/lowongan/", "search", "pendamping", "pengelola"),
    _place("Buku kas", "/saya/buku-kas/", "book", "peserta"),
    _place("Dasbor", "/dasbor/", "chart", "pengelola"),
    _place("Pusat", "/pusat/", "pin", None, "admin"),
    _place("Etalase", "/etalase/", "brief", None),
    _place("Statistik", "/statistik/", "chart", None, "mitra_modal"),
    _place("Laporan", "/laporan/", "file", "pengelola", "dinas", "admin"),
    _place("Pesan", "/pesan/", "chat", SIGNED_IN),
    _place("Pengguna", "/pengguna/", "user", "pengelola", "admin"),
    _place("Sekretariat", "/sekretariat/", "home", "admin"),
    _place("Akun", ACCOUNT, "user", SIGNED_IN),
)

FOOTER: tuple[tuple[str, str], ...] = (
    ("Data pribadi Anda", "/privasi/"),
    ("Cara kami menghitung", "/statistik/"),
    ("Cari pusat", "/pusat/"),
    ("Tanya atau keluhan", "/bantuan/"),
    ("Aksesibilitas", "/aksesibilitas/"),
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


def menu_for(roles: Iterable[str | None], current: str) -> tuple[Line, ...]:
    """Return the menu of a set of roles in fixed order; the longest address beginning `current` is marked."""
    wanted = frozenset(roles)
    places: dict[str, Place] = {}
    for place in MENU:
        if place.roles & wanted and has_page(place.path):
            places.setdefault(place.path, place)
    here = max((path for path in places if current.startswith(path)), key=len, default=None)
    return tuple(Line(place.label, path, place.icon, path == here) for path, place in places.items())


@lru_cache(maxsize=512)
def _drawn(template: str, context: tuple[tuple[str, Hashable], ...]) -> SafeString:
    return render_to_string(template, dict(context))


def draw(template: str, **context: Hashable) -> SafeString:
    """Render a part of the frame that depends on `context` alone, once for every different one.

    The frame is on every page, and drawing it anew costs more than the page of a short form. While DEBUG is
    on it is drawn every time, so that a changed template shows.
    """
    key = tuple(sorted(context.items()))
    if settings.DEBUG:
        return _drawn.__wrapped__(template, key)
    return _drawn(template, key)


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
    def menu(self) -> tuple[Line, ...]:
        """Lines of the menu, in fixed order."""
        return menu_for((*self.roles, SIGNED_IN) if self.user else (None,), self._request.path)

    @cached_property
    def who(self) -> str:
        """Name and, for staff, the roles ("Maya Kusuma, pengelola")."""
        words = [word for role, word in ROLE_WORDS.items() if role in self.roles]
        return ", ".join([str(self.user), *words]) if self.user else ""

    @property
    def author(self) -> str:
        """Id under which the send queue keeps what this user writes; empty for who has no such form."""
        return str(self.user.pk) if self.roles & QUEUE_ROLES else ""

    @property
    def canonical(self) -> str:
        """The one address of a page for search engines and shared links; empty for who is signed in."""
        return "" if self.user else f"{self.site}{self._request.path}"

    @property
    def site(self) -> str:
        """Scheme and host of the portal, for addresses that are read elsewhere."""
        site: str = getattr(settings, "SITE_URL", "")
        return site

    @property
    def is_at_account(self) -> bool:
        """On the page of the own account: the name in the header says so."""
        return self._request.path == ACCOUNT

    @property
    def menu_row(self) -> SafeString:
        """The menu as a row; for a citizen as tabs."""
        return draw("layout/_menu_row.html", menu=self.menu, tabs=self.is_citizen, account=ACCOUNT)

    @property
    def menu_list(self) -> SafeString:
        """The menu of a phone as a list that opens."""
        return draw("layout/_menu_list.html", menu=self.menu, who=self.who, account=ACCOUNT)

    @property
    def footer(self) -> SafeString:
        """Free of charge, links, choice of theme."""
        return draw(
            "layout/_footer.html",
            links=tuple((label, path) for label, path in FOOTER if has_page(path)),
            theme=self.theme,
            can_choose_theme=self.can_choose_theme,
        )

    @property
    def help(self) -> SafeString:
        """ "Butuh bantuan?" without a centre of one's own."""
        return draw(
            "components/help.html",
            center=None,
            secretariat=secretariat_link(),
            can_ask=has_page("/bantuan/"),
            is_staff=self.user is not None and not self.is_citizen,
        )

    @property
    def can_sign_out(self) -> bool:
        return self.user is not None and has_page("/keluar/")

    @property
    def can_choose_theme(self) -> bool:
        return has_page("/tema/")

    @property
    def can_ask(self) -> bool:
        """Whether the page for questions and complaints exists."""
        return has_page("/bantuan/")


def secretariat_link() -> str:
    """`wa.me` address of the secretariat (setting SECRETARIAT_WHATSAPP, E.164), or empty."""
    phone: str = getattr(settings, "SECRETARIAT_WHATSAPP", "")
    return f"https://wa.me/{phone.removeprefix('+')}" if phone else ""


def portal(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `portal` (see `Portal`), `csp_nonce`, and `help_center` for views to fill."""
    return {
        "portal": Portal(request),
        "csp_nonce": getattr(request, "csp_nonce", None),
        "help_center": None,
    }
