"""What a conversation may know: plain values, read once a hop, handed to the flow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from core.languages import Script, Tongue
from core.money import Money


@dataclass(frozen=True, slots=True)
class PlanFact:
    """A plan on sale; `alias` is the number people dial for it, for ever."""

    version_id: int
    alias: int
    duration_s: int
    data_bytes: int | None
    price: Money


@dataclass(frozen=True, slots=True)
class HotspotFact:
    """A Wi-Fi network; `code` stands on its poster. `plans` are its owner's own list; None: it sells what all do."""

    hotspot_id: int
    code: int
    ssid: str
    off: bool = False  # its router did not answer when last visited
    down_since: datetime | None = None  # it is known to be down
    plans: tuple[PlanFact, ...] | None = None


@dataclass(frozen=True, slots=True)
class TokenFact:
    """A token of this phone that can still be used, or could be until a moment ago."""

    token_id: int
    ssid: str
    username: str
    status: str
    duration_s: int
    data_bytes: int | None
    used_bytes: int
    ends_at: datetime | None
    down_since: datetime | None = None  # its Wi-Fi is known to be down
    down_kbps: int = 0
    up_kbps: int = 0
    may_pause: bool = False  # its plan allows it
    paused_at: datetime | None = None  # it stands still since then


@dataclass(frozen=True, slots=True)
class CustomerFact:
    """Who calls."""

    customer_id: int
    number: str
    name: str
    status: str
    balance: Money


@dataclass(frozen=True, slots=True)
class BillFact:
    """What the caller owes: in all, what of it is late, and since or by when the first of so many bills was due."""

    due: Money
    overdue: Money
    first_due_on: date | None
    count: int


@dataclass(frozen=True, slots=True)
class ServiceFact:
    """A monthly service that has not ended. Without a tariff it has not begun.

    `alias` is the number of its tariff; `agreed_id` the tariff it is to have later, where that is agreed on.
    """

    subscription_id: int
    number: str
    state: str
    pay: str
    next_bill_on: date | None
    tariff_id: int | None
    tariff_en: str
    tariff_ar: str
    billed_on: str
    alias: int = 0
    agreed_id: int | None = None
    down_since: datetime | None = None  # its router is known to be down
    sells_data: bool = False  # its tariff has packs of more data

    @property
    def can_change(self) -> bool:
        """Whether it may be put on another tariff now."""
        return self.state == "active" and self.tariff_id is not None


@dataclass(frozen=True, slots=True)
class TariffFact:
    """A monthly tariff on sale; `alias` is the number people press for it, for ever."""

    tariff_id: int
    alias: int
    name_en: str
    name_ar: str
    pay: str
    billed_on: str
    price: Money


@dataclass(frozen=True, slots=True)
class DataPackFact:
    """More data on sale to a service, at the price with all taxes."""

    data_bytes: int
    price: Money


@dataclass(frozen=True, slots=True)
class UsageFact:
    """What a service that is on has used of its month, in bytes, and how fast it is now, in kbit/s.

    `allowance` is the data of its month, without what was bought; None where it is unlimited. `held_until` is the day
    on which slowing for usage ends, where it is slowed. `slowed`: for an unpaid bill. `free` are hours of the day that
    do not count. `renews_on` is the first day of its next month.
    """

    subscription_id: int
    used_today: int
    used: int
    allowance: int | None
    bought_left: int
    renews_on: date
    held_until: date | None
    slowed: bool
    down_kbps: int
    up_kbps: int
    free: tuple[int, int] | None = None
    overage: Money | None = None
    packs: tuple[DataPackFact, ...] = ()


class UsageNotReadError(Exception):
    """A step needs usage, which is read only for the steps that need it: read it, and take the step again."""


@dataclass(frozen=True, slots=True)
class PayToFact:
    """An account of ours that people pay into by themselves: a bank's, or a wallet's without an API."""

    account_id: int
    alias: int
    kind: str
    name: str
    pay_to: str


@dataclass(frozen=True, slots=True)
class SaleFact:
    """A token the caller sold or gave away today. It `can_come_back` while nobody has used it."""

    token_id: int
    recipient: str
    duration_s: int
    data_bytes: int | None
    price: Money
    is_gift: bool
    can_come_back: bool


@dataclass(frozen=True, slots=True)
class HelperFact:
    """Somebody who sells for the caller."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class OwnFiguresFact:
    """What is the owner's alone to see: (tokens, pounds) sold, devices online, money with us, gifts, helpers.

    `balance` is what a payout would send now; `phone` None: to nowhere yet.
    """

    today: tuple[int, Money]
    week: tuple[int, Money]
    month: tuple[int, Money]
    online: int
    balance: Money
    on_the_way: Money
    phone: str | None
    gifts_today: int
    gifts_most: int
    helpers: tuple[HelperFact, ...]


@dataclass(frozen=True, slots=True)
class SellingFact:
    """What a seller did today, newest first; and the figures, to an owner."""

    sales: tuple[SaleFact, ...]
    own: OwnFiguresFact | None = None


class SellingNotReadError(Exception):
    """A step needs what the caller sold, which is read only for the steps that need it."""


@dataclass(frozen=True, slots=True)
class SellerFact:
    """The caller sells Wi-Fi: as the owner, or helping one. Their networks, and the list with its prices."""

    is_owner: bool
    hotspots: tuple[HotspotFact, ...]
    plans: tuple[PlanFact, ...]


OWES_NOTHING: Final = BillFact(Money(0, "SSP"), Money(0, "SSP"), None, 0)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a flow is handed. `customer` is None for a phone nobody has registered."""

    phone: str
    tongue: Tongue
    network_script: Script
    customer: CustomerFact | None
    plans: tuple[PlanFact, ...]
    hotspots: tuple[HotspotFact, ...]  # last used first
    tokens: tuple[TokenFact, ...]  # newest first
    service_code: str
    short_code: str
    now: datetime
    bill: BillFact = OWES_NOTHING
    services: tuple[ServiceFact, ...] = ()  # those that are on first
    tariffs: tuple[TariffFact, ...] = ()
    pay_to: tuple[PayToFact, ...] = ()
    orange_country: str | None = None  # whose numbers may pay by Orange Money, where that is on
    usage_read: tuple[UsageFact, ...] | None = None
    selling_read: SellingFact | None = None
    seller: SellerFact | None = None  # an owner or a helper; what it says is as old as the prices may be

    @property
    def prices_differ(self) -> bool:
        """Whether it depends on the network what there is to buy, and at which price."""
        return len(self.hotspots) > 1 and any(spot.plans is not None for spot in self.hotspots)

    def plans_at(self, hotspot_id: int | None) -> tuple[PlanFact, ...]:
        """What is sold at a network; where there is only one, nobody has to name it."""
        if hotspot_id is None and len(self.hotspots) == 1:
            hotspot_id = self.hotspots[0].hotspot_id
        spot = next((spot for spot in self.hotspots if spot.hotspot_id == hotspot_id), None)
        return self.plans if spot is None or spot.plans is None else spot.plans

    @property
    def usage(self) -> tuple[UsageFact, ...]:
        """What the services that are on have used.

        Raises:
            UsageNotReadError: few conversations ask for it, and reading it costs more than all the rest.
        """
        if self.usage_read is None:
            raise UsageNotReadError
        return self.usage_read

    @property
    def selling(self) -> SellingFact:
        """What the caller sold, where they sell.

        Raises:
            SellingNotReadError: as with usage.
        """
        if self.selling_read is None:
            raise SellingNotReadError
        return self.selling_read
