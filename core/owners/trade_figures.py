"""All Wi-Fi owners as we look at them: what they turn over, what we earn of it, which networks sleep, what looks wrong.

Named reads, over the last days; however many owners, four statements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from core.catalog.taxes import HOME_CURRENCY
from core.days import juba_day
from core.money import Money
from core.owners.sales_figures import SOLD

TRADE_DAYS: Final = 30  # turnover and commission
SIGNS_DAYS: Final = 7
DORMANT_DAYS: Final = 14  # no sale and nobody online for so long
NEAR_LIMIT_PERCENT: Final = 90  # of a day's gifts
PHONE_GIFTS_MANY: Final = 5  # to one phone within the week
TAKEN_BACK_MANY: Final = 5  # within the week, and more than a tenth of what was sold
TAKEN_BACK_SHARE: Final = 10
MISSES_MANY: Final = 5  # codes typed wrong within the hour by phones of the owner and those who help

# Commission as it was posted with each sale; of what was taken back it is undone.
_TRADE: Final = text(f"""
    SELECT w.customer_id AS owner_id, c.number, c.name, w.state, w.signed_up_at,
           coalesce(s.sold, 0) AS sold, coalesce(s.minor, 0) AS minor, coalesce(s.given, 0) AS given,
           coalesce(s.week_sold, 0) AS week_sold, coalesce(s.week_back, 0) AS week_back,
           coalesce(e.commission, 0) AS commission
    FROM wifi_owner w JOIN customer c ON c.id = w.customer_id
    LEFT JOIN (
      SELECT owner_id, sum(tokens) FILTER (WHERE method NOT IN ('given', 'taken_back')) AS sold,
             sum(minor) FILTER (WHERE method <> 'taken_back') AS minor,
             sum(tokens) FILTER (WHERE method = 'given') AS given,
             sum(tokens) FILTER (WHERE method NOT IN ('given', 'taken_back') AND at >= :week) AS week_sold,
             sum(tokens) FILTER (WHERE method = 'taken_back' AND at >= :week) AS week_back
      FROM ({SOLD.format(owners="h.owner_id IS NOT NULL")}) sales GROUP BY owner_id) s ON s.owner_id = w.customer_id
    LEFT JOIN (
      SELECT sales.owner_id, sum(p.amount_minor) AS commission
      FROM (SELECT h.owner_id, 'owner_sale:token:' || t.id AS key
            FROM hotspot h JOIN token t ON t.hotspot_id = h.id AND t.origin <> 'card'
            WHERE h.owner_id IS NOT NULL AND t.sold_at >= :since AND t.price_minor > 0
              AND NOT EXISTS (SELECT 1 FROM token_revocation r WHERE r.token_id = t.id AND r.means <> 'nothing')
            UNION ALL
            SELECT h.owner_id, 'owner_sale:cards:' || s.id
            FROM hotspot h JOIN token_batch b ON b.hotspot_id = h.id JOIN token_card_sale s ON s.batch_id = b.id
            WHERE h.owner_id IS NOT NULL AND s.sold_at >= :since AND s.means = 'cash') sales
      JOIN ledger_entry l ON l.key = sales.key JOIN ledger_posting p ON p.entry_id = l.id
      JOIN ledger_account a ON a.id = p.account_id AND a.code = 'commission:tokens\\:SSP'
      GROUP BY sales.owner_id) e ON e.owner_id = w.customer_id
    ORDER BY coalesce(s.minor, 0) DESC, c.number
""")
_GIFTS: Final = text("""
    SELECT g.owner_id, count(*) FILTER (WHERE g.kind = 'day' AND g.n * 100 >= :percent * g.most) AS full_days,
           max(g.n) FILTER (WHERE g.kind = 'phone') AS to_one_phone
    FROM (SELECT o.owner_id, 'day' AS kind, max(o.number) AS n, max(o.day_max) AS most
          FROM wifi_owner w JOIN owner_gift o ON o.owner_id = w.customer_id AND o.day > :day GROUP BY o.owner_id, o.day
          UNION ALL
          SELECT o.owner_id, 'phone', count(*), NULL
          FROM wifi_owner w JOIN owner_gift o ON o.owner_id = w.customer_id AND o.day > :day
          GROUP BY o.owner_id, o.phone) g
    GROUP BY g.owner_id
""")
_MISSES: Final = text("""
    SELECT w.owner_id, sum(m.misses) AS misses
    FROM token_guess m JOIN contact c ON m.kind = 'phone' AND c.phone = m.subject
    JOIN (SELECT customer_id AS owner_id, customer_id FROM wifi_owner
          UNION ALL SELECT owner_id, helper_id FROM wifi_helper WHERE removed_at IS NULL) w
      ON w.customer_id = c.customer_id
    WHERE m.began_at > :hour GROUP BY w.owner_id
