"""What is sold, at which price, from which day."""

from __future__ import annotations

from core.errors.kinds import Refusal, refusal
from core.money import Money


@refusal
class PlanGone(Refusal):
    """The plan is no longer sold."""

    code: str


@refusal
class PriceChanged(Refusal):
    """The price is not the one that was shown."""

    shown: Money
    now: Money


@refusal
class NoHotspot(Refusal):
    """There is no Wi-Fi network to sell for."""


@refusal
class AliasTaken(Refusal):
    """The number people press belongs to another for ever."""

    alias: int


@refusal
class DatesOverlap(Refusal):
    """Something else of this kind holds on some of these days already."""

    what: str


@refusal
class DatesMissing(Refusal):
    """A first day is needed, and a last one after it where one is given."""

    what: str


@refusal
class PriceNotPositive(Refusal):
    """A price is above zero; fees beside it are not below."""


@refusal
class ShareOutOfRange(Refusal):
    """A percentage from 0 to 100 is meant."""

    typed: str


@refusal
class AlreadyBilled(Refusal):
    """Bills of that day stand, made with what held then."""

    day: str


@refusal
class RateImpossible(Refusal):
    """An exchange rate of nothing, or so far from the last that it must be a slip."""

    last: str


@refusal
class NoExchangeRate(Refusal):
    """No rate, or none fresh enough, to turn this currency into ours."""

    currency: str


@refusal
class PromotionNotApproved(Refusal):
    """The regulator's approval is missing, or not old enough."""

    days: int
