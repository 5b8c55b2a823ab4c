"""Sealed values open only where they were sealed, and only unchanged."""

import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core import crypto, keys
from core.models import Job

pytestmark = pytest.mark.usefixtures("keys_dir")
PLACE = "people.nik:1"


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200), context=st.text(min_size=1, max_size=60))
def test_what_is_sealed_opens_again(text: str, context: str) -> None:
    assert crypto.unseal(crypto.seal(text, context=context), context=context) == text


def test_the_text_is_not_in_the_sealed_bytes_and_no_two_are_alike() -> None:
    first, second = (crypto.seal("3174077105950000", context=PLACE) for _ in range(2))
    assert b"3174" not in first
    assert first != second


@pytest.mark.parametrize("context", ["people.nik:2", "people.phone:1", "others.nik:1", "people.nik:", ""])
def test_a_value_moved_to_another_place_does_not_open(context: str) -> None:
    sealed = crypto.seal("3174077105950000", context=PLACE)
    with pytest.raises(crypto.SealBroken):
        crypto.unseal(sealed, context=context)


def test_every_changed_byte_is_noticed() -> None:
    sealed = crypto.seal("3174077105950000", context=PLACE)
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(crypto.SealBroken):
            crypto.unseal(bytes(changed), context=PLACE)


@given(junk=st.binary(max_size=80))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_junk_is_broken_and_nothing_else(junk: bytes) -> None:
    with pytest.raises(crypto.SealBroken):
        crypto.unseal(junk, context=PLACE)


def test_a_shortened_value_does_not_open() -> None:
    sealed = crypto.seal("3174077105950000", context=PLACE)
    for length in range(len(sealed)):
        with pytest.raises(crypto.SealBroken):
            crypto.unseal(sealed[:length], context=PLACE)


def test_the_header_cannot_name_another_key(keys_dir: Path) -> None:
    sealed = crypto.seal("rahasia", context=PLACE)
    old = crypto.key_id_of(sealed)
    new = keys.add_encryption_key(keys_dir)
    forged = crypto.header_of(new) + sealed[len(crypto.header_of(old)) :]
    with pytest.raises(crypto.SealBroken):
        crypto.unseal(forged, context=PLACE)


def test_a_new_key_is_used_without_a_restart_and_old_values_stay_readable(keys_dir: Path) -> None:
    before = crypto.seal("rahasia", context=PLACE)
    new = keys.add_encryption_key(keys_dir)
    after = crypto.seal("rahasia", context=PLACE)
    assert crypto.key_id_of(after) == new != crypto.key_id_of(before)
    assert crypto.unseal(before, context=PLACE) == crypto.unseal(after, context=PLACE) == "rahasia"


def test_without_its_key_a_value_is_lost(keys_dir: Path) -> None:
    sealed = crypto.seal("rahasia", context=PLACE)
    keys.add_encryption_key(keys_dir)
    keys.remove_encryption_keys(keys_dir, {crypto.key_id_of(sealed)})
    with pytest.raises(crypto.SealBroken, match="no key"):
        crypto.unseal(sealed, context=PLACE)


def test_the_active_key_cannot_be_removed(keys_dir: Path) -> None:
    active = keys.read_encryption(keys_dir).active
    keys.remove_encryption_keys(keys_dir, {active})
    assert keys.read_encryption(keys_dir).active == active


def test_blind_indexes_agree_only_for_the_same_value_purpose_and_key(keys_dir: Path) -> None:
    index = crypto.blind_index("+6281200001234", purpose="phone")
    assert len(index) == 32
    assert index == crypto.blind_index("+6281200001234", purpose="phone")
    assert index != crypto.blind_index("+6281200001235", purpose="phone")
    assert index != crypto.blind_index("+6281200001234", purpose="nik")
    (keys_dir / keys.INDEX).unlink()
    keys.create_missing(keys_dir)
    assert index != crypto.blind_index("+6281200001234", purpose="phone")


@pytest.mark.parametrize("forged", ["", "x", "é", "\ud800", "A" * 43, "A" * 10_000])
def test_signatures_refuse_forgeries(forged: str) -> None:
    good = crypto.sign("usaha:1", purpose="konfirmasi")
    assert crypto.signature_is_good("usaha:1", good, purpose="konfirmasi")
    assert not crypto.signature_is_good("usaha:1", forged, purpose="konfirmasi")
    assert not crypto.signature_is_good("usaha:2", good, purpose="konfirmasi")
    assert not crypto.signature_is_good("usaha:1", good, purpose="lain")


def test_a_context_names_table_column_and_row() -> None:
    key = uuid.uuid4()
    assert crypto.sealed_context(Job(pk=key), "kind") == f"core_job.kind:{key}"
    assert crypto.sealed_context(Job, "kind", str(key).upper()) == f"core_job.kind:{key}"
    with pytest.raises(ValueError, match="primary key"):
        crypto.sealed_context(Job, "kind")
