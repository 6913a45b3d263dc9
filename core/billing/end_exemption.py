"""A paper that freed a customer from a tax holds no more, before its last day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, select, update

from core.billing.models import TaxExemption
from core.db.engine import Transaction
from core.errors import NotFound, NotPossibleNow


def end_exemption(tx: Transaction, *, exemption_id: int, customer_id: int, today: date) -> str:
    """From today on the tax is charged again; documents issued stay as they are. The certificate that was named.

    One that has not begun falls away.

    Raises:
        NotFound: the customer has no such paper.
        NotPossibleNow: its last day is over already.
    """
    mine = (TaxExemption.id == exemption_id, TaxExemption.customer_id == customer_id)
    paper = tx.execute(select(TaxExemption).where(*mine).with_for_update()).mappings().first()
    if paper is None:
        raise NotFound(what="exemption")
    if paper["valid_until"] <= today:
        raise NotPossibleNow(what="exemption", state="ended")
    if paper["valid_from"] >= today:
        tx.execute(delete(TaxExemption).where(*mine))
    else:
        tx.execute(update(TaxExemption).where(*mine).values(valid_until=today))
    return str(paper["certificate"])
