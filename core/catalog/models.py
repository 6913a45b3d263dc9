"""Tables of the catalogue."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Bytes, Currency, Instant, Minor, Ref, RowId, Table, Word


class Plan(Table):
    """Something sold by name. `alias` is the number people dial for it; it is never given to another plan."""

    __tablename__ = "plan"
    id: Mapped[RowId]
    code: Mapped[Word] = mapped_column(unique=True)
    alias: Mapped[int] = mapped_column(unique=True)
    withdrawn_at: Mapped[Instant | None]
    __table_args__ = (CheckConstraint("alias BETWEEN 1 AND 89", name="alias_dialable"),)


class PlanVersion(Table):
    """A plan as it is from a date on: how long, how much, how fast, at what price. Sold versions never change."""

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
    __table_args__ = (
        UniqueConstraint("plan_id", "valid_from", name="uq_plan_version_one_per_date"),
        CheckConstraint("duration_s > 0", name="lasts"),
        CheckConstraint("data_bytes > 0", name="data_positive"),
        CheckConstraint("down_kbps > 0 AND up_kbps > 0", name="speed_positive"),
        CheckConstraint("devices_max BETWEEN 1 AND 20", name="devices_bounded"),
        CheckConstraint("price_minor > 0", name="price_positive"),
    )
