"""Tables of tokens."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Currency, Instant, Line, Minor, Phone, Ref, RowId, Table, Word


class Hotspot(Table):
    """A Wi-Fi network that sells tokens: its code on the poster, its name in the air (SSID), its router."""

    __tablename__ = "hotspot"
    id: Mapped[RowId]
    code: Mapped[int] = mapped_column(unique=True)
    ssid: Mapped[Word]
    place: Mapped[Line]
    owner_id: Mapped[Ref | None] = mapped_column(ForeignKey("customer.id"), index=True)
    router_id: Mapped[Ref] = mapped_column(ForeignKey("router.id"))
    closed_at: Mapped[Instant | None]
    __table_args__ = (
        CheckConstraint("octet_length(ssid) BETWEEN 1 AND 32", name="ssid_fits_802_11"),
        # People type it in answer to a list: 0 leads back there, 98 to the next page.
        CheckConstraint("code > 0 AND code <> 98", name="code_dialable"),
    )


class Token(Table):
    """One token sold: who paid, whose phone it is for, what it grants. `request_key` makes the sale once."""

    __tablename__ = "token"
    id: Mapped[RowId]
    request_key: Mapped[Line] = mapped_column(unique=True)
    buyer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"))
    recipient_phone: Mapped[Phone]
    hotspot_id: Mapped[Ref] = mapped_column(ForeignKey("hotspot.id"))
    plan_version_id: Mapped[Ref] = mapped_column(ForeignKey("plan_version.id"))
    grant_id: Mapped[Ref] = mapped_column(ForeignKey("access_grant.id"), unique=True)
    entry_id: Mapped[Ref] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    price_minor: Mapped[Minor]
    currency: Mapped[Currency]
    sold_at: Mapped[Instant]
    told_waiting_at: Mapped[Instant | None]
    told_online_at: Mapped[Instant | None]
    __table_args__ = (
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        Index("ix_token_recipient_phone", "recipient_phone", "id"),
        Index("ix_token_buyer_id", "buyer_id", "id"),
    )
