"""Hostile input over all forms, query strings, paths and uploads: a calm answer, nothing written, no error.

What is asked comes from the table of addresses and from the forms that its pages show (`crawl.py`).
"""

from __future__ import annotations

import time
from collections import Counter
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from django.template import Template
from django.test import Client
from django.test.utils import _TestState

from core import files
from core.models import StoredFile
from okoce.tests.test_access import World, world  # noqa: F401 (`world` is a fixture)
from participants.models import Enrollment

from .cases import Case, all_cases, post_names
from .crawl import LEAVES, VISITORS, Found, browser, crawl
from .probe import Verdicts, stored
from .report import write_section
from .values import HIDDEN

pytestmark = pytest.mark.django_db
TOKEN = "TOKENASING"
GATE_STEP, BATTERY_STEP = 307, 19
"""The gate asks every 307th case, the battery every 19th (primes, so that fields and values mix)."""
FEW = frozenset({"10 MB", "uploads"})
"""Families that the battery asks whole."""


@pytest.fixture(autouse=True)
def demo_mode(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Staff without a second factor, and no limit on wrong passwords: other tests hold those."""
    settings.DEMO_MODE = True
    monkeypatch.setattr("accounts.lockout.CHECKS_PER_ACCOUNT", 1_000_000)
    settings.SIGN_IN_CHECKS_PER_ADDRESS = 1_000_000
    # Pages as in production: the environment of tests keeps a copy of every template's context.
    monkeypatch.setattr(Template, "_render", _TestState.saved_data.template_render)


@pytest.fixture
def foreign(world: World) -> dict[str, str]:  # noqa: F811
    """Ids of a record elsewhere, whose texts carry a token."""
    one = Enrollment.objects.select_related("person").get(person__user=world.users["other_citizen"])
    person = one.person
    person.full_name, person.address = f"{TOKEN} Nama", f"{TOKEN} alamat"
    person.save()
    Enrollment.objects.filter(pk=one.pk).update(goal=f"{TOKEN} tujuan")
    return {
        "person": str(person.pk),
        "enrollment": str(one.pk),
        "coach": str(world.users["other_coach"].pk),
        "centre": str(one.center_id),
        "district": one.district_id,
    }


class Attack:
    """The world, who stands in it, and what was found to attack."""

    def __init__(self, world: World, foreign: dict[str, str], *, thorough: bool) -> None:  # noqa: F811
        self.browsers: dict[str, Client] = {visitor: browser(world, visitor) for visitor in VISITORS}
        self.found: Found = crawl(world, self.browsers, thorough=thorough)
        self.cases: list[Case] = list(all_cases(world, self.found, foreign))
        self.verdicts = Verdicts(stored(), TOKEN)

    def run(self, cases: list[Case]) -> None:
        """Ask them all; each visitor comes to each with the cookies they had in the beginning."""
        cookies = {
            visitor: {name: morsel.value for name, morsel in client.cookies.items()}
            for visitor, client in self.browsers.items()
        }
        for case in cases:
            client = self.browsers[case.visitor]
            client.cookies = SimpleCookie(cookies[case.visitor])
            self.verdicts.ask(
                case.family,
                case.label,
                lambda case=case, client=client: case.send(client),
                may_read_all=case.visitor == "admin",
                kept=case.kept,
                wants_refusal=case.wants_refusal,
            )
        for visitor, client in self.browsers.items():
            client.cookies = SimpleCookie(cookies[visitor])
            assert (client.get("/akun/").status_code == 200) == (visitor != "anonymous"), "fell out"


@pytest.fixture
def attack(
    request: pytest.FixtureRequest,
    world: World,  # noqa: F811
    foreign: dict[str, str],
) -> Attack:
    """Thorough in the battery alone."""
    return Attack(world, foreign, thorough=request.node.get_closest_marker("battery") is not None)


def test_a_sample_of_everything_gets_a_calm_answer(attack: Attack) -> None:
    """Every form that takes a POST is known; of all cases a fixed sample is asked."""
    assert sorted(post_names() - attack.found.targets - LEAVES) == [], "forms that nobody attacks"
    assert len(attack.cases) >= 3_000
    sample = attack.cases[::GATE_STEP]
    asked = {case.family for case in sample}
    for family in sorted({case.family for case in attack.cases} - asked):
        sample.append(next(case for case in attack.cases if case.family == family))
    attack.run(sample)
    assert attack.verdicts.wrong == []
    assert 422 in attack.verdicts.statuses


@pytest.mark.battery
def test_everything_gets_a_calm_answer(attack: Attack) -> None:
    """All cases of all families; the figures go to docs/measurements."""
    started = time.monotonic()
    attack.run(
        [case for number, case in enumerate(attack.cases) if case.family in FEW or number % BATTERY_STEP == 0]
    )
    verdicts = attack.verdicts
    summary = (
        f"{sum(verdicts.cases.values()):,} requests (every {BATTERY_STEP}th of {len(attack.cases):,} possible"
        f" ones, uploads whole) against {len(attack.found.forms)} forms and {len(attack.found.queries)}"
        f" addresses with parameters on {attack.found.pages} pages, in {time.monotonic() - started:.0f} s."
    )
    lines = [summary, "", "| family | cases | faults |", "|---|---|---|"]
    of_family = {case.label: case.family for case in attack.cases}
    faults = Counter(of_family.get(wrong.partition(": ")[0], "?") for wrong in verdicts.wrong)
    lines += [
        f"| {family} | {count:,} | {faults[family]} |" for family, count in sorted(verdicts.cases.items())
    ]
    statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(verdicts.statuses.items()))
    lines += ["", f"Answers: {statuses}.", "", f"Faults: {len(verdicts.wrong)}."]
    write_section("Hostile input", lines + [f"- {wrong}" for wrong in verdicts.wrong[:100]])
    assert verdicts.wrong == []
    assert sum(verdicts.cases.values()) >= 3_000


@pytest.mark.battery
def test_accepted_pictures_keep_nothing_that_hid_in_them(attack: Attack, settings: Any) -> None:
    """Every upload case once more, with a look at the bytes that were kept."""
    kept_before = set(StoredFile.objects.values_list("pk", flat=True))
    looked_at, dirty = 0, []
    original = files.StoredFile.objects.create

    def create(**values: Any) -> StoredFile:
        nonlocal looked_at
        looked_at += 1
        content = (Path(settings.FILES_DIR) / values["path"]).read_bytes()
        dirty.extend(mark for mark in HIDDEN if mark in content)
        return original(**values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files.StoredFile.objects, "create", create)
        attack.run([case for case in attack.cases if case.family == "uploads"])
    assert attack.verdicts.wrong == []
    assert looked_at >= 5, "some pictures were to be accepted"
    assert dirty == []
    assert set(StoredFile.objects.values_list("pk", flat=True)) == kept_before
