"""Addresses of classes: the public catalogue and the staff's side."""

from __future__ import annotations

from django.urls import path

from .views import attendance, certificates, changes, feedback, manage, materials, public, reports

urlpatterns = [
    path("", public.class_list, name="class_list"),
    path("<uuid:class_id>/", public.class_page, name="class_page"),
    path("<uuid:class_id>/jadwal.ics", public.class_calendar, name="class_calendar"),
    path("<uuid:class_id>/daftar/", public.class_enrol, name="class_enrol"),
    path("tempat/<uuid:seat_id>/terima/", public.seat_accept, name="seat_accept"),
    path("tempat/<uuid:seat_id>/batal/", public.seat_give_up, name="seat_give_up"),
    path("tempat/<uuid:seat_id>/pindah/", manage.seat_move, name="seat_move"),
    path("kelola/", manage.class_desk_list, name="class_desk_list"),
    path("kelola/baru/", manage.class_new, name="class_new"),
    path("kelola/kursus/", manage.courses, name="courses"),
    path("kelola/kursus/baru/", manage.course_new, name="course_new"),
    path("kelola/kursus/<uuid:course_id>/", manage.course_edit, name="course_edit"),
    path("kelola/kursus/<uuid:course_id>/bahan/", materials.material_add, name="material_add"),
    path("kelola/kursus/<uuid:course_id>/soal/", feedback.question_add, name="question_add"),
    path("kelola/soal/<uuid:question_id>/", feedback.question_edit, name="question_edit"),
    path("<uuid:class_id>/tes/<slug:moment>/", feedback.class_test, name="class_test"),
    path("<uuid:class_id>/kesan/", feedback.class_survey, name="class_survey"),
    path("bahan/<uuid:material_id>/", materials.material_file, name="material_file"),
    path("<uuid:class_id>/kelola/", manage.class_desk, name="class_desk"),
    path("<uuid:class_id>/buka/", manage.class_open, name="class_open"),
    path("<uuid:class_id>/selesai/", manage.class_finish, name="class_finish"),
    path("<uuid:class_id>/batal/", manage.class_cancel, name="class_cancel"),
    path("<uuid:class_id>/ubah/", changes.class_edit, name="class_edit"),
    path("pertemuan/<uuid:session_id>/waktu/", changes.session_move, name="session_move"),
    path("<uuid:class_id>/tempat/", manage.class_capacity, name="class_capacity"),
    path("<uuid:class_id>/peserta/", manage.class_people, name="class_people"),
    path("pertemuan/<uuid:session_id>/hadir/", attendance.roll_call, name="roll_call"),
    path("pertemuan/<uuid:session_id>/kode/", attendance.code, name="session_code"),
    path("hadir/<slug:code>/", attendance.check_in, name="check_in"),
    path("<uuid:class_id>/sertifikat/", certificates.issue, name="certificates_issue"),
    path("<uuid:class_id>/sertifikat.pdf", certificates.to_print, name="certificates_print"),
    path("<uuid:class_id>/laporan.pdf", reports.class_report, name="class_report"),
    path("<uuid:class_id>/laporan.xlsx", reports.class_workbook, name="class_workbook"),
    path("<uuid:class_id>/daftar-hadir.pdf", reports.class_sheet, name="class_sheet"),
    path("sertifikat/<uuid:certificate_id>/", certificates.document, name="certificate"),
    path("sertifikat/<uuid:certificate_id>/cabut/", certificates.revoke, name="certificate_revoke"),
    path("kehadiran/<uuid:attendance_id>/koreksi/", attendance.correct, name="attendance_correct"),
]
