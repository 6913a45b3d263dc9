"""How many free tokens of an owner went today: those sent to phones, and cards given away."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from core.days import juba_day, start_of_day

_GIVEN: Final = text("""
    SELECT (SELECT count(*) FROM owner_gift WHERE owner_id = :owner AND day = :day)
         + (SELECT coalesce(sum(s.last_serial - s.first_serial + 1), 0)
            FROM hotspot h JOIN token_batch b ON b.hotspot_id = h.id JOIN token_card_sale s ON s.batch_id = b.id
            WHERE h.owner_id = :owner AND s.means = 'given' AND s.sold_at >= :since AND s.sold_at <= :now)
""")


def gifts_today(connection: Connection, owner_id: int, now: datetime) -> int:
    """The number of them. Who is about to give has locked the owner's row, so nobody counts beside."""
    day = juba_day(now)
    asked = {"owner": owner_id, "day": day, "since": start_of_day(day), "now": now}
    return int(connection.execute(_GIVEN, asked).scalar_one())
