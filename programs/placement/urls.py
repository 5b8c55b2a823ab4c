"""Addresses of work: the public board, the participant's own page, the centre's desk."""

from __future__ import annotations

from django.urls import path

from .views import desk, own, public

urlpatterns = [
    path("lowongan/", public.vacancy_list, name="vacancy_list"),
    path("lowongan/<uuid:vacancy_id>/", public.vacancy_page, name="vacancy_page"),
    path("lowongan/<uuid:vacancy_id>/lamar/", public.vacancy_apply, name="vacancy_apply"),
    path("konfirmasi-kerja/<slug:code>/", public.placement_answer, name="placement_answer"),
    path("saya/lamaran/", own.my_applications, name="my_applications"),
    path("saya/lamaran/<uuid:application_id>/tarik/", own.application_withdraw, name="application_withdraw"),
    path("saya/kerja/baru/", own.job_new, name="job_new"),
    path("saya/kerja/<uuid:placement_id>/benar/", own.placement_confirm, name="placement_confirm"),
    path("saya/kerja/<uuid:placement_id>/tidak/", own.placement_deny, name="placement_deny"),
    path("pusat/lowongan/", desk.vacancy_desk_list, name="vacancy_desk_list"),
    path("pusat/lowongan/baru/", desk.vacancy_new, name="vacancy_new"),
    path("pusat/lowongan/<uuid:vacancy_id>/", desk.vacancy_desk, name="vacancy_desk"),
    path("pusat/lowongan/<uuid:vacancy_id>/ubah/", desk.vacancy_edit, name="vacancy_edit"),
    path("pusat/lowongan/<uuid:vacancy_id>/tutup/", desk.vacancy_close, name="vacancy_close"),
    path("pusat/lowongan/<uuid:vacancy_id>/buka/", desk.vacancy_reopen, name="vacancy_reopen"),
    path(
        "pusat/lamaran/<uuid:application_id>/wawancara/", desk.application_invite, name="application_invite"
    ),
    path("pusat/lamaran/<uuid:application_id>/terima/", desk.application_accept, name="application_accept"),
    path("pusat/lamaran/<uuid:application_id>/tolak/", desk.application_refuse, name="application_refuse"),
    path("pusat/kerja/<uuid:placement_id>/", desk.placement_desk, name="placement_desk"),
    path("pusat/kerja/<uuid:placement_id>/tanya/", desk.placement_ask, name="placement_ask"),
    path("pusat/kerja/<uuid:placement_id>/catat/", desk.placement_vouch, name="placement_vouch"),
    path("pusat/kerja/<uuid:placement_id>/batal/", desk.placement_call_off, name="placement_call_off"),
]
