"""Kinds of messages and their texts."""

from __future__ import annotations

from typing import Any

import pytest

from notifications import registry


def nothing(ids: Any) -> list[dict[str, str]]:
    return [{} for _one in ids]


def test_a_text_is_filled_from_the_record_and_never_twice() -> None:
    registry.register("a", title="Halo {name}", body="{name}", url="/saya/", context=nothing)
    text = registry.get("a").render({"name": "{url} {0.__class__}"})
    assert text == registry.Text("Halo {url} {0.__class__}", "{url} {0.__class__}", "/saya/", text.title)


@pytest.mark.parametrize("text", ["{name.__class__}", "{name!r}", "{name:>900}", "{0}", "{}"])
def test_only_plain_placeholders_are_taken(text: str) -> None:
    with pytest.raises(registry.BadText):
        registry.register("a", title=text, body="", url="/", context=nothing)


def test_a_kind_is_registered_once() -> None:
    registry.register("a", title="", body="", url="/", context=nothing)
    with pytest.raises(ValueError, match="twice"):
        registry.register("a", title="", body="", url="/", context=nothing)


def test_a_loader_that_forgets_a_message_is_found_out() -> None:
    registry.register("a", title="", body="", url="/", context=lambda ids: [{}])
    with pytest.raises(RuntimeError, match="answered 1 for 2"):
        registry.get("a").render_many([{}, {}])
