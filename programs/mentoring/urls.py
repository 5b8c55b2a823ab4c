"""Addresses of mentoring: sessions, plans, sheets and clinics, for staff and for the participant."""

from __future__ import annotations

from django.urls import path

from .views import calendar, clinic_desk, clinics, coaches, own, plans, sessions, sheets

urlpatterns = [
    path("peserta/<uuid:person_id>/pendampingan/", sessions.mentoring, name="mentoring"),
    path("peserta/<uuid:person_id>/pertemuan/rencanakan/", sessions.meeting_new, name="meeting_new"),
    path("peserta/<uuid:person_id>/pertemuan/catat/", sessions.meeting_log, name="meeting_log"),
    path("peserta/<uuid:person_id>/rencana/", plans.plan_edit, name="plan_edit"),
    path("pertemuan/<uuid:session_id>/catat/", sessions.meeting_record, name="meeting_record"),
    path("pertemuan/<uuid:session_id>/pindah/", sessions.meeting_move, name="meeting_move"),
    path("pertemuan/<uuid:session_id>/batal/", sessions.meeting_cancel, name="meeting_cancel"),
    path("pertemuan/<uuid:session_id>/lampiran/", sessions.meeting_file_add, name="meeting_file_add"),
    path("pertemuan/lampiran/<uuid:file_id>/", sessions.meeting_file, name="meeting_file"),
    path("rencana/<uuid:plan_id>/setuju-lisan/", plans.plan_aloud, name="plan_aloud"),
    path("rencana/<uuid:plan_id>/cetak/", plans.plan_print, name="plan_print"),
    path("rencana/langkah/<uuid:step_id>/", plans.step_tick, name="step_tick"),
    path("peserta/<uuid:person_id>/usaha-satu-halaman/", sheets.sketch, name="sketch"),
    path("peserta/<uuid:person_id>/usaha-satu-halaman/cetak/", sheets.sketch_print, name="sketch_print"),
    path("peserta/<uuid:person_id>/uang/", sheets.money, name="money"),
    path("peserta/<uuid:person_id>/keadaan/", sheets.trouble, name="trouble"),
    path("saya/usaha-satu-halaman/", sheets.my_sketch, name="my_sketch"),
    path("saya/uang/", sheets.my_money, name="my_money"),
    path("saya/keadaan/", sheets.my_trouble, name="my_trouble"),
    path("pendamping/kalender/", calendar.calendar, name="calendar"),
    path("pendamping/kalender/alamat/", calendar.calendar_renew, name="calendar_renew"),
    path("kalender/<str:secret>.ics", calendar.calendar_feed, name="calendar_feed"),
    path("klinik/", clinics.my_clinics, name="my_clinics"),
    path("klinik/<uuid:clinic_id>/", clinics.my_clinic, name="my_clinic"),
    path("klinik/janji/<uuid:visit_id>/batal/", clinics.my_visit_cancel, name="my_visit_cancel"),
    path("klinik/janji/<uuid:visit_id>.ics", clinics.my_visit_calendar, name="my_visit_calendar"),
    path("klinik/meja/", clinic_desk.clinic_desk_list, name="clinic_desk_list"),
    path("klinik/meja/baru/", clinic_desk.clinic_new, name="clinic_new"),
    path("klinik/meja/<uuid:clinic_id>/", clinic_desk.clinic_desk, name="clinic_desk"),
    path("klinik/meja/<uuid:clinic_id>/nomor/", clinic_desk.clinic_number, name="clinic_number"),
    path("klinik/meja/<uuid:clinic_id>/panggil/", clinic_desk.clinic_call, name="clinic_call"),
    path("klinik/meja/<uuid:clinic_id>/batal/", clinic_desk.clinic_cancel, name="clinic_cancel"),
    path("klinik/kunjungan/<uuid:visit_id>/hadir/", clinic_desk.visit_arrive, name="visit_arrive"),
    path("klinik/kunjungan/<uuid:visit_id>/selesai/", clinic_desk.visit_finish, name="visit_finish"),
    path("klinik/kunjungan/<uuid:visit_id>/tidak-datang/", clinic_desk.visit_missed, name="visit_missed"),
    path("klinik/kunjungan/<uuid:visit_id>/batal/", clinic_desk.visit_cancel, name="visit_cancel"),
    path("pendamping/profil/", coaches.coach_profile, name="coach_profile"),
    path("saya/pendamping/", coaches.my_wish, name="my_wish"),
    path("saya/pertemuan/", own.my_meetings, name="my_meetings"),
    path("saya/pertemuan/<uuid:session_id>/benar/", own.my_meeting_confirm, name="my_meeting_confirm"),
    path("saya/pertemuan/<uuid:session_id>/tidak/", own.my_meeting_deny, name="my_meeting_deny"),
    path("saya/rencana/", own.my_plan, name="my_plan"),
    path("saya/rencana/<uuid:plan_id>/setuju/", own.my_plan_agree, name="my_plan_agree"),
    path("saya/rencana/<uuid:plan_id>/ubah/", own.my_plan_change, name="my_plan_change"),
]
