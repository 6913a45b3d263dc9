"""Tables of Wi-Fi owners."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Currency, Day, Instant, Line, Minor, Phone, Ref, RowId, Table, Word


class WifiOwner(Table):
    """A customer who sells access to their own networks.

    `momo_phone` is where their shares go, `momo_name` the name on its wallet where the provider told it: they stand
    here once the phone is confirmed. `giveaway_day_max`: free tokens a day; with `giveaway_once_per_phone_day` a phone
    gets one of them a day. `daily_summary`: they are texted each morning what was sold; `daily_payout`: what is
    theirs is sent each day, else only when they ask.
    """

    __tablename__ = "wifi_owner"
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    momo_phone: Mapped[Phone | None]
    momo_name: Mapped[Line | None]
    momo_confirmed_at: Mapped[Instant | None]
    state: Mapped[Word] = mapped_column(server_default="active")
    giveaway_day_max: Mapped[int] = mapped_column(server_default="10")
    giveaway_once_per_phone_day: Mapped[bool] = mapped_column(server_default=text("false"))
    daily_summary: Mapped[bool] = mapped_column(server_default=text("true"))
    daily_payout: Mapped[bool] = mapped_column(server_default=text("true"))
    signed_up_at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint("state IN ('active', 'suspended')", name="state_known"),
        CheckConstraint("giveaway_day_max BETWEEN 0 AND 10000", name="giveaway_bounded"),
        CheckConstraint("(momo_phone IS NULL) = (momo_confirmed_at IS NULL)", name="momo_is_confirmed"),
        CheckConstraint("momo_name IS NULL OR momo_phone IS NOT NULL", name="name_of_a_phone"),
    )


class MomoCode(Table):
    """The code last texted to the phone that an owner wants their money on. Only its HMAC is kept.

    `wallet_active` and `wallet_name` are what the provider said of that phone. `sends` counts the codes since
    `sends_since`.
    """

    __tablename__ = "momo_code"
    owner_id: Mapped[Ref] = mapped_column(ForeignKey("wifi_owner.customer_id"), primary_key=True)
    phone: Mapped[Phone]
    code_mac: Mapped[bytes] = mapped_column(LargeBinary)
    sent_at: Mapped[Instant]
    tries: Mapped[int]
    used_at: Mapped[Instant | None]
    sends: Mapped[int]
    sends_since: Mapped[Instant]
    wallet_active: Mapped[bool | None]
    wallet_name: Mapped[Line | None]
    __table_args__ = (
        CheckConstraint("tries BETWEEN 0 AND 5", name="tries_bounded"),
        CheckConstraint("octet_length(code_mac) = 32", name="mac_whole"),
        CheckConstraint("sends > 0", name="sends_positive"),
    )


class WifiHelper(Table):
    """Somebody who sells for an owner, and may do nothing else for them. One owner at a time."""

    __tablename__ = "wifi_helper"
    id: Mapped[RowId]
    owner_id: Mapped[Ref] = mapped_column(ForeignKey("wifi_owner.customer_id"), index=True)
    helper_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"))
    right: Mapped[Word] = mapped_column("may", server_default="sell")
    added_at: Mapped[Instant]
    removed_at: Mapped[Instant | None]
    __table_args__ = (
        CheckConstraint("may IN ('sell')", name="right_known"),
        CheckConstraint("helper_id <> owner_id", name="helps_another"),
        CheckConstraint("removed_at >= added_at", name="in_order"),
        Index("ux_wifi_helper_of_one", "helper_id", unique=True, postgresql_where=text("removed_at IS NULL")),
    )


class OwnerPrice(Table):
    """What an owner takes for one of our plans from a moment on; without a price it is not on their list any more.

    Never changed: a new price is a new row.
    """

    __tablename__ = "owner_price"
    id: Mapped[RowId]
    owner_id: Mapped[Ref] = mapped_column(ForeignKey("wifi_owner.customer_id"))
    plan_id: Mapped[Ref] = mapped_column(ForeignKey("plan.id"))
    price_minor: Mapped[Minor | None]
    currency: Mapped[Currency]
    from_at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint("price_minor > 0", name="price_positive"),
        CheckConstraint("currency = 'SSP'", name="in_pounds"),
        Index("ix_owner_price_owner_id", "owner_id", "plan_id", "from_at"),
    )


class OwnerGift(Table):
    """A token given away: the how manieth of its owner's day, of how many. Never changed.

    `once`: no second one for this phone on that day.
    """

    __tablename__ = "owner_gift"
    token_id: Mapped[Ref] = mapped_column(ForeignKey("token.id"), primary_key=True)
    owner_id: Mapped[Ref] = mapped_column(ForeignKey("wifi_owner.customer_id"))
    day: Mapped[Day]
    number: Mapped[int]
    day_max: Mapped[int]
    phone: Mapped[Phone]
    once: Mapped[bool]
    __table_args__ = (
        UniqueConstraint("owner_id", "day", "number", name="uq_owner_gift_number"),
        CheckConstraint("number BETWEEN 1 AND day_max", name="within_the_day"),
        Index("ux_owner_gift_once", "owner_id", "day", "phone", unique=True, postgresql_where=text("once")),
    )


class PagePrompt(Table):
    """How many phones were prompted to pay from networks' pages since `began_at`: by device, address, and over all."""

    __tablename__ = "page_prompt"
    kind: Mapped[Word] = mapped_column(primary_key=True)
    subject: Mapped[Line] = mapped_column(primary_key=True)
    began_at: Mapped[Instant]
    prompts: Mapped[int]
    __table_args__ = (
        CheckConstraint("kind IN ('device', 'address', 'all')", name="kind_known"),
        CheckConstraint("prompts > 0", name="prompts_positive"),
        Index("ix_page_prompt_began_at", "began_at"),
    )
