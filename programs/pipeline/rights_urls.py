"""Addresses of data rights: one's own page and its children, and the queue of those who answer."""

from __future__ import annotations

from django.urls import path

from participants.views import data_rights as own

from .views import data_rights as staff

urlpatterns = [
    path("saya/data/", own.my_data, name="my_data"),
    path("saya/data/buka/", own.reveal_own, name="my_data_reveal"),
    path("saya/data/unduh/", own.download, name="my_data_download"),
    path("saya/data/perbaiki/", own.correct, name="my_data_correct"),
    path("saya/data/hapus/", own.erase, name="my_data_erase"),
    path("saya/data/berhenti/", own.leave, name="my_data_leave"),
    path("saya/data/persetujuan/<slug:purpose>/", own.consent, name="my_data_consent"),
    path("saya/data/permintaan/<slug:number>/batal/", own.cancel, name="my_data_cancel"),
    path("hak-data/", staff.data_requests, name="data_requests"),
    path("hak-data/<uuid:request_id>/", staff.data_request, name="data_request"),
]
