"""Tables of cards: tokens made in advance, printed, and good for nothing until they are sold."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Currency, Instant, Line, Minor, Ref, RowId, Table, Word


class TokenBatch(Table):
    """Cards made together: for which network, with which plan, at which price each, and by whom.

    Made by a member of staff (`made_by`) or by a Wi-Fi owner (`maker_id`, a customer).
    """

    __tablename__ = "token_batch"
    id: Mapped[RowId]
    request_key: Mapped[Line] = mapped_column(unique=True)
    hotspot_id: Mapped[Ref] = mapped_column(ForeignKey("hotspot.id"), index=True)
    plan_version_id: Mapped[Ref] = mapped_column(ForeignKey("plan_version.id"))
    price_minor: Mapped[Minor]
    currency: Mapped[Currency]
    cards: Mapped[int]
    campaign: Mapped[Line | None]
    made_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    maker_id: Mapped[Ref | None] = mapped_column(ForeignKey("customer.id"), index=True)
    made_at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint("cards BETWEEN 1 AND 100000", name="cards_bounded"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        CheckConstraint("num_nonnulls(made_by, maker_id) = 1", name="made_by_one"),
    )


class TokenCardSale(Table):
    """Cards of a batch activated together, since they were sold (or given away): a range of serials.

    `means`: `cash` into the pocket of `seller_id`, a Wi-Fi owner or helper, or `given` for nothing. Who may sell
    what is the caller's to know; staff activate in the name of the owner. `price_minor` is that of one card.
    """

    __tablename__ = "token_card_sale"
    id: Mapped[RowId]
    request_key: Mapped[Line] = mapped_column(unique=True)
    batch_id: Mapped[Ref] = mapped_column(ForeignKey("token_batch.id"))
    first_serial: Mapped[int]
    last_serial: Mapped[int]
    seller_id: Mapped[Ref | None] = mapped_column(ForeignKey("customer.id"))
    staff_id: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    means: Mapped[Word]
    price_minor: Mapped[Minor]
    currency: Mapped[Currency]
    sold_at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint("first_serial BETWEEN 1 AND last_serial", name="range_in_order"),
        CheckConstraint("means IN ('cash', 'given')", name="means_known"),
        CheckConstraint("price_minor >= 0 AND (means = 'cash' OR price_minor = 0)", name="given_for_nothing"),
        CheckConstraint("num_nonnulls(seller_id, staff_id) > 0", name="by_somebody"),
        Index("ix_token_card_sale_batch_id", "batch_id", "first_serial"),
        Index("ix_token_card_sale_seller_id", "seller_id", "sold_at"),
        Index("ix_token_card_sale_sold_at", "batch_id", "sold_at"),
    )


class TokenCard(Table):
    """A card. Its code is nowhere in clear: `lookup` finds it when it is typed, `sealed` is opened to print it.

    Without `sale_id` it is not activated, and nobody is let in with it. `token_id`: what it became when it was typed
    for the first time. `voided_at`: it is good for nothing any more, and never was used.
    """

    __tablename__ = "token_card"
    batch_id: Mapped[Ref] = mapped_column(ForeignKey("token_batch.id"), primary_key=True)
    serial: Mapped[int] = mapped_column(primary_key=True)
    lookup: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    sale_id: Mapped[Ref | None] = mapped_column(ForeignKey("token_card_sale.id"))
    token_id: Mapped[Ref | None] = mapped_column(ForeignKey("token.id"), unique=True)
    voided_at: Mapped[Instant | None]
    __table_args__ = (
        CheckConstraint("serial > 0", name="serial_positive"),
        CheckConstraint("octet_length(lookup) = 16", name="lookup_whole"),
        CheckConstraint("token_id IS NULL OR sale_id IS NOT NULL", name="redeemed_once_sold"),
        CheckConstraint("voided_at IS NULL OR token_id IS NULL", name="voided_unused"),
    )


class TokenCardVoid(Table):
    """Cards of a range that nobody had typed, taken back: by whom, why, and what went back. Never changed.

    `cards` of them are voided now, `sold` of these had been activated. `means`: into the `wallet` that paid, as
    `owner_cash` by who took the notes, or `nothing`. Our commission of what went back is undone.
    """

    __tablename__ = "token_card_void"
    id: Mapped[RowId]
    request_key: Mapped[Line] = mapped_column(unique=True)
    batch_id: Mapped[Ref] = mapped_column(ForeignKey("token_batch.id"))
    first_serial: Mapped[int]
    last_serial: Mapped[int]
    cards: Mapped[int]
    sold: Mapped[int]
    staff_id: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    seller_id: Mapped[Ref | None] = mapped_column(ForeignKey("customer.id"))
    why: Mapped[Line]
    means: Mapped[Word]
    refund_minor: Mapped[Minor]
    currency: Mapped[Currency]
    voided_at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint("first_serial BETWEEN 1 AND last_serial", name="range_in_order"),
        CheckConstraint("cards BETWEEN 1 AND last_serial - first_serial + 1", name="cards_of_the_range"),
        CheckConstraint("sold BETWEEN 0 AND cards", name="sold_of_the_cards"),
        CheckConstraint("num_nonnulls(staff_id, seller_id) = 1", name="by_one"),
        CheckConstraint("means IN ('wallet', 'owner_cash', 'nothing')", name="means_known"),
        CheckConstraint("refund_minor >= 0 AND (means = 'nothing') = (refund_minor = 0)", name="means_of_a_refund"),
        CheckConstraint("why <> ''", name="has_a_reason"),
        Index("ix_token_card_void_batch_id", "batch_id", "voided_at"),
    )
