"""What the product asks of whoever collects money from a phone, in our own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from core.money import Money

RAW_CHARS_MAX: Final = 2000  # of a provider's answer we keep for a person to read


class RequestAnswer(StrEnum):
    """What the provider said to a request."""

    ACCEPTED = "accepted"
    ALREADY_KNOWN = "already_known"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class CollectionState(StrEnum):
    """How far a request has come, as the provider tells it."""

    PENDING = "pending"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"


class FailureReason(StrEnum):
    """Why no money moved; each has a sentence for the customer."""

    INSUFFICIENT_FUNDS = "insufficient_funds"
    REFUSED_BY_PAYER = "refused_by_payer"
    EXPIRED = "expired"
    PAYER_NOT_FOUND = "payer_not_found"
    LIMIT_REACHED = "limit_reached"
    NOT_ALLOWED = "not_allowed"
    PROVIDER_ERROR = "provider_error"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CollectionRequest:
    """One demand for money. The reference is made and stored by us before the first call, and never changes."""

    reference: UUID
    amount: Money
    payer_phone: str  # E.164
    external_id: str
    payer_message: str
    payee_note: str
    callback_url: str | None = None


@dataclass(frozen=True, slots=True)
class RequestOutcome:
    """What became of a request.

    `REFUSED` is certain: nothing was taken, and the same request will not be taken. Everything less certain
    is `UNKNOWN`, an unreachable provider too: ask the status, and only after `NOT_FOUND` send the same
    reference again. `ALREADY_KNOWN` means an earlier sending arrived: ask the status.
    """

    answer: RequestAnswer
    reason: FailureReason | None = None
    raw: str = ""

    @property
    def permanent(self) -> bool:
        """Whether sending the same request again cannot help."""
        return self.answer is RequestAnswer.REFUSED


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a provider hands out before a request, to be stored before the request is sent.

    `ACCEPTED` alone carries a `token`: their key of the request, which makes a second sending harmless. `REFUSED` is
    certain. After `UNKNOWN` prepare again: nobody is asked for money until `request`, or until somebody holds the
    `payment_url`. The `notify_token` proves a callback to be theirs; it is secret.
    """

    answer: RequestAnswer
    token: str | None = field(default=None, repr=False)
    notify_token: str | None = field(default=None, repr=False)
    payment_url: str | None = field(default=None, repr=False)  # where the payer pays, if by a page
    reason: FailureReason | None = None
    raw: str = ""

    @property
    def permanent(self) -> bool:
        """Whether preparing the same request again cannot help."""
        return self.answer is RequestAnswer.REFUSED


@dataclass(frozen=True, slots=True)
class CollectionStatus:
    """The provider's answer about one reference.

    A success always names its amount (an unreadable one makes the state `UNKNOWN`); whoever credits it
    compares amount and payer with the intent first. `NOT_FOUND` alone is never a failure: the request may not be
    visible yet.
    """

    state: CollectionState
    amount: Money | None = None
    payer_phone: str | None = None  # E.164
    provider_reference: str | None = None
    reason: FailureReason | None = None
    raw_reason: str | None = None
    raw: str = ""
    external_id: str | None = None  # ours, as they give it back


class Collector(Protocol):
    """Collects money from phones. Safe to call from many threads; the world's failures are answers, not raises."""

    @property
    def rail(self) -> str:
        """Whose money it collects: `mtn-momo` or `orange-money`."""
        ...

    @property
    def platform(self) -> str:
        """Which platform it speaks to. What another one took can neither be asked about here nor sent again."""
        ...

    def prepare(self, request: CollectionRequest) -> Preparation | None:
        """Ask for what must be stored before the request is sent. None: this provider hands out nothing.

        Raises:
            GatewayError: permanent; our own settings are wrong, nothing was sent.
        """
        ...

    def request(self, request: CollectionRequest, token: str | None = None) -> RequestOutcome:
        """Ask the payer's phone for the money, under the `token` of its preparation. Never waits for the payer.

        Raises:
            GatewayError: permanent; our own settings are wrong, nothing was sent.
        """
        ...

    def status(self, reference: UUID, *, token: str | None = None, amount: Money | None = None) -> CollectionStatus:
        """Ask what became of a request. Some know it by its `token` only, and only together with its amount."""
        ...

    def holder_active(self, phone: str) -> bool | None:
        """Whether the phone has a wallet that can pay; None when they would not say."""
        ...

    def holder_name(self, phone: str) -> str | None:
        """The name on the wallet; None when they would not say."""
        ...

    def balance(self) -> Money | None:
        """What we have with them from collecting; None when they would not say."""
        ...

    def notify(self, reference: UUID, message: str, language: str) -> bool:
        """Have them text the payer about a payment that succeeded; False when they did not take it."""
        ...
