"""Addresses of questions and complaints: `/bantuan/` for everybody, `/antrean-bantuan/` for the staff."""

from __future__ import annotations

from django.urls import path, register_converter

from .codes import canonical_number
from .views import public, staff


class TicketNumber:
    """`B-26-000123`, also written small or without dashes."""

    regex = "[Bb]-?[0-9]{2}-?[0-9]{6,12}"

    def to_python(self, value: str) -> str:
        """The one spelling under which it is stored."""
        return canonical_number(value)

    def to_url(self, value: str) -> str:
        return value


register_converter(TicketNumber, "ticket")

urlpatterns = [
    path("bantuan/", public.ask, name="help"),
    path("bantuan/cek/", public.check, name="help_check"),
    path("bantuan/<ticket:number>/", public.followup, name="help_followup"),
    path("antrean-bantuan/", staff.ticket_list, name="help_queue"),
    path("antrean-bantuan/<ticket:number>/", staff.ticket, name="help_ticket"),
    path("antrean-bantuan/<ticket:number>/ambil/", staff.take, name="help_take"),
    path("antrean-bantuan/<ticket:number>/jawab/", staff.answer, name="help_answer"),
    path("antrean-bantuan/<ticket:number>/catatan/", staff.note, name="help_note"),
    path("antrean-bantuan/<ticket:number>/tutup/", staff.close, name="help_close"),
    path("antrean-bantuan/<ticket:number>/serahkan/", staff.hand_over, name="help_hand_over"),
]
