"""What whoever holds a receipt may know of it: whether it is good. Never whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Connection, Exists, exists, text

from core.cash.models import ReceiptVoid
from core.money import Money
from core.payments.models import Receipt

# Back are the amounts that were refunded for certain, or are on their way.
_SEEN: Final = text("""
    SELECT r.number, d.code, r.drawer_number, r.amount_minor, r.currency, r.received_at,
           EXISTS (SELECT 1 FROM receipt_void v WHERE v.receipt_id = r.id AND v.state = 'done')
           OR EXISTS (SELECT 1 FROM ledger_entry e WHERE e.reverses_id = r.entry_id) AS voided,
           (SELECT coalesce(sum(o.amount_minor), 0) FROM payout o
            WHERE o.receipt_id = r.id AND o.state NOT IN ('waiting', 'refused', 'cancelled')) AS back_minor
    FROM receipt r LEFT JOIN cash_drawer d ON d.id = r.drawer_id WHERE r.check_code = :code
""")


@dataclass(frozen=True, slots=True)
class ReceiptSeen:
    """A receipt as a stranger may see it. `number` is that of its drawer where it was cash: `COUNTER-000123`."""

    number: str
    amount: Money
    at: datetime
    state: Literal["good", "voided", "refunded"]


def drawer_number(code: str, number: int) -> str:
    """A receipt's number in its drawer, as it is printed."""
    return f"{code.upper()}-{number:06d}"


def is_voided() -> Exists:
    """Whether a receipt of a query was taken back."""
    return exists().where(ReceiptVoid.receipt_id == Receipt.id, ReceiptVoid.state == "done")


def check_receipt(connection: Connection, code: str) -> ReceiptSeen | None:
    """The receipt with this check code; None when there is none. Part of it given back counts as good."""
    row = connection.execute(_SEEN, {"code": code}).first()
    if row is None:
        return None
    back = row.back_minor >= row.amount_minor
    return ReceiptSeen(
        number=drawer_number(row.code, row.drawer_number) if row.code else row.number,
        amount=Money(row.amount_minor, row.currency),
        at=row.received_at,
        state="voided" if row.voided else "refunded" if back else "good",
    )
