"""Demo participants with a whole life in the programme: paths, stages, statuses, proofs, plausible dates.

A history is walked forward in time from registration; whatever would happen after "now" has not happened.
Every
proof and every line of the log is written as the acts would have written it, only in bulk.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Model

from accounts.models import Role, User
from centers.assignment import choose
from centers.models import Center, District
from core.clock import local_day
from core.models import StoredFile
from core.validators import NIK_WARNINGS, clean_nik, nik_warnings
from participants.models import (
    Business,
    BusinessSector,
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
from participants.transitions import transition_row
from programs.pipeline.stages import next_stage

from .names import full_name
from .world import HOME, REGIONS, STREETS, Phones, Place, World

CONSENT_VERSION = "1"
GOALS = {
    Pathway.CARI_KERJA: (
        "Kerja tetap di dekat rumah",
        "Kerja di dapur hotel",
        "Jadi staf toko",
        "Kerja di bengkel",
    ),
    Pathway.MULAI_USAHA: (
        "Jualan kue kering sampai toko oleh-oleh",
        "Punya warung makan sendiri",
        "Buka jasa jahit di rumah",
        "Jualan keripik lewat internet",
    ),
    Pathway.NAIK_KELAS: (
        "Punya NIB dan pembeli tetap",
        "Masuk gerai swalayan",
        "Punya dua pekerja",
        "Rapi pembukuannya",
    ),
}
BUSINESS_WORDS = {
    "kuliner": ("Dapur", "Warung", "Kedai", "Keripik", "Sambal"),
    "fesyen": ("Butik", "Jahit", "Batik", "Hijab"),
    "kriya": ("Kriya", "Anyaman", "Rajut"),
    "jasa": ("Jasa", "Laundry", "Servis"),
    "perdagangan": ("Toko", "Kios", "Sembako"),
    "pertanian": ("Kebun", "Hidroponik"),
    "perikanan": ("Lele", "Kolam"),
}
PATH_SHARES = ((Pathway.MULAI_USAHA, 0.55), (Pathway.NAIK_KELAS, 0.27), (Pathway.CARI_KERJA, 0.18))
CHANCE_TO_LEAVE = {
    Stage.PENDAFTARAN: 0.86,
    Stage.PELATIHAN: 0.74,
    Stage.PENDAMPINGAN: 0.66,
    Stage.PERIZINAN: 0.68,
    Stage.PEMASARAN: 0.66,
    Stage.PELAPORAN_KEUANGAN: 0.6,
    Stage.PERMODALAN: 0.72,
}
DAYS_IN_STAGE = {
    Stage.PENDAFTARAN: (1, 12),
    Stage.PELATIHAN: (14, 60),
    Stage.PENDAMPINGAN: (30, 110),
    Stage.PERIZINAN: (10, 70),
    Stage.PEMASARAN: (14, 80),
    Stage.PELAPORAN_KEUANGAN: (90, 130),
    Stage.PERMODALAN: (14, 60),
}
NIK_WARNING_SHARE = 0.03
FILES = {
    EvidenceKind.SERTIFIKAT,
    EvidenceKind.PENEMPATAN,
    EvidenceKind.NIB,
    EvidenceKind.IUMK,
    EvidenceKind.SKU,
    EvidenceKind.PRODUK,
    EvidenceKind.PENJUALAN,
    EvidenceKind.BUKU_KAS,
    EvidenceKind.LAPORAN_KEUANGAN,
    EvidenceKind.MODAL_CAIR,
    EvidenceKind.MODAL_DITOLAK,
}


SMALL_CROWD = 100
"""Up to here nobody is placed in the demo manager's queue."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who waits in the demo manager's queue, with the birth date as it was written."""

    name: str
    born: date
    is_mistyped: bool = False


NEWCOMERS = (
    Newcomer("Rina Wulandari", date(1989, 3, 1)),
    Newcomer("Rina Wulandary", date(1989, 3, 1), is_mistyped=True),
    Newcomer("Sri Maharani", date(1994, 8, 17)),
)
"""The demo manager has work: a NIK that does not agree, and two registrations that may be one person."""


@dataclass
class Rows:
    """What a run writes, table by table."""

    users: list[User] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    businesses: list[Business] = field(default_factory=list)
    enrollments: list[Enrollment] = field(default_factory=list)
    assignments: list[CoachAssignment] = field(default_factory=list)
    transitions: list[StageTransition] = field(default_factory=list)
    evidence: list[StageEvidence] = field(default_factory=list)
    workforce: list[WorkforceReport] = field(default_factory=list)

    def write(self) -> None:
        """Insert everything, parents first."""
        for model, rows in (
            (User, self.users),
            (Person, self.people),
            (Consent, self.consents),
            (Business, self.businesses),
            (Enrollment, self.enrollments),
            (CoachAssignment, self.assignments),
            (StageTransition, self.transitions),
            (StageEvidence, self.evidence),
            (WorkforceReport, self.workforce),
        ):
            _write(model, rows)


class Crowd:
    """Draws people one by one from a single source of chance, so that a seed gives the same crowd."""

    def __init__(
        self,
        rng: random.Random,
        world: World,
        *,
        at: datetime,
        phones: Phones,
        password: str,
        picture: StoredFile,
    ) -> None:
        self.rng, self.world, self.at = rng, world, at
        self.phones, self.password, self.picture = phones, password, picture
        self.rows = Rows()
        self.niks: set[str] = set()
        self.names: set[tuple[str, date]] = set()
        self.open_centers = [place.center for place in world.places.values() if place.center.is_open]

    def draw(self, count: int) -> Rows:
        """Make `count` participants; the first is the demo citizen."""
        starts = sorted(self.at - timedelta(days=self.rng.triangular(2, 700, 120)) for _ in range(count - 1))
        numbers = _take_numbers(count)
        self._participant(
            self.at - timedelta(days=66), numbers[0], home=HOME[1:], email="warga@example.com",
            pathway=Pathway.MULAI_USAHA, gender="P", name="Siti Rahmawati", stay_at=Stage.PERIZINAN,
        )  # fmt: skip
        newcomers = dict(zip(numbers[:0:-1], NEWCOMERS, strict=False)) if count > SMALL_CROWD else {}
        for start, number in zip(starts, numbers[1:], strict=True):
            if newcomer := newcomers.get(number):
                self._newcomer(start, number, newcomer)
            else:
                self._participant(start, number)
        return self.rows

    def _newcomer(self, start: datetime, number: int, newcomer: Newcomer) -> None:
        self._participant(
            start, number, home=HOME[1:], pathway=Pathway.MULAI_USAHA, gender="P", name=newcomer.name,
            stay_at=Stage.PENDAFTARAN, newcomer=newcomer,
        )  # fmt: skip

    def _participant(
        self,
        start: datetime,
        number: int,
        *,
        home: str = "",
        email: str | None = None,
        pathway: Pathway | None = None,
        gender: str = "",
        name: str = "",
        stay_at: Stage | None = None,
        newcomer: Newcomer | None = None,
    ) -> None:
        rng = self.rng
        district = self._home(home)
        pathway = pathway or rng.choices([p for p, _ in PATH_SHARES], [share for _, share in PATH_SHARES])[0]
        gender = gender or rng.choices("PL", (0.64, 0.36))[0]
        place = self._place(district)
        zone = place.center.zone if place else district.zone
        registered_on = local_day(start, zone)
        text_number = f"OK-{registered_on:%y}-{number:06d}"
        person = self._person(start, district, gender, name, email, text_number, newcomer)
        enrollment = Enrollment(
            number=text_number,
            person=person,
            pathway=pathway,
            district=district,
            center=place.center if place else None,
            is_center_fallback=bool(place and place.center.district_id != district.pk),
            licensing_agency=place.licensing if place else None,
            status=Status.AKTIF if place else Status.MENUNGGU_PUSAT,
            goal=rng.choice(GOALS[pathway]) if rng.random() < 0.7 or stay_at else "",
            source=rng.choice(("Teman atau keluarga", "Kelurahan", "Media sosial", "Spanduk", "")),
            zone=zone,
            cohort_year=registered_on.year,
            registered_at=start,
            registered_on=registered_on,
            stage_entered_at=start,
            last_activity_at=start,
        )
        self.rows.enrollments.append(enrollment)
        self._log(enrollment, TransitionKind.DAFTAR, "", "", actor=person.user, role=Role.PESERTA, at=start)
        if place:
            self._walk(enrollment, place, stay_at)

    def _home(self, code: str) -> District:
        if code:
            return next(district for district in self.world.districts if district.pk == code)
        region = self.rng.choices(REGIONS, (0.64, 0.14, 0.12, 0.1))[0]
        return self.rng.choice([d for d in self.world.districts if d.pk.startswith(f"{region}.")])

    def _place(self, district: District) -> Place | None:
        center: Center | None = choose(district, self.open_centers).center
        return self.world.places[center.pk] if center else None

    def _person(
        self,
        start: datetime,
        district: District,
        gender: str,
        name: str,
        email: str | None,
        number: str,
        newcomer: Newcomer | None = None,
    ) -> Person:
        rng = self.rng
        while True:
            drawn = date(1966, 1, 1) + timedelta(days=rng.randrange(365 * 41))
            born = newcomer.born if newcomer else drawn
            name_drawn = name or full_name(rng, gender)
            nik = _synthetic_nik(district.pk, born, gender)
            if newcomer and (newcomer.is_mistyped or nik in self.niks):
                nik = _synthetic_nik(district.pk, drawn, gender)
            if nik not in self.niks and (name_drawn, born) not in self.names:
                break
        self.niks.add(nik)
        self.names.add((name_drawn, born))
        phone = self.phones.take()
        user = User(
            display_name=name_drawn,
            email=email or (f"peserta{number[-6:]}@example.com" if rng.random() < 0.3 else None),
            login_number=number,
            is_demo=True,
            created_at=start,
            password=self.password,
        )
        user.set_phone(phone)
        self.rows.users.append(user)
        person = Person(
            user=user,
            full_name=name_drawn,
            birth_date=born,
            gender=gender,
            address=(
                f"Jl. {rng.choice(STREETS)} No. {rng.randint(1, 200)}, RT {rng.randint(1, 12):02d}/RW "
                f"{rng.randint(1, 9):02d}"
            ),
            created_at=start,
        )
        if rng.random() < 0.02 and not name:
            person.no_nik_reason = "KTP masih diurus di kelurahan"
        else:
            person.set_nik(nik)
            if rng.random() < NIK_WARNING_SHARE:
                person.nik_warnings = [rng.choice(list(NIK_WARNINGS))]
            if newcomer:
                person.nik_warnings = nik_warnings(clean_nik(nik), born, gender)
        person.set_phone(phone)
        self.rows.people.append(person)
        for purpose in ConsentPurpose:
            self.rows.consents.append(
                Consent(person=person, purpose=purpose, text_version=CONSENT_VERSION, given_at=start)
            )
        return person

    def _walk(self, enrollment: Enrollment, place: Place, stay_at: Stage | None) -> None:
        """Live through the stages until chance, the path's end or the present stops it."""
        rng, moment = self.rng, enrollment.registered_at
        coach = place.coaches[0] if stay_at else rng.choice(place.coaches)
        while True:
            stage = Stage(enrollment.stage)
            stays = stage == stay_at or (stay_at is None and rng.random() > self._chance(enrollment, stage))
            if stays:
                self._stay(enrollment, place, coach, stage, moment, is_demo=stay_at is not None)
                return
            least, most = (18, 20) if stay_at else DAYS_IN_STAGE[stage]
            leave = moment + timedelta(days=rng.uniform(least, most))
            if leave >= self.at:
                self._stay(enrollment, place, coach, stage, moment, is_demo=False)
                return
            if stage == Stage.PENDAFTARAN:
                self._leave_registration(enrollment, place, coach, moment, leave)
            target = next_stage(stage, enrollment.pathway)
            is_waived = stay_at is None and self._is_waived(enrollment, stage)
            if not is_waived:
                self._prove(enrollment, place, coach, stage, moment, leave)
            if target == Stage.PENDAMPINGAN and enrollment.pathway != Pathway.CARI_KERJA:
                self._proof(
                    enrollment, place, coach, target, EvidenceKind.RENCANA_AKSI, leave - timedelta(hours=30)
                )
            self._move(enrollment, place, coach, stage, target, is_waived, leave)
            moment = leave
            if target is None:
                return

    def _chance(self, enrollment: Enrollment, stage: Stage) -> float:
        if stage == Stage.PENDAFTARAN and enrollment.person.nik_index is None:
            return 0.0
        return CHANCE_TO_LEAVE[stage]

    def _is_waived(self, enrollment: Enrollment, stage: Stage) -> bool:
        if enrollment.pathway == Pathway.CARI_KERJA:
            return False
        chances = {
            Stage.PELATIHAN: 0.28 if enrollment.pathway == Pathway.NAIK_KELAS else 0.04,
            Stage.PERIZINAN: 0.02,
        }
        return self.rng.random() < chances.get(stage, 0.0)

    def _leave_registration(
        self, enrollment: Enrollment, place: Place, coach: User, since: datetime, until: datetime
    ) -> None:
        checked = since + (until - since) * 0.5
        person = enrollment.person
        person.identity_status = IdentityStatus.DIVERIFIKASI
        person.identity_checked_by, person.identity_checked_at = place.manager, checked
        enrollment.goal = enrollment.goal or self.rng.choice(GOALS[Pathway(enrollment.pathway)])
        enrollment.agency = self.rng.choice(place.agencies)
        self._assign(enrollment, place, coach, checked, accepted=until)

    def _assign(
        self, enrollment: Enrollment, place: Place, coach: User, at: datetime, *, accepted: datetime | None
    ) -> None:
        enrollment.coach = coach
        self.rows.assignments.append(
            CoachAssignment(
                enrollment=enrollment,
                coach=coach,
                assigned_by=place.manager,
                assigned_at=at,
                accepted_at=accepted,
            )
        )

    def _prove(
        self,
        enrollment: Enrollment,
        place: Place,
        coach: User,
        stage: Stage,
        since: datetime,
        until: datetime,
    ) -> None:
        """The accepted proofs and records that let a person leave a stage."""
        rng, span = self.rng, until - since
        if stage == Stage.PENDAMPINGAN and enrollment.pathway != Pathway.CARI_KERJA:
            self._business(enrollment, since, is_complete=True)
        kinds: dict[Stage, list[EvidenceKind]] = {
            Stage.PELATIHAN: [EvidenceKind.KEHADIRAN, EvidenceKind.SERTIFIKAT],
            Stage.PENDAMPINGAN: [EvidenceKind.PENEMPATAN]
            if enrollment.pathway == Pathway.CARI_KERJA
            else [EvidenceKind.SESI] * 3,
            Stage.PERIZINAN: [
                rng.choices([EvidenceKind.NIB, EvidenceKind.IUMK, EvidenceKind.SKU], (94, 4, 2))[0]
            ],
            Stage.PEMASARAN: [EvidenceKind.PRODUK, EvidenceKind.PENJUALAN],
            Stage.PELAPORAN_KEUANGAN: [EvidenceKind.BUKU_KAS] * 3 + [EvidenceKind.LAPORAN_KEUANGAN],
            Stage.PERMODALAN: [
                rng.choices(
                    [EvidenceKind.MODAL_CAIR, EvidenceKind.TIDAK_BUTUH_MODAL, EvidenceKind.MODAL_DITOLAK],
                    (5, 4, 1),
                )[0]
            ],
        }
        wanted = kinds.get(stage, [])
        for position, kind in enumerate(wanted, start=1):
            at = since + span * (position / (len(wanted) + 1))
            if kind == EvidenceKind.BUKU_KAS:  # 31 days apart are always different months
                at = since + timedelta(days=1 + 31 * (position - 1))
            elif kind == EvidenceKind.LAPORAN_KEUANGAN:
                at = until - timedelta(hours=40)
            self._proof(enrollment, place, coach, stage, kind, at)
        if stage == Stage.PEMASARAN and rng.random() < 0.6:
            self._workers(enrollment, until)

    def _proof(
        self,
        enrollment: Enrollment,
        place: Place,
        coach: User,
        stage: Stage,
        kind: EvidenceKind,
        at: datetime,
        status: EvidenceStatus = EvidenceStatus.DITERIMA,
    ) -> None:
        numbers = {
            EvidenceKind.KEHADIRAN: str(self.rng.randint(80, 100)),
            EvidenceKind.NIB: f"91200{self.rng.randrange(10**8):08d}",
            EvidenceKind.SERTIFIKAT: f"SRT/{at:%Y}/{self.rng.randrange(10**5):05d}",
        }
        notes = {
            EvidenceKind.SESI: "Di pusat. Membahas harga dan bahan. Bertemu lagi dua minggu lagi.",
            EvidenceKind.RENCANA_AKSI: "Tiga langkah: urus izin, foto produk, cari pembeli tetap.",
            EvidenceKind.TIDAK_BUTUH_MODAL: "Usaha berjalan dari keuntungan sendiri.",
        }
        is_from_coach = kind in (EvidenceKind.KEHADIRAN, EvidenceKind.SESI, EvidenceKind.RENCANA_AKSI)
        is_waiting = status == EvidenceStatus.MENUNGGU
        self.rows.evidence.append(
            StageEvidence(
                enrollment=enrollment,
                stage=stage,
                kind=kind,
                number=numbers.get(kind, ""),
                note=notes.get(kind, ""),
                file=self.picture if kind in FILES else None,
                happened_on=local_day(at, enrollment.zone),
                submitted_by=coach if is_from_coach else enrollment.person.user,
                submitted_at=at,
                status=status,
                checked_by=None if is_waiting else place.manager,
                checked_at=None if is_waiting else min(at + timedelta(hours=20), self.at),
                rejection="Nomornya tidak terbaca. Foto lagi di tempat terang."
                if status == EvidenceStatus.DITOLAK
                else "",
            )
        )
        enrollment.last_activity_at = max(enrollment.last_activity_at, at)

    def _business(self, enrollment: Enrollment, at: datetime, *, is_complete: bool) -> None:
        if any(business.person is enrollment.person for business in self.rows.businesses[-3:]):
            return
        rng = self.rng
        sector = rng.choice(list(BUSINESS_WORDS))
        self.rows.businesses.append(
            Business(
                person=enrollment.person,
                name=f"{rng.choice(BUSINESS_WORDS[sector])} {enrollment.person.full_name.split()[0]}",
                sector=BusinessSector(sector),
                address=enrollment.person.address if is_complete else "",
                capital=rng.randrange(5, 400) * 100_000 if is_complete else None,
                annual_sales=rng.randrange(5, 300) * 1_000_000 if is_complete else None,
                workers_full_time=rng.choice((0, 0, 1, 1, 2, 3)) if is_complete else None,
                workers_part_time=rng.choice((0, 1, 2)) if is_complete else None,
                created_at=at,
                updated_at=at,
            )
        )

    def _workers(self, enrollment: Enrollment, at: datetime) -> None:
        business = next((b for b in reversed(self.rows.businesses) if b.person is enrollment.person), None)
        if business is None:
            return
        full_time, part_time = self.rng.choice((0, 1, 1, 2, 3)), self.rng.choice((0, 0, 1, 2))
        # A report is made of what the business says; both show the same numbers.
        business.workers_full_time, business.workers_part_time = full_time, part_time
        self.rows.workforce.append(
            WorkforceReport(
                business=business,
                full_time=full_time,
                part_time=part_time,
                reported_by=enrollment.coach,
                reported_at=at,
                confirmed_at=at + timedelta(days=2) if self.rng.random() < 0.6 else None,
            )
        )

    def _move(
        self,
        enrollment: Enrollment,
        place: Place,
        coach: User,
        stage: Stage,
        target: Stage | None,
        is_waived: bool,
        at: datetime,
    ) -> None:
        status = enrollment.status
        actor, role = (
            (place.manager, Role.PENGELOLA) if stage == Stage.PENDAFTARAN else (coach, Role.PENDAMPING)
        )
        kind, reason = TransitionKind.MAJU, ""
        if target is None:
            enrollment.status = Status.LULUS
            kind = TransitionKind.LULUS
        else:
            enrollment.stage, enrollment.stage_entered_at = target, at
        if is_waived:
            kind = TransitionKind.DISPENSASI
            actor, role = place.manager, Role.PENGELOLA
            reason = "Punya sertifikat pelatihan dari balai latihan kerja."
            if stage == Stage.PERIZINAN:
                actor, role = self._dinas(enrollment), Role.DINAS
                reason = "Izin terhambat zonasi, pemasaran tetap berjalan."
        enrollment.version += 1
        enrollment.last_activity_at = max(enrollment.last_activity_at, at)
        self._log(enrollment, kind, stage, status, actor=actor, role=role, at=at, reason=reason)

    def _dinas(self, enrollment: Enrollment) -> User:
        return next(
            user for region, user in self.world.dinas.items() if enrollment.district_id.startswith(region)
        )

    def _stay(
        self,
        enrollment: Enrollment,
        place: Place,
        coach: User,
        stage: Stage,
        since: datetime,
        *,
        is_demo: bool,
    ) -> None:
        """What the present stage looks like: waiting proofs, silence, a stop, somebody out of reach."""
        rng = self.rng
        age = self.at - since
        if stage == Stage.PENDAFTARAN:
            if age > timedelta(days=3) and rng.random() < 0.5:
                enrollment.person.identity_status = IdentityStatus.DOKUMEN_DILIHAT
                enrollment.person.identity_checked_by = place.manager
                enrollment.person.identity_checked_at = since + age * 0.3
            if rng.random() < 0.4:
                enrollment.agency = rng.choice(place.agencies)
        if is_demo:
            enrollment.last_activity_at = max(since, self.at - timedelta(days=3))
            return
        waiting = {
            Stage.PELATIHAN: EvidenceKind.SERTIFIKAT,
            Stage.PERIZINAN: EvidenceKind.NIB,
            Stage.PEMASARAN: EvidenceKind.PRODUK,
            Stage.PELAPORAN_KEUANGAN: EvidenceKind.BUKU_KAS,
        }
        if stage in waiting and rng.random() < 0.35:
            sent = max(since, self.at - timedelta(days=rng.uniform(0.2, 9)))
            status = rng.choices([EvidenceStatus.MENUNGGU, EvidenceStatus.DITOLAK], (4, 1))[0]
            self._proof(enrollment, place, coach, stage, waiting[stage], sent, status)
            return
        if age < timedelta(days=20):
            return
        fate = rng.random()
        when = since + age * rng.uniform(0.3, 0.8)
        gone = 0.75 if age > timedelta(days=150) else 0.3
        if fate < gone:
            self._end(enrollment, place, stage, when)
        elif fate < gone + 0.12 and stage != Stage.PENDAFTARAN:
            before = enrollment.status
            enrollment.status = Status.TIDAK_TERHUBUNGI
            enrollment.version += 1
            enrollment.last_activity_at = max(enrollment.last_activity_at, when)
            self._log(
                enrollment, TransitionKind.TIDAK_TERHUBUNGI, stage, before,
                actor=coach, role=Role.PENDAMPING, at=when, reason="Tiga kali dihubungi tanpa jawaban.",
            )  # fmt: skip
        elif fate < 0.94:
            enrollment.last_activity_at = self.at - min(age, timedelta(days=rng.uniform(0.5, 13)))

    def _end(self, enrollment: Enrollment, place: Place, stage: Stage, at: datetime) -> None:
        before = enrollment.status
        why = self.rng.choice(
            [StopReason.PINDAH, StopReason.KELUARGA, StopReason.TIDAK_BERMINAT, StopReason.BEKERJA]
        )
        enrollment.status, enrollment.stop_reason = Status.BERHENTI, why
        enrollment.version += 1
        enrollment.last_activity_at = max(enrollment.last_activity_at, at)
        self._log(
            enrollment, TransitionKind.BERHENTI, stage, before,
            actor=place.manager, role=Role.PENGELOLA, at=at, reason=why.label,
        )  # fmt: skip

    def _log(
        self,
        enrollment: Enrollment,
        kind: TransitionKind,
        from_stage: str,
        from_status: str,
        *,
        actor: User | None,
        role: Role,
        at: datetime,
        reason: str = "",
    ) -> None:
        self.rows.transitions.append(
            transition_row(
                enrollment,
                kind=kind,
                from_stage=from_stage,
                from_status=from_status,
                reason=reason,
                actor=actor,
                actor_role=role,
                at=at,
            )
        )


def _write(model: type[Model], rows: Sequence[Any]) -> None:
    model._default_manager.bulk_create(rows, batch_size=500)


def _synthetic_nik(district_code: str, born: date, gender: str) -> str:
    """A NIK nobody has: serial 0000. One exists for each kecamatan, day and sex."""
    day = born.day + (40 if gender == "P" else 0)
    return f"{district_code.replace('.', '')}{day:02d}{born:%m%y}0000"


def _take_numbers(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval('participants_registration_number') FROM generate_series(1, %s)", [count]
        )
        return [row[0] for row in cursor.fetchall()]
