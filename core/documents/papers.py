"""What can be printed, as plain values read from the books: documents, statements, receipts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core.days import Period
from core.documents.line_words import line_words
from core.documents.movement_words import movement_words
from core.money import Money
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Party:
    """Who sells or buys, as they stand on the paper. `number`: a customer's account."""

    name: str
    tin: str | None
    address: str | None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class House:
    """The company as papers name it that freeze no seller, what is dialled to pay it, and whom to call."""

    party: Party
    service_code: str
    care_phone: str | None


@dataclass(frozen=True, slots=True)
class Service:
    """The subscription a document bills."""

    number: str
    place: str


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One line: what explains it, for which days, and the amount, below zero where it takes off."""

    kind: str
    facts: Mapping[str, Any]
    days: Period | None
    amount: Money

    def words(self, tongue: str) -> str:
        """Its explanation in a tongue."""
        return line_words(tongue, self.kind, self.facts)


@dataclass(frozen=True, slots=True)
class DocumentTax:
    """A tax by name, rate in millionths and base. With an `exemption` (the certificate) it is shown and not charged."""

    name_en: str
    name_ar: str
    rate_millionths: int
    base: Money
    amount: Money
    inclusive: bool
    compound: bool
    exemption: str | None

    def name(self, tongue: str) -> str:
        """Its name in a tongue."""
        return self.name_ar if tongue == "ar" else self.name_en

    @property
    def charged(self) -> Money:
        """What of it is paid."""
        return self.amount if self.exemption is None else Money(0, self.amount.currency)


@dataclass(frozen=True, slots=True)
class Settled:
    """A part of an invoice settled: `payment`, `credit_note`, `withholding` or `write_off`; `taken_back` undoes one.

    `reference`: the number of the note, or of the certificate.
    """

    day: date
    kind: str
    amount: Money
    reference: str | None


@dataclass(frozen=True, slots=True)
class RateUsed:
    """The exchange rate a document froze: what one unit cost in pounds, in millionths."""

    currency: str
    rate_millionths: int
    day: date
    source: str


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice, a credit note or a debit note as it was issued, and what happened to it since.

    `net`, `tax` and `rounding` come to `total`. `due` is None on a credit note. `corrects`: the number a note names.
    `rounding_rule` names how amounts were rounded: `half_even_100`, to a hundred piasters.
    """

    kind: str
    number: str
    issued_on: date
    due_on: date
    period: Period | None
    seller: Party
    buyer: Party
    service: Service | None
    lines: tuple[DocumentLine, ...]
    taxes: tuple[DocumentTax, ...]
    net: Money
    tax: Money
    rounding: Money
    total: Money
    due: Money | None
    settled: tuple[Settled, ...]
    corrects: str | None
    reason: str
    rate: RateUsed | None
    rounding_rule: str


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document in a list."""

    kind: str
    number: str
    issued_on: date
    due_on: date
    total: Money
    due: Money | None


@dataclass(frozen=True, slots=True)
class Movement:
    """One entry as it moved what a customer owes: up by `debit`, down by `credit`, or neither.

    Neither: `amount` went from their balance to an invoice, or back. `owes` is what they owe after it; below zero it
    is money of theirs. `facts` explain it with `kind` (see `movement_words`).
    """

    day: date
    kind: str
    facts: Mapping[str, Any]
    amount: Money
    debit: Money | None
    credit: Money | None
    owes: Money

    def words(self, tongue: str) -> str:
        """Its explanation in a tongue."""
        return movement_words(tongue, self.kind, self.facts, self.amount)


@dataclass(frozen=True, slots=True)
class Statement:
    """What moved between a customer and us from `first` to `last`, both included.

    `opening` and `closing` are owed by the customer; below zero it is money of theirs. At the end of the last day
    `owed` stands on invoices, `have` on the balance, and `deposit` is held besides both.
    """

    customer: Party
    first: date
    last: date
    opening: Money
    movements: tuple[Movement, ...]
    closing: Money
    owed: Money
    have: Money
    deposit: Money


@dataclass(frozen=True, slots=True)
class PaidReceipt:
    """A receipt: money that came, from whom, by what, and who took it. `reference` is the provider's own number.

    `drawer_number` is its number in the drawer it lies in, `check_code` what anybody may ask about it by. `voided`: it
    was taken back since.
    """

    number: str
    amount: Money
    provider: str
    reference: str | None
    phone: str | None
    staff: str | None
    received_at: datetime
    customer: Party
    drawer_number: str | None = None
    check_code: str | None = None
    voided: bool = False


Paper = Document | Statement | PaidReceipt


def house_of(settings: Settings) -> House:
    """The company this installation is set up for."""
    seller = Party(settings.seller_name, settings.seller_tin or None, settings.seller_address)
    return House(seller, settings.service_code, settings.care_phone)
