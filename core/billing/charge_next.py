"""A charge or a discount by hand on the next bill: of a customer, or of one of their services. And taking it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, select, text, update

from core.billing.models import Adjustment, Charge
from core.catalog.taxes import PRODUCT_CLASSES
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import NoNextBill, NotFound, NotPossibleNow, ReasonMissing

# Adjustment -> the kind of its line on the bill, and its sign there.
NEXT: Final[Mapping[str, tuple[str, int]]] = {"next_charge": ("charge", 1), "next_discount": ("reduction", -1)}
REASON_CHARS_MAX: Final = 200
# Services that will be billed again: also one that has ended and whose last bill is not made yet. A bill that should
# have been made before today is dated then, and takes nothing written since.
_BILLED_AGAIN: Final = text(
    """
    SELECT id FROM subscription
    WHERE customer_id = :customer AND (state <> 'terminated' OR next_bill_on IS NOT NULL
      AND CASE pay WHEN 'postpaid' THEN greatest(next_bill_on, ended_on + 1) ELSE next_bill_on END >= :today)
    """
)


def refuse_unless_billed(
    connection: Connection,
    now: datetime,
    *,
    customer_id: int,
    subscription_id: int | None,
    product_class: str | None,
) -> None:
    """Look before it is asked for, and again before it is done.

    Raises:
        NotPossibleNow: a class of product that nothing is taxed by.
        NoNextBill: nothing of this customer, or not this service of theirs, will be billed again.
    """
    if product_class not in PRODUCT_CLASSES:
        raise NotPossibleNow(what="product class", state=str(product_class))
    billed = billed_again(connection, customer_id, juba_day(now))
    if not billed or (subscription_id is not None and subscription_id not in billed):
        raise NoNextBill


def billed_again(connection: Connection, customer_id: int, today: date) -> Sequence[int]:
    """The services of a customer that a bill is still to come for, dated today or later."""
    return connection.execute(_BILLED_AGAIN, {"customer": customer_id, "today": today}).scalars().all()


def put_on_next_bill(tx: Transaction, row: Mapping[str, Any], *, staff_id: int, now: datetime) -> None:
    """Write an adjustment that was decided down for the next bill. Nothing moves in the books before that is made.

    Raises:
        NoNextBill: there is none to come any more.
    """
    refuse_unless_billed(
        tx.connection,
        now,
        customer_id=row["customer_id"],
        subscription_id=row["subscription_id"],
        product_class=row["product_class"],
    )
    kind, sign = NEXT[row["kind"]]
    tx.execute(
        insert(Charge).values(
            request_key=f"adjustment:{row['id']}",
            customer_id=row["customer_id"],
            subscription_id=row["subscription_id"],
            kind=kind,
            product_class=row["product_class"],
            day=juba_day(now),
            amount_minor=sign * row["amount_minor"],
            currency=row["currency"],
            facts={"text": row["reason"]},
            made_by=staff_id,
            adjustment_id=row["id"],
        )
    )


def asked_by(connection: Connection, *, charge_id: int, customer_id: int) -> int:
    """Who asked for a charge or discount of a customer (the id of a member of staff).

    Raises:
        NotFound: this customer has none, or nobody asked for it: fees of a service that begins.
    """
    found = connection.execute(
        select(Adjustment.asked_by)
        .join(Charge, Charge.adjustment_id == Adjustment.id)
        .where(Charge.id == charge_id, Charge.customer_id == customer_id)
    ).scalar()
    if found is None:
        raise NotFound(what="charge")
    return int(found)


def take_back_charge(
    tx: Transaction, *, charge_id: int, customer_id: int, why: str, staff_id: int, now: datetime
) -> None:
    """Take back what waits for the next bill: of a discount that was used in part, what is left of it.

    Raises:
        ReasonMissing: no reason.
        NotFound: this customer has none that was asked for.
        NotPossibleNow: it stands on a bill, or was taken back before.
    """
    if not why.strip():
        raise ReasonMissing
    asked_by(tx.connection, charge_id=charge_id, customer_id=customer_id)
    row = tx.execute(
        select(Charge.used_on, Charge.taken_back_at).where(Charge.id == charge_id).with_for_update()
    ).one()  # a billing run that has it stands before us, or finds it gone
    if row.used_on is not None or row.taken_back_at is not None:
        raise NotPossibleNow(what="charge", state="billed" if row.used_on is not None else "taken back")
    tx.execute(
        update(Charge)
        .where(Charge.id == charge_id)
        .values(taken_back_at=now, taken_back_by=staff_id, taken_back_why=why.strip()[:REASON_CHARS_MAX])
    )
