"""Files from people and of the portal's own making: checked by content, stored privately, served with care.

What a file is, is read from its bytes; its name and declared type count for nothing. Pictures are decoded and
written anew, which removes place data and whatever else was hidden in them. PDFs cannot be rewritten here, so
those that could act (scripts, attached files, programs) or cannot be looked into (encrypted) are refused.
"""

import errno
import hashlib
import io
import logging
import math
import os
import re
import secrets
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import IO, Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponseBase
from PIL import Image, ImageOps

from core import clock
from core.audit import actor_id
from core.models import StoredFile
from core.privacy import redact_numbers

logger = logging.getLogger(__name__)

IMAGE = frozenset({"image/jpeg", "image/png", "image/webp"})
PDF = frozenset({"application/pdf"})

ACCEPT = "image/jpeg,image/png,image/webp,application/pdf"
"""For the `accept` attribute of a file control that takes IMAGE | PDF."""

LONGEST_SIDE = 2_400
"""Pixels; larger pictures are reduced (a KTP or NIB stays readable)."""

_EXTENSIONS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "application/pdf": ".pdf"}
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_MAX_PIXELS = {
    # 25 MP: a JPEG is decoded at reduced size, and ordinary phones take 12 to 16 MP.
    "image/jpeg": 25_000_000,
    "image/png": 16_000_000,
    "image/webp": 16_000_000,
}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_ORPHAN_AGE = timedelta(hours=24)
_TEMPORARY = ".tmp"

# Long names are looked for everywhere; `/JS` and `/XFA` occur by chance in compressed pictures, so only
# outside them.
_PDF_ACTIVE = re.compile(
    rb"/(JavaScript|Launch|EmbeddedFiles?|Rendition|RichMedia|GoToE|GoToR|ImportData|SubmitForm)(?![A-Za-z0-9])"
)
_PDF_ACTIVE_SHORT = re.compile(rb"/(JS|XFA)(?![A-Za-z0-9])")
_PDF_LOCKED = re.compile(rb"/Encrypt(?![A-Za-z0-9])")
_PDF_HEADER = re.compile(rb"%PDF-[12]\.[0-9]")
_PDF_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_PDF_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_PDF_STREAM_BODY = re.compile(rb">>\s*stream\r?\n.*?endstream", re.DOTALL)
_PDF_DICTIONARY = 1_000
_PDF_INFLATED = 20_000_000


class StorageFull(ValidationError):
    """No room on our side; the person did nothing wrong."""

    def __init__(self) -> None:
        super().__init__(
            "Berkas belum tersimpan karena tempat penyimpanan kami penuh. Isian Anda tidak hilang."
            " Coba lagi nanti, atau kirim lewat WhatsApp ke pusat.",
            code="storage_full",
        )


def store_upload(
    uploaded: "UploadedFile[Any]", *, owner: Any, kinds: frozenset[str] = IMAGE | PDF
) -> StoredFile:
    """Check, clean and store an uploaded file; raise ValidationError in Indonesian when it is refused.

    `owner` is the user who uploads, or None; `kinds` are the accepted content types (`IMAGE`, `PDF` or both).
    """
    limit = upload_limit()
    if uploaded.size is not None and uploaded.size > limit:
        raise _refused(kinds, f"Berkas Anda {_megabytes(uploaded.size)}")
    uploaded.seek(0)
    content = uploaded.read(limit + 1)
    if len(content) > limit:
        raise _refused(kinds, f"Berkas Anda lebih dari {_megabytes(limit)}")
    if not content:
        raise ValidationError("Berkas ini kosong. Pilih berkas lain.", code="file_empty")
    content_type = sniff(content)
    if content_type is None or content_type not in kinds:
        raise _refused(kinds, "Jenis berkas ini tidak bisa diterima")
    size: tuple[int, int] | tuple[None, None] = (None, None)
    if content_type in IMAGE:
        content, content_type, size = clean_image(content, content_type)
    else:
        check_pdf(content)
    return _store(
        lambda file: file.write(content),
        name=_clean_name(uploaded.name or "", content_type),
        content_type=content_type,
        uploaded_by_id=actor_id(owner),
        width=size[0],
        height=size[1],
    )


