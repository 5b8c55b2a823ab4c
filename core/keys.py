"""The key files: where they are, how they are made, and how a start without them is stopped.

Four separate keys live in files outside the database and its backup. None is derived from another:

    encryption.keys   lines `keyid:base64` of 32 bytes each; the first line seals, all of them unseal
    index.key         base64 of 32 bytes: blind indexes (lookups by NIK or phone)
    signing.key       base64 of 32 bytes: signed links
    secret.key        64 characters: Django's SECRET_KEY

Needs no Django settings, so that settings may read `secret.key` through it and `python -m core.keys <folder>`
can make the files before the first start.
"""

import base64
import binascii
import fcntl
import os
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

ENCRYPTION, INDEX, SIGNING, SECRET = "encryption.keys", "index.key", "signing.key", "secret.key"
KEY_FILES = (ENCRYPTION, INDEX, SIGNING, SECRET)
KEY_BYTES = 32

_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)


@dataclass(frozen=True)
class EncryptionKeys:
    """The encryption keys by id; `active` is the id that seals."""

    active: str
    by_id: dict[str, bytes]


def create_missing(folder: Path) -> list[str]:
    """Make the key files that do not exist yet (0600 in a folder of 0700) and return their names.

    An existing file is never opened for writing.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chmod(folder, 0o700)
    made = []
    for name in KEY_FILES:
        if name == ENCRYPTION:
            text = f"{new_key_id()}:{_random_text()}"
        elif name == SECRET:
            text = secrets.token_urlsafe(48)
        else:
            text = _random_text()
        if _write_new(folder / name, text + "\n"):
            made.append(name)
    return made


def require(folder: Path) -> None:
    """Raise ImproperlyConfigured, naming each file, when a key is missing or unreadable."""
    missing = [name for name in KEY_FILES if not (folder / name).is_file()]
    if missing:
        raise ImproperlyConfigured(
            f"Missing key file(s) in {folder}: {', '.join(missing)}. On a new installation make them with"
            f" `python -m core.keys {folder}`; on an existing one restore them from the key backup"
            " (without the old keys the stored NIK and phone numbers cannot be read)."
        )
    read_encryption(folder)
    read_single(folder, INDEX)
    read_single(folder, SIGNING)
    read_secret(folder)


def read_encryption(folder: Path) -> EncryptionKeys:
    """Read `encryption.keys`; raise ImproperlyConfigured when it is missing, empty or malformed."""
    keys: dict[str, bytes] = {}
    for number, line in enumerate(_read(folder / ENCRYPTION).splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        key_id, _, text = line.partition(":")
        if not _KEY_ID.fullmatch(key_id) or key_id in keys:
            raise ImproperlyConfigured(f"{folder / ENCRYPTION}, line {number}: bad or repeated key id.")
        keys[key_id] = _decode(text, f"{folder / ENCRYPTION}, line {number}")
    if not keys:
        raise ImproperlyConfigured(f"{folder / ENCRYPTION} holds no key.")
    return EncryptionKeys(active=next(iter(keys)), by_id=keys)


def read_single(folder: Path, name: str) -> bytes:
    """Read a file with one key (`index.key`, `signing.key`); raise ImproperlyConfigured if unusable."""
    return _decode(_read(folder / name).strip(), str(folder / name))


def read_secret(folder: Path) -> str:
    """Read Django's SECRET_KEY; raise ImproperlyConfigured when it is missing or under 50 characters."""
    secret = _read(folder / SECRET).strip()
    if len(secret) < 50:
        raise ImproperlyConfigured(f"{folder / SECRET} is shorter than 50 characters.")
    return secret


def add_encryption_key(folder: Path) -> str:
    """Put a new key in front of `encryption.keys`, so that it seals from now on; return its id."""
    with _locked(folder):
        keys = read_encryption(folder)
        key_id = new_key_id()
        _replace(folder / ENCRYPTION, {key_id: secrets.token_bytes(KEY_BYTES), **keys.by_id})
    return key_id


def remove_encryption_keys(folder: Path, key_ids: set[str]) -> None:
    """Drop keys from `encryption.keys`. The active key stays whatever is asked."""
    with _locked(folder):
        keys = read_encryption(folder)
        kept = {key: value for key, value in keys.by_id.items() if key == keys.active or key not in key_ids}
        _replace(folder / ENCRYPTION, kept)


def new_key_id() -> str:
    """Return an id that tells the day the key was made; no secret, it stands before every sealed value."""
    return f"k{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(3)}"


def _random_text() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise ImproperlyConfigured(
            f"Missing key file {path}. Make it with `python -m core.keys {path.parent}`."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"Unreadable key file {path}: {error.__class__.__name__}.") from None


def _decode(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ImproperlyConfigured(f"{where}: not base64.") from None
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"{where}: a key must have {KEY_BYTES} bytes, this one has {len(key)}.")
    return key


def _write_new(path: Path, text: str) -> bool:
    """Create `path` with `text`, complete or not at all; return False when it exists already."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    _write(temporary, text)
    try:
        os.link(temporary, path)  # fails where os.replace would overwrite
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    return True


def _replace(path: Path, keys: dict[str, bytes]) -> None:
    lines = "".join(f"{key_id}:{base64.b64encode(key).decode()}\n" for key_id, key in keys.items())
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    _write(temporary, lines)
    os.replace(temporary, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time change the key files."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def main(arguments: list[str]) -> int:
    """Make missing key files in the folder named first (default `$KEYS_DIR` or `var/keys`)."""
    folder = Path(arguments[0] if arguments else os.environ.get("KEYS_DIR", "var/keys"))
    made = create_missing(folder)
    sys.stdout.write(f"{folder}: {'made ' + ', '.join(made) if made else 'all keys exist'}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
