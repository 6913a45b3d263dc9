"""Tables of tokens."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Currency, Instant, Line, Minor, Phone, Prose, Ref, RowId, Table, Word


class Hotspot(Table):
    """A Wi-Fi network that sells tokens: its code on the poster, its name in the air (SSID), its router.

    `reach` is how its router is reached: a `mikrotik` we call, one that `calls_home` from behind other routers, any
    equipment by `radius`, or `none`, where nobody can be let in and out. Without `router_id` nobody has connected it
    yet, and nothing is sold for it. `admin_password_sealed` is the owner's own, of their router.
    """

    __tablename__ = "hotspot"
    id: Mapped[RowId]
    code: Mapped[int] = mapped_column(unique=True)
    ssid: Mapped[Word]
    place: Mapped[Line]
    owner_id: Mapped[Ref | None] = mapped_column(ForeignKey("customer.id"), index=True)
    router_id: Mapped[Ref | None] = mapped_column(ForeignKey("router.id"))
    closed_at: Mapped[Instant | None]
    reach: Mapped[Word] = mapped_column(server_default="mikrotik")
    admin_password_sealed: Mapped[Prose | None]
    __table_args__ = (
        CheckConstraint("octet_length(ssid) BETWEEN 1 AND 32", name="ssid_fits_802_11"),
        # People type it in answer to a list: 0 leads back there, 98 to the next page.
        CheckConstraint("code > 0 AND code <> 98", name="code_dialable"),
        CheckConstraint("reach IN ('mikrotik', 'mikrotik_calls_home', 'radius', 'none')", name="reach_known"),
        CheckConstraint("reach <> 'none' OR router_id IS NULL", name="none_has_no_router"),
    )


class Token(Table):
    """One token: who paid, whose phone it is for, what it grants. `request_key` makes it once.

    `origin`: `sold` from a customer's wallet, `momo` for a payer's mobile money that went through one, `cash` into the
    pocket of `seller_id` (the Wi-Fi owner or a helper of theirs), `given` for nothing by them, or `card` for one of a
    batch that somebody redeemed: that one may have no phone. One that was moved to another phone is another token,
    with `moved_from_id`; what was paid stands at the first. `lookup`: see `core.tokens.code_seal`.
    """

    __tablename__ = "token"
    id: Mapped[RowId]
    request_key: Mapped[Line] = mapped_column(unique=True)
    origin: Mapped[Word] = mapped_column(server_default="sold")
    buyer_id: Mapped[Ref | None] = mapped_column(ForeignKey("customer.id"))
    seller_id: Mapped[Ref | None] = mapped_column(ForeignKey("customer.id"))
    recipient_phone: Mapped[Phone | None]
    hotspot_id: Mapped[Ref] = mapped_column(ForeignKey("hotspot.id"))
    plan_version_id: Mapped[Ref] = mapped_column(ForeignKey("plan_version.id"))
    grant_id: Mapped[Ref] = mapped_column(ForeignKey("access_grant.id"), unique=True)
    entry_id: Mapped[Ref | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    price_minor: Mapped[Minor]
    currency: Mapped[Currency]
    campaign: Mapped[Line | None]
    batch_id: Mapped[Ref | None] = mapped_column(ForeignKey("token_batch.id"), index=True)
    moved_from_id: Mapped[Ref | None] = mapped_column(ForeignKey("token.id"), unique=True)
    lookup: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    sold_at: Mapped[Instant]
    told_waiting_at: Mapped[Instant | None]
    told_online_at: Mapped[Instant | None]
    __table_args__ = (
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        CheckConstraint("origin IN ('sold', 'momo', 'cash', 'given', 'card')", name="origin_known"),
        CheckConstraint(
            "(origin IN ('sold', 'momo') AND moved_from_id IS NULL) = (entry_id IS NOT NULL)", name="entry_of_a_wallet"
        ),
        CheckConstraint("(origin IN ('sold', 'momo')) = (buyer_id IS NOT NULL)", name="buyer_of_a_wallet"),
        CheckConstraint("origin NOT IN ('cash', 'given') OR seller_id IS NOT NULL", name="seller_named"),
        CheckConstraint("origin <> 'given' OR price_minor = 0", name="given_for_nothing"),
        CheckConstraint("(origin = 'card') = (batch_id IS NOT NULL)", name="card_of_a_batch"),
        CheckConstraint("recipient_phone IS NOT NULL OR origin = 'card'", name="phone_unless_card"),
        CheckConstraint("campaign IS NULL OR origin IN ('given', 'card')", name="campaign_of_gifts"),
        CheckConstraint("octet_length(lookup) = 16", name="lookup_whole"),
        CheckConstraint("moved_from_id <> id", name="moved_from_another"),
        Index("ix_token_recipient_phone", "recipient_phone", "id"),
        Index("ix_token_buyer_id", "buyer_id", "id"),
        Index("ix_token_lookup_missing", "id", postgresql_where=text("lookup IS NULL AND origin <> 'card'")),
        Index("ix_token_seller_id", "seller_id", "sold_at", postgresql_where=text("seller_id IS NOT NULL")),
        # What is sold at a network; cards are sold by `token_card_sale`, and their redeeming pays for no index more.
        Index("ix_token_hotspot_id", "hotspot_id", "sold_at", postgresql_where=text("origin <> 'card'")),
    )


class TokenPause(Table):
    """A time a token stood still, by its holder's wish."""

    __tablename__ = "token_pause"
    token_id: Mapped[Ref] = mapped_column(ForeignKey("token.id"), primary_key=True)
    paused_at: Mapped[Instant] = mapped_column(primary_key=True)
    resumed_at: Mapped[Instant | None]
    __table_args__ = (
        CheckConstraint("resumed_at >= paused_at", name="in_order"),
        Index("uq_token_pause_one_open", "token_id", unique=True, postgresql_where=text("resumed_at IS NULL")),
    )


