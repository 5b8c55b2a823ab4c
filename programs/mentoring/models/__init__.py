"""What mentoring keeps: contacts and what is put off, sessions planned and held, plans agreed."""

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
    "ContactKind",
    "ContactLog",
    "ContactOutcome",
    "HelpRoute",
    "MentoringSession",
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
    "renew",
]
