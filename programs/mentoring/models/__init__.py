"""What mentoring keeps: contacts and what is put off, sessions planned and held, plans agreed."""

from .contact import MOST_DAYS_PUT_OFF, ContactKind, ContactLog, ContactOutcome, Snooze
from .feed import CalendarFeed, renew
from .plan import ActionPlan, Agreed, PlanStep, StepOwner
from .session import MentoringSession, PlaceKind, SessionAnswer, SessionFile, SessionStatus

__all__ = [
    "MOST_DAYS_PUT_OFF",
    "ActionPlan",
    "Agreed",
    "CalendarFeed",
    "ContactKind",
    "ContactLog",
    "ContactOutcome",
    "MentoringSession",
    "PlaceKind",
    "PlanStep",
    "SessionAnswer",
    "SessionFile",
    "SessionStatus",
    "Snooze",
    "StepOwner",
    "renew",
]
