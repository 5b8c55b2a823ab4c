"""Contacts and the coach's morning as the plain lists that components draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from accounts.models import User
from core.clock import local_day
from core.formats import day, day_long, day_short, moment
from core.validators import wa_link
from participants.models import Status
from programs.mentoring.facts import Touch
from programs.mentoring.models import ContactKind, ContactLog, ContactOutcome

from .morning import Group, Reason, whatsapp_text, words
from .stages import next_stage
from .work import Mentee

CONTACT_WORDS = {
    (ContactKind.TELEPON, ContactOutcome.TERSAMBUNG): "Telepon, tersambung",
    (ContactKind.TELEPON, ContactOutcome.TIDAK_DIJAWAB): "Telepon, tidak dijawab",
    (ContactKind.WHATSAPP, ContactOutcome.TERSAMBUNG): "WhatsApp, dibalas",
    (ContactKind.WHATSAPP, ContactOutcome.TIDAK_DIJAWAB): "WhatsApp, tidak dijawab",
    (ContactKind.WHATSAPP, ContactOutcome.PESAN_TERKIRIM): "WhatsApp, pesan terkirim",
    (ContactKind.KUNJUNGAN, ContactOutcome.TERSAMBUNG): "Kunjungan, bertemu",
    (ContactKind.KUNJUNGAN, ContactOutcome.TIDAK_DIJAWAB): "Kunjungan, tidak bertemu",
    (ContactKind.CATATAN, ""): "Catatan",
}
CITIZEN_CONTACT_WORDS = {
    (ContactKind.TELEPON, ContactOutcome.TERSAMBUNG): "Anda berbicara lewat telepon dengan {name}",
    (ContactKind.TELEPON, ContactOutcome.TIDAK_DIJAWAB): "{name} menelepon Anda, belum tersambung",
    (ContactKind.WHATSAPP, ContactOutcome.TERSAMBUNG): "Anda berkirim pesan WhatsApp dengan {name}",
    (ContactKind.WHATSAPP, ContactOutcome.TIDAK_DIJAWAB): "{name} menghubungi Anda lewat WhatsApp",
    (ContactKind.WHATSAPP, ContactOutcome.PESAN_TERKIRIM): "{name} mengirim pesan WhatsApp kepada Anda",
    (ContactKind.KUNJUNGAN, ContactOutcome.TERSAMBUNG): "Anda bertemu {name}",
    (ContactKind.KUNJUNGAN, ContactOutcome.TIDAK_DIJAWAB): "{name} datang, Anda sedang tidak ada",
    (ContactKind.CATATAN, ""): "Catatan dari {name}",
}


def contact_title(log: Touch) -> str:
    """How and with what result, for staff."""
    if not isinstance(log, ContactLog):
        return "Bertemu" if log.is_reached else "Tidak datang ke pertemuan"
    return CONTACT_WORDS[ContactKind(log.kind), log.outcome]


def staff_contacts(logs: Sequence[ContactLog], zone: str, *, may_read: bool) -> list[dict[str, Any]]:
    """Contacts as lines of the staff's history; what was said in confidence only for those who `may_read`."""
    return [
        {
            "title": contact_title(log),
            "when": _contact_time(log, zone),
            "by": log.author.display_name,
            "note": _contact_note(log) if may_read or log.is_shared else "",
            "is_move": False,
            "at": log.happened_at,
        }
        for log in logs
    ]


def own_contacts(logs: Sequence[ContactLog], zone: str) -> list[dict[str, Any]]:
    """Shared contacts as lines of the participant's own history, in plain words."""
    return [
        {
            "title": CITIZEN_CONTACT_WORDS[ContactKind(log.kind), log.outcome].format(
                name=log.author.display_name
            ),
            "when": _contact_time(log, zone),
            "by": "",
            "note": _contact_note(log, next_word="Kabar berikutnya"),
            "is_move": False,
            "at": log.happened_at,
        }
        for log in logs
        if log.is_shared
    ]


def _contact_time(log: ContactLog, zone: str) -> str:
    """Day and hour; of what was written down on a later day only the day is known."""
    is_same_day = local_day(log.created_at, zone) == log.happened_on
    return moment(log.happened_at, zone) if is_same_day else day(log.happened_on)


def _contact_note(log: ContactLog, *, next_word: str = "Kontak berikutnya") -> str:
    """What was said, what was agreed, when to speak next."""
    parts = [log.note]
    if log.agreed:
        parts.append(f"Disepakati: {log.agreed.rstrip('.')}.")
    if log.next_on:
        parts.append(f"{next_word}: {day_long(log.next_on)}.")
    return "\n".join(part for part in parts if part)


FROM_LIST = "?dari=hari-ini"
"""Leads back to the list afterwards."""

GROUP_BADGES = {
    Group.BARU: "info",
    Group.TERLAMBAT: "late",
    Group.HARI_INI: "waiting",
    Group.MULAI_DIAM: "soon",
    Group.SIAP_NAIK: "ready",
}


