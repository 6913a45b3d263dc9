"""Tables of the catalogue."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Bytes, Currency, Day, Instant, Json, Line, Millionths, Minor, Ref, RowId, Table, Word


class Plan(Table):
    """Something sold by name. `alias` is the number people dial for it; it is never given to another plan."""

    __tablename__ = "plan"
    id: Mapped[RowId]
    code: Mapped[Word] = mapped_column(unique=True)
    alias: Mapped[int] = mapped_column(unique=True)
    withdrawn_at: Mapped[Instant | None]
    __table_args__ = (CheckConstraint("alias BETWEEN 1 AND 89", name="alias_dialable"),)


class PlanVersion(Table):
    """A plan as it is from a date on: how long, how much, how fast, at what price. Sold versions never change.

    `counts_from`: its time runs from the first use of a token, or from its sale. `pauses_max`: how often a holder may
    let it stand still.
    """

    __tablename__ = "plan_version"
    id: Mapped[RowId]
    plan_id: Mapped[Ref] = mapped_column(ForeignKey("plan.id"))
    valid_from: Mapped[Instant]
    duration_s: Mapped[int]
    data_bytes: Mapped[Bytes | None]
    down_kbps: Mapped[int]
    up_kbps: Mapped[int]
    devices_max: Mapped[int]
    price_minor: Mapped[Minor]
    currency: Mapped[Currency]
    counts_from: Mapped[Word] = mapped_column(server_default="first_use")
    pauses_max: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = (
        UniqueConstraint("plan_id", "valid_from", name="uq_plan_version_one_per_date"),
        CheckConstraint("duration_s > 0", name="lasts"),
        CheckConstraint("data_bytes > 0", name="data_positive"),
        CheckConstraint("down_kbps > 0 AND up_kbps > 0", name="speed_positive"),
        CheckConstraint("devices_max BETWEEN 1 AND 20", name="devices_bounded"),
        CheckConstraint("price_minor > 0", name="price_positive"),
        CheckConstraint("currency = 'SSP'", name="in_pounds"),  # as wallets are
        CheckConstraint("counts_from IN ('first_use', 'sale')", name="counts_from_known"),
        CheckConstraint("pauses_max BETWEEN 0 AND 20", name="pauses_bounded"),
    )


class Tariff(Table):
    """A monthly plan by name. `alias` is the number people press to choose it; it is never given to another.

    `pay`: prepaid renews in advance from the balance; postpaid is invoiced in arrears. `billed_on`: the day of the
    month it began, or the first. `reconnect`, for prepaid that ran out: `new_day` starts a full month on the day the
    money came, `keep_day` bills the rest of the month. These are what a tariff is; they never change.
    """

    __tablename__ = "tariff"
    id: Mapped[RowId]
    code: Mapped[Word] = mapped_column(unique=True)
    alias: Mapped[int] = mapped_column(unique=True)
    name_en: Mapped[Word]
    name_ar: Mapped[Word]
    pay: Mapped[Word]
    billed_on: Mapped[Word]
    reconnect: Mapped[Word]
    product_class: Mapped[Word]
    withdrawn_on: Mapped[Day | None]
    __table_args__ = (
        CheckConstraint("alias BETWEEN 1 AND 89", name="alias_dialable"),
        CheckConstraint("pay IN ('prepaid', 'postpaid')", name="pay_known"),
        CheckConstraint("billed_on IN ('anniversary', 'first_of_month')", name="billed_on_known"),
        CheckConstraint("reconnect IN ('new_day', 'keep_day')", name="reconnect_known"),
    )


class TariffVersion(Table):
    """A tariff as it is from a day on, until its next version. Versions never change: the past keeps its price.

    Without `data_bytes` it is unlimited; `overage_minor` is the price of each gigabyte begun beyond them.
    `fair_use` and `packs`: see `core.catalog.fair_use` and `core.catalog.data_packs`.
    """

    __tablename__ = "tariff_version"
    id: Mapped[RowId]
    tariff_id: Mapped[Ref] = mapped_column(ForeignKey("tariff.id"))
    valid_from: Mapped[Day]
    data_bytes: Mapped[Bytes | None]
    fair_use: Mapped[Json | None]
    packs: Mapped[Json | None]
    down_kbps: Mapped[int]
    up_kbps: Mapped[int]
    burst_down_kbps: Mapped[int | None]
    burst_up_kbps: Mapped[int | None]
    currency: Mapped[Currency]
    price_minor: Mapped[Minor]
    set_up_minor: Mapped[Minor]
    deposit_minor: Mapped[Minor]
    rental_minor: Mapped[Minor]
    overage_minor: Mapped[Minor | None]
    due_days: Mapped[int]
    dunning: Mapped[Word] = mapped_column(ForeignKey("dunning_schedule.code"))
    made_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    made_at: Mapped[Instant]
    __table_args__ = (
        UniqueConstraint("tariff_id", "valid_from", name="uq_tariff_version_one_per_day"),
        CheckConstraint("data_bytes > 0", name="data_positive"),
        CheckConstraint("overage_minor IS NULL OR data_bytes IS NOT NULL", name="overage_of_an_allowance"),
        CheckConstraint(
            "packs IS NULL OR (overage_minor IS NULL AND (data_bytes IS NOT NULL OR fair_use IS NOT NULL))",
            name="packs_where_data_ends",
        ),
        CheckConstraint("down_kbps > 0 AND up_kbps > 0", name="speed_positive"),
        CheckConstraint("burst_down_kbps >= down_kbps AND burst_up_kbps >= up_kbps", name="burst_faster"),
        CheckConstraint("(burst_down_kbps IS NULL) = (burst_up_kbps IS NULL)", name="burst_both_ways"),
        CheckConstraint("price_minor > 0", name="price_positive"),
        CheckConstraint(
            "set_up_minor >= 0 AND deposit_minor >= 0 AND rental_minor >= 0 AND overage_minor > 0",
            name="no_negatives",
        ),
        CheckConstraint("due_days BETWEEN 0 AND 90", name="due_days_bounded"),
    )


class Promotion(Table):
    """So much off a tariff for those who join it between two days, for some periods. Filed with the regulator first."""

    __tablename__ = "promotion"
    id: Mapped[RowId]
    code: Mapped[Word] = mapped_column(unique=True)
    name_en: Mapped[Word]
    name_ar: Mapped[Word]
    tariff_id: Mapped[Ref] = mapped_column(ForeignKey("tariff.id"))
    valid_from: Mapped[Day]
    valid_until: Mapped[Day]
    off_millionths: Mapped[Millionths]
    periods: Mapped[int]
    approval_reference: Mapped[Line]
    approved_on: Mapped[Day]
    made_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    made_at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint("valid_until > valid_from", name="lasts"),
        CheckConstraint("off_millionths BETWEEN 1 AND 1000000", name="off_is_a_share"),
        CheckConstraint("periods BETWEEN 1 AND 24", name="periods_bounded"),
        CheckConstraint("approval_reference <> ''", name="approved"),
    )


class ExchangeRate(Table):
    """What one unit of a currency cost in another on a day, from whom, and who wrote it down.

    Of two rows of one day the later counts: a slip is corrected by another row, and what used it still shows it.
    """

    __tablename__ = "exchange_rate"
    id: Mapped[RowId]
    day: Mapped[Day]
    currency: Mapped[Currency]
    into: Mapped[Currency]
    rate_millionths: Mapped[Millionths]
    source: Mapped[Line]
    made_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    made_at: Mapped[Instant]
    __table_args__ = (
        Index("ix_exchange_rate_latest", "currency", "into", "day", "id"),
        CheckConstraint("rate_millionths > 0", name="rate_positive"),
        CheckConstraint('currency <> "into"', name="between_two"),
    )


class Tax(Table):
    """A tax by name. `position` is the order in which taxes are computed: a compound one builds on those before."""

    __tablename__ = "tax"
    id: Mapped[RowId]
    code: Mapped[Word] = mapped_column(unique=True)
    name_en: Mapped[Word]
    name_ar: Mapped[Word]
    position: Mapped[int]


class TaxRate(Table):
    """A tax's rate on a class of products between two days. Two of one tax and class never meet (see the migration).

    `inclusive`: the price already holds it. `compound`: on the net amount and the taxes before it.
    """

    __tablename__ = "tax_rate"
    id: Mapped[RowId]
    tax_id: Mapped[Ref] = mapped_column(ForeignKey("tax.id"))
    product_class: Mapped[Word]
    rate_millionths: Mapped[Millionths]
    inclusive: Mapped[bool]
    compound: Mapped[bool]
    valid_from: Mapped[Day]
    valid_until: Mapped[Day | None]
    note: Mapped[Line]
    made_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    made_at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint("rate_millionths BETWEEN 0 AND 1000000", name="rate_is_a_share"),
        CheckConstraint("valid_until > valid_from", name="lasts"),
    )
