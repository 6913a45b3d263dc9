"""Who may sell where: an owner at their networks, a helper at those of the owner they help."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, exists, select

from core.catalog.queries import Offer
from core.customers.models import Contact
from core.customers.queries import Account
from core.db.engine import Transaction
from core.errors import CustomerNotActive, KeyReused, NoHotspot, NotAnOwner, OwnNumber
from core.money import Money
from core.owners.locked import find_owner, refuse_unless_active
from core.owners.models import WifiHelper
from core.owners.price_list import on_list
from core.phones import parse_phone
from core.tokens.models import Hotspot, Token

_NETWORK: Final = select(Hotspot.id, Hotspot.ssid, Hotspot.router_id, Hotspot.owner_id, Hotspot.closed_at).where(
    Hotspot.id == bindparam("hotspot_id")
)
_HELPS: Final = select(
    exists().where(
        WifiHelper.helper_id == bindparam("seller_id"),
        WifiHelper.owner_id == bindparam("owner_id"),
        WifiHelper.removed_at.is_(None),
    )
)
_IS_THEIRS: Final = select(
    exists().where(Contact.customer_id == bindparam("seller_id"), Contact.phone == bindparam("phone"))
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a seller asks for. `shown` is the price that stood on their screen; None: none did."""

    request_key: str
    hotspot_id: int
    version_id: int
    recipient: str
    shown: Money | None = None
    campaign: str | None = None


@dataclass(frozen=True, slots=True)
class Counter:
    """Where a seller stands: the owner's row, locked, and the network."""

    owner: Any
    seller: Account
    hotspot_id: int
    ssid: str
    router_id: int | None
    is_open: bool
    helps: bool

    @property
    def owner_id(self) -> int:
        """Whose network it is."""
        return int(self.owner["customer_id"])

    def refuse_unless_selling(self) -> None:
        """Refuse whoever may not sell now.

        Raises:
            OwnerSuspended, CustomerNotActive: the owner, or who sells for them.
        """
        refuse_unless_active(self.owner)
        if self.seller.status != "active":
            raise CustomerNotActive(number=self.seller.number)

    def open_router(self) -> int:
        """The router to sell at.

        Raises:
            OwnerSuspended, CustomerNotActive: the owner, or who sells for them, may not.
            NoHotspot: the network is closed, or its router is not known yet.
        """
        self.refuse_unless_selling()
        if not self.is_open or self.router_id is None:
            raise NoHotspot
        return self.router_id


def counter(tx: Transaction, *, seller: Account, hotspot_id: int) -> Counter:
    """The counter of a seller at a network. It is theirs alone until the transaction ends.

    Raises:
        NoHotspot: there is no such network.
        NotAnOwner: it is not theirs to sell at.
    """
    row = tx.execute(_NETWORK, {"hotspot_id": hotspot_id}).first()
    if row is None:
        raise NoHotspot
    if row.owner_id is None:
        raise NotAnOwner
    owner = find_owner(tx, row.owner_id)
    helps = row.owner_id != seller.customer_id
    asked = {"seller_id": seller.customer_id, "owner_id": row.owner_id}
    if helps and not tx.execute(_HELPS, asked).scalar():
        raise NotAnOwner
    return Counter(owner, seller, row.id, row.ssid, row.router_id, row.closed_at is None, helps)


def token_made_before(tx: Transaction, wanted: Wanted, origin: str) -> int | None:
    """The token of this request, where it was served before.

    Raises:
        KeyReused: the request asked for something else then.
    """
    row = tx.execute(select(Token).where(Token.request_key == wanted.request_key)).mappings().first()
    if row is None:
        return None
    told = (row["hotspot_id"], row["plan_version_id"], row["recipient_phone"], row["origin"])
    if told != (wanted.hotspot_id, wanted.version_id, parse_phone(wanted.recipient), origin):
        raise KeyReused(key=wanted.request_key)
    return int(row["id"])


def recipient_of(tx: Transaction, wanted: Wanted, seller: Account) -> str:
    """The phone a token goes to, as E.164.

    Raises:
        InvalidPhone, ForeignPhone, NotMobile: no phone of ours can be texted there.
        OwnNumber: it is the seller's own.
    """
    phone = parse_phone(wanted.recipient)
    if tx.execute(_IS_THEIRS, {"seller_id": seller.customer_id, "phone": phone}).scalar():
        raise OwnNumber
    return phone


def offer_at(tx: Transaction, counter: Counter, wanted: Wanted, now: datetime) -> Offer:
    """What is sold, as `core.owners.price_list.on_list` finds it."""
    owner_id, shown = counter.owner_id, wanted.shown
    return on_list(tx.connection, owner_id=owner_id, version_id=wanted.version_id, shown=shown, at=now)
