"""Writing what became of charges and discounts that waited: on which bill they stand, and what of them waits on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from core.billing.fit_charges import Fitted
from core.db.engine import Transaction

_USED: Final = text(
    """
    UPDATE charge c SET used_on = :day, billed_minor = fresh.billed, invoice_id = fresh.invoice_id
    FROM unnest(CAST(:ids AS bigint[]), CAST(:billed AS bigint[]), CAST(:invoices AS bigint[]))
         AS fresh (id, billed, invoice_id) WHERE c.id = fresh.id
    """
)
_REST: Final = text(
    """
    INSERT INTO charge (request_key, customer_id, subscription_id, kind, product_class, day, amount_minor, currency,
                        facts, made_by, adjustment_id, rest_of_id)
    SELECT 'rest:' || id, customer_id, subscription_id, kind, product_class, day, :rest, currency,
           :facts, made_by, adjustment_id, id
    FROM charge WHERE id = :id RETURNING id
    """
).bindparams(bindparam("facts", type_=JSONB))


def use_charges(tx: Transaction, used: Sequence[tuple[Fitted, int | None]], day: date) -> None:
    """Write on which invoice (None: the bill came to nothing) each stands, in the order of the bills.

    What is left of a discount becomes a row that waits; a later bill of the same chunk may have used of that already.
    """
    row_of: dict[int, int] = {}  # a charge as it was read -> the row that holds what is left of it
    ids, billed, invoices = [], [], []
    for fitted, invoice_id in used:
        charge_id = fitted.charge.charge_id
        ids.append(row_of.get(charge_id, charge_id))
        billed.append(fitted.line.amount.minor)
        invoices.append(invoice_id)
        if fitted.rest is not None:
            rest = {"rest": fitted.rest.line.amount.minor, "facts": dict(fitted.rest.line.facts), "id": ids[-1]}
            row_of[charge_id] = tx.execute(_REST, rest).scalar_one()
    if ids:
        tx.execute(_USED, {"ids": ids, "billed": billed, "invoices": invoices, "day": day})