def store_generated(
    content: bytes | Path | IO[bytes],
    *,
    name: str,
    content_type: str,
    owner_id: UUID | None,
    run_token: UUID | None = None,
) -> StoredFile:
    """Store a file that the portal made (a report, a certificate), without content checks or size limit.

    Raises StorageFull, or OSError for other faults of the disk; nothing is left behind.
    """

    def write(target: IO[bytes]) -> None:
        if isinstance(content, bytes):
            target.write(content)
        elif isinstance(content, Path):
            with content.open("rb") as source:
                _copy(source, target)
        else:
            _copy(content, target)

    return _store(
        write,
        name=_plain_name(name) or "berkas",
        content_type=content_type,
        uploaded_by_id=owner_id,
        run_token=run_token,
        suffix=Path(_plain_name(name)).suffix[:8],
    )


def serve(stored_file: StoredFile, *, download: bool = False) -> HttpResponseBase:
    """Return the file's bytes; the caller has checked that this user may see it.

    Pictures may be shown inside a page, everything else is a download. Whatever the bytes are, the browser
    neither guesses their type nor runs anything in them. Raises Http404 when the bytes are gone.
    """
    try:
        source = full_path(stored_file).open("rb")
    except OSError as error:
        logger.error("stored file unreadable", extra={"file": str(stored_file.pk), "error": error.errno})
        raise Http404 from None
    response = FileResponse(
        source,
        as_attachment=download or not stored_file.is_image,
        filename=stored_file.original_name,
        content_type=stored_file.content_type,
    )
    response["Content-Length"] = str(stored_file.size)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; frame-ancestors 'none'"
    response["Cache-Control"] = "private, no-store"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def full_path(stored_file: StoredFile) -> Path:
    """Return where the bytes lie; raise ValueError for a path outside `settings.FILES_DIR`."""
    root = _root()
    path = (root / stored_file.path).resolve()
    if not path.is_relative_to(root.resolve()):
        raise ValueError("a stored file lies outside the private folder")
    return path


def delete(stored_file: StoredFile) -> None:
    """Delete the record now and the bytes once the transaction is committed."""
    path = full_path(stored_file)
    stored_file.delete()
    transaction.on_commit(lambda: _unlink(path), robust=True)


def upload_limit() -> int:
    """Return the largest accepted upload in bytes."""
    return int(getattr(settings, "UPLOAD_MAX_BYTES", 5 * 1024 * 1024))


