"""Fields, badges, charts and the frame: what a reader and a screen reader get."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.template import engines
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory, override_settings

from core import charts
from core.context import Portal, menu_for
from core.icons import MARKUP
from core.showcase import SampleForm, showcase
from core.templatetags import ui
from core.views import set_theme

TEMPLATES = Path(settings.BASE_DIR) / "templates"


def render(source: str, **context: Any) -> str:
    return engines["django"].from_string("{% load ui %}" + source).render(context)


class Tags(HTMLParser):
    """The start tags of a piece of HTML, as (name, attributes)."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"attribute twice in <{tag}>: {names}"
        self.found.append((tag, dict(attrs)))

    def one(self, tag: str) -> dict[str, str | None]:
        (attributes,) = [attributes for name, attributes in self.found if name == tag]
        return attributes


def faulty(name: str, words: str, **data: str) -> SampleForm:
    form = SampleForm(data)
    form.errors.clear()
    form.add_error(name, words)
    return form


# fields ------------------------------------------------------------------------------------------------


def test_a_field_reads_label_hint_error_control() -> None:
    html = render(
        '{% field form.nik width="nik" %}', form=faulty("nik", "Baru 15 angka.", nik="317407450690000")
    )
    places = [
        html.index(part) for part in ("<label", "16 angka di bagian atas KTP.", "Baru 15 angka.", "<input")
    ]
    assert places == sorted(places)
    control = Tags(html).one("input")
    assert control["aria-describedby"] == "id_nik-h id_nik-e"
    assert control["aria-invalid"] == "true"
    assert control["value"] == "317407450690000"
    assert control["inputmode"] == "numeric"
    assert Tags(html).one("label")["for"] == control["id"] == "id_nik"


def test_what_was_typed_is_escaped() -> None:
    form = SampleForm({"full_name": '"><script>alert(1)</script>', "note": "</textarea><b>"})
    html = render("{% field form.full_name %}{% field form.note %}", form=form)
    assert "<script" not in html
    assert "</textarea><b>" not in html


def test_an_error_with_markup_is_escaped() -> None:
    html = render("{% field form.nik %}", form=faulty("nik", "<b>x</b>"))
    assert "<b>x" not in html
    assert "&lt;b&gt;x" in html


def test_a_password_is_never_given_back() -> None:
    html = render("{% field form.password %}", form=SampleForm({"password": "rahasia-sekali"}))
    assert "rahasia-sekali" not in html
    assert "data-reveal" in html


def test_only_what_may_stay_empty_is_marked() -> None:
    assert "boleh dikosongkan" in render("{% field form.email %}", form=SampleForm())
    assert "boleh dikosongkan" not in render("{% field form.nik %}", form=SampleForm())
    assert "boleh dikosongkan" not in render("{% field form.email optional=False %}", form=SampleForm())


def test_the_first_radio_button_carries_the_field_id_and_the_chosen_one_is_checked() -> None:
    html = render(
        '{% field form.pathway look="choice" notes=notes %}',
        form=SampleForm({"pathway": "mulai_usaha"}),
        notes={"cari_kerja": "Pelatihan, lalu tempat kerja"},
    )
    buttons = [attributes for tag, attributes in Tags(html).found if tag == "input"]
    assert [button["id"] for button in buttons] == ["id_pathway", "id_pathway_1", "id_pathway_2"]
    assert [("checked" in button) for button in buttons] == [False, True, False]
    assert "Pelatihan, lalu tempat kerja" in html


def test_boxes_stay_boxes_and_a_select_keeps_its_choice() -> None:
    html = render(
        "{% field form.bazaars %}{% field form.sector %}",
        form=SampleForm({"bazaars": ["kota"], "sector": "fesyen"}),
    )
    boxes = [attributes for tag, attributes in Tags(html).found if tag == "input"]
    assert {box["type"] for box in boxes} == {"checkbox"}
    assert [box["value"] for box in boxes if "checked" in box] == ["kota"]
    chosen = [
        attributes["value"]
        for tag, attributes in Tags(html).found
        if tag == "option" and "selected" in attributes
    ]
    assert chosen == ["fesyen"]


