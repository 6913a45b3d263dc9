"""Days that have bills: a price or a tax that those were made with is not changed after them."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import column, func, select, table

from core.db.engine import Transaction
from core.errors import AlreadyBilled

# The billing run holds this while it bills a chunk: numbers of a day follow the order of subscriptions, whoever runs,
# and no term changes between the chunk that reads it and the bills that tell of it.
BILLING: Final = select(func.pg_advisory_xact_lock(8467203))
# Documents belong to the billing room, above this one; here only their days matter.
_DOCUMENTS: Final = table("invoice", column("issued_on"))


def refuse_if_billed(tx: Transaction, first: date, until: date | None = None) -> None:
    """Refuse what would hold from a day up to another (not included), if a document was issued on one of them.

    A run cut off in the middle of a day is resumed with the terms it began with.

    Raises:
        AlreadyBilled: there is such a document.
    """
    tx.execute(BILLING)
    day = _DOCUMENTS.c.issued_on
    days = select(func.max(day)).where(day >= first)
    last = tx.execute(days if until is None else days.where(day < until)).scalar()
    if last is not None:
        raise AlreadyBilled(day=last.isoformat())