def sniff(content: bytes) -> str | None:
    """Return the content type that the first bytes prove, None for anything not accepted here."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if _PDF_HEADER.match(content):
        return "application/pdf"
    return None


def clean_image(content: bytes, content_type: str) -> tuple[bytes, str, tuple[int, int]]:
    """Decode a picture and write it anew; return its bytes, type and (width, height) in pixels.

    Turned the right way up, reduced to `LONGEST_SIDE`, first frame only, without EXIF, place, profile or
    comments. Raises ValidationError for a picture that is damaged or has too many pixels (told from its
    header).
    """
    unreadable = ValidationError(
        "Foto ini rusak atau tidak bisa dibaca. Ambil fotonya sekali lagi, lalu kirim.", code="image_broken"
    )
    try:
        with Image.open(io.BytesIO(content), formats=[_FORMATS[content_type]]) as image:
            width, height = image.size
            if width * height > _MAX_PIXELS[content_type] or max(width, height) > 20_000:
                raise _too_many_pixels(f"{width} × {height} piksel")
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            image.load()
            upright = ImageOps.exif_transpose(image)
            picture = _plain(upright)
    except ValidationError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels("lebih dari 80 juta piksel") from None
    except Exception as error:  # decoders raise anything for hostile bytes, up to MemoryError
        logger.info("picture refused", extra={"error": type(error).__name__})
        raise unreadable from None
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    picture.info = {}
    data = _encode(picture, content_type)
    if content_type == "image/png" and len(data) > upload_limit():
        content_type = "image/jpeg"  # a photo saved as PNG
        flat = Image.new("RGB", picture.size, "white")
        flat.paste(picture, mask=picture if picture.mode == "RGBA" else None)
        data = _encode(flat, content_type)
    return data, content_type, picture.size


def _too_many_pixels(found: str) -> ValidationError:
    return ValidationError(
        f"Foto ini terlalu besar: {found}. Kecilkan dulu, atau ambil foto biasa.", code="image_pixels"
    )


def _plain(image: Image.Image) -> Image.Image:
    """Return the pixels alone, as RGB or, where something is transparent, RGBA."""
    transparent = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    return image.convert("RGBA" if transparent else "RGB")


def _encode(image: Image.Image, content_type: str) -> bytes:
    target = io.BytesIO()
    if content_type == "image/jpeg":
        image.convert("RGB").save(target, "JPEG", quality=85, optimize=True, progressive=True)
    elif content_type == "image/webp":
        image.save(target, "WEBP", quality=85, method=4)
    else:
        image.save(target, "PNG", compress_level=6)
    return target.getvalue()


def check_pdf(content: bytes) -> None:
    """Raise ValidationError for a PDF that is damaged, encrypted, carries something else, or could act."""
    tail = content[-1_024:]
    if b"%%EOF" not in tail or content.rstrip(b"\r\n\t \0")[-5:] != b"%%EOF" or b"startxref" not in tail:
        raise ValidationError(
            "PDF ini rusak atau tidak lengkap. Simpan atau unduh sekali lagi, lalu kirim.", code="pdf_broken"
        )
    names = _unescaped(content)
    if _PDF_LOCKED.search(names):
        raise ValidationError(
            "PDF ini terkunci, jadi tidak bisa kami periksa. Kirim fotonya, atau PDF yang tidak dikunci.",
            code="pdf_locked",
        )
    written = _unescaped(_PDF_STREAM_BODY.sub(b">>", content))
    hidden = [_unescaped(objects) for objects in _pdf_object_streams(content)]
    if any(_PDF_ACTIVE.search(part) for part in (names, *hidden)) or any(
        _PDF_ACTIVE_SHORT.search(part) for part in (written, *hidden)
    ):
        raise ValidationError(
            "PDF ini berisi program atau lampiran. Kirim fotonya, atau cetak ulang menjadi PDF biasa.",
            code="pdf_active",
        )


def _unescaped(content: bytes) -> bytes:
    """Return PDF text with the `#4a` spelling of characters in names resolved."""
    return _PDF_ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), content)


def _pdf_object_streams(content: bytes) -> Iterator[bytes]:
    """Yield what compressed object streams hold; raise ValidationError where it cannot be seen in bounds."""
    complicated = ValidationError(
        "PDF ini terlalu rumit untuk diperiksa. Kirim fotonya, atau cetak ulang menjadi PDF biasa.",
        code="pdf_complicated",
    )
    budget = _PDF_INFLATED
    for match in _PDF_STREAM.finditer(content):
        before = content[max(0, match.start() - _PDF_DICTIONARY) : match.start()]
        dictionary = _unescaped(before[max(before.rfind(b" obj"), before.rfind(b"endstream")) + 1 :])
        if b"/ObjStm" not in dictionary:
            continue
        filters = re.findall(rb"/(\w+Decode)\b", dictionary)
        if filters not in ([], [b"FlateDecode"]) or re.search(rb"/Predictor\s+(?!1\b)", dictionary):
            raise complicated
        if not filters:
            continue  # plain text, already looked through with the rest
        inflater = zlib.decompressobj()
        try:
            inflated = inflater.decompress(content[match.end() :], budget)
        except zlib.error:
            raise complicated from None
        budget -= len(inflated)
        if budget <= 0:
            raise complicated
        yield inflated


def sweep_orphans() -> int:
    """Remove bytes without a record and job files that are no result, older than a day; return how many.

    They come from transactions that were undone and from workers that were killed.
    """
    before = clock.now() - _ORPHAN_AGE
    removed = 0
    abandoned = StoredFile.objects.filter(run_token__isnull=False, created_at__lt=before, jobs__isnull=True)
    for stored_file in list(abandoned[:1_000]):
        delete(stored_file)
        removed += 1
    for folder in _folders():
        old = [entry for entry in os.scandir(folder) if entry.stat().st_mtime < before.timestamp()]
        paths = {f"{folder.name}/{entry.name}": Path(entry.path) for entry in old if entry.is_file()}
        known = set(StoredFile.objects.filter(path__in=list(paths)).values_list("path", flat=True))
        for name, path in paths.items():
            if name not in known:
                _unlink(path)
                removed += 1
    return removed


def _folders() -> Iterator[Path]:
    root = _root()
    if root.is_dir():
        yield from (Path(entry.path) for entry in os.scandir(root) if entry.is_dir(follow_symlinks=False))


def _store(write: Callable[[IO[bytes]], Any], *, name: str, suffix: str = "", **values: Any) -> StoredFile:
    """Write the bytes completely (temporary file, fsync, rename), then the record."""
    file_id = uuid4()
    token = secrets.token_hex(16)
    relative = f"{token[:2]}/{token[2:]}{suffix or _EXTENSIONS.get(values['content_type'], '')}"
    path = _root() / relative
    with _written(path) as temporary:
        write(temporary)
        temporary.flush()
        os.fsync(temporary.fileno())
        size = temporary.tell()
        temporary.seek(0)
        digest = hashlib.sha256()
        while block := temporary.read(1 << 20):
            digest.update(block)
    try:
        return StoredFile.objects.create(
            id=file_id, path=relative, sha256=digest.hexdigest(), size=size, original_name=name, **values
        )
    except BaseException:
        _unlink(path)
        raise


@contextmanager
def _written(path: Path) -> Iterator[IO[bytes]]:
    """Give a temporary file that becomes `path` when the block ends well and vanishes otherwise."""
    temporary: Path | None = None
    try:
        for folder in (path.parent, _root() / _TEMPORARY):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = _root() / _TEMPORARY / secrets.token_hex(16)
        handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w+b") as file:
            yield file
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        if error.errno in _FULL:
            logger.error("no room for files", extra={"error": error.errno})
            raise StorageFull from None
        raise
    finally:
        if temporary is not None:
            _unlink(temporary)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unlink(path: Path) -> None:
    with suppress(FileNotFoundError):
        path.unlink()


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while block := source.read(1 << 20):
        target.write(block)


def _root() -> Path:
    return Path(settings.FILES_DIR)


def _plain_name(name: str) -> str:
    """Return the last part of a name, without characters that no file name shown to people should hold."""
    last = re.split(r"[/\\]", name[-1_000:])[-1]
    readable = "".join(
        character for character in last if character.isprintable() and character not in '<>:"|?*'
    )
    return " ".join(readable.split())[-120:]


def _clean_name(name: str, content_type: str) -> str:
    """Return a name to show, ending in what the file really is; phones call photos of a KTP by its NIK."""
    stem = redact_numbers(Path(_plain_name(name)).stem).strip(" .")
    return (stem[:100] or "berkas") + _EXTENSIONS[content_type]


def _refused(kinds: frozenset[str], why: str) -> ValidationError:
    formats = " atau ".join(
        text for kind, text in ((IMAGE, "foto (JPG, PNG, WebP)"), (PDF, "PDF")) if kinds & kind
    )
    return ValidationError(
        f"Berkas tidak terkirim. {why}. Pakai {formats}, paling besar {_megabytes(upload_limit())}.",
        code="file_refused",
    )


def _megabytes(size: int) -> str:
    """Return a size as people read it (`5 MB`, `5,2 MB`), rounded up: just above a limit shows as above."""
    return f"{math.ceil(size * 10 / (1024 * 1024)) / 10:.1f}".removesuffix(".0").replace(".", ",") + " MB"
