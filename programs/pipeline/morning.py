"""A coach's morning: who needs them today, why, and in which order. Pure: no database, no clock.

The order is the risk of silence: who has not been heard of for longest beside the limit of the stage comes
first, then what was agreed and missed, then steps past their day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from fractions import Fraction
from typing import Protocol, TypeVar

from core.formats import day_long


class Group(Enum):
    """The groups of the list, in their order; the last four are one line each."""

    BARU = "Peserta baru"
    TERLAMBAT = "Terlambat"
    HARI_INI = "Hari ini"
    MULAI_DIAM = "Mulai diam"
    SIAP_NAIK = "Siap naik"
    DICOBA = "Sudah dicoba hari ini"
    DITUNDA = "Ditunda"
    TIDAK_TERHUBUNGI = "Tidak terhubungi"
    SESUAI_RENCANA = "Sesuai rencana"


NEEDED = (Group.BARU, Group.TERLAMBAT, Group.HARI_INI, Group.MULAI_DIAM, Group.SIAP_NAIK)
"""Who waits for the coach, as cards."""


class Reason(Enum):
    """Why somebody is where they are. Among the late, this is the order."""

    DIAM = "diam"
    JANJI_LEWAT = "janji_lewat"
    SESI_LEWAT = "sesi_lewat"
    ALPA = "alpa"
    LANGKAH = "langkah"
    COBA_LEWAT = "coba_lewat"
    TENGGAT = "tenggat"
    BARU = "baru"
    SESI = "sesi"
    SERAH = "serah"
    JANJI = "janji"
    COBA_LAGI = "coba_lagi"
    HAMPIR_DIAM = "hampir_diam"
    SIAP = "siap"
    BERJALAN = "berjalan"


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of one participant this morning.

    `days_silent` since anything was heard or done, `silent_limit` of the stage (0: none), `due_on` of the
    present step. `next_on`: the day of the next contact, `is_agreed` with the person or only planned after a
    try. `tried_today`: without an answer. `sessions_missed`: in a row without a word, from the number on that
    raises a flag, and not heard of since. `session_on` and `session_at`: the first session that is planned
    and not written down. `step_due_on`: of the first open step of the plan. `handed_over_on`:
    the day another coach passed the participant on; for `grace_days` nothing of before is held against the
    new one.
    """

    today: date
    due_on: date
    days_silent: int
    silent_limit: int
    must_accept: bool = False
    is_active: bool = True
    is_out_of_reach: bool = False
    is_ready: bool = False
    next_on: date | None = None
    is_agreed: bool = True
    tried_today: bool = False
    sessions_missed: int = 0
    put_off_until: date | None = None
    session_on: date | None = None
    session_at: datetime | None = None
    session_clock: str = ""
    step_due_on: date | None = None
    handed_over_on: date | None = None
    grace_days: int = 0

    @property
    def days_late(self) -> int:
        return max((self.today - self.due_on).days, 0)

    @property
    def days_missed(self) -> int:
        """Days since an agreed contact should have been; 0 before, or when something was heard since."""
        if self.next_on is None or self.meets_later:
            return 0
        missed = (self.today - self.next_on).days
        return missed if 0 < missed < self.days_silent else 0

    @property
    def meets_later(self) -> bool:
        """A session stands on a day ahead."""
        return self.session_on is not None and self.session_on > self.today

    @property
    def days_unwritten(self) -> int:
        """Days since a planned session should have been, of which nothing is written down."""
        return max((self.today - self.session_on).days, 0) if self.session_on else 0

    @property
    def grace_left(self) -> int:
        """Days of grace that are left after a hand-over, today included."""
        if self.handed_over_on is None:
            return 0
        return max(self.grace_days - (self.today - self.handed_over_on).days, 0)

    @property
    def step_days_late(self) -> int:
        """Days since the first open step of the plan should have been done."""
        return max((self.today - self.step_due_on).days, 0) if self.step_due_on else 0

    @property
    def is_in_hand(self) -> bool:
        """A day ahead was agreed with the person: a step past its day waits for it."""
        return self.meets_later or (self.is_agreed and self.next_on is not None and self.next_on > self.today)

    @property
    def is_silent(self) -> bool:
        return 0 < self.silent_limit <= self.days_silent

    @property
    def is_nearly_silent(self) -> bool:
        """In the last fifth of the limit, begun days included: from day 11 of 14."""
        nearly = -(-self.silent_limit // 5)
        return 0 < self.silent_limit <= self.days_silent + nearly

    @property
    def silence(self) -> Fraction:
        """How much of the limit is used up."""
        return Fraction(self.days_silent, self.silent_limit) if self.silent_limit else Fraction(0)


@dataclass(frozen=True, slots=True)
class Placing:
    """Where somebody stands in the list, and why."""

    group: Group
    reason: Reason

    @property
    def is_late(self) -> bool:
        return self.group is Group.TERLAMBAT


def place(found: Situation) -> Placing:
    """The one group and reason of a participant. Who was just handed over is not late yet, but to be met."""
    placing = _place(found)
    if placing.is_late and found.grace_left:
        return Placing(Group.HARI_INI, Reason.SERAH)
    return placing


def _place(found: Situation) -> Placing:
    """The first line that fits holds."""
    if found.must_accept:
        return Placing(Group.BARU, Reason.BARU)
    if found.session_on == found.today:
        return Placing(Group.HARI_INI, Reason.SESI)
    if found.days_unwritten:
        return Placing(Group.TERLAMBAT, Reason.SESI_LEWAT)
    if found.put_off_until is not None and found.today < found.put_off_until:
        return Placing(Group.DITUNDA, Reason.BERJALAN)
    if found.tried_today:
        return Placing(Group.DICOBA, Reason.BERJALAN)
    if found.is_out_of_reach:
        is_time = found.next_on <= found.today if found.next_on else found.is_silent
        return Placing(Group.HARI_INI if is_time else Group.TIDAK_TERHUBUNGI, Reason.COBA_LAGI)
    if not found.is_active:
        return Placing(Group.SESUAI_RENCANA, Reason.BERJALAN)
    if found.is_silent:
        return Placing(Group.TERLAMBAT, Reason.DIAM)
    if found.days_missed:
        return Placing(Group.TERLAMBAT, Reason.JANJI_LEWAT if found.is_agreed else Reason.COBA_LEWAT)
    if found.sessions_missed and not found.is_in_hand:
        return Placing(Group.TERLAMBAT, Reason.ALPA)
    if found.step_days_late and not found.is_in_hand:
        return Placing(Group.TERLAMBAT, Reason.LANGKAH)
    if found.next_on == found.today:
        return Placing(Group.HARI_INI, Reason.JANJI if found.is_agreed else Reason.COBA_LAGI)
    if found.days_late and not found.is_ready and not found.is_in_hand:
        return Placing(Group.TERLAMBAT, Reason.TENGGAT)
    if found.is_ready:
        return Placing(Group.SIAP_NAIK, Reason.SIAP)
    if found.is_nearly_silent:
        return Placing(Group.MULAI_DIAM, Reason.HAMPIR_DIAM)
    return Placing(Group.SESUAI_RENCANA, Reason.BERJALAN)


class HasSituation(Protocol):
    """A row of the list."""

    @property
    def situation(self) -> Situation: ...

    @property
    def placing(self) -> Placing: ...


Row = TypeVar("Row", bound=HasSituation)


def grouped(rows: Iterable[Row]) -> dict[Group, list[Row]]:
    """Every group with its rows, the greatest risk first; equal risks stay in the order they came in."""
    groups: dict[Group, list[Row]] = {group: [] for group in Group}
    for row in rows:
        groups[row.placing.group].append(row)
    for members in groups.values():
        members.sort(key=_risk)
    return groups


def _risk(row: HasSituation) -> tuple[int, int, Fraction]:
    reason, found = row.placing.reason, row.situation
    late = {
        Reason.TENGGAT: found.days_late,
        Reason.SESI_LEWAT: found.days_unwritten,
        Reason.LANGKAH: found.step_days_late,
    }.get(reason, found.days_missed)
    if reason is Reason.SESI and found.session_at is not None:
        late = -int(found.session_at.timestamp())  # the earliest first
    return (list(Reason).index(reason), -late, -found.silence)


def words(placing: Placing, found: Situation) -> str:
    """The reason for staff, always with the limit."""
    return {
        Reason.DIAM: f"{found.days_silent} hari diam, batas {found.silent_limit}",
        Reason.HAMPIR_DIAM: f"{found.days_silent} hari diam, batas {found.silent_limit}",
        Reason.JANJI_LEWAT: f"Janji lewat {found.days_missed} hari",
        Reason.SESI_LEWAT: f"Pertemuan {found.days_unwritten} hari lalu belum dicatat",
        Reason.LANGKAH: f"Langkah rencana lewat {found.step_days_late} hari",
        Reason.SERAH: f"Baru dialihkan, {found.grace_left} hari untuk berkenalan",
        Reason.SESI: f"Bertemu pukul {found.session_clock}",
        Reason.ALPA: f"{found.sessions_missed} kali tidak datang ke kelas",
        Reason.COBA_LEWAT: f"Coba lagi, lewat {found.days_missed} hari",
        Reason.TENGGAT: f"Tenggat lewat {found.days_late} hari",
        Reason.BARU: "Peserta baru",
        Reason.JANJI: "Janji hari ini",
        Reason.COBA_LAGI: "Coba hubungi lagi",
        Reason.SIAP: "Siap naik",
        Reason.BERJALAN: f"{found.days_silent} hari diam, batas {found.silent_limit}",
    }[placing.reason]


def whatsapp_text(
    reason: Reason,
    *,
    name: str,
    coach: str,
    step: str,
    is_their_step: bool,
    due_on: date,
    agreed: str,
    target: str,
    session: str = "",
    plan_step: str = "",
) -> str:
    """A message ready to send, in the citizen's words, without their numbers.

    `step` as the citizen reads it; `is_their_step` when it is theirs to do; `target` the stage they may
    enter; `session` when and where to meet; `plan_step` the first open step of the plan, when it is theirs.
    """
    hello = f"Halo {name}, saya {coach}, pendamping OK OCE Anda."
    ask = "Perlu dibantu? Balas pesan ini."
    step, agreed = step.rstrip("."), agreed.rstrip(".")
    late = f"Langkah berikutnya: {step}. Batasnya {day_long(due_on)} sudah lewat, tetapi masih bisa. {ask}"
    next_step = f"Langkah berikutnya: {step}." if is_their_step else ""
    try_again = "Saya belum bisa menghubungi Anda. Balas pesan ini supaya kita bisa lanjut."
    bodies: dict[Reason, Sequence[str]] = {
        Reason.DIAM: ("Sudah lama kita belum saling memberi kabar. Bagaimana kabar Anda?", next_step, ask),
        Reason.HAMPIR_DIAM: ("Bagaimana kabar Anda?", next_step, ask),
        Reason.JANJI_LEWAT: (
            f"Kita sudah sepakat: {agreed}." if agreed else "Kita berjanji untuk saling memberi kabar.",
            "Sudah sampai mana? Balas pesan ini.",
        ),
        Reason.SESI_LEWAT: (f"Kita berjanji bertemu {session}.", "Kapan Anda bisa bertemu lagi?"),
        Reason.LANGKAH: (
            f"Di rencana kita ada: {plan_step.rstrip('.')}. Sudah sampai mana?"
            if plan_step
            else "Di rencana kita ada giliran saya. Saya kabari begitu selesai.",
            ask,
        ),
        Reason.SERAH: ("Saya melanjutkan pendampingan Anda dari rekan saya. Kapan kita bisa berkenalan?",),
        Reason.SESI: (f"Hari ini kita bertemu: {session}.", "Sampai nanti."),
        Reason.ALPA: ("Anda belum datang ke kelas beberapa kali. Apa kendalanya?", "Kita cari jalannya."),
        Reason.TENGGAT: (
            late if is_their_step else f"Sekarang giliran kami: {step}. Saya kabari begitu selesai.",
        ),
        Reason.BARU: ("Mulai sekarang saya mendampingi Anda. Kapan Anda bisa bertemu atau ditelepon?",),
        Reason.JANJI: (
            "Hari ini kita berjanji untuk saling memberi kabar.",
            f"Yang kita sepakati: {agreed}." if agreed else "",
            "Pukul berapa Anda bisa?",
        ),
        Reason.COBA_LAGI: (try_again,),
        Reason.COBA_LEWAT: (try_again,),
        Reason.SIAP: (f"Semua syarat langkah ini sudah lengkap. Langkah berikutnya: {target}.",),
        Reason.BERJALAN: ("Bagaimana kabar Anda?", next_step, ask),
    }
    return " ".join([hello, *(part for part in bodies[reason] if part)])
