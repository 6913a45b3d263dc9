"""A customer chooses the PIN or password they log in with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.customers.models import Contact
from core.db.engine import Transaction
from core.errors import VisitNotFresh
from core.visits.begin_visit import VisitView
from core.visits.hashes import hash_secret
from core.visits.models import CustomerSecret, Visit


def choose_secret(tx: Transaction, *, visit: VisitView, typed: str, now: datetime) -> None:
    """Keep a secret in place of the one before. Every other visit of the customer ends; this one goes on.

    Raises:
        VisitNotFresh: the visit was not begun by a code a moment ago, or has chosen already.
        WeakSecret: nothing was changed.
    """
    mine = update(Visit).where(Visit.id == visit.visit_id, Visit.by_code).values(by_code=False)
    if not visit.may_choose or tx.execute(mine.returning(Visit.id)).scalar() is None:
        raise VisitNotFresh
    phone = tx.execute(
        select(Contact.phone).where(Contact.customer_id == visit.customer_id, Contact.is_main)
    ).scalar_one()
    values = {"secret_hash": hash_secret(typed, phone=phone), "chosen_at": now}
    fresh = upsert(CustomerSecret).values(customer_id=visit.customer_id, **values)
    tx.execute(fresh.on_conflict_do_update(index_elements=[CustomerSecret.customer_id], set_=values))
    tx.execute(delete(Visit).where(Visit.customer_id == visit.customer_id, Visit.id != visit.visit_id))
