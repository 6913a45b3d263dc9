"""What the product asks of whoever sends money to a phone, in our own words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from core.money import Money
from core.payments.collector import CollectionState, FailureReason, RequestOutcome


class DisbursementKind(StrEnum):
    """How the provider is told to send money; each has its own door there, and is asked about at it."""

    TRANSFER = "transfer"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """Money to a phone. The reference is made and stored by us before the first call, and never changes."""

    reference: UUID
    amount: Money
    payee_phone: str  # E.164
    external_id: str
    payer_message: str
    payee_note: str
    callback_url: str | None = None


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Money back to whoever paid a collection: all that came, or a part. They know whom, by `collection`."""

    reference: UUID
    collection: UUID  # the reference of what is given back
    amount: Money
    external_id: str
    payer_message: str
    payee_note: str
    callback_url: str | None = None


@dataclass(frozen=True, slots=True)
class DisbursementStatus:
    """The provider's answer about one reference; to be read as `CollectionStatus` is.

    A success always names its amount. `NOT_FOUND` alone is never a failure: it may not be visible yet.
    """

    state: CollectionState
    amount: Money | None = None
    payee_phone: str | None = None  # E.164
    provider_reference: str | None = None
    reason: FailureReason | None = None
    raw_reason: str | None = None
    raw: str = ""
    external_id: str | None = None  # ours, as they give it back


class Disburser(Protocol):
    """Sends money to phones. Safe to call from many threads; the world's failures are answers, not raises.

    A `REFUSED` is certain: nothing left. After `UNKNOWN` ask the status; only after `NOT_FOUND` send the same
    reference again, never another.
    """

    @property
    def rail(self) -> str:
        """Whose money it sends: `mtn-momo`."""
        ...

    @property
    def platform(self) -> str:
        """Which platform it speaks to. What another one sent can neither be asked about here nor sent again."""
        ...

    def transfer(self, request: TransferRequest) -> RequestOutcome:
        """Send money to a phone.

        Raises:
            GatewayError: permanent; our own settings are wrong, nothing was sent.
        """
        ...

    def refund(self, request: RefundRequest) -> RequestOutcome:
        """Give back what this platform collected.

        Raises:
            GatewayError: permanent; our own settings are wrong, nothing was sent.
        """
        ...

    def status(self, reference: UUID, kind: DisbursementKind | str) -> DisbursementStatus:
        """Ask what became of a transfer or a refund."""
        ...

    def holder_active(self, phone: str) -> bool | None:
        """Whether the phone has a wallet that can be paid; None when they would not say."""
        ...

    def holder_name(self, phone: str) -> str | None:
        """The name on the wallet; None when they would not say."""
        ...

    def balance(self) -> Money | None:
        """What we can send; None when they would not say."""
        ...
