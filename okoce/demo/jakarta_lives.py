"""One person's way in the profile `jakarta-2018`, written with COPY, parents first."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.codes import ALPHABET
from accounts.models import Role, User
from core import crypto
from core.models import StoredFile
from core.validators import NIK_WARNINGS, mask_nik, mask_phone
from participants.models import (
    Business,
    CoachAssignment,
    Consent,
    ConsentPurpose,
    Enrollment,
    EvidenceKind,
    EvidenceStatus,
    IdentityStatus,
    Pathway,
    Person,
    Stage,
    StageEvidence,
    StageTransition,
    Status,
    StopReason,
    TransitionKind,
    WorkforceReport,
)
from programs.mentoring.models import (
    ActionPlan,
    Agreed,
    MentoringSession,
    PlaceKind,
    PlanStep,
    SessionAnswer,
    SessionStatus,
    StepOwner,
)
from programs.training.certificates import CODE_LENGTH
from programs.training.models import (
    Attendance,
    Certificate,
    Presence,
    Seat,
    SeatStatus,
    TrainingClass,
)

from .copying import Copier, flush_together
from .jakarta_basis import (
    DAYS,
    DAYS_IN_STAGE,
    LAST,
    LICENSING_DAYS,
    ZONE,
    Plan,
    new_id,
    next_numbers,
    stamp,
    year_of,
)
from .jakarta_classes import CLASS_DAYS, Classes
from .names import full_name
from .people import BUSINESS_WORDS, CONSENT_VERSION, GOALS, NIK_WARNING_SHARE
from .world import STREETS, Phones

PRESENT = (Presence.HADIR, Presence.HADIR, Presence.HADIR, Presence.TERLAMBAT)
ON_PAPER = 0.1
"""Share of what is proved by accepted evidence, as before classes, plans and sessions were in the portal."""
STEPS = (
    ("Urus izin usaha", StepOwner.PESERTA, Stage.PERIZINAN, 45),
    ("Foto produk yang rapi", StepOwner.PESERTA, Stage.PENDAMPINGAN, 14),
    ("Carikan dua calon pembeli tetap", StepOwner.PENDAMPING, Stage.PENDAMPINGAN, 30),
)
"""The steps of every plan: what, whose turn, for which stage, days after it was agreed."""
TALKS = (
    ("Harga dan bahan", "Menghitung harga jual dari bahan, tenaga, dan untung.", "Coba harga baru seminggu"),
    ("Catatan uang", "Memisahkan uang rumah dan uang usaha.", "Catat tiap hari"),
    ("Pembeli tetap", "Menyusun daftar calon pembeli di sekitar.", "Kunjungi tiga warung"),
)
"""What sessions are about: topic, what was done, what was agreed."""
SOURCES = ("Teman atau keluarga", "Kelurahan", "Media sosial", "Spanduk", "")
STOPS = (StopReason.PINDAH, StopReason.KELUARGA, StopReason.TIDAK_BERMINAT, StopReason.BEKERJA)


class Writer:
    """Writes people with everything that belongs to them."""

    def __init__(
        self,
        rng: random.Random,
        *,
        phones: Phones,
        password: str,
        picture: StoredFile,
        certificates: int,
    ) -> None:
        self.rng, self.phones, self.password, self.picture = rng, phones, password, picture.pk
        self.classes = Classes(rng)
        self.certificate_numbers = iter(next_numbers("training_certificate_number", certificates))
        self.users = Copier(
            User,
            ("id", "display_name", "email", "login_number", "is_demo", "created_at", "password",
            "phone_sealed", "phone_index", "phone_mask"),
        )  # fmt: skip
        self.people = Copier(
            Person,
            ("id", "user_id", "full_name", "birth_date", "gender", "address", "created_at", "nik_sealed",
            "nik_index", "nik_mask", "nik_warnings", "phone_sealed", "phone_index", "phone_mask",
            "identity_status", "identity_checked_by_id", "identity_checked_at"),
        )  # fmt: skip
        self.consents = Copier(Consent, ("person_id", "purpose", "text_version", "given_at"))
        self.businesses = Copier(
            Business,
            ("id", "person_id", "name", "sector", "address", "capital", "annual_sales", "workers_full_time",
            "workers_part_time", "created_at", "updated_at"),
        )  # fmt: skip
        self.enrollments = Copier(
            Enrollment,
            ("id", "number", "person_id", "pathway", "district_id", "center_id", "agency_id",
            "licensing_agency_id", "coach_id", "stage", "status", "stop_reason", "goal", "source", "zone",
            "cohort_year", "registered_at", "registered_on", "stage_entered_at", "last_activity_at",
            "version"),
        )  # fmt: skip
        self.assignments = Copier(
            CoachAssignment, ("enrollment_id", "coach_id", "assigned_by_id", "assigned_at", "accepted_at")
        )
        self.transitions = Copier(
            StageTransition,
            ("id", "enrollment_id", "version", "kind", "from_stage", "to_stage", "from_status", "to_status",
            "reason", "actor_id", "actor_role", "at", "local_day", "zone", "district_code", "center_code",
            "agency_code", "pathway", "gender", "birth_year", "cohort_year"),
        )  # fmt: skip
        self.evidence = Copier(
            StageEvidence,
            ("id", "enrollment_id", "stage", "kind", "number", "file_id", "note", "happened_on",
            "submitted_by_id", "submitted_at", "status", "checked_by_id", "checked_at"),
        )  # fmt: skip
        self.workforce = Copier(
            WorkforceReport,
            ("id", "business_id", "full_time", "part_time", "reported_by_id", "reported_at"),
        )
        self.seats = Copier(Seat, ("id", "training_class_id", "enrollment_id", "status", "queued_at"))
        self.attendance = Copier(
            Attendance,
            ("id", "session_id", "seat_id", "presence", "decided_at", "recorded_at", "recorded_by_id"),
        )
        self.certificates = Copier(
            Certificate,
            ("id", "number", "code", "seat_id", "course", "hours", "signatory", "issued_at", "issued_by_id"),
        )
        self.plans = Copier(
            ActionPlan,
            ("id", "enrollment_id", "goal", "proposed_by_id", "proposed_at", "agreed_at", "agreed_how",
            "agreed_by_id"),
        )  # fmt: skip
        self.steps = Copier(
            PlanStep,
            ("id", "plan_id", "number", "text", "owner", "due_on", "stage", "done_at", "done_by_id"),
        )
        self.meetings = Copier(
            MentoringSession,
            ("id", "enrollment_id", "stage", "coach_id", "submission_id", "held_submission_id", "place_kind",
            "topic", "starts_at", "zone", "day", "status", "done", "agreed", "created_by_id",
            "recorded_by_id", "recorded_at", "recorded_on", "answer", "answered_at", "created_at"),
        )  # fmt: skip
        self.tables = (
            self.users, self.people, self.consents, self.businesses, self.enrollments, self.assignments,
            self.transitions, self.evidence, self.workforce, *self.classes.tables, self.seats,
            self.attendance, self.certificates, self.plans, self.steps, self.meetings,
        )  # fmt: skip

    def write(self, plan: Plan) -> None:
        """One participant."""
        _Life(self, plan).write()
        flush_together(self.tables)

    def finish(self) -> None:
        """Send what is left, and count the seats that were taken."""
        for table in self.tables:
            table.flush()
        held = Seat.objects.holding().filter(training_class=OuterRef("pk")).order_by()
        count = held.values("training_class").annotate(n=Count("pk")).values("n")
        TrainingClass.objects.update(taken=Coalesce(Subquery(count), 0))


class _Life:
    """One person's way, written row by row."""

    def __init__(self, writer: Writer, plan: Plan) -> None:
        self.to, self.rng, self.plan, self.post = writer, writer.rng, plan, plan.post
        self.coach = plan.post.coaches[0] if plan.is_demo else self.rng.choice(plan.post.coaches)
        self.user, self.person, self.enrollment = (new_id(self.rng) for _ in range(3))
        self.name = "Siti Rahmawati" if plan.is_demo else full_name(self.rng, plan.gender)
        self.address = (
            f"Jl. {self.rng.choice(STREETS)} No. {self.rng.randint(1, 200)}, "
            f"RT {self.rng.randint(1, 12):02d}/RW {self.rng.randint(1, 9):02d}"
        )
        self.stage, self.status, self.stop_reason = Stage.PENDAFTARAN, Status.AKTIF, ""
        self.agency = ""
        self.version = 1
        self.business: UUID | None = None
        self.entered = self.last = stamp(plan.day, plan.minute)
        self.rows: list[tuple[Copier, tuple[Any, ...]]] = []
        self.moves = self._moving_days()

    def _moving_days(self) -> list[int]:
        """The days on which P1, P2 and P3 were left: at their usual pace, or faster when time was short."""
        plan = self.plan
        spans = DAYS_IN_STAGE[: plan.depth - 1]
        room = LAST - plan.day - (LICENSING_DAYS if plan.depth == 4 else 1) - sum(least for least, _ in spans)
        extra = [self.rng.random() * (most - least) for least, most in spans]
        pace = min(1.0, room / sum(extra)) if extra and sum(extra) else 1.0
        days, day = [], plan.day
        for (least, _), more in zip(spans, extra, strict=True):
            day += least + int(more * pace)
            days.append(day)
        return days

    def write(self) -> None:
        """Decide what happened, then write parents before children."""
        plan = self.plan
        self.log(TransitionKind.DAFTAR, "", "", self.user, Role.PESERTA, plan.day, plan.minute)
        since = plan.day
        for level, day in enumerate(self.moves):
            (self.leave_registration, self.leave_training, self.leave_mentoring)[level](since, day)
            since = day
        self.stay(since)
        self._write_person()
        self._write_enrollment()

    # Stage by stage -------------------------------------------------------------------------------

    def leave_registration(self, since: int, day: int) -> None:
        """Identity checked, agency and coach named, coach accepted."""
        self.agency = self.rng.choice(self.post.agencies)
        self.put(
            self.to.assignments, self.enrollment, self.coach, self.post.manager, stamp(day, 8 * 60 - 30),
            stamp(day, 8 * 60 - 15),
        )  # fmt: skip
        self.move(TransitionKind.MAJU, Stage.PELATIHAN, self.post.manager, Role.PENGELOLA, day)

    def leave_training(self, since: int, day: int) -> None:
        """Attendance and certificate, or a waiver; an action plan at the door of mentoring."""
        is_waived = not self.plan.is_demo and self.rng.random() < {
            Pathway.NAIK_KELAS: 0.08, Pathway.MULAI_USAHA: 0.015, Pathway.CARI_KERJA: 0.0
        }[self.plan.pathway]  # fmt: skip
        middle = since + (day - since) * 2 // 3
        if not is_waived and self.rng.random() < ON_PAPER:
            self.prove(Stage.PELATIHAN, EvidenceKind.KEHADIRAN, middle, number=str(self.rng.randint(80, 100)))
            number = f"SRT/{year_of(middle)}/{self.rng.randrange(10**5):05d}"
            self.prove(Stage.PELATIHAN, EvidenceKind.SERTIFIKAT, middle + 1, number=number)
        elif not is_waived:
            self.attend(since, missed=self.rng.choices((0, 1), (3, 2))[0], is_through=True)
        if self.plan.pathway != Pathway.CARI_KERJA:
            self.agree(max(since + 1, day - 3))
        if is_waived:
            reason = "Punya sertifikat pelatihan dari balai latihan kerja."
            self.move(
                TransitionKind.DISPENSASI, Stage.PENDAMPINGAN, self.post.manager, Role.PENGELOLA, day, reason
            )
        else:
            self.move(TransitionKind.MAJU, Stage.PENDAMPINGAN, self.coach, Role.PENDAMPING, day)

    def leave_mentoring(self, since: int, day: int) -> None:
        """Three sessions and a complete business record."""
        self.found_business(since, is_complete=True)
        for part in (1, 2, 3):
            self.meet(since + (day - since) * part // 4)
        self.move(TransitionKind.MAJU, Stage.PERIZINAN, self.coach, Role.PENDAMPING, day)

    def stay(self, since: int) -> None:
        """What the last stage looks like at the cut-off."""
        if self.stage == Stage.PERIZINAN:
            self.license(since)
            return
        chance = self.rng.random()
        end = self.rng.randint(min(since + 5, LAST), LAST)
        if self.stage == Stage.PENDAMPINGAN and self.plan.pathway == Pathway.CARI_KERJA:
            if chance < 0.45 and LAST - since > 6:
                self.find_work(since)
                return
        elif self.stage == Stage.PENDAMPINGAN:
            if chance < 0.6:
                self.found_business(since, is_complete=False)
            if end - since > 3 and self.rng.random() < 0.6:
                self.meet(self.rng.randint(since + 1, end - 2))
        gone, unreachable = {
            Stage.PENDAFTARAN: (0.4, 0.46), Stage.PELATIHAN: (0.46, 0.6), Stage.PENDAMPINGAN: (0.34, 0.46)
        }[self.stage]  # fmt: skip
        if end <= since or chance > unreachable:
            if self.stage == Stage.PELATIHAN and LAST - since > 14 and self.rng.random() < 0.5:
                self.attend(since, missed=self.rng.randint(2, 4), is_through=False)
            return
        manager = self.post.manager
        if chance < gone:
            why = self.rng.choice(STOPS)
            self.end(TransitionKind.BERHENTI, Status.BERHENTI, manager, Role.PENGELOLA, end, why.label, why)
        else:
            actor, role = (
                (manager, Role.PENGELOLA)
                if self.stage == Stage.PENDAFTARAN
                else (self.coach, Role.PENDAMPING)
            )
            reason = "Tiga kali dihubungi tanpa jawaban."
            self.end(TransitionKind.TIDAK_TERHUBUNGI, Status.TIDAK_TERHUBUNGI, actor, role, end, reason)

    def license(self, since: int) -> None:
        """A base permit that a second person has checked; the workers as they were reported."""
        day = self.rng.randint(since + 1, LAST - 1)
        kind = self.rng.choices([EvidenceKind.NIB, EvidenceKind.IUMK, EvidenceKind.SKU], (62, 30, 8))[0]
        number = {
            EvidenceKind.NIB: f"81200{self.rng.randrange(10**8):08d}",
            EvidenceKind.IUMK: f"IUMK/{self.rng.randrange(10**6):06d}",
            EvidenceKind.SKU: "",
        }[kind]
        self.prove(Stage.PERIZINAN, kind, day, number=number)
        if self.plan.workers:
            full = self.rng.randint(0, self.plan.workers)
            self.put(
                self.to.workforce, new_id(self.rng), self.business, full, self.plan.workers - full,
                self.coach, stamp(day, 17 * 60),
            )  # fmt: skip

    def find_work(self, since: int) -> None:
        """A job seeker found work: the end of the path."""
        day = self.rng.randint(since + 2, LAST - 3)
        self.prove(Stage.PENDAMPINGAN, EvidenceKind.PENEMPATAN, day)
        self.end(TransitionKind.LULUS, Status.LULUS, self.coach, Role.PENDAMPING, day + 2)

    # Rows -----------------------------------------------------------------------------------------

    def move(
        self, kind: TransitionKind, stage: Stage, actor: UUID, role: Role, day: int, reason: str = ""
    ) -> None:
        """One stage forward."""
        before, self.stage = self.stage, stage
        self.version += 1
        minute = self.rng.randrange(8 * 60, 17 * 60)
        self.entered = self._last(day, minute)
        self.log(kind, before, self.status, actor, role, day, minute, reason)

    def end(
        self,
        kind: TransitionKind,
        status: Status,
        actor: UUID,
        role: Role,
        day: int,
        reason: str = "",
        stop_reason: str = "",
    ) -> None:
        """Another status at the same stage."""
        before, self.status, self.stop_reason = self.status, status, stop_reason
        self.version += 1
        minute = self.rng.randrange(8 * 60, 17 * 60)
        self._last(day, minute)
        self.log(kind, self.stage, before, actor, role, day, minute, reason)

    def log(
        self,
        kind: TransitionKind,
        from_stage: str,
        from_status: str,
        actor: UUID,
        role: Role,
        day: int,
        minute: int,
        reason: str = "",
    ) -> None:
        plan = self.plan
        self.put(
            self.to.transitions, new_id(self.rng), self.enrollment, self.version, kind.value, str(from_stage),
            self.stage.value, str(from_status), self.status.value, reason, actor, role.value,
            stamp(day, minute), DAYS[day], ZONE, plan.post.center.district_id, plan.post.center.pk,
            self.agency, plan.pathway.value, plan.gender, plan.born.year, year_of(plan.day),
        )  # fmt: skip

    def prove(self, stage: Stage, kind: EvidenceKind, day: int, *, number: str = "", note: str = "") -> None:
        """A proof of a day that the manager accepted on the next morning."""
        is_from_coach = kind in (EvidenceKind.KEHADIRAN, EvidenceKind.SESI, EvidenceKind.RENCANA_AKSI)
        self.put(
            self.to.evidence, new_id(self.rng), self.enrollment, stage.value, kind.value, number,
            None if is_from_coach else self.to.picture, note, DAYS[day],
            self.coach if is_from_coach else self.user, stamp(day, 16 * 60), EvidenceStatus.DITERIMA.value,
            self.post.manager, stamp(day + 1, 7 * 60 + 30),
        )  # fmt: skip
        self._last(day, 16 * 60)

    def attend(self, since: int, *, missed: int, is_through: bool) -> None:
        """A seat in the next class and how each session went; who was there enough gets the certificate."""
        given, last = self.to.classes.seat(self.post, since)
        seat, absent = new_id(self.rng), set(self.rng.sample(range(len(CLASS_DAYS)), missed))
        self.put(
            self.to.seats,
            seat,
            given.id,
            self.enrollment,
            SeatStatus.TERDAFTAR.value,
            stamp(since, 17 * 60 + 30),
        )
        for number, (session, day) in enumerate(given.sessions):
            was = (Presence.IZIN, Presence.SAKIT, Presence.ALPA) if number in absent else PRESENT
            self.put(
                self.to.attendance, new_id(self.rng), session, seat, self.rng.choice(was).value,
                stamp(day, 9 * 60 + 10), stamp(day, 9 * 60 + 10), given.trainer,
            )  # fmt: skip
        if is_through:
            printed = f"SP-{year_of(last) % 100:02d}-{next(self.to.certificate_numbers):06d}"
            code = "".join(self.rng.choices(ALPHABET, k=CODE_LENGTH))
            course, post = self.to.classes.course, self.post
            self.put(
                self.to.certificates, new_id(self.rng), printed, code, seat, course.title, course.hours,
                post.manager_name, stamp(last, 17 * 60), post.manager,
            )  # fmt: skip
        self._last(last, 17 * 60)

    def agree(self, day: int) -> None:
        """An action plan, or the photo of one that was accepted."""
        if self.rng.random() < ON_PAPER:
            note = "Tiga langkah: urus izin, foto produk, cari pembeli tetap."
            self.prove(Stage.PENDAMPINGAN, EvidenceKind.RENCANA_AKSI, day, note=note)
            return
        plan, goal = new_id(self.rng), self.rng.choice(GOALS[self.plan.pathway])
        self.put(
            self.to.plans, plan, self.enrollment, goal, self.coach, stamp(day, 10 * 60),
            stamp(day, 11 * 60), Agreed.PORTAL.value, self.user,
        )  # fmt: skip
        for number, (text, owner, stage, days) in enumerate(STEPS, start=1):
            is_done = day + days < LAST and self.rng.random() < 0.6
            self.put(
                self.to.steps, new_id(self.rng), plan, number, text, owner.value, DAYS[min(day + days, LAST)],
                stage.value, stamp(day + days, 16 * 60) if is_done else None, self.user if is_done else None,
            )  # fmt: skip
        self._last(day, 11 * 60)

    def meet(self, day: int) -> None:
        """A session with the coach, which the participant confirmed, or a proof of one that was accepted."""
        if self.rng.random() < ON_PAPER:
            note = "Di pusat. Membahas harga dan bahan. Bertemu lagi dua minggu lagi."
            self.prove(Stage.PENDAMPINGAN, EvidenceKind.SESI, day, note=note)
            return
        topic, done, agreed = self.rng.choice(TALKS)
        at = stamp(day, 15 * 60)
        self.put(
            self.to.meetings, new_id(self.rng), self.enrollment, Stage.PENDAMPINGAN.value, self.coach,
            new_id(self.rng), new_id(self.rng), self.rng.choice(list(PlaceKind)).value, topic,
            stamp(day, 14 * 60), ZONE, DAYS[day], SessionStatus.TERLAKSANA.value, done, agreed, self.coach,
            self.coach, at, DAYS[day], SessionAnswer.TERJADI.value, stamp(day, 19 * 60), at,
        )  # fmt: skip
        self._last(day, 19 * 60)

    def found_business(self, day: int, *, is_complete: bool) -> None:
        """The business record; what P3 asks is filled in only by those who go on."""
        rng, plan = self.rng, self.plan
        sector = rng.choice(list(BUSINESS_WORDS))
        self.business = new_id(rng)
        full = plan.workers // 2
        at = stamp(day, 17 * 60)
        self.put(
            self.to.businesses, self.business, self.person,
            f"{rng.choice(BUSINESS_WORDS[sector])} {self.name.split()[0]}", sector,
            self.address if is_complete else "", rng.randrange(5, 400) * 100_000 if is_complete else None,
            rng.randrange(5, 300) * 1_000_000 if is_complete else None, full if is_complete else None,
            plan.workers - full if is_complete else None, at, at,
        )  # fmt: skip

    def put(self, table: Copier, *values: Any) -> None:
        """Keep a row until the person and the enrollment it points at are written."""
        self.rows.append((table, values))

    def _last(self, day: int, minute: int) -> str:
        at = stamp(day, minute)
        self.last = max(self.last, at)
        return at

    def _write_person(self) -> None:
        to, plan, rng = self.to, self.plan, self.rng
        phone = to.phones.take()
        phone_index = crypto.blind_index(phone, purpose="phone") if phone else None
        masked = mask_phone(phone) if phone else ""
        at = stamp(plan.day, plan.minute)
        email = "warga@example.com" if plan.is_demo else None
        if email is None and rng.random() < 0.3:
            email = f"peserta{plan.number[-6:]}@example.com"
        to.users.add(
            self.user, self.name, email, plan.number, True, at, to.password,
            crypto.seal(phone, context=f"accounts_user.phone_sealed:{self.user}") if phone else None,
            phone_index, masked,
        )  # fmt: skip
        day = plan.born.day + (40 if plan.gender == "P" else 0)
        nik = f"{plan.post.center.district_id.replace('.', '')}{day:02d}{plan.born:%m%y}0000"
        status, checker, checked = IdentityStatus.DIKETIK, None, None
        if self.moves:
            status, checker, checked = (
                IdentityStatus.DIVERIFIKASI,
                self.post.manager,
                stamp(self.moves[0], 450),
            )
        elif plan.day < LAST and rng.random() < 0.5:
            status, checker = IdentityStatus.DOKUMEN_DILIHAT, self.post.manager
            checked = stamp(plan.day + 1, 9 * 60)
        warnings = (
            f'["{rng.choice(list(NIK_WARNINGS))}"]'
            if rng.random() < NIK_WARNING_SHARE and not plan.is_demo
            else "[]"
        )
        to.people.add(
            self.person, self.user, self.name, plan.born, plan.gender, self.address, at,
            crypto.seal(nik, context=f"participants_person.nik_sealed:{self.person}"),
            crypto.blind_index(nik, purpose="nik"), mask_nik(nik), warnings,
            crypto.seal(phone, context=f"participants_person.phone_sealed:{self.person}") if phone else None,
            phone_index, masked, status.value, checker, checked,
        )  # fmt: skip
        for purpose in ConsentPurpose:
            to.consents.add(self.person, purpose.value, CONSENT_VERSION, at)

    def _write_enrollment(self) -> None:
        to, plan, rng, post = self.to, self.plan, self.rng, self.post
        has_goal = bool(self.moves) or rng.random() < 0.6
        to.enrollments.add(
            self.enrollment, plan.number, self.person, plan.pathway.value, post.center.district_id,
            post.center.pk, self.agency or None, post.licensing, self.coach if self.moves else None,
            self.stage.value, self.status.value, str(self.stop_reason),
            rng.choice(GOALS[plan.pathway]) if has_goal else "", rng.choice(SOURCES), ZONE, year_of(plan.day),
            stamp(plan.day, plan.minute), DAYS[plan.day], self.entered, self.last, self.version,
        )  # fmt: skip
        for table, values in self.rows:
            table.add(*values)
