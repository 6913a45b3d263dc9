"""Putting a plan on sale, and changing what it is from a date on. What was sold stays as it was."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.catalog.models import Plan, PlanVersion
from core.db.engine import Transaction
from core.errors import AmountOutOfRange, NotFound
from core.money import Money

PRICE_LEAST: Final = Money(1_00, "SSP")
PRICE_MOST: Final = Money(5_000_000_00, "SSP")  # as much as MoMo collects at once


def open_plan(tx: Transaction, *, code: str, alias: int) -> int:
    """The id of the plan with this code; made when it is new, with its alias for ever."""
    tx.execute(upsert(Plan).values(code=code, alias=alias).on_conflict_do_nothing(index_elements=[Plan.code]))
    return int(tx.execute(select(Plan.id).where(Plan.code == code)).scalar_one())


def set_version(
    tx: Transaction,
    *,
    code: str,
    valid_from: datetime,
    duration_s: int,
    data_bytes: int | None,
    down_kbps: int,
    up_kbps: int,
    devices_max: int,
    price: Money,
    counts_from: Literal["first_use", "sale"] = "first_use",
    pauses_max: int = 0,
) -> int:
    """From `valid_from` on the plan is this. Returns the version's id.

    `counts_from`: what starts the time of a token; `pauses_max`: how often its holder may let it stand still.

    Raises:
        AmountOutOfRange: a price no wallet could pay: too small, too large, or in another currency.
        NotFound: no plan with this code.
    """
    if price.currency != PRICE_LEAST.currency or not PRICE_LEAST <= price <= PRICE_MOST:
        raise AmountOutOfRange(least=PRICE_LEAST, most=PRICE_MOST)
    plan_id = tx.execute(select(Plan.id).where(Plan.code == code)).scalar()
    if plan_id is None:
        raise NotFound(what="plan")
    return int(
        tx.execute(
            insert(PlanVersion)
            .values(
                plan_id=plan_id,
                valid_from=valid_from,
                duration_s=duration_s,
                data_bytes=data_bytes,
                down_kbps=down_kbps,
                up_kbps=up_kbps,
                devices_max=devices_max,
                price_minor=price.minor,
                currency=price.currency,
                counts_from=counts_from,
                pauses_max=pauses_max,
            )
            .returning(PlanVersion.id)
        ).scalar_one()
    )
