"""The last service of a customer ends: charges that waited for a bill, and will find none, are billed at once."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import text

from core.billing.bill_now import invoice_lines
from core.billing.billable import lock_charges_waiting
from core.billing.charge_next import billed_again
from core.billing.draft import Issuer
from core.billing.fit_charges import fit
from core.billing.issue import Issued
from core.billing.queries import buyer
from core.billing.use_charges import use_charges
from core.catalog.taxes import HOME_CURRENCY
from core.days import juba_day
from core.db.engine import Database, Transaction
from core.logs import log
from core.money import Money
from core.subscriptions.states import By

LOG = log("billing.left")
LEFT_DUE_DAYS: Final = 14
# Charges of customers whose last service ended in another way, as by dunning. What is of no service goes with the last.
_LEFT: Final = text(
    """
    SELECT DISTINCT c.customer_id, coalesce(c.subscription_id, (
             SELECT max(s.id) FROM subscription s WHERE s.customer_id = c.customer_id)) AS subscription_id
    FROM charge c
    WHERE c.used_on IS NULL AND c.taken_back_at IS NULL AND c.amount_minor > 0 AND NOT EXISTS (
      SELECT 1 FROM subscription s
      WHERE s.customer_id = c.customer_id AND (s.state <> 'terminated' OR s.next_bill_on IS NOT NULL))
    ORDER BY 1, 2
    """
)


def bill_all_left(db: Database, *, issuer: Issuer, now: datetime) -> int:
    """Bill what waits of everybody for whom no other bill is to come, a transaction a service. How many bills."""
    with db.reading() as connection:
        left = connection.execute(_LEFT).all()
    bills = 0
    by = By(now, "the last service has ended")
    for row in left:
        service = {"customer_id": row.customer_id, "subscription_id": row.subscription_id}
        try:
            bills += db.run(partial(bill_left, by=by, issuer=issuer, **service)) is not None
        except Exception:
            LOG.exception("charges not billed", **service)
    return bills


def bill_left(tx: Transaction, *, customer_id: int, subscription_id: int, by: By, issuer: Issuer) -> Issued | None:
    """Bill what waits, less the discounts that fit, after a service has ended.

    None: another bill is to come, or nothing waits, or it comes to nothing.
    A discount that finds no charge waits on, for a service the customer may take again.
    """
    today = juba_day(by.now)
    if billed_again(tx.connection, customer_id, today):
        return None
    waiting = lock_charges_waiting(tx, customer_id, today)
    fitted = fit((), waiting, subscription_id)
    if not any(one.line.amount > Money(0, HOME_CURRENCY) for one in fitted):
        return None
    issued = invoice_lines(
        tx,
        key=f"left:{subscription_id}",
        buyer=buyer(tx.connection, customer_id),
        lines=[one.line for one in fitted],
        due_days=LEFT_DUE_DAYS,
        issuer=issuer,
        now=by.now,
        subscription_id=subscription_id,
        made_by=by.staff_id,
    )
    use_charges(tx, [(one, issued.invoice_id if issued else None) for one in fitted], today)
    return issued
