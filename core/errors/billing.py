"""Bills of monthly customers and what is agreed about them."""

from __future__ import annotations

from core.errors.kinds import Refusal, refusal
from core.money import Money


@refusal
class OtherBilling(Refusal):
    """The other plan is paid in another way: one ends before the other begins."""


@refusal
class SamePlan(Refusal):
    """It is on that plan already."""


@refusal
class CreditTooLarge(Refusal):
    """More than is left of the invoice to be credited."""

    most: Money


@refusal
class WithheldTooLarge(Refusal):
    """More than a payer may keep back of the invoice as tax."""

    most: Money


@refusal
class AmountAboveDue(Refusal):
    """More than is due."""

    due: Money


@refusal
class NothingDue(Refusal):
    """There is nothing to pay."""


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
class NoNextBill(Refusal):
    """There is no bill to come, of this customer or of this service."""
