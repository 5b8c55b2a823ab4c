"""What waits for somebody: proofs not yet checked, people without a centre, people nobody heard of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Left

from accounts.access import NATION, area_q
from participants.models import Enrollment, StageEvidence, Status
from programs.pipeline.people import silent_q

from .questions import FunnelQuery

EVIDENCE_DAYS = 3
"""A proof that waited longer than so many days is late."""


@dataclass(frozen=True, slots=True)
class Attention:
    """Counts of people, by what waits. `silent` is by area code, cut to the length of the page's parts."""

    waiting: int
    silent: dict[str, int]
    evidence: int
    late_evidence: int

    @property
    def silent_total(self) -> int:
        return sum(self.silent.values())


def enrollments(query: FunnelQuery) -> QuerySet[Enrollment]:
    """The enrollments a question is about, as they are now. Its scope has been checked (`Lens`)."""
    found = Enrollment.objects.filter(erased_at__isnull=True)
    if query.area != NATION:
        found = found.filter(area_q("district__code", [query.area]))
    if query.year is not None:
        found = found.filter(cohort_year=query.year)
    if query.pathway:
        found = found.filter(pathway=query.pathway)
    if query.center:
        found = found.filter(center_id=query.center)
    if query.agency:
        found = found.filter(Q(agency_id=query.agency) | Q(licensing_agency_id=query.agency))
    return found


def load_attention(query: FunnelQuery, *, area_length: int, at: datetime) -> Attention:
    """What waits inside a question. Three statements, one of them the thresholds of the day."""
    found = enrollments(query)
    parts = (
        found.filter(status__in=[Status.AKTIF, Status.MENUNGGU_PUSAT])
        .annotate(part=Left("district_id", area_length))
        .values("part")
        .annotate(
            waiting=Count("pk", filter=Q(status=Status.MENUNGGU_PUSAT)),
            silent=Count("pk", filter=silent_q(at)),
        )
        .values_list("part", "waiting", "silent")
        .order_by("part")
    )
    rows = list(parts)
    proofs = (
        StageEvidence.objects.pending()
        .filter(enrollment__in=found)
        .aggregate(
            people=Count("enrollment", distinct=True),
            late=Count(
                "enrollment",
                distinct=True,
                filter=Q(submitted_at__lt=at - timedelta(days=EVIDENCE_DAYS)),
            ),
        )
    )
    return Attention(
        waiting=sum(waiting for _part, waiting, _silent in rows),
        silent={part: silent for part, _waiting, silent in rows if silent},
        evidence=proofs["people"],
        late_evidence=proofs["late"],
    )
