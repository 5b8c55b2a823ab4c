"""Finds a kecamatan from what a person types.

Case, spaces and punctuation do not matter ("Pal Merah" = "palmerah"). A typed kab/kota narrows the answer
("Kebayoran Baru, Jakarta Selatan", with or without the comma, "tebet jaksel"). A code is understood with
and without dots. Retired codes are never offered. Any text is safe: what is not a letter or digit is
dropped before the database sees it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.contrib.postgres.search import TrigramSimilarity, TrigramWordSimilarity
from django.core.cache import caches
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from centers.models import Center, District, Province, Regency, search_key
from core.joined import joined

MAX_CHOICES = 10
"""How many kecamatan are offered at once; with more, the person is asked for more letters."""

_MIN_KEY = 2
_MAX_TEXT = 100
_LONGEST_NAME = 60
_CODE = re.compile(r"P?([0-9]{2})\.?([0-9]{2})\.?([0-9]{2})")
_DISTRICT_WORD = re.compile(r"^\s*(kecamatan|kec|distrik)\b\.?\s*", re.IGNORECASE)
_REGENCY_WORD = re.compile(r"^(kotaadministrasi|kotaadm|kabupaten|kota|kab|provinsi|prov)")
_PROVINCE_WORDS = ("", "daerahkhususibukota", "daerahistimewa", "kepulauan")
_SHORT_REGION = {
    "jakpus": "jakartapusat",
    "jakut": "jakartautara",
    "jakbar": "jakartabarat",
    "jaksel": "jakartaselatan",
    "jaktim": "jakartatimur",
    "dki": "jakarta",
    "dkijakarta": "jakarta",
    "jatim": "jawatimur",
    "jateng": "jawatengah",
    "jabar": "jawabarat",
    "sumut": "sumaterautara",
    "sumbar": "sumaterabarat",
    "sumsel": "sumateraselatan",
    "sulsel": "sulawesiselatan",
    "sulut": "sulawesiutara",
    "diy": "yogyakarta",
    "jogja": "yogyakarta",
}


def search_districts(text: str, limit: int = MAX_CHOICES) -> list[District]:
    """Return current districts for what was typed, best first, with their regency and province selected.

    Order: same name, name begins so, a word of it begins so, a word contains it; among equals those with an
    open centre. Only when there is none:
    name and region written together, all of a named kab/kota, names that look alike. Fewer than two letters
    or digits find nothing.
    At most five statements whatever is typed.
    """
    return search(text, limit).districts


def find_district(value: str) -> District | list[District]:
    """Resolve a form value: a code or a typed name.

    One district when the value is certain: a current code, the only one of exactly this name (unless the
    same kab/kota has a longer one, "Ciputat" and "Ciputat Timur"), or the only one whose name contains it.
    Otherwise the choices to show (at most 10, none when nothing is found). A name that only looks alike, or
    whose typed kab/kota does not fit, is never taken silently: it comes back as a choice.
    """
    answer = search(value, MAX_CHOICES)
    found = answer.districts
    if not answer.is_literal:
        return found
    if len(found) == 1:
        return found[0]
    exact = [district for district in found if district.search_name == answer.key]
    if len(exact) == 1 and not any(
        other.regency_id == exact[0].regency_id and other.name.startswith(exact[0].name + " ")
        for other in found
    ):
        return exact[0]
    return found


def explain_choices(typed: str, found: list[District]) -> str:
    """What a form says when `find_district` was not certain: nothing found, or which ones to choose from."""
    shown = typed if len(typed) <= 40 else f"{typed[:40]}…"
    if not found:
        start = shown[:4].strip()
        return f"Belum ketemu kecamatan “{shown}”. Coba tulis beberapa huruf depannya, misalnya “{start}”."
    if len(found) == 1:
        return f"Tidak ada kecamatan “{shown}”. Mungkin yang ini? Pilih, atau tulis nama lain."
    if len(found) >= MAX_CHOICES:
        return (
            f"Ada banyak kecamatan yang cocok dengan “{shown}”. Pilih salah satu. Belum ada? Tulis nama"
            " lebih lengkap dengan kota atau kabupatennya."
        )
    return f"Ada {len(found)} kecamatan yang cocok dengan “{shown}”. Pilih salah satu."


def find_regions(text: str) -> list[Province | Regency]:
    """The provinces and kab/kota of exactly this name, with or without the word before it, by code.

    "Bandung" is the kabupaten and the kota, "Kota Bandung" the kota alone, "Jaksel" Kota Administrasi Jakarta
    Selatan. Nothing for a name that is not one; two statements.
    """
    key = search_key(text[:_MAX_TEXT])
    region = _region_key(key)
    if len(region) < _MIN_KEY:
        return []
    kinds = [kind for kind in ("kabupaten", "kota") if key.startswith(kind[:3])] or ["kabupaten", "kota"]
    named = [f"{kind}{more}{region}" for kind in kinds for more in ("", "administrasi")]
    found: list[Province | Regency] = []
    if len(kinds) > 1:
        found += Province.objects.current().filter(
            search_name__in=[f"{one}{region}" for one in _PROVINCE_WORDS]
        )
    if not key.startswith("prov"):
        found += Regency.objects.current().filter(search_name__in=named)
    return sorted(found, key=lambda one: one.code)


@dataclass(frozen=True)
class Answer:
    """Districts found, the key of the name, and whether all that was typed stands in them letter by
    letter."""

    districts: list[District]
    key: str = ""
    is_literal: bool = False


def search(text: str, limit: int = MAX_CHOICES) -> Answer:
    """Search as `search_districts` does, and say whether the answer is what was typed or only near it."""
    text = text[:_MAX_TEXT]
    if code := _as_code(text):
        return Answer(_with_code(code), code, is_literal=True)
    head, _, tail = text.partition(",")
    key, region = search_key(_DISTRICT_WORD.sub("", head)), _region_key(search_key(tail))
    if len(key) < _MIN_KEY:
        return Answer([])
    named = _named(key)
    if region and (inside := list(named.filter(_in_region(region))[:limit])):
        return Answer(inside, key, is_literal=True)
    if found := list(named[:limit]):
        return Answer(found, key, is_literal=not region)
    if found := _name_then_region(key, limit):
        return Answer(found, key, is_literal=True)
    return Answer(_of_regency(key, limit) or _alike(key, limit), key)


def _base() -> QuerySet[District]:
    return District.objects.current().select_related("regency__province")


_KEPT = caches["places"]
_WITH_CODE = joined(
    "SELECT {District}, {Regency}, {Province} FROM centers_district"
    " JOIN centers_regency ON centers_regency.code = centers_district.regency_id"
    " JOIN centers_province ON centers_province.code = centers_regency.province_id"
    " WHERE centers_district.code = %s AND centers_district.retired_at IS NULL",
    District,
    Regency,
    Province,
)


def _with_code(code: str) -> list[District]:
    """`_base().filter(pk=code)`, written out and kept by the process for a minute: every registration asks
    this. What is not there is asked again each time."""
    rows = _KEPT.get(code)
    if rows is None and (rows := _WITH_CODE.fetch([code])):
        _KEPT.set(code, rows)
    found = []
    for district, regency, province in _WITH_CODE.instances(rows):
        regency.province = province
        district.regency = regency
        found.append(district)
    return found


def _as_code(text: str) -> str | None:
    """The dotted code, when the text is a kecamatan code (or a centre's) and nothing else."""
    match = _CODE.fullmatch(text.strip())
    return ".".join(match.groups()) if match and text.isascii() else None


def _named(key: str) -> QuerySet[District]:
    """Districts whose name contains the key, closest first: the same, beginning so, with a word beginning so,
    inside a word. What begins inside one word and ends in the next is chance ("Pasar Minggu" for "sarmi").

    The key has neither wildcards of LIKE nor signs of a regular expression: it is letters and digits.
    """
    named = _base().filter(search_name__contains=key)
    if len(key) > _LONGEST_NAME:
        return named.none()
    begins_word = Q(name__iregex=f"(^|[^[:alnum:]'])[^[:alnum:]]*{'[^[:alnum:]]*'.join(key)}")
    rank = Case(
        When(search_name=key, then=Value(0)),
        When(search_name__startswith=key, then=Value(1)),
        When(begins_word, then=Value(2)),
        default=Value(3),
    )
    inside_word = Q(name__iregex="'*".join(key))
    # of names that fit equally well, those with an open centre first: the list is short, and cut
    has_center = Exists(Center.objects.open().filter(district=OuterRef("pk")))
    return named.filter(begins_word | inside_word).order_by(rank, has_center.desc(), "search_name", "code")


def _region_key(key: str) -> str:
    """The name of a region without the words kota, kabupaten, provinsi; common short forms are written
    out."""
    bare = _REGENCY_WORD.sub("", key)
    return _SHORT_REGION.get(bare, bare)


def _in_region(region: str) -> Q:
    return Q(regency__search_name__contains=region) | Q(regency__province__search_name__contains=region)


def _name_then_region(key: str, limit: int) -> list[District]:
    """Districts for a name followed by its kab/kota or province without a comma ("tebet jakarta selatan")."""
    candidates = _base().alias(whole=Value(key)).filter(whole__startswith=F("search_name")).order_by("code")
    found: list[District] = []
    for district in candidates:
        region = _region_key(key.removeprefix(district.search_name))
        places = (district.regency.search_name, district.regency.province.search_name)
        if len(region) > _MIN_KEY and any(region in place for place in places):
            found.append(district)
    return sorted(found, key=lambda district: (-len(district.search_name), district.code))[:limit]


def _of_regency(key: str, limit: int) -> list[District]:
    """The districts of a kab/kota, for people who write "Jakarta Selatan" where a kecamatan is asked."""
    region = _region_key(key)
    if len(region) <= _MIN_KEY:
        return []
    return list(
        _base().filter(regency__search_name__contains=region).order_by("regency_id", "name", "code")[:limit]
    )


def _alike(key: str, limit: int) -> list[District]:
    """Districts whose name, or a part of it, looks like the key (trigrams): typing errors such as
    "kebayran"."""
    alike = _base().filter(Q(search_name__trigram_similar=key) | Q(search_name__trigram_word_similar=key))
    closeness = TrigramWordSimilarity(key, "search_name") + TrigramSimilarity("search_name", key)
    return list(alike.annotate(closeness=closeness).order_by("-closeness", "search_name", "code")[:limit])
