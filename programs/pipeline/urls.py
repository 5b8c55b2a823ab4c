"""Addresses of the participant's way: the own page, the people list, one person, the lists of work."""

from __future__ import annotations

from django.urls import path

from . import desk_urls
from .views import acts, citizen, contact, evidence, merging, people, work

urlpatterns = [
    *desk_urls.urlpatterns,
    path("saya/", citizen.journey, name="journey"),
    path("saya/pekerja/benar/", citizen.confirm_workforce, name="confirm_workforce"),
    path("saya/bukti/<slug:kind>/", evidence.add_own, name="my_evidence_add"),
    path("saya/<slug:slug>/ubah/", citizen.my_act, name="my_act"),
    path("berkas/<uuid:evidence_id>/", evidence.file, name="evidence_file"),
    path("peserta/", people.people_list, name="people"),
    path("peserta/<uuid:person_id>/", people.person, name="person"),
    path("peserta/<uuid:person_id>/naik/", acts.advance, name="advance"),
    path("peserta/<uuid:person_id>/terima-tugas/", acts.accept_assignment, name="accept_assignment"),
    path("peserta/<uuid:person_id>/data-lengkap/", acts.reveal, name="reveal"),
    path("peserta/<uuid:person_id>/bukti/<slug:kind>/", evidence.add, name="evidence_add"),
    path("peserta/<uuid:person_id>/bukti/<uuid:evidence_id>/periksa/", evidence.check, name="evidence_check"),
    path("peserta/<uuid:person_id>/kabar/", contact.contact, name="contact"),
    path("peserta/<uuid:person_id>/tunda/", contact.snooze, name="snooze"),
    path("peserta/<uuid:person_id>/tunda/batal/", contact.snooze_undo, name="snooze_undo"),
    path("peserta/<uuid:person_id>/<slug:slug>/", acts.act, name="act"),
    path("duplikat/gabungan/", merging.merges, name="merges"),
    path("duplikat/gabungan/<uuid:merge_id>/batal/", merging.undo_merge, name="merge_undo"),
    path("duplikat/<uuid:kept>/<uuid:taken_out>/gabung/", merging.merge, name="merge"),
    path("pendamping/", work.coach_day, name="coach_day"),
]
