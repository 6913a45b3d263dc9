"""What the product asks of whoever lets people agree to later charges, in our own words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from core.money import Money
from core.payments.collector import FailureReason, RequestOutcome


class PreApprovalState(StrEnum):
    """How a consent stands at the provider. `UNKNOWN` and `NOT_FOUND` allow nothing, and end nothing either."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"


class Frequency(StrEnum):
    """How often the payer agrees to be charged, as the provider asks them."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class PreApprovalRequest:
    """One wish for consent. The reference is made and stored by us before the first call, and never changes.

    The amount is what we promise to charge at most at a time. MTN takes its currency only and knows no limit: keeping
    to it is ours alone.
    """

    reference: UUID
    payer_phone: str  # E.164
    amount: Money
    valid_for: timedelta
    payer_message: str
    frequency: Frequency = Frequency.MONTHLY
    callback_url: str | None = None


@dataclass(frozen=True, slots=True)
class PreApprovalStatus:
    """The provider's answer about one consent."""

    state: PreApprovalState
    payer_phone: str | None = None  # E.164
    reason: FailureReason | None = None
    raw_reason: str | None = None
    raw: str = ""


class PreApprover(Protocol):
    """Asks phones for consent. Safe to call from many threads; the world's failures are answers, not raises."""

    @property
    def rail(self) -> str:
        """Whose wallets: `mtn-momo`."""
        ...

    @property
    def platform(self) -> str:
        """Which platform it speaks to. What was agreed on another one is not known here."""
        ...

    def request(self, request: PreApprovalRequest) -> RequestOutcome:
        """Ask the payer's phone for consent. Never waits for the payer.

        Raises:
            GatewayError: permanent; our own settings are wrong, nothing was sent.
        """
        ...

    def status(self, reference: UUID) -> PreApprovalStatus:
        """Ask how a consent stands."""
        ...

    def cancel(self, reference: UUID) -> bool:
        """Take a consent back. True: it does not stand there (any more), also if it never did."""
        ...
