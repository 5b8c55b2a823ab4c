"""The doctor and the bench table tell the truth."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from bench.figures import Bench, Figure
from core import keys


@pytest.mark.django_db
def test_the_doctor_names_what_is_wrong_and_what_is_right(services, settings, tmp_path):
    keys.create_missing(tmp_path)
    (tmp_path / keys.INDEX).unlink()
    settings.KEYS_DIR = tmp_path
    services.stop_broker()
    output = io.StringIO()
    with pytest.raises(CommandError, match="need attention"):
        call_command("doctor", stdout=output)
    lines = {line.split()[1].rstrip(":"): line for line in output.getvalue().splitlines()}
    assert lines["database"].startswith("ok")
    assert lines["migrations"].startswith("ok")
    assert lines["broker"].startswith("WRONG")
    assert keys.INDEX in lines["keys"]
    assert "load_areas" in lines["areas"]  # the tests load a few regions only


@pytest.mark.django_db
def test_the_doctor_sees_key_files_that_others_may_read(settings, tmp_path):
    from okoce.management.commands.doctor import check_keys

    keys.create_missing(tmp_path)
    settings.KEYS_DIR = tmp_path
    assert check_keys() == ""
    (tmp_path / keys.SIGNING).chmod(0o644)
    assert keys.SIGNING in check_keys()


def test_a_figure_is_judged_by_its_ratio():
    assert Figure("page", 1.2, 0.1, "ms", 12).as_row() == {
        "name": "page", "value": 1.2, "limit": 0.1, "unit": "ms", "ratio": 12.0, "goal": "<= 12", "met": True,
    }  # fmt: skip
    assert not Figure("page", 1.3, 0.1, "ms", 12).met
    assert Figure("search", 40, 2, "x", 20, at_most=False).met
    assert not Figure("search", 39, 2, "x", 20, at_most=False).met


def test_acts_are_measured_turn_by_turn():
    order: list[str] = []
    medians = Bench(quick=True).medians(lambda: order.append("a"), lambda: order.append("b"), rounds=5)
    assert len(medians) == 2
    assert "".join(order) == "ab" * 6
