"""What search engines and chats are told, and the statement on accessibility."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image

from accounts.tests.factories import UserFactory
from centers.models import Center
from participants.tests.factories import center_of

pytestmark = pytest.mark.django_db

PUBLIC = ("/", "/daftar/", "/pusat/", "/pelatihan/", "/statistik/", "/statistik/kamus/", "/bantuan/",
          "/aksesibilitas/", "/masuk/")  # fmt: skip
PLACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


def test_the_sitemap_lists_public_pages_and_open_centres_and_each_opens() -> None:
    center_of("P31.74.07")
    center_of("P31.74.05", status=Center.Status.DIRENCANAKAN)
    answer = Client().get("/sitemap.xml")
    assert answer["Content-Type"].startswith("application/xml")
    listed = [place.text or "" for place in ElementTree.fromstring(answer.content).iter(PLACE)]
    assert f"{settings.SITE_URL}/pusat/31.74.07/" in listed
    assert f"{settings.SITE_URL}/pusat/31.74.05/" not in listed
    assert len(listed) == len(set(listed)) >= 7
    for place in listed:
        assert Client().get(place.removeprefix(settings.SITE_URL)).status_code == 200, place


def test_robots_are_told_of_the_sitemap_and_kept_out_of_files() -> None:
    text = Client().get("/robots.txt").content.decode()
    assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in text
    assert "Disallow: /berkas/" in text
    assert "Disallow: /\n" not in text


def test_a_public_page_names_its_one_address_and_its_share_card() -> None:
    page = Client().get("/pusat/?q=tebet").content.decode()
    assert f'<link rel="canonical" href="{settings.SITE_URL}/pusat/">' in page
    card = re.search(r'<meta property="og:image" content="([^"]+)">', page)
    assert card
    assert card[1].startswith(f"{settings.SITE_URL}/static/img/share")
    path = finders.find("img/share.png")
    assert path
    with Image.open(path) as picture:
        assert picture.size == (1200, 630)


def test_a_page_of_somebody_signed_in_is_not_offered_for_sharing() -> None:
    client = Client()
    client.force_login(UserFactory(), backend="accounts.backends.LoginBackend")
    page = client.get("/pusat/").content.decode()
    assert "canonical" not in page
    assert "og:image" not in page


def test_every_public_page_has_a_description_of_its_own() -> None:
    found = {}
    for path in PUBLIC:
        words = re.search(r'<meta name="description" content="([^"]+)">', Client().get(path).content.decode())
        assert words, path
        assert 50 <= len(words[1]) <= 170, (path, len(words[1]))
        found[words[1]] = path
    assert len(found) == len(PUBLIC)


def test_the_statement_is_linked_everywhere_and_leads_to_a_report() -> None:
    assert 'href="/aksesibilitas/"' in Client().get("/masuk/").content.decode()
    page = Client().get("/aksesibilitas/").content.decode()
    assert 'href="/bantuan/"' in page
    assert "WCAG 2.2" in page
