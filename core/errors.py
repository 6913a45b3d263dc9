"""What can go wrong, as classes that carry facts. Sentences are made elsewhere, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar, dataclass_transform

from core.money import Money

T = TypeVar("T")


class Refusal(Exception):
    """The system says no, and changes nothing. Facts are the fields; `flows.refusals` turns each into a sentence."""

    def facts(self) -> dict[str, Any]:
        """Return the facts by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]


class GatewayError(Exception):
    """A machine outside did not do as asked.

    Attributes:
        permanent: trying the same again cannot help.
        outcome_unknown: it may have been done all the same; ask before doing it again.
    """

    def __init__(self, message: str, *, permanent: bool = False, outcome_unknown: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.outcome_unknown = outcome_unknown


@dataclass_transform()
def refusal(cls: type[T]) -> type[T]:
    """Make a refusal a dataclass. Not frozen: Python itself writes __traceback__ on one that leaves a `with`."""
    return dataclass(unsafe_hash=True)(cls)


@refusal
class InvalidPhone(Refusal):
    """Not a phone number of South Sudan that can exist."""

    typed: str


@refusal
class ForeignPhone(Refusal):
    """A real number, but of another country."""

    phone: str


@refusal
class NotMobile(Refusal):
    """A landline or short number where a mobile is needed."""

    phone: str


@refusal
class InvalidAmount(Refusal):
    """Not a whole amount of pounds that can be meant."""

    typed: str


@refusal
class AmountOutOfRange(Refusal):
    """An amount below the smallest or above the largest allowed."""

    least: Money
    most: Money


@refusal
class InsufficientBalance(Refusal):
    """The balance does not cover it."""

    needed: Money
    have: Money


@refusal
class NotACustomer(Refusal):
    """Nobody is registered under this phone."""

    phone: str


@refusal
class CustomerNotActive(Refusal):
    """The customer is suspended or closed."""

    number: str


@refusal
class PhoneTaken(Refusal):
    """The phone belongs to another customer already."""

    phone: str


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
class PaymentWaiting(Refusal):
    """A payment for the same thing already waits for the customer's approval."""

    amount: Money
    since: datetime


@refusal
class PaymentUnknown(Refusal):
    """Nobody knows yet whether a payment for the same thing went through: it must not be paid again."""

    amount: Money
    since: datetime


@refusal
class ReferenceUsed(Refusal):
    """That number of a provider is on another receipt already: money is credited once."""

    reference: str


@refusal
class EvidenceMissing(Refusal):
    """Nobody says how a payment ended without writing down what they saw."""


@refusal
class FileRefused(Refusal):
    """A file that is too large, empty, or not of a kind that can be kept or read."""

    megabytes_max: int


@refusal
class NotMomoPhone(Refusal):
    """The phone cannot pay by MTN MoMo: another operator's number."""

    phone: str


@refusal
class KeyReused(Refusal):
    """The same key came back with another content: somebody's mistake, and nothing was done."""

    key: str


@refusal
class NotAllowed(Refusal):
    """The role lacks the permission."""

    permission: str


@refusal
class TooManyTries(Refusal):
    """A limit on attempts was reached."""

    wait_s: int


@refusal
class WrongPassword(Refusal):
    """Name or password is wrong; which of the two is not said."""


@refusal
class InvalidName(Refusal):
    """Empty, too long, or made of things no name is made of."""

    typed: str


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
class WeakPassword(Refusal):
    """Too short, too long, or the user name itself. The password is no fact: facts are shown and logged."""

    least_chars: int


@refusal
class InvalidUsername(Refusal):
    """Not a name to log in with."""

    typed: str


@refusal
class UsernameTaken(Refusal):
    """Somebody logs in with this name already."""

    username: str


@refusal
class LastAdmin(Refusal):
    """Nobody would be left who may manage staff."""

    username: str


@refusal
class InvalidDay(Refusal):
    """Not a day of the calendar, or one that cannot be meant here."""

    typed: str


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


@refusal
class AliasTaken(Refusal):
    """The number people press belongs to another for ever."""

    alias: int


@refusal
class MonthIsClosed(Refusal):
    """The books of that month are closed."""

    month: str


@refusal
class MonthNotOver(Refusal):
    """Only a month that is over, with those before it closed, can be closed."""

    month: str


@refusal
class ReasonMissing(Refusal):
    """What moves money or service by a person's decision has a reason."""


@refusal
class CreditTooLarge(Refusal):
    """More than is left of the invoice to be credited."""

    most: Money


@refusal
class AmountAboveDue(Refusal):
    """More than is due."""

    due: Money


@refusal
class NothingDue(Refusal):
    """There is nothing to pay."""


@refusal
class SecondPersonNeeded(Refusal):
    """Who asked for it cannot be the one who approves it."""


@refusal
class CertificateUsed(Refusal):
    """This certificate was counted already."""

    certificate: str


@refusal
class PlanRunning(Refusal):
    """A payment plan runs already, or one was broken not long ago."""


@refusal
class PromiseOpen(Refusal):
    """A promise to pay stands already, or one was broken not long ago."""


@refusal
class OtherBilling(Refusal):
    """The other plan is paid in another way: one ends before the other begins."""


@refusal
class SamePlan(Refusal):
    """It is on that plan already."""


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
class CodeTaken(Refusal):
    """Something else has this code or number already, for ever."""

    taken: str


@refusal
class DoesNotFit(Refusal):
    """A movement and what it is to be matched with contradict each other."""

    what: str


@refusal
class RefundTooLarge(Refusal):
    """More than came, less what was given back already."""

    most: Money


@refusal
class PayeeNotActive(Refusal):
    """The provider says that this phone has no wallet that takes money."""

    phone: str


@refusal
class AutoTopUpStands(Refusal):
    """The balance is topped up by itself already: one consent ends before another begins."""


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


@refusal
class MoneySpent(Refusal):
    """A receipt's money was spent on what cannot be taken back."""

    missing: Money
