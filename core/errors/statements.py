"""Files of banks and providers, and what their lines are matched with."""

from __future__ import annotations

from core.errors.kinds import Refusal, refusal
from core.money import Money


@refusal
class MappingWrong(Refusal):
    """A file cannot be read by this mapping: a field is missing, or its column is not in the file."""

    field: str


@refusal
class InvalidTransactionId(Refusal):
    """Nothing that a provider calls a payment by."""

    typed: str


@refusal
class IdClaimed(Refusal):
    """This transaction id was sent in before, or its money is on an account already."""

    reference: str


@refusal
class AboveWhatIsLeft(Refusal):
    """More than is left of a movement to be matched."""

    left: Money


@refusal
class DoesNotFit(Refusal):
    """A movement and what it is to be matched with contradict each other."""

    what: str
