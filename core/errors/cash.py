"""Drawers and shifts."""

from __future__ import annotations

from core.errors.kinds import Refusal, refusal
from core.money import Money


@refusal
class DrawerBusy(Refusal):
    """Somebody else's shift is open at that drawer, or it is theirs."""

    drawer: str
    person: str


@refusal
class ShiftOpen(Refusal):
    """A person works at one drawer at a time."""

    drawer: str


@refusal
class NoShiftOpen(Refusal):
    """Notes come out of the drawer of an open shift."""


@refusal
class CountDiffers(Refusal):
    """What was counted is not what the books say, and nobody has said why."""

    books: Money
    counted: Money


@refusal
class DrawerShort(Refusal):
    """A drawer does not hold so much."""

    drawer: str
    holds: Money


@refusal
class DrawerFull(Refusal):
    """A drawer would hold more than it may: it is handed over or banked first."""

    limit: Money
    holds: Money


@refusal
class DrawerNotEmpty(Refusal):
    """A drawer with notes in it is not closed."""

    holds: Money


@refusal
class SlipMissing(Refusal):
    """Money taken to the bank has the number of its slip."""
