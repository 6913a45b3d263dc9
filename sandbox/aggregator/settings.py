"""What the simulated provider is told about its one customer, the product."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

# +211 and two digits -> MCC 659 and the network, as the callbacks carry it.
NETWORK_CODES: Final = {"92": "65902", "99": "65902", "91": "65906", "98": "65905"}
UNKNOWN_NETWORK: Final = "99999"  # the code of their own sandbox

HTTP_TIMEOUT_S: Final = 10.0  # how long the provider waits for the product's answer


class Clock(Protocol):
    """Tells the time: an aware datetime in UTC."""

    def now(self) -> datetime:
        """Return this instant."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """The account the product has with the provider."""

    username: str
    api_key: str
    service_code: str
    short_code: str


@dataclass(frozen=True, slots=True)
class ProductUrls:
    """Where the product wants to be called. None: not registered, nothing is sent."""

    ussd: str | None = None
    events: str | None = None
    inbound: str | None = None
    delivery: str | None = None
    optout: str | None = None


def network_of(phone: str) -> str:
    """The networkCode of an E.164 phone."""
    return NETWORK_CODES.get(phone[4:6], UNKNOWN_NETWORK) if phone.startswith("+211") else UNKNOWN_NETWORK


def date_of(at: datetime) -> str:
    """An instant as the callbacks write it: UTC, no zone."""
    return at.strftime("%Y-%m-%d %H:%M:%S")
