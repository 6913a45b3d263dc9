"""Credits for outages as staff look at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from core.money import Money

SHOWN_MAX: Final = 50
_CREDITS: Final = text("""
    SELECT c.credited_at, u.number, u.name, s.number AS service, r.name AS router, o.began_at, o.ended_at,
           c.amount_minor, c.currency
    FROM outage_credit c JOIN subscription s ON s.id = c.subscription_id JOIN customer u ON u.id = s.customer_id
    JOIN router_outage o ON o.id = c.outage_id JOIN router r ON r.id = o.router_id
    ORDER BY c.credited_at DESC, c.outage_id DESC, c.subscription_id LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class CreditView:
    """What a service got for an outage."""

    credited_at: datetime
    number: str
    name: str
    service: str
    router: str
    began_at: datetime
    ended_at: datetime
    amount: Money


def last_credits(connection: Connection) -> list[CreditView]:
    """The last ones given, at most `SHOWN_MAX`."""
    return [
        CreditView(
            row.credited_at,
            row.number,
            row.name,
            row.service,
            row.router,
            row.began_at,
            row.ended_at,
            Money(row.amount_minor, row.currency),
        )
        for row in connection.execute(_CREDITS, {"most": SHOWN_MAX})
    ]
