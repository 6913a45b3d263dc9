"""What waits for a customer's next bill, and what became of what did, as staff look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from core.billing.issue import document_number
from core.money import Money

WAITING_SHOWN_MAX: Final = 100
DONE_SHOWN_MAX: Final = 20
_SHOWN: Final = """
    SELECT c.id, c.kind, c.product_class, c.amount_minor, c.billed_minor, c.currency, c.facts, c.used_on,
           c.taken_back_at, c.taken_back_why, b.name AS taker, s.number AS service, a.asked_by, a.asked_at, a.reason,
           m.name AS asker, i.series, i.year, i.number
    FROM charge c LEFT JOIN subscription s ON s.id = c.subscription_id
    LEFT JOIN adjustment a ON a.id = c.adjustment_id LEFT JOIN staff_member m ON m.id = a.asked_by
    LEFT JOIN staff_member b ON b.id = c.taken_back_by LEFT JOIN invoice i ON i.id = c.invoice_id
"""
_WAITING: Final = text(
    f"""
    {_SHOWN} WHERE c.customer_id = :customer AND c.used_on IS NULL AND c.taken_back_at IS NULL
    ORDER BY c.id LIMIT :most
    """
)
_DONE: Final = text(
    f"""
    {_SHOWN} WHERE c.customer_id = :customer AND (c.used_on IS NOT NULL OR c.taken_back_at IS NOT NULL)
      AND c.adjustment_id IS NOT NULL ORDER BY c.id DESC LIMIT :most
    """
)


@dataclass(frozen=True, slots=True)
class NextCharge:
    """A charge, or a discount (below zero), with its service, who asked for it and what became of it.

    `billed` is what stands on `document`; without one the bill of `used_on` came to nothing. Without an asker it is a
    fee, and its `facts` explain it. `whole`: what it was before a bill took a part.
    """

    charge_id: int
    kind: str
    product_class: str
    amount: Money
    whole: Money | None
    facts: Mapping[str, Any]
    service: str | None
    asked_by: int | None
    asker: str | None
    asked_at: datetime | None
    billed: Money | None
    used_on: date | None
    document: str | None
    taken_back_at: datetime | None
    taken_back_why: str | None
    taker: str | None


def waiting_charges(connection: Connection, customer_id: int) -> list[NextCharge]:
    """What waits for the next bills of a customer, the first asked for first, at most `WAITING_SHOWN_MAX`."""
    rows = connection.execute(_WAITING, {"customer": customer_id, "most": WAITING_SHOWN_MAX})
    return [_shown(row) for row in rows]


def done_charges(connection: Connection, customer_id: int) -> list[NextCharge]:
    """What was asked for and stood on a bill, or was taken back, the last first, at most `DONE_SHOWN_MAX`."""
    rows = connection.execute(_DONE, {"customer": customer_id, "most": DONE_SHOWN_MAX})
    return [_shown(row) for row in rows]


def _shown(row: Any) -> NextCharge:
    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, row.currency)

    return NextCharge(
        charge_id=row.id,
        kind=row.kind,
        product_class=row.product_class,
        amount=Money(row.amount_minor, row.currency),
        whole=money(row.facts.get("whole")),
        facts=row.facts,
        service=row.service,
        asked_by=row.asked_by,
        asker=row.asker,
        asked_at=row.asked_at,
        billed=money(row.billed_minor),
        used_on=row.used_on,
        document=document_number(row.series, row.year, row.number) if row.series else None,
        taken_back_at=row.taken_back_at,
        taken_back_why=row.taken_back_why,
        taker=row.taker,
    )
