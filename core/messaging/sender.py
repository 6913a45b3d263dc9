"""What the outbox asks of an SMS provider, and how far a text has come. No provider is named here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol


@dataclass(frozen=True, slots=True)
class OutgoingText:
    """A text to send. `key` is the outbox row's: the same row asked again carries the same key."""

    key: str
    to: str
    text: str
    sender: str | None


@dataclass(frozen=True, slots=True)
class Sent:
    """What a provider wrote down for one recipient, in the provider's own words."""

    provider_id: str
    status_word: str
    cost: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it; delivery reports will carry `provider_id`. `cost` is its text: `KES 0.8000`."""

    provider_id: str
    cost: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider did not take it, surely. `permanent`: this text to this phone will never be taken."""

    reason: str
    permanent: bool
    raw: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have gone out: the answer was lost, or made no sense. Sent again, it may arrive twice."""

    raw: str


SendResult = Accepted | Refused | Unknown


class Sender(Protocol):
    """One SMS provider."""

    def send(self, text: OutgoingText) -> SendResult:
        """Hand one text over, within a timeout. Never raises for what the provider or the net does."""
        ...


class DeliveryState(StrEnum):
    """How far a text has come, in order of progress. The last four are final."""

    QUEUED = "queued"
    SENT = "sent"
    SUBMITTED = "submitted"
    BUFFERED = "buffered"
    DELIVERED = "delivered"
    FAILED = "failed"
    REJECTED = "rejected"
    EXPIRED = "expired"

    @property
    def final(self) -> bool:
        """Whether nothing can follow."""
        return self in FINAL_STATES


FINAL_STATES: Final = frozenset(
    {DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.REJECTED, DeliveryState.EXPIRED}
)
_PROGRESS: Final = {
    DeliveryState.QUEUED: 0,
    DeliveryState.SENT: 1,
    DeliveryState.SUBMITTED: 2,
    DeliveryState.BUFFERED: 3,
}
_FINAL_PROGRESS: Final = 4


def forward_only(current: DeliveryState, reported: DeliveryState) -> DeliveryState:
    """The state after a report. Reports come twice and out of order: a late `sent` never undoes `delivered`.

    Of two final reports the first stands; no provider says what a second one would mean.
    """
    if _PROGRESS.get(reported, _FINAL_PROGRESS) > _PROGRESS.get(current, _FINAL_PROGRESS):
        return reported
    return current
