"""Receipts to be taken back, as staff look at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from core.cash.check_receipt import drawer_number
from core.errors import NotFound
from core.money import Money

WAITING_SHOWN_MAX: Final = 100
DECIDED_SHOWN_MAX: Final = 30
_VOIDS: Final = """
    SELECT v.id, v.reason, v.state, v.asked_by, k.name AS asker, v.asked_at, z.name AS decider, v.decided_at,
           r.number, r.drawer_number, d.code, r.amount_minor, r.currency, c.number AS customer, c.name,
           t.name AS taker, r.received_at
    FROM receipt_void v JOIN receipt r ON r.id = v.receipt_id JOIN customer c ON c.id = r.customer_id
    JOIN staff_member k ON k.id = v.asked_by LEFT JOIN staff_member z ON z.id = v.decided_by
    LEFT JOIN staff_member t ON t.id = r.staff_id LEFT JOIN cash_drawer d ON d.id = r.drawer_id
"""
_WAITING: Final = text(f"{_VOIDS} WHERE v.state = 'waiting' ORDER BY v.id LIMIT :most")
_DECIDED: Final = text(f"{_VOIDS} WHERE v.state <> 'waiting' ORDER BY v.decided_at DESC, v.id DESC LIMIT :most")
_ONE: Final = text(f"{_VOIDS} WHERE v.id = :void")
_COUNT: Final = text("SELECT count(*) FROM receipt_void WHERE state = 'waiting'")


@dataclass(frozen=True, slots=True)
class VoidView:
    """A wish to take a receipt back, with the people and the receipt it names."""

    void_id: int
    reason: str
    state: str
    asked_by: int
    asker: str
    asked_at: datetime
    decider: str | None
    decided_at: datetime | None
    receipt: str
    drawer_number: str | None
    amount: Money
    customer_number: str
    customer_name: str
    taker: str | None
    received_at: datetime


def waiting_voids(connection: Connection) -> Sequence[VoidView]:
    """What waits for a second person, the first asked first, at most `WAITING_SHOWN_MAX`."""
    return [_view(row) for row in connection.execute(_WAITING, {"most": WAITING_SHOWN_MAX})]


def decided_voids(connection: Connection) -> Sequence[VoidView]:
    """What was decided last, at most `DECIDED_SHOWN_MAX`."""
    return [_view(row) for row in connection.execute(_DECIDED, {"most": DECIDED_SHOWN_MAX})]


def count_waiting_voids(connection: Connection) -> int:
    """How many wait for a second person."""
    return int(connection.execute(_COUNT).scalar_one())


def void(connection: Connection, void_id: int) -> VoidView:
    """One by its id.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(_ONE, {"void": void_id}).first()
    if row is None:
        raise NotFound(what="void")
    return _view(row)


def _view(row: Row[Any]) -> VoidView:
    return VoidView(
        row.id,
        row.reason,
        row.state,
        row.asked_by,
        row.asker,
        row.asked_at,
        row.decider,
        row.decided_at,
        row.number,
        drawer_number(row.code, row.drawer_number) if row.code else None,
        Money(row.amount_minor, row.currency),
        row.customer,
        row.name,
        row.taker,
        row.received_at,
    )
