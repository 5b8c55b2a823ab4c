"""Files are what their bytes are, come out clean, lie privately and leave nothing when something fails."""

import errno
import io
import os
import resource
import stat
import struct
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import typst
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import Http404
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image
from pytest_django import Settings

from core import files
from core.models import StoredFile

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("files_dir")]


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **options: Any) -> bytes:
    """A picture whose left half is red, so that turning and mirroring can be seen."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def with_place(orientation: int = 1) -> bytes:
    """A JPEG as phones make it: orientation, maker and GPS position in its EXIF."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "MerekHP"
    exif.get_ifd(0x8825).update({1: "S", 2: (6.0, 14.0, 2.5)})
    return picture(exif=exif, comment=b"komentar rahasia")


PLAIN_PDF = typst.compile(b'#set document(title: "NIB")\n= Nomor Induk Berusaha\n91203045')


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A small PDF with these objects."""
    body = b"".join(
        b"%d 0 obj\n%s\nendobj\n" % (number, text) for number, text in enumerate(objects, start=1)
    )
    return b"%PDF-1.7\n" + body + b"trailer\n<< /Root 1 0 R " + trailer + b">>\nstartxref\n9\n%%EOF\n"


def flate(objects: bytes, dictionary: bytes = b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode") -> bytes:
    return b"<< " + dictionary + b" >>\nstream\n" + zlib.compress(objects) + b"\nendstream"


def store(content: bytes, name: str = "foto.jpg", **options: Any) -> StoredFile:
    return files.store_upload(SimpleUploadedFile(name, content, "image/jpeg"), owner=None, **options)


def refusal(content: bytes, name: str = "foto.jpg", **options: Any) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        store(content, name, **options)
    return caught.value


def on_disk(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def opened(stored: StoredFile) -> Image.Image:
    return Image.open(files.full_path(stored))


@pytest.mark.parametrize(
    ("kind", "content_type", "suffix"),
    [("JPEG", "image/jpeg", ".jpg"), ("PNG", "image/png", ".png"), ("WEBP", "image/webp", ".webp")],
)
def test_pictures_are_stored_with_size_type_and_fingerprint(
    kind: str, content_type: str, suffix: str
) -> None:
    stored = store(picture(kind), "KTP saya.bin")
    assert (stored.content_type, stored.width, stored.height) == (content_type, 60, 40)
    assert stored.original_name == f"KTP saya{suffix}"
    path = files.full_path(stored)
    assert (path.stat().st_size, len(stored.sha256)) == (stored.size, 64)
    assert opened(stored).format == kind


def test_files_lie_under_random_names_for_the_portal_alone(files_dir: Path) -> None:
    first, second = store(picture(), "KTP Siti.jpg"), store(picture(), "KTP Siti.jpg")
    assert first.path != second.path
    assert "siti" not in first.path.lower()
    path = files.full_path(first)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(on_disk(files_dir)) == 2


def test_place_maker_and_comments_are_gone() -> None:
    source = with_place()
    assert b"MerekHP" in source
    stored = store(source)
    content = files.full_path(stored).read_bytes()
    assert b"MerekHP" not in content
    assert b"rahasia" not in content
    assert b"Exif" not in content
    assert not opened(stored).getexif()


def test_a_turned_photo_stands_upright() -> None:
    stored = store(with_place(orientation=6))  # turned a quarter to the right
    assert (stored.width, stored.height) == (40, 60)
    top, bottom = (opened(stored).getpixel((20, y)) for y in (5, 55))
    assert top[0] > 200 > 50 > bottom[0]  # type: ignore[index]


def test_large_photos_are_reduced() -> None:
    stored = store(picture(size=(4000, 3000)))
    assert (stored.width, stored.height) == (2400, 1800)


def test_a_transparent_picture_stays_transparent() -> None:
    target = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(target, "PNG")
    assert opened(store(target.getvalue(), "cap.png")).getpixel((1, 1)) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "hidden", [b"<?php system($_GET[0]); ?>", b"<script>alert(1)</script>", b"PK\x03\x04" + b"x" * 99]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_hides_behind_or_inside_a_picture_is_dropped(kind: str, hidden: bytes) -> None:
    stored = store(picture(kind) + hidden)
    assert hidden not in files.full_path(stored).read_bytes()
    inside = store(picture("JPEG", comment=hidden))
    assert hidden not in files.full_path(inside).read_bytes()


def png_header(width: int, height: int) -> bytes:
    """A PNG that says it is huge and holds a few bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 10_000_000, 9))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "size", [(5_000, 5_000), (12_000, 9_000), (30_000, 30_000), (60_000, 60_000), (1, 30_000)]
)
def test_a_pixel_flood_is_refused_from_its_header(size: tuple[int, int]) -> None:
    begin = time.thread_time()
    error = refusal(png_header(*size), "bom.png")
    assert error.code == "image_pixels"
    assert time.thread_time() - begin < 1  # of the processor; a busy machine changes nothing


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"MZ\x90\0" + b"\0" * 100,
        b"GIF89a" + b"\0" * 100,
        b"PK\x03\x04" + b"\0" * 100,
        b"\n%PDF-1.7\n%%EOF",
        b"RIFF\0\0\0\0WAVE",
        b"\xff\xd8",
    ],
)
def test_other_files_are_refused_whatever_they_are_called(content: bytes, files_dir: Path) -> None:
    error = refusal(content, "foto.jpg")
    assert error.messages[0].startswith("Berkas tidak terkirim.")
    assert "foto (JPG, PNG, WebP) atau PDF" in error.messages[0]
    assert on_disk(files_dir) == []


