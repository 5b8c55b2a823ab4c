"""Everything that holds personal data can be asked for what a user may see, and shows a stranger nothing."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models

from accounts.models import Role, User
from accounts.tests.factories import UserFactory, staff
from participants.models import Enrollment, Person, Stage
from participants.tests.factories import StageEvidenceFactory, center_of, participant

OWNERS = (Person, Enrollment)
EXEMPT = {
    "participants.RegistrationSubmission": "an answer bound to one browser, read only by registration",
}


def models_about_people() -> list[type[models.Model]]:
    """Models of ours that point at a person or an enrollment; history tables are not read by pages."""
    found = []
    for model in apps.get_models():
        is_history = model.__name__.endswith("Event")
        points = any(field.related_model in OWNERS for field in model._meta.fields if field.is_relation)
        if (points or model in OWNERS) and not is_history and model._meta.label not in EXEMPT:
            found.append(model)
    return found


def test_every_model_about_people_has_visible_to() -> None:
    without = [m._meta.label for m in models_about_people() if not hasattr(m._default_manager, "visible_to")]
    assert without == []
    assert len(models_about_people()) >= 7


@pytest.mark.django_db
def test_strangers_see_nothing_and_staff_see_their_scope() -> None:
    here = center_of("P31.74.07")
    coach = staff(Role.PENDAMPING, here.code)
    enrollment = participant(stage=Stage.PERIZINAN, center=here, coach=coach)
    enrollment.person.businesses.create(name="Dapur Contoh")
    StageEvidenceFactory(enrollment=enrollment)
    near: list[User] = [
        enrollment.person.user,
        coach,
        staff(Role.PENGELOLA, here.code),
        staff(Role.DINAS, "31"),
        staff(Role.DINAS, "31.74"),
        staff(Role.ADMIN, "ID"),
    ]
    inactive = staff(Role.ADMIN, "ID", is_active=False)
    far: list[User] = [
        UserFactory(),
        inactive,
        staff(Role.PENDAMPING, here.code),
        staff(Role.PENGELOLA, "P31.74.05"),
        staff(Role.DINAS, "31.71"),
        staff(Role.DINAS, "73"),
        staff(Role.PELATIH, here.code),
        staff(Role.MITRA_MODAL, "ID"),
    ]
    for model in models_about_people():
        rows = model._default_manager.visible_to
        if not model._default_manager.exists():
            continue
        for user in near:
            assert rows(user).exists(), (model, user.roles())
        for user in far:
            assert not rows(user).exists(), (model, user.roles())
