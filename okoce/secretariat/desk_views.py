"""`/sekretariat/`: where the secretariat's day begins."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from accounts.access import role_required
from accounts.models import Role
from accounts.requests import actor_of
from core import clock

from . import attention

TOOLS = (
    ("rules", "Aturan", "Batas waktu, syarat tahap, dan masa simpan", "clock"),
    ("users", "Pengguna dan peran", "Akun petugas, peran, kode sekali pakai", "users"),
    ("secretariat_centers", "Pusat", "Buka, ubah, atau tutup pusat", "pin"),
    ("secretariat_agencies", "Dinas", "Daftar dinas per wilayah", "brief"),
    ("audit", "Catatan audit", "Siapa berbuat apa, kapan, mengapa", "eye"),
    ("support", "Tampilan dukungan", "Lihat portal seperti petugas atau peserta", "help"),
    ("admin:index", "Data lain", "Pengaturan yang jarang diubah", "lock"),
)
"""The secretariat's tools: name of the address, words, icon."""


@role_required(Role.ADMIN)
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What waits, the late first, and the way to every tool."""
    matters = attention.load_matters(actor_of(request), at=clock.now())
    return render(request, "secretariat/desk.html", {"matters": matters, "tools": list(_tools())})


def _tools() -> list[dict[str, str]]:
    found = []
    for name, label, note, icon in TOOLS:
        try:
            found.append({"href": reverse(name), "label": label, "note": note, "icon": icon})
        except NoReverseMatch:
            continue
    return found