def test_only_the_asked_kinds_are_taken() -> None:
    assert "foto" not in refusal(picture(), kinds=files.PDF).messages[0].split("Pakai")[1]
    assert "PDF" not in refusal(PLAIN_PDF, kinds=files.IMAGE).messages[0].split("Pakai")[1]


def test_a_file_that_is_too_large_hears_its_size(settings: Settings) -> None:
    assert refusal(b"\xff\xd8\xff" + b"x" * (5 * 1024 * 1024)).messages == [
        "Berkas tidak terkirim. Berkas Anda 5,1 MB. Pakai foto (JPG, PNG, WebP) atau PDF, paling besar 5 MB."
    ]
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    assert "1,5 MB" in refusal(b"x" * (1024 * 1024 * 3 // 2)).messages[0]
    assert "paling besar 1 MB" in refusal(b"x" * (1024 * 1024 * 3 // 2)).messages[0]


def test_an_empty_file_is_told() -> None:
    assert refusal(b"").code == "file_empty"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_cut_picture_is_refused(kind: str) -> None:
    content = picture(kind, size=(300, 300))
    assert refusal(content[: len(content) // 2]).code == "image_broken"


@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None
)
@given(data=st.data())
def test_damaged_files_are_cleaned_or_refused(data: st.DataObject) -> None:
    content = bytearray(
        data.draw(st.sampled_from([with_place(), picture("PNG"), picture("WEBP"), PLAIN_PDF]))
    )
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ValidationError):
        store(bytes(content))


def test_an_honest_pdf_is_stored_as_it_is() -> None:
    stored = store(PLAIN_PDF, "NIB 91203045.PDF")
    assert (stored.content_type, stored.original_name) == ("application/pdf", "NIB 91203045.pdf")
    assert files.full_path(stored).read_bytes() == PLAIN_PDF


def test_chance_letters_in_a_compressed_picture_are_no_script() -> None:
    store(pdf(b"<< /Type /Catalog >>", b"<< /Subtype /Image >>\nstream\n\0\1/JS /XFA\2\3\nendstream"))


SCRIPT = b"<< /S /JavaScript /JS (app.alert(1)) >>"


@pytest.mark.parametrize(
    "content",
    [
        pdf(b"<< /Type /Catalog /OpenAction " + SCRIPT + b" >>"),
        pdf(b"<< /Type /Catalog /OpenAction << /S /J#61vaScript /J#53 (app.alert(1)) >> >>"),
        pdf(b"<< /Type /Catalog /AA << /O << /S /Rendition /JS (x) >> >> >>"),
        pdf(b"<< /Type /Catalog /A << /S /Launch /F (cmd.exe) >> >>"),
        pdf(b"<< /Names << /EmbeddedFiles 2 0 R >> >>"),
        pdf(b"<< /Type /Filespec /EF << /F 2 0 R >> >>", b"<< /Type /EmbeddedFile >>"),
        pdf(b"<< /AcroForm << /XFA [] >> >>"),
        pdf(b"<< /A << /JS(x) >> >>"),
        pdf(b"<< /Type /Catalog >>", flate(b"2 0 " + SCRIPT)),
        pdf(b"<< /Type /Catalog >>", flate(b"2 0 " + SCRIPT, b"/Type /Obj#53tm /Filter /FlateDecode")),
        pdf(b"<< /T (>> stream\n) /OpenAction " + SCRIPT + b" /U (endstream) >>"),
    ],
)
def test_a_pdf_that_could_act_is_refused(content: bytes) -> None:
    assert refusal(content, "nib.pdf").code == "pdf_active"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (pdf(b"<< >>", trailer=b"/Encrypt 5 0 R "), "pdf_locked"),
        (PLAIN_PDF[:-200], "pdf_broken"),
        (PLAIN_PDF + b"PK\x03\x04 ekor", "pdf_broken"),
        (b"%PDF-1.7\n%%EOF", "pdf_broken"),
        (pdf(flate(b"\0" * 30_000_000)), "pdf_complicated"),
        (
            pdf(b"<< /Type /ObjStm /Filter [/ASCIIHexDecode /FlateDecode] >>\nstream\nxx\nendstream"),
            "pdf_complicated",
        ),
        (pdf(b"<< /Type /ObjStm /Filter /FlateDecode >>\nstream\nrusak\nendstream"), "pdf_complicated"),
    ],
)
def test_a_pdf_that_cannot_be_looked_through_is_refused(content: bytes, code: str) -> None:
    assert refusal(content, "nib.pdf").code == code


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\fakepath\\KTP.JPG", "KTP.jpg"),
        ("foto.jpg.exe", "foto.jpg.jpg"),
        ("a\u202egpj.exe", "agpj.jpg"),
        ("..", "berkas.jpg"),
        ("x" * 400 + ".jpg", "x" * 100 + ".jpg"),
        ('a"b\r\nSet-Cookie: x.jpg', "abSet-Cookie x.jpg"),
        ("KTP_3174077105950000.jpg", "KTP_[NIK].jpg"),
        ("nib 0812-0000-1234.jpg", "nib [nomor HP].jpg"),
        ("IMG_20261122_182707.jpg", "IMG_20261122_182707.jpg"),
    ],
)
def test_names_are_made_harmless(name: str, shown: str) -> None:
    uploaded = SimpleUploadedFile("x.jpg", picture())
    uploaded._name = name  # type: ignore[attr-defined]  # past Django's own cleaning
    assert files.store_upload(uploaded, owner=None).original_name == shown


