"""What is recorded about work: vacancies, applications, placements that two sides confirm."""

from .application import Application, ApplicationChange
from .choices import ApplicationStatus, EmployerSaid, EndedBy, VacancyStatus
from .placement import Placement, PlacementQuerySet
from .vacancy import Vacancy

__all__ = [
    "Application",
    "ApplicationChange",
    "ApplicationStatus",
    "EmployerSaid",
    "EndedBy",
    "Placement",
    "PlacementQuerySet",
    "Vacancy",
    "VacancyStatus",
]
