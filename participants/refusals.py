"""The expected refusals of acts on an enrollment."""

from __future__ import annotations

from core.refusals import Refused, Stale

__all__ = ["NotYours", "Refused", "Stale"]


class NotYours(Refused):
    """The actor has no role in which to do this to this enrollment."""
