"""A document before it is issued: plain values, computed by rules, written by `issue`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from core.catalog.taxes import UNTAXED
from core.days import Period
from core.money import Money
from core.settings import Settings

# Where a line's money goes in the books, by the kind of line. A deposit stays the customer's own.
ACCOUNT_OF: Final[Mapping[str, str]] = {
    "recurring": "sales:monthly",
    "discount": "sales:monthly",
    "change": "sales:monthly",
    "unused": "sales:monthly",
    "rental": "sales:rental",
    "overage": "sales:overage",
    "data": "sales:data",
    "set_up": "sales:set_up",
    "charge": "sales:other",
    "reduction": "sales:discounts",
    "credit": "sales:other",
    "deposit": "deposit",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line, in pounds; below zero it takes off. `facts` explain it (see `core.documents.line_words`)."""

    kind: str
    product_class: str
    amount: Money
    facts: Mapping[str, Any] = field(default_factory=dict)
    subscription_id: int | None = None
    days: Period | None = None

    def __post_init__(self) -> None:
        if self.account is None:
            raise AssertionError(f"no account is known for a line of kind {self.kind!r}")
        if (self.account == "deposit") != (self.product_class == UNTAXED):
            raise AssertionError("deposits, and they alone, are not taxed")

    @property
    def account(self) -> str | None:
        """Where its money goes. A line of a credit note comes out of where the credited one went."""
        return ACCOUNT_OF.get(self.facts.get("credited_kind", self.kind))


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who is billed, as they stand on the document."""

    customer_id: int
    number: str
    name: str
    tin: str | None
    address: str | None
    wallet_id: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be issued. `key` makes it once; a note names the invoice it corrects, and why."""

    key: str
    kind: str
    buyer: Buyer
    lines: tuple[Line, ...]
    issued_on: date
    due_on: date
    exemptions: Mapping[int, str] = field(default_factory=dict)
    subscription_id: int | None = None
    period: Period | None = None
    credits_id: int | None = None
    reason: str = ""
    exchange_rate_id: int | None = None
    made_by: int | None = None


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who sells, as it stands on every document, and to how many piasters totals are rounded."""

    name: str
    tin: str
    address: str
    step_minor: int


def issuer_of(settings: Settings) -> Issuer:
    """The seller this house is set up for."""
    return Issuer(settings.seller_name, settings.seller_tin, settings.seller_address, settings.rounding_step_minor)
