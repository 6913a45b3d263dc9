"""Who a customer is."""

from __future__ import annotations

from core.errors.kinds import Refusal, refusal


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