def test_money_kept_as_a_number_is_shown_with_dots() -> None:
    class Form(forms.Form):
        capital = forms.CharField(initial=2500000)

    html = render('{% field form.capital unit="Rp" width="money" %}', form=Form())
    assert 'value="2.500.000"' in html
    assert ">Rp</span>" in html


def test_hidden_fields_are_the_input_alone() -> None:
    class Form(forms.Form):
        submission_id = forms.CharField(widget=forms.HiddenInput, initial="a")

    html = render("{% field form.submission_id %}", form=Form())
    assert [tag for tag, _ in Tags(html).found] == ["input"]


def test_the_summary_counts_and_links_to_each_control() -> None:
    form = faulty("nik", "Baru 15 angka.")
    form.add_error("consent", "Centang kotak ini.")
    html = render_to_string("components/error_summary.html", {"form": form})
    assert "Ada 2 isian yang perlu dibetulkan" in html
    links = [attributes["href"] for tag, attributes in Tags(html).found if tag == "a"]
    assert links == ["#id_nik", "#id_consent"]
    whole = render("{% field form.nik %}{% field form.consent %}", form=form)
    ids = {attributes.get("id") for _, attributes in Tags(whole).found}
    assert {link.removeprefix("#") for link in links if link} <= ids


def test_the_summary_says_what_could_not_be_done_and_what_is_lost() -> None:
    class Upload(forms.Form):
        photo = forms.FileField()

    class SignIn(forms.Form):
        login = forms.CharField()
        password = forms.CharField()

    class Reason(forms.Form):
        reason = forms.CharField()

    refused = SignIn({"login": "x", "password": "y"})
    refused.add_error(None, "Nomor HP atau kata sandi tidak cocok.")
    html = render_to_string("components/error_summary.html", {"form": refused, "heading": "Belum bisa masuk"})
    assert ">Belum bisa masuk</h2>" in html
    assert "Isian lain tetap ada di formulir." in html
    alone = render_to_string("components/error_summary.html", {"form": Reason({})})
    assert "Ada 1 isian" in alone and "Isian lain" not in alone
    assert "Pilih berkas lagi" not in html
    with_file = render_to_string("components/error_summary.html", {"form": Upload({})})
    assert "Pilih berkas lagi." in with_file and "Isian lain" not in with_file


def test_a_form_without_errors_has_no_summary() -> None:
    assert render_to_string("components/error_summary.html", {"form": SampleForm()}).strip() == ""


# words and pictures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ui.STATUSES)
def test_a_status_is_colour_icon_and_word_together(status: str) -> None:
    tone, shape, word = ui.STATUSES[status]
    html = render("{% badge status %}", status=status)
    assert f"b-{tone}" in html
    assert MARKUP[shape] in html
    assert word in html


def test_a_badge_escapes_its_word() -> None:
    assert "<b>" not in render("{% badge 'late' words %}", words="<b>")


def test_every_icon_is_hidden_from_screen_readers() -> None:
    assert all('aria-hidden="true"' in markup for markup in MARKUP.values())


def test_a_bar_is_filled_in_fixed_order_up_to_its_track() -> None:
    parts = charts.bar_parts(200, {"stopped": 20, "done": 100, "now": 40, "waived": 20})
    assert [(part.x, part.width) for part in parts] == [
        ("0.00%", "50.00%"), ("50.00%", "10.00%"), ("60.00%", "20.00%"), ("80.00%", "10.00%"),
    ]  # fmt: skip


def test_figures_that_do_not_fit_together_stay_inside_the_bar() -> None:
    parts = charts.bar_parts(10, {"done": 8, "now": 7})
    assert [part.width for part in parts] == ["80.00%", "20.00%"]
    assert charts.bar_parts(0, {"done": 3}) == []


