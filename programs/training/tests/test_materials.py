"""Files of a course: checked, private, for who has a seat, teaches or plans."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.models import Role, User
from accounts.tests.factories import staff
from core import files
from core.models import AuditEntry, StoredFile
from programs.training import materials, services
from programs.training.models import Course, CourseMaterial, TrainerKind

from .factories import AT, enrolled, manager_of, trainee, training_class

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo_mode(settings: Any, tmp_path: Path) -> Any:
    settings.DEMO_MODE, settings.FILES_DIR = True, tmp_path
    with time_machine.travel(AT, tick=False):
        yield


def picture(name: str = "panduan.png", kind: str = "PNG") -> SimpleUploadedFile:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "#ddd").save(content, kind)
    return SimpleUploadedFile(name, content.getvalue())


class Shelf:
    """A course of a centre with one class, its trainer and a file."""

    def __init__(self) -> None:
        self.manager = manager_of()
        self.trainer = staff(Role.PELATIH, "P31.74.07", is_demo=True)
        self.one = training_class(manager=self.manager, trainers={self.trainer.pk: TrainerKind.MITRA})
        self.course = self.one.course
        center = self.one.center
        Course.objects.filter(pk=self.course.pk).update(center=center)

    def client(self, user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user, backend="accounts.backends.LoginBackend")
        return client

    def send(self, user: User | None = None, title: str = "Panduan", **fields: Any) -> Any:
        address = reverse("material_add", args=[self.course.pk])
        return self.client(user or self.manager).post(address, {"title": title} | fields)

    @property
    def file(self) -> CourseMaterial:
        return CourseMaterial.objects.get(course=self.course, file__isnull=False)

    def status(self, user: User | None) -> int:
        return self.client(user).get(reverse("material_file", args=[self.file.pk])).status_code


def test_a_file_opens_for_who_has_a_seat_teaches_or_plans_and_for_nobody_else() -> None:
    shelf = Shelf()
    assert shelf.send(file=picture()).status_code == 303
    seated, waiting = enrolled(shelf.one), trainee()
    inside, outside = seated.enrollment.person.user, waiting.person.user
    assert inside is not None and outside is not None
    assert [shelf.status(user) for user in (inside, shelf.trainer, shelf.manager)] == [200] * 3
    strangers = (outside, manager_of("P73.71.01"), staff(Role.PELATIH, "P31.74.07", is_demo=True))
    assert [shelf.status(user) for user in strangers] == [404] * 3
    assert shelf.status(None) == 303
    page = shelf.client(inside).get(shelf.one.get_absolute_url()).content.decode()
    assert "Panduan" in page and "Buku" in page
    assert "Panduan" not in shelf.client(outside).get(shelf.one.get_absolute_url()).content.decode()
    services.give_up(seat_id=seated.pk, actor=inside, at=AT)
    assert shelf.status(inside) == 404


@pytest.mark.parametrize(
    "content",
    [
        b"", b"<html><script>alert(1)</script>", b"%PDF-1.4 /JavaScript (app.alert(1)) startxref 0 %%EOF",
        b"PK\x03\x04" + b"x" * 100, b"RIFF0000WEBPVP8 ", b"\x89PNG\r\n\x1a\n broken",
    ],
)  # fmt: skip
def test_what_is_no_document_is_refused(content: bytes) -> None:
    shelf = Shelf()
    answer = shelf.send(file=SimpleUploadedFile("panduan.pdf", content))
    assert answer.status_code == 422 and not CourseMaterial.objects.filter(file__isnull=False).exists()
    assert not StoredFile.objects.exists()


def test_too_large_too_many_and_without_a_file_are_refused_in_words(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf()
    assert "Pilih berkasnya." in shelf.send().content.decode()
    settings.UPLOAD_MAX_BYTES = 50
    assert "paling besar" in shelf.send(file=picture()).content.decode()
    settings.UPLOAD_MAX_BYTES = 5_000_000
    monkeypatch.setattr(materials, "MOST_FILES", 1)
    shelf.send(file=picture())
    assert "Paling banyak 1 berkas" in shelf.send(file=picture()).content.decode()
    assert StoredFile.objects.count() == 1


def test_saving_the_course_keeps_its_files_and_removes_those_picked() -> None:
    shelf = Shelf()
    shelf.send(file=picture())
    address = reverse("course_edit", args=[shelf.course.pk])
    client, kept = shelf.client(shelf.manager), shelf.file
    values = {
        "title": "Dasar usaha", "level": "dasar", "aims": "Bisa", "hours": "6", "topics": "Satu",
        "materials": "Lembar | https://contoh.id/lembar", "is_active": "on",
    }  # fmt: skip
    assert client.post(address, values).status_code == 303
    titles = [one.title for one in shelf.course.materials.all()]
    assert titles == ["Lembar", "Panduan"] and shelf.file == kept and kept.file is not None
    path = files.full_path(kept.file)
    assert path.exists()
    assert client.post(address, values | {"removed": "bukan-pilihan"}).status_code == 422
    client.post(address, values | {"removed": str(kept.pk)})
    assert [one.title for one in shelf.course.materials.all()] == ["Lembar"]
    assert not StoredFile.objects.exists()
    assert AuditEntry.objects.filter(action="kursus.bahan").count() == 1


def test_a_material_is_a_link_or_a_file_never_both() -> None:
    shelf = Shelf()
    shelf.send(file=picture())
    for change in ({"url": "https://contoh.id/"}, {"file": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CourseMaterial.objects.filter(pk=shelf.file.pk).update(**change)
