"""Visits: begun at a log-in, ended at the log-out, after a while, or when the secret changes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update

from core.customers.models import Customer
from core.db.engine import Transaction
from core.ids import Ids
from core.visits.limits import CODE_VISIT_FRESH, SEEN_EVERY, TOKEN_CHARS, VISIT_IDLE_MAX, VISIT_LASTS
from core.visits.models import CustomerSecret, Visit

_VISIT = (
    select(
        Visit.id,
        Visit.customer_id,
        Visit.by_code,
        Visit.began_at,
        Visit.seen_at,
        exists().where(CustomerSecret.customer_id == Visit.customer_id).label("has_secret"),
    )
    .join(Customer, Customer.id == Visit.customer_id)
    .where(Visit.token_hash == bindparam("token_hash"), Customer.status != "closed")
)


@dataclass(frozen=True, slots=True)
class VisitView:
    """A visit that goes on. `may_choose`: a secret can be chosen without the one before."""

    visit_id: int
    customer_id: int
    has_secret: bool
    may_choose: bool
    seen_at: datetime

    def is_to_be_seen(self, now: datetime) -> bool:
        """Whether it is time to note that it goes on."""
        return now - self.seen_at > SEEN_EVERY


def begin_visit(tx: Transaction, *, customer_id: int, by_code: bool, now: datetime, ids: Ids) -> str:
    """Note that a visit begins; its token, for the cookie. Forgets this customer's visits that are over."""
    over = (Visit.began_at < now - VISIT_LASTS) | (Visit.seen_at < now - VISIT_IDLE_MAX)
    tx.execute(delete(Visit).where(Visit.customer_id == customer_id, over))
    token = ids.typeable(TOKEN_CHARS)
    row = {"customer_id": customer_id, "token_hash": token_hash(token), "by_code": by_code}
    tx.execute(insert(Visit).values(**row, began_at=now, seen_at=now))
    return token


def visit_of(connection: Connection, token: str, now: datetime) -> VisitView | None:
    """The visit of a token. None: it was ended, is over, or never was."""
    row = connection.execute(_VISIT, {"token_hash": token_hash(token)}).first()
    if row is None or row.began_at < now - VISIT_LASTS or row.seen_at < now - VISIT_IDLE_MAX:
        return None
    fresh = row.by_code and row.began_at > now - CODE_VISIT_FRESH
    return VisitView(row.id, row.customer_id, row.has_secret, fresh, row.seen_at)


def see_visit(tx: Transaction, *, visit_id: int, now: datetime) -> None:
    """Note that a visit goes on."""
    tx.execute(update(Visit).where(Visit.id == visit_id, Visit.seen_at < now).values(seen_at=now))


def end_visit(tx: Transaction, token: str) -> None:
    """End a visit, whoever has copies of its cookie. One that is over is left so."""
    tx.execute(delete(Visit).where(Visit.token_hash == token_hash(token)))


def token_hash(token: str) -> bytes:
    """What is kept of a token. It is random and long: a plain hash says nothing of it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