def test_a_map_parts_groups_by_thick_lines_and_hides_what_is_suppressed() -> None:
    tiles = [
        {"col": 0, "row": 0, "label": "Gambir", "value": 17, "step": 2, "group": "31.71", "href": "/a/"},
        {"col": 1, "row": 0, "label": "Koja", "value": None, "step": 0, "group": "31.72", "href": "/b/"},
        {"col": 0, "row": 1, "label": "Senen", "value": 9, "step": 5, "group": "31.71", "href": "/c/"},
    ]
    drawn = charts.tile_map(tiles)
    assert drawn.edges.count("M") == 1
    assert [(tile.figure, tile.css, tile.ink) for tile in drawn.tiles] == [
        ("17", "q2", "ilo"), ("", "q0", "ilo"), ("9", "q5", "ihi"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("label", "lines"),
    [
        ("Gambir", ["Gambir"]),
        ("Kebayoran Baru", ["Kebayoran", "Baru"]),
        ("Kep. Seribu Utara", ["Kep. Seribu", "Utara"]),
        ("Pesanggrahan", ["Pesanggrahan"]),
        ("Kertapurwasari Timur", ["Kertapurwas.", "Timur"]),
    ],
)
def test_names_of_tiles_fit_on_two_lines(label: str, lines: list[str]) -> None:
    assert charts.name_lines(label) == lines


# frame -------------------------------------------------------------------------------------------------


class Reader:
    """Somebody signed in, with roles."""

    is_authenticated = True

    def __init__(self, *roles: str) -> None:
        self._roles = frozenset(roles)

    def __str__(self) -> str:
        return "Maya Kusuma"

    def roles(self) -> frozenset[str]:
        return self._roles


def portal_of(path: str = "/", user: object | None = None, cookies: dict[str, str] | None = None) -> Portal:
    request = RequestFactory().get(path)
    request.user = user or AnonymousUser()  # type: ignore[assignment]
    request.COOKIES.update(cookies or {})
    return Portal(request)


def test_the_menu_holds_only_pages_that_exist_for_the_role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.context.has_page", lambda path: path in {"/peserta/", "/saya/", "/dasbor/"})
    assert [line.path for line in menu_for({"dinas"}, "/peserta/3/")] == ["/dasbor/", "/peserta/"]
    assert [line.path for line in menu_for({"peserta"}, "/")] == ["/saya/"]
    assert menu_for({None}, "/") == ()


def test_the_menu_marks_where_the_reader_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.context.has_page", lambda path: True)
    lines = menu_for({"peserta"}, "/saya/buku-kas/2026/")
    assert [line.path for line in lines if line.current] == ["/saya/buku-kas/"]


def test_a_citizen_and_staff_are_told_apart() -> None:
    assert portal_of(user=Reader("peserta")).is_citizen
    staff = portal_of(user=Reader("pengelola", "pendamping"))
    assert not staff.is_citizen
    assert staff.who == "Maya Kusuma, pendamping, pengelola"
    assert portal_of().who == ""


def test_everybody_signed_in_finds_their_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.context.has_page", lambda path: True)
    for reader in (Reader("peserta"), Reader("admin", "dinas"), Reader()):
        portal = portal_of(user=reader)
        assert [line.label for line in portal.menu if line.path == "/akun/"] == ["Akun"]
        assert portal.menu_list.count('href="/akun/"') == 1
        header = render_to_string("layout/_header.html", {"portal": portal})
        named = header[header.index('<a class="who') :]
        assert 'href="/akun/"' in named[: named.index(">")]
        assert "Maya Kusuma" in named[: named.index("</a>")]
    assert "/akun/" not in portal_of().menu_list
    assert portal_of("/akun/", Reader("dinas")).is_at_account


def test_the_secretariat_reaches_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.context.has_page", lambda path: True)
    assert "/antrean/" in [line.path for line in menu_for({"admin"}, "/")]


class Office:
    """A centre as the pages know it."""

    name, address, hours, zone_label = "Pusat Tebet", "Jl. Tebet 1", "Senin–Jumat 08.00–16.00", "WITA"
    whatsapp = "+628120000017"


@pytest.mark.parametrize(
    "center",
    [
        Office(),
        {"name": "Pusat Tebet", "whatsapp": "+62 812-0000-017"},
        {"name": "Pusat Tebet", "whatsapp": "https://wa.me/628120000017"},
        {"name": "Pusat Tebet", "whatsapp_url": "https://wa.me/628120000017"},
    ],
)
def test_the_help_box_links_to_whatsapp_whatever_it_is_given(center: object) -> None:
    html = render_to_string("components/help.html", {"center": center})
    assert [attributes.get("href") for tag, attributes in Tags(html).found if tag == "a"] == [
        "https://wa.me/628120000017"
    ]


def test_the_help_box_says_in_which_zone_the_office_is_open() -> None:
    assert "08.00–16.00 WITA." in render_to_string("components/help.html", {"center": Office()})


def test_a_centre_without_a_number_leads_to_the_directory() -> None:
    html = render_to_string("components/help.html", {"center": {"name": "Pusat Tebet", "whatsapp": ""}})
    assert 'href="/pusat/"' in html
    assert "wa.me" not in html


@pytest.mark.parametrize(
    ("cookies", "theme"),
    [({}, ""), ({"tema": "gelap"}, "dark"), ({"tema": "terang"}, "light"), ({"tema": "x"}, "")],
)
def test_the_theme_is_the_readers_or_the_devices(cookies: dict[str, str], theme: str) -> None:
    assert portal_of(cookies=cookies).theme == theme


@pytest.mark.parametrize(
    ("choice", "value", "age"),
    [("gelap", "gelap", 365 * 86400), ("terang", "terang", 365 * 86400), ("lain", "", 0)],
)
def test_choosing_a_theme_keeps_or_drops_the_cookie(choice: str, value: str, age: int) -> None:
    answer = set_theme(RequestFactory().post("/tema/", {"tema": choice}))
    assert answer.status_code == 303
    assert answer.cookies["tema"].value == value
    assert answer.cookies["tema"]["max-age"] == age


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/peserta/?tahap=4", "/peserta/?tahap=4"),
        ("https://evil.example/x", "/"),
        ("http://testserver//evil.example", "/evil.example"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_the_way_back_stays_on_this_site(referer: str, back: str) -> None:
    request = RequestFactory().post("/tema/", {"tema": "gelap"}, headers={"Referer": referer})
    assert set_theme(request)["Location"] == back


def test_a_theme_is_not_changed_by_a_link() -> None:
    assert set_theme(RequestFactory().get("/tema/")).status_code == 405


def test_the_error_page_needs_no_context() -> None:
    html = render_to_string("layout/error.html")
    assert "Ada gangguan di sistem kami" in html
    assert '<html lang="id">' in html


@pytest.mark.parametrize(
    "name", sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
)
def test_every_template_compiles_and_has_no_inline_script_or_style(name: str) -> None:
    get_template(name)
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    for forbidden in (' style="', " onclick=", " onload=", "<style", "javascript:"):
        assert forbidden not in source


@override_settings(DEBUG=True)
def test_the_showcase_shows_every_component_once_with_distinct_ids() -> None:
    request = RequestFactory().get("/komponen/")
    request.user = AnonymousUser()
    html = showcase(request).content.decode()
    ids = [attributes["id"] for _, attributes in Tags(html).found if attributes.get("id")]
    doubled = {one for one in ids if ids.count(one) > 1}
    assert not doubled
    for link in (
        attributes["for"] for tag, attributes in Tags(html).found if tag == "label" and "for" in attributes
    ):
        assert link in ids
