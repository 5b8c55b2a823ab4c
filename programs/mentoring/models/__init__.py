"""What mentoring keeps: contacts and what is put off, sessions, plans, sheets, clinics, coaches."""

from .clinic import Clinic, ClinicSlot, ClinicStatus, ClinicVisit, NextStep, VisitStatus
from .coach import CoachDetails, CoachWish, Language, MentorKind
from .contact import MOST_DAYS_PUT_OFF, ContactKind, ContactLog, ContactOutcome, Snooze
from .feed import CalendarFeed, renew
from .plan import ActionPlan, Agreed, PlanStep, StepOwner
from .session import MentoringSession, PlaceKind, SessionAnswer, SessionFile, SessionStatus
from .sheets import BusinessSketch, HelpRoute, PrivateSheet, SheetKind, Trouble

__all__ = [
    "MOST_DAYS_PUT_OFF",
    "ActionPlan",
    "Agreed",
    "BusinessSketch",
    "CalendarFeed",
    "Clinic",
    "ClinicSlot",
    "ClinicStatus",
    "ClinicVisit",
    "CoachDetails",
    "CoachWish",
    "ContactKind",
    "ContactLog",
    "ContactOutcome",
    "HelpRoute",
    "Language",
    "MentorKind",
    "MentoringSession",
    "NextStep",
    "PlaceKind",
    "PlanStep",
    "PrivateSheet",
    "SessionAnswer",
    "SessionFile",
    "SessionStatus",
    "SheetKind",
    "Snooze",
    "StepOwner",
    "Trouble",
    "VisitStatus",
    "renew",
]