class TokenDevice(Table):
    """A device that was let in with a token through our page, and when it was seen there last."""

    __tablename__ = "token_device"
    token_id: Mapped[Ref] = mapped_column(ForeignKey("token.id"), primary_key=True)
    device: Mapped[Word] = mapped_column(primary_key=True)
    seen_at: Mapped[Instant]


class TokenRevocation(Table):
    """A token taken back: by whom, why, and what went back to who paid.

    `means`: into the `wallet` it was paid from, as `owner_cash` by who took the notes, or `nothing`.
    """

    __tablename__ = "token_revocation"
    token_id: Mapped[Ref] = mapped_column(ForeignKey("token.id"), primary_key=True)
    revoked_at: Mapped[Instant]
    staff_id: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    seller_id: Mapped[Ref | None] = mapped_column(ForeignKey("customer.id"))
    why: Mapped[Line]
    means: Mapped[Word]
    refund_minor: Mapped[Minor]
    currency: Mapped[Currency]
    __table_args__ = (
        CheckConstraint("num_nonnulls(staff_id, seller_id) = 1", name="by_one"),
        CheckConstraint("means IN ('wallet', 'owner_cash', 'nothing')", name="means_known"),
        CheckConstraint("refund_minor >= 0 AND (means = 'nothing') = (refund_minor = 0)", name="means_of_a_refund"),
        CheckConstraint("why <> ''", name="has_a_reason"),
        Index("ix_token_revocation_revoked_at", "revoked_at"),
    )


class TokenGuess(Table):
    """How often a code was typed that is none, since `began_at`: by phone, device or address, and over all."""

    __tablename__ = "token_guess"
    kind: Mapped[Word] = mapped_column(primary_key=True)
    subject: Mapped[Line] = mapped_column(primary_key=True)
    began_at: Mapped[Instant]
    misses: Mapped[int]
    __table_args__ = (
        CheckConstraint("kind IN ('phone', 'device', 'address', 'all')", name="kind_known"),
        CheckConstraint("misses > 0", name="misses_positive"),
        Index("ix_token_guess_began_at", "began_at"),
    )
