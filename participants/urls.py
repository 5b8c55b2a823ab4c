"""Addresses of registration. Include before the pipeline's: `/peserta/<id>/kode/` is one of these."""

from __future__ import annotations

from django.urls import path

from .views import corrections, counter, duplicates, registration

urlpatterns = [
    path("daftar/", registration.register, name="register"),
    path("daftar/berhasil/", registration.success, name="register_success"),
    path("daftar/periksa/", registration.check, name="register_check"),
    path("loket/", counter.counter, name="counter"),
    path("loket/<str:number>/slip/", counter.slip, name="counter_slip"),
    path("saya/perbaikan-nik/", corrections.mine, name="my_nik_correction"),
    path("koreksi-nik/", corrections.queue, name="nik_corrections"),
    path("koreksi-nik/<uuid:correction_id>/", corrections.decide, name="nik_correction"),
    path("peserta/<uuid:person_id>/perbaikan-nik/", corrections.ask, name="nik_correction_request"),
    path("duplikat/", duplicates.review, name="duplicates"),
    path("duplikat/<uuid:one>/<uuid:other>/beda/", duplicates.different, name="duplicate_different"),
    path("peserta/<uuid:person_id>/kode/", counter.person_code, name="person_code"),
]
