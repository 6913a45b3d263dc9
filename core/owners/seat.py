"""Where somebody stands: an owner at their own networks, a helper at those of whom they help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

_SEAT: Final = text("""
    SELECT customer_id AS owner_id, true AS is_owner, state FROM wifi_owner WHERE customer_id = :customer
    UNION ALL
    SELECT o.customer_id, false, o.state FROM wifi_helper h JOIN wifi_owner o ON o.customer_id = h.owner_id
    WHERE h.helper_id = :customer AND h.removed_at IS NULL
    ORDER BY is_owner DESC LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Seat:
    """Whose networks somebody sells at, and whether they are their own. `state`: of the owner."""

    owner_id: int
    is_owner: bool
    state: str


def seat_of(connection: Connection, customer_id: int) -> Seat | None:
    """The seat of a customer; None for who has none."""
    row = connection.execute(_SEAT, {"customer": customer_id}).first()
    return Seat(row.owner_id, row.is_owner, row.state) if row else None
