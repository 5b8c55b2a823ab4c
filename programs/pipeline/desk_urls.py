"""Addresses of the manager's desk."""

from __future__ import annotations

from django.urls import path

from .views import bulk, desk

urlpatterns = [
    path("antrean/", desk.queue, name="queue"),
    path("antrean/bukti/", desk.evidence, name="desk_evidence"),
    path("antrean/belum-diterima/", desk.unanswered, name="desk_unanswered"),
    path("antrean/menunggu-pusat/", desk.waiting, name="desk_waiting"),
    path("antrean/menunggu-pusat/<uuid:person_id>/", desk.place, name="desk_place"),
    path("antrean/pendamping/", desk.team, name="desk_team"),
    path("antrean/pembinaan/", desk.supervise, name="desk_supervision"),
    path("saya/ktp/", desk.add_own_ktp, name="my_ktp_add"),
    path("ktp/<uuid:document_id>/", desk.ktp_file, name="ktp_file"),
    path("peserta/<uuid:person_id>/ktp/", desk.add_ktp, name="ktp_add"),
    path("peserta/<uuid:person_id>/identitas/nik/", desk.compare_nik, name="compare_nik"),
    path("massal/", bulk.choose, name="bulk"),
    path("massal/<uuid:bulk_id>/", bulk.result, name="bulk_result"),
    path("massal/<uuid:bulk_id>/batal/", bulk.undo, name="bulk_undo"),
]
