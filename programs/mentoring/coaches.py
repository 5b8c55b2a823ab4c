"""The acts on what is known of a coach, and on what a participant wishes of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from centers.models import CoachProfile
from core import audit
from participants.refusals import NotYours
from participants.services import lock_enrollment

from .models import CoachDetails, CoachWish, MentorKind


@dataclass(frozen=True, slots=True)
class CoachText:
    """What a coach says of themselves."""

    kind: MentorKind
    areas: Sequence[str]
    sectors: Sequence[str]
    languages: Sequence[str]
    capacity: int
    bio: str
    is_accepting: bool


@transaction.atomic
def save_profile(*, profile_id: int, actor: User, text: CoachText, at: datetime) -> CoachDetails:
    """Write the own profile. How many people a coach takes is audited. Raises NotYours for others."""
    rows = CoachProfile.objects.select_for_update(of=("self",), no_key=True)
    profile = rows.get(pk=profile_id)
    if profile.user_id != actor.pk:
        raise NotYours("Profil ini ditulis pendampingnya sendiri.")
    before = (profile.capacity, profile.is_accepting)
    profile.capacity, profile.bio, profile.is_accepting = text.capacity, text.bio, text.is_accepting
    profile.save(update_fields=["capacity", "bio", "is_accepting"])
    details, _is_new = CoachDetails.objects.update_or_create(
        profile=profile,
        defaults={
            "kind": text.kind,
            "areas": list(text.areas),
            "sectors": list(text.sectors),
            "languages": list(text.languages),
            "updated_by": actor,
            "updated_at": at,
        },
    )
    if before != (profile.capacity, profile.is_accepting):
        detail = {"capacity": [before[0], profile.capacity], "accepting": [before[1], profile.is_accepting]}
        audit.record(actor=actor, action="pendamping.profil", obj=actor, detail=detail)
    return details


@transaction.atomic
def save_wish(
    *, enrollment_id: UUID, actor: User, sector: str, language: str, kind: str, at: datetime
) -> CoachWish:
    """Write what one would like of a coach. Raises NotYours for anybody but the participant."""
    enrollment = lock_enrollment(enrollment_id)
    if enrollment.person.user_id != actor.pk:
        raise NotYours("Keinginan ini ditulis peserta sendiri.")
    values = {"sector": sector, "language": language, "kind": kind, "updated_at": at}
    wish, _is_new = CoachWish.objects.update_or_create(enrollment=enrollment, defaults=values)
    return wish