def task_card(mentee: Mentee, coach: User) -> dict[str, Any]:
    """One card of the coach's list: number, name, why now, what was agreed, WhatsApp and the one act."""
    item, placing = mentee.item, mentee.placing
    enrollment = item.enrollment
    address = reverse("person", args=[enrollment.person_id])
    action = {"href": f"{reverse('contact', args=[enrollment.person_id])}{FROM_LIST}", "label": "Catat kabar"}
    if placing.group is Group.BARU:
        action = {"href": address, "label": "Terima tugas"}
    elif placing.group is Group.SIAP_NAIK:
        action = {"href": address, "label": "Periksa"}
    elif placing.reason in (Reason.SESI, Reason.SESI_LEWAT) and mentee.contact.session is not None:
        action = {"href": f"{reverse('meeting_record', args=[mentee.contact.session.pk])}{FROM_LIST}",
                  "label": "Catat pertemuan"}  # fmt: skip
    elif placing.reason is Reason.LANGKAH:
        action = {"href": reverse("mentoring", args=[enrollment.person_id]), "label": "Buka rencana"}
    offer = None
    if mentee.contact.is_given_up and enrollment.status == Status.AKTIF:
        offer = {"href": reverse("act", args=[enrollment.person_id, "tidak-terhubungi"]),
                 "label": "Catat tidak terhubungi"}  # fmt: skip
    return {
        "number": enrollment.stage_number,
        "stage": enrollment.stage_label,
        "name": enrollment.person.full_name,
        "href": address,
        "status": GROUP_BADGES[placing.group],
        "badge": words(placing, mentee.situation),
        "why": _why(mentee),
        "note": mentee.contact.tries_text,
        "offer": offer,
        "whatsapp": ready_message(mentee, coach),
        "action": action,
        "put_off": ""
        if placing.group is Group.BARU
        else f"{reverse('snooze', args=[enrollment.person_id])}{FROM_LIST}",
        "late": placing.is_late,
    }


def _why(mentee: Mentee) -> str:
    """What is to do, and what was agreed last time or since when nothing was heard."""
    item, contact = mentee.item, mentee.contact
    todo = f"{item.step.staff_title}."
    parts = [f"Masih kurang: {todo}" if item.step.code else todo]  # a code names a requirement, not an act
    if mentee.placing.reason in (Reason.SESI, Reason.SESI_LEWAT) and contact.session is not None:
        parts = [f"{day_long(contact.session.day)}, {contact.session.clock}: {contact.session.topic}."]
        parts.append(f"{contact.session.where}.")
    elif mentee.placing.reason is Reason.LANGKAH:
        parts = [f"{_step_owner(mentee)}: {mentee.plan_step.rstrip('.')}."]
    if mentee.situation.is_silent or mentee.situation.is_nearly_silent:
        heard_on = local_day(item.enrollment.last_activity_at, item.enrollment.zone)
        parts.append(f"Belum ada kabar sejak {day_short(heard_on)}.")
    if contact.agreed:
        parts.append(f"Janji: {contact.agreed.rstrip('.')}.")
    return " ".join(parts)


def _step_owner(mentee: Mentee) -> str:
    return "Giliran peserta" if mentee.is_their_plan_step else "Giliran Anda"


def ready_message(mentee: Mentee, coach: User) -> str:
    """The address that opens WhatsApp with a text for the reason; "" without a number."""
    item = mentee.item
    phone = item.enrollment.person.phone()
    if not phone:
        return ""
    target = next_stage(item.enrollment.stage, item.enrollment.pathway)
    session = mentee.contact.session
    text = whatsapp_text(
        mentee.placing.reason,
        name=item.enrollment.person.full_name,
        coach=coach.display_name,
        step=item.step.title,
        is_their_step=item.step.is_for_citizen,
        due_on=item.due_on,
        agreed=mentee.contact.agreed,
        session=f"{day_long(session.day)}, {session.clock}, {session.where}" if session else "",
        plan_step=mentee.plan_step if mentee.is_their_plan_step else "",
        target=target.label if target else "lulus",
    )
    return wa_link(phone, text)


def later_line(mentee: Mentee) -> dict[str, Any]:
    """One line of those who need nothing today: put off, tried today, out of reach."""
    item, contact, put_off = mentee.item, mentee.contact, mentee.contact.put_off
    note = ""
    if mentee.placing.group is Group.DITUNDA and put_off is not None:
        note = f"Sampai {day_long(put_off.until_on)}: {put_off.reason.rstrip('.')}."
    elif mentee.placing.group is Group.DICOBA and contact.last is not None:
        note = f"{contact_title(contact.last)}. {contact.tries_text}."
    if contact.next_on is not None and mentee.placing.group is not Group.DITUNDA:
        note = f"{note} Coba lagi {day_long(contact.next_on)}.".strip()
    return {
        "name": item.enrollment.person.full_name,
        "href": reverse("person", args=[item.enrollment.person_id]),
        "note": note,
        "undo": reverse("snooze_undo", args=[item.enrollment.person_id])
        if mentee.placing.group is Group.DITUNDA
        else "",
    }