""")
# A network that was never connected is none that sleeps: it waits for us.
_NETWORKS: Final = text("""
    SELECT h.owner_id, h.ssid, h.router_id IS NULL AS waits, h.router_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM token t WHERE t.hotspot_id = h.id AND t.origin <> 'card' AND t.sold_at > :quiet)
      AND NOT EXISTS (SELECT 1 FROM token_batch b JOIN token_card_sale s ON s.batch_id = b.id
                      WHERE b.hotspot_id = h.id AND s.sold_at > :quiet)
      AND NOT EXISTS (SELECT 1 FROM access_grant g JOIN token t ON t.grant_id = g.id
                      JOIN usage_session s ON s.grant_id = g.id
                      WHERE g.router_id = h.router_id AND t.hotspot_id = h.id
                        AND (g.closed_at IS NULL OR g.closed_at > :quiet)
                        AND (s.stopped_at IS NULL OR s.stopped_at > :quiet)) AS dormant
    FROM hotspot h WHERE h.owner_id IS NOT NULL AND h.closed_at IS NULL ORDER BY h.code
""")


@dataclass(frozen=True, slots=True)
class OwnerTrade:
    """An owner over the last `TRADE_DAYS`; what is a sign of abuse is of the last `SIGNS_DAYS`.

    `turnover` is at whole prices, `commission` our part of it that stands. `full_days`: on which nearly as much was
    given away as may be; `to_one_phone`: the most gifts that one phone got; `taken_back` of `sold_in_week`; `misses`:
    codes typed wrong within the hour.
    """

    owner_id: int
    number: str
    name: str
    state: str
    sold: int
    turnover: Money
    given: int
    commission: Money
    networks: int
    waiting: tuple[str, ...]
    dormant: tuple[str, ...]
    full_days: int
    to_one_phone: int
    taken_back: int
    sold_in_week: int
    misses: int

    @property
    def signs(self) -> tuple[str, ...]:
        """What looks like abuse: nothing is done of it but to look."""
        many_back = self.taken_back >= TAKEN_BACK_MANY and self.taken_back * TAKEN_BACK_SHARE > self.sold_in_week
        found = {
            "full_days": self.full_days > 0,
            "to_one_phone": self.to_one_phone >= PHONE_GIFTS_MANY,
            "taken_back": many_back,
            "misses": self.misses >= MISSES_MANY,
        }
        return tuple(sign for sign, is_there in found.items() if is_there)


@dataclass(frozen=True, slots=True)
class Trade:
    """All owners, who sells most first, and their sums."""

    owners: tuple[OwnerTrade, ...]
    turnover: Money
    commission: Money


def owners_trade(connection: Connection, now: datetime) -> Trade:
    """How the owners' trade goes."""
    week = now - timedelta(days=SIGNS_DAYS)
    asked = {"now": now, "since": now - timedelta(days=TRADE_DAYS), "week": week}
    rows = connection.execute(_TRADE, asked).mappings().all()
    gifts = connection.execute(_GIFTS, {"percent": NEAR_LIMIT_PERCENT, "day": juba_day(week)}).all()
    given = {row.owner_id: (row.full_days, row.to_one_phone or 0) for row in gifts}
    misses = {row.owner_id: int(row.misses) for row in connection.execute(_MISSES, {"hour": now - timedelta(hours=1)})}
    networks: Mapping[int, list[Any]] = defaultdict(list)
    for spot in connection.execute(_NETWORKS, {"quiet": now - timedelta(days=DORMANT_DAYS)}):
        networks[spot.owner_id].append(spot)
    owners = tuple(
        _owner(row, networks[row["owner_id"]], given.get(row["owner_id"], (0, 0)), misses.get(row["owner_id"], 0))
        for row in rows
    )
    nothing = Money(0, HOME_CURRENCY)
    return Trade(
        owners, sum((one.turnover for one in owners), nothing), sum((one.commission for one in owners), nothing)
    )


def _owner(row: Any, spots: list[Any], given: tuple[int, int], misses: int) -> OwnerTrade:
    full_days, to_one_phone = given
    return OwnerTrade(
        owner_id=row["owner_id"],
        number=row["number"],
        name=row["name"],
        state=row["state"],
        sold=int(row["sold"]),
        turnover=Money(int(row["minor"]), HOME_CURRENCY),
        given=int(row["given"]),
        commission=Money(int(row["commission"]), HOME_CURRENCY),
        networks=len(spots),
        waiting=tuple(spot.ssid for spot in spots if spot.waits),
        dormant=tuple(spot.ssid for spot in spots if spot.dormant),
        full_days=full_days,
        to_one_phone=to_one_phone,
        taken_back=int(row["week_back"]),
        sold_in_week=int(row["week_sold"]),
        misses=misses,
    )
