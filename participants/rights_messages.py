"""What is said about requests for one's own data: to the person, and to who answers."""

from __future__ import annotations

from collections.abc import Sequence

from core.formats import moment
from notifications.registry import Ids, Values, register

from .models import DataRequest

CITIZEN_PAGE = "/saya/data/"
STAFF_PAGE = "/hak-data/{request_id}/"


def about_request(ids: Sequence[Ids]) -> list[Values | None]:
    """`request`: its number, kind and clock. Nothing is sent about a request that is gone."""
    rows = DataRequest.objects.filter(pk__in={one["request"] for one in ids}).select_related("enrollment")
    found = {str(row.pk): row for row in rows}
    return [_of_request(row) if (row := found.get(one["request"])) else None for one in ids]


def _of_request(request: DataRequest) -> dict[str, str]:
    answer = request.answer.strip()
    return {
        "request_id": str(request.pk),
        "number": request.number,
        "kind": request.kind_label,
        "kind_low": request.kind_label[0].lower() + request.kind_label[1:],
        "due": moment(request.due_at, request.enrollment.zone),
        "outcome": "belum bisa dipenuhi" if request.is_refused else "sudah dipenuhi",
        "answer": f" Jawaban petugas: {answer if answer[-1] in '.!?…' else answer + '.'}" if answer else "",
    }


def register_rights_messages() -> None:
    """Make these kinds known; called once, at start."""
    register(
        "hak_data_diterima",
        title="Permintaan Anda sudah kami terima",
        body="Permintaan {kind_low} Anda bernomor {number}. Kami jawab paling lambat {due}.",
        url=CITIZEN_PAGE,
        context=about_request,
    )
    register(
        "hak_data_dijawab",
        title="Permintaan {number} sudah dijawab",
        body="Permintaan {kind_low} Anda {outcome}.{answer}",
        url=CITIZEN_PAGE,
        context=about_request,
    )
    register(
        "hak_data_masuk",
        title="Permintaan hak data {number}",
        body="{kind}: jawab paling lambat {due}.",
        url=STAFF_PAGE,
        context=about_request,
    )
    register(
        "hak_data_kedua",
        title="Penghapusan {number} menunggu petugas kedua",
        body="Petugas pertama sudah setuju. Periksa sekali lagi, lalu jalankan atau tolak. Batasnya {due}.",
        url=STAFF_PAGE,
        context=about_request,
    )
