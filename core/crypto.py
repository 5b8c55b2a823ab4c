"""Field encryption, blind indexes and signatures for personal numbers (UU PDP 27/2022, art. 35 and 39).

A sealed value is: version byte, length and text of the key id, 12-byte nonce, AES-256-GCM ciphertext with
tag. Header and context are authenticated, so a value that is altered or moved to another row, column or table
does not open any more.
"""

import base64
import hashlib
import hmac
import os
import uuid
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

from core import keys

VERSION = 1
_NONCE = 12
_TAG = 16


class SealBroken(Exception):
    """A sealed value does not open: altered, moved to another place, or its key is gone."""


class _Cached:
    """A key file's content, read again when the file on disk changes: a rotation needs no restart."""

    def __init__(self) -> None:
        self._stamps: dict[str, tuple[int, int, int]] = {}
        self._values: dict[str, Any] = {}

    def get(self, name: str) -> Any:
        # Plain strings: this runs for every sealed value, and building a Path costs ten times the sealing.
        path = f"{settings.KEYS_DIR}/{name}"
        try:
            status = os.stat(path)
        except OSError:
            stamp = (0, 0, 0)
        else:
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if self._stamps.get(path) != stamp or path not in self._values:
            if name == keys.ENCRYPTION:
                ring = keys.read_encryption(Path(path).parent)
                self._values[path] = (
                    ring.active,
                    {key_id: AESGCM(key) for key_id, key in ring.by_id.items()},
                )
            else:
                self._values[path] = keys.read_single(Path(path).parent, name)
            self._stamps[path] = stamp
        return self._values[path]


_cached = _Cached()


def _ciphers() -> tuple[str, dict[str, AESGCM]]:
    """Return the id of the key that seals, and the ciphers by key id."""
    ring: tuple[str, dict[str, AESGCM]] = _cached.get(keys.ENCRYPTION)
    return ring


def _single(name: str) -> bytes:
    key: bytes = _cached.get(name)
    return key


def seal(text: str, *, context: str) -> bytes:
    """Encrypt `text` for one place only: `context` is `"<db_table>.<column>:<pk>"` (see `sealed_context`)."""
    active, ciphers = _ciphers()
    header = header_of(active)
    nonce = os.urandom(_NONCE)
    return header + nonce + ciphers[active].encrypt(nonce, text.encode(), _bound(header, context))


def unseal(data: bytes | memoryview, *, context: str) -> str:
    """Decrypt what `seal` made for the same `context`; raise SealBroken for anything else."""
    data = bytes(data)
    key_id = key_id_of(data)
    cipher = _ciphers()[1].get(key_id)
    if cipher is None:
        raise SealBroken(f"no key {key_id!r}")
    end = 2 + len(key_id)
    header, nonce, body = data[:end], data[end : end + _NONCE], data[end + _NONCE :]
    if len(body) < _TAG:
        raise SealBroken("too short")
    try:
        return cipher.decrypt(nonce, body, _bound(header, context)).decode()
    except (InvalidTag, UnicodeDecodeError):
        raise SealBroken("altered, or sealed for another place") from None


def header_of(key_id: str) -> bytes:
    """Return the bytes that every value sealed with this key begins with."""
    return bytes([VERSION, len(key_id)]) + key_id.encode("ascii")


def key_id_of(data: bytes | memoryview) -> str:
    """Return the id of the key that sealed `data`; raise SealBroken when it is no sealed value."""
    data = bytes(data[:34])
    if len(data) < 3 or data[0] != VERSION or len(data) < 2 + data[1]:
        raise SealBroken("not a sealed value")
    try:
        return data[2 : 2 + data[1]].decode("ascii")
    except UnicodeDecodeError:
        raise SealBroken("not a sealed value") from None


def _bound(header: bytes, context: str) -> bytes:
    return header + b"\0" + context.encode()


def blind_index(value: str, *, purpose: str) -> bytes:
    """Return 32 bytes (HMAC-SHA256) by which an encrypted value is found; `purpose` keeps columns apart."""
    return _keyed(keys.INDEX, value, purpose)


def sign(text: str, *, purpose: str) -> str:
    """Return a URL-safe signature of `text`, 43 characters; check it with `signature_is_good`."""
    return base64.urlsafe_b64encode(_keyed(keys.SIGNING, text, purpose)).rstrip(b"=").decode()


def signature_is_good(text: str, signature: str, *, purpose: str) -> bool:
    """Return whether `signature` is `sign(text, purpose=purpose)`, in constant time, for any string."""
    expected = sign(text, purpose=purpose).encode()
    return hmac.compare_digest(expected, signature.encode("utf-8", "replace"))


def _keyed(name: str, value: str, purpose: str) -> bytes:
    message = purpose.encode() + b"\0" + value.encode("utf-8", "surrogatepass")
    return hmac.new(_single(name), message, hashlib.sha256).digest()


class SealedField(models.BinaryField):  # type: ignore[type-arg]
    """A column of sealed bytes, found by `manage.py rotate_keys`; refuses to store what is not sealed."""

    description = "Sealed text"

    def from_db_value(self, value: Any, *args: object) -> bytes | None:
        """Return plain bytes instead of the driver's memoryview."""
        return None if value is None else bytes(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Raise TypeError for text and SealBroken for bytes that `seal` did not make."""
        if value is not None:
            if not isinstance(value, bytes | bytearray | memoryview):
                raise TypeError(f"{self.name} takes sealed bytes, not {type(value).__name__}")
            key_id_of(bytes(value))
        return super().get_db_prep_value(value, connection, prepared)


def sealed_context(place: models.Model | type[models.Model], field_name: str, pk: object = None) -> str:
    """Return the context of a sealed field of one row: `"<db_table>.<column>:<pk>"`.

    Give an instance, or a model class with the primary key. Raises ValueError when the row has no key yet:
    use UUID keys, which are known before the row is written.
    """
    if pk is None and isinstance(place, models.Model):
        pk = place.pk
    if pk is None:
        raise ValueError("a sealed value needs the primary key of its row")
    field = place._meta.get_field(field_name)
    # One row has one spelling of its key, whether it came from a URL or from the database.
    if isinstance(place._meta.pk, models.UUIDField) and not isinstance(pk, uuid.UUID):
        pk = uuid.UUID(str(pk))
    return f"{place._meta.db_table}.{field.column}:{pk}"  # type: ignore[union-attr]


def set_sealed(instance: models.Model, field_name: str, text: str | None) -> None:
    """Seal `text` into a SealedField of `instance`, unsaved; None or "" empties it."""
    value = seal(text, context=sealed_context(instance, field_name)) if text else None
    setattr(instance, field_name, value)


def get_sealed(instance: models.Model, field_name: str) -> str | None:
    """Return the text of a SealedField of `instance`, None when empty; raise SealBroken after tampering."""
    data = getattr(instance, field_name)
    return None if data is None else unseal(data, context=sealed_context(instance, field_name))
