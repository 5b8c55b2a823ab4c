"""The battery can see: holes are made on purpose, one at a time, and the named check notices each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from okoce.tests.test_access import World, world  # noqa: F401 (`world` is a fixture)

from .checks import Scene
from .holes import HOLES, IN_GATE, Hole
from .report import write_section

pytestmark = pytest.mark.django_db
QUICK = [hole for hole in HOLES if hole.name in IN_GATE]


@pytest.fixture
def scene(world: World, settings: Any, tmp_path: Path) -> Scene:  # noqa: F811
    """The world of the table of addresses; its staff are of the demo and owe no second factor."""
    settings.DEMO_MODE = True
    settings.FILES_DIR = tmp_path / "files"
    return Scene(world)


def is_noticed(hole: Hole, scene: Scene, settings: Any) -> bool:
    """Whether the check fails while the hole is open."""
    with pytest.MonkeyPatch.context() as patch:
        hole.make(patch, settings)
        try:
            hole.check(scene)
        except AssertionError:
            return True
    return False


@pytest.mark.parametrize("hole", QUICK, ids=lambda hole: hole.name)
def test_a_hole_is_noticed(hole: Hole, scene: Scene, settings: Any) -> None:
    assert is_noticed(hole, scene, settings)


@pytest.mark.parametrize(
    "check", {hole.check: None for hole in QUICK}, ids=lambda check: getattr(check, "__name__", "")
)
def test_without_a_hole_the_check_is_content(check: Any, scene: Scene) -> None:
    check(scene)


noticed: dict[str, bool] = {}


@pytest.mark.battery
@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: hole.name)
def test_every_hole_is_noticed_and_nothing_else(hole: Hole, scene: Scene, settings: Any) -> None:
    """Content without the hole, red with it; the last one writes the figures."""
    noticed[hole.name] = False
    with transaction.atomic():
        hole.check(scene)
        transaction.set_rollback(True)  # the hole is looked at in the same scene
    noticed[hole.name] = is_noticed(hole, scene, settings)
    assert noticed[hole.name]


@pytest.mark.battery
def test_the_figures_of_the_holes_are_written() -> None:
    caught = sum(noticed.values())
    rows = [f"| {h.name} | `{h.check.__name__}` | {'yes' if noticed.get(h.name) else 'no'} |" for h in HOLES]
    head = ["| hole | check that must notice | noticed |", "|---|---|---|"]
    write_section("Planted faults", [f"{caught} of {len(HOLES)} caught.", "", *head, *rows])
    assert len(HOLES) >= 15
    assert caught == len(HOLES) == len(noticed)
