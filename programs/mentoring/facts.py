"""Loads what the rules of P3 need: the same facts as a placement, for both end P3."""

from __future__ import annotations

from programs.placement.facts import load_facts

__all__ = ["load_facts"]
