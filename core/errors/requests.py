"""Whatever is asked for: it is not there, not possible now, not without a reason, or was asked before."""

from __future__ import annotations

from core.errors.kinds import Refusal, refusal


@refusal
class NotFound(Refusal):
    """There is no such thing, or it is not yours to see."""

    what: str


@refusal
class NotPossibleNow(Refusal):
    """The thing is in a state in which this cannot be done."""

    what: str
    state: str


@refusal
class KeyReused(Refusal):
    """The same key came back with another content: somebody's mistake, and nothing was done."""

    key: str


@refusal
class TooManyTries(Refusal):
    """A limit on attempts was reached."""

    wait_s: int


@refusal
class ReasonMissing(Refusal):
    """What moves money or service by a person's decision has a reason."""


@refusal
class SecondPersonNeeded(Refusal):
    """Who asked for it cannot be the one who approves it."""


@refusal
class CodeTaken(Refusal):
    """Something else has this code or number already, for ever."""

    taken: str