def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every new file lies on a device that is full: the kernel itself answers ENOSPC."""
    real = os.open
    monkeypatch.setattr(
        files.os,
        "open",
        lambda path, flags, mode=0o777: (
            real("/dev/full", os.O_RDWR) if flags & os.O_CREAT else real(path, flags, mode)
        ),
    )


def test_a_full_disk_is_told_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, files_dir: Path) -> None:
    full_disk(monkeypatch)
    error = refusal(picture())
    assert error.code == "storage_full"
    assert "penuh" in error.messages[0]
    assert on_disk(files_dir) == []
    assert not StoredFile.objects.exists()
    monkeypatch.undo()


def test_a_file_that_does_not_fit_leaves_no_half(files_dir: Path) -> None:
    """The quota ends in the middle of the file: half of it is on disk when the write fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(files.StorageFull):
            files.store_generated(b"x" * 100_000, name="a.csv", content_type="text/csv", owner_id=None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert on_disk(files_dir) == []
    assert not StoredFile.objects.exists()


def test_other_faults_of_the_disk_are_not_blamed_on_space(
    monkeypatch: pytest.MonkeyPatch, files_dir: Path
) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "I/O error")

    monkeypatch.setattr(files.os, "replace", broken)
    with pytest.raises(OSError, match="I/O error"):
        store(picture())
    assert on_disk(files_dir) == []


def test_a_record_that_cannot_be_written_leaves_no_bytes(
    monkeypatch: pytest.MonkeyPatch, files_dir: Path
) -> None:
    monkeypatch.setattr(StoredFile.objects, "create", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store(picture())
    assert on_disk(files_dir) == []


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_a_picture_is_served_so_that_nothing_in_it_runs() -> None:
    stored = store(picture(), "KTP Siti.jpg")
    response = files.serve(stored)
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Disposition"] == 'inline; filename="KTP Siti.jpg"'
    assert body(response) == files.full_path(stored).read_bytes()
    assert files.serve(stored, download=True)["Content-Disposition"].startswith("attachment")


def test_everything_else_is_a_download() -> None:
    assert files.serve(store(PLAIN_PDF, "nib.pdf"))["Content-Disposition"] == 'attachment; filename="nib.pdf"'


def test_bytes_that_are_gone_are_a_404() -> None:
    stored = store(picture())
    files.full_path(stored).unlink()
    with pytest.raises(Http404):
        files.serve(stored)


def test_no_record_leads_out_of_the_folder() -> None:
    with pytest.raises(ValueError, match="outside"):
        files.full_path(StoredFile(path="../../etc/passwd"))


@pytest.mark.django_db(transaction=True)
def test_bytes_go_only_when_the_deletion_is_committed(files_dir: Path) -> None:
    stored = store(picture())

    @transaction.atomic
    def delete_in_vain() -> None:
        files.delete(stored)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        delete_in_vain()
    assert len(on_disk(files_dir)) == 1
    files.delete(StoredFile.objects.get())
    assert on_disk(files_dir) == []


def test_bytes_without_a_record_go_after_a_day(files_dir: Path) -> None:
    kept, undone, fresh = store(picture()), store(picture()), store(picture())
    StoredFile.objects.filter(pk__in=[undone.pk, fresh.pk]).delete()
    rest = files_dir / ".tmp" / "rest"
    rest.write_bytes(b"x")
    old = time.time() - 2 * 24 * 3600
    for path in (files.full_path(kept), files.full_path(undone), rest):
        os.utime(path, (old, old))
    assert files.sweep_orphans() == 2
    assert sorted(on_disk(files_dir)) == sorted([files.full_path(kept), files.full_path(fresh)])


def test_generated_files_come_from_bytes_paths_and_streams(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_bytes(b"a;b")
    for content in (b"a;b", source, io.BytesIO(b"a;b")):
        stored = files.store_generated(content, name="Laporan 31.csv", content_type="text/csv", owner_id=None)
        assert files.full_path(stored).read_bytes() == b"a;b"
        assert stored.path.endswith(".csv")
        assert stored.original_name == "Laporan 31.csv"
