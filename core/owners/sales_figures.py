"""What an owner sold today, this week and this month: by means, and by who sold it. A named read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from core.catalog.taxes import HOME_CURRENCY
from core.days import first_of_month, juba_day, start_of_day
from core.money import Money

# `card`: cards activated for notes; `wallet`: bought from a customer's balance at their network, with nobody selling.
METHODS: Final = ("cash", "momo", "card", "wallet", "given")
_BACK: Final = "taken_back"

_PERIODS: Final = ("today", "week", "month")
_FIGURES: Final = ", ".join(
    f"coalesce(sum(tokens) FILTER (WHERE at >= :{name}), 0) AS {name}_tokens, "
    f"coalesce(sum(minor) FILTER (WHERE at >= :{name}), 0) AS {name}_minor"
    for name in _PERIODS
)
# A token that was moved is no second sale. A card counts when it is activated: what it becomes was sold then.
SOLD: Final = """
    SELECT CASE t.origin WHEN 'sold' THEN 'wallet' ELSE t.origin END AS method, t.seller_id, h.owner_id,
           t.sold_at AS at, 1 AS tokens, t.price_minor AS minor
    FROM hotspot h JOIN token t ON t.hotspot_id = h.id AND t.origin <> 'card'
    WHERE {owners} AND t.moved_from_id IS NULL AND t.sold_at >= :since AND t.sold_at <= :now
    UNION ALL
    SELECT CASE s.means WHEN 'cash' THEN 'card' ELSE s.means END, s.seller_id, h.owner_id, s.sold_at,
           s.last_serial - s.first_serial + 1, (s.last_serial - s.first_serial + 1) * s.price_minor
    FROM hotspot h JOIN token_batch b ON b.hotspot_id = h.id JOIN token_card_sale s ON s.batch_id = b.id
    WHERE {owners} AND s.sold_at >= :since AND s.sold_at <= :now
    UNION ALL
    SELECT 'taken_back', r.seller_id, h.owner_id, r.revoked_at, 1, r.refund_minor
    FROM token_revocation r JOIN token t ON t.id = r.token_id JOIN hotspot h ON h.id = t.hotspot_id
    WHERE {owners} AND r.means <> 'nothing' AND r.revoked_at >= :since AND r.revoked_at <= :now
    UNION ALL
    SELECT 'taken_back', v.seller_id, h.owner_id, v.voided_at, v.refund_minor / b.price_minor, v.refund_minor
    FROM hotspot h JOIN token_batch b ON b.hotspot_id = h.id JOIN token_card_void v ON v.batch_id = b.id
    WHERE {owners} AND v.means <> 'nothing' AND v.voided_at >= :since AND v.voided_at <= :now"""
_SALES: Final = text(f"""
    SELECT method, seller_id, c.name AS seller_name, {_FIGURES}
    FROM ({SOLD.format(owners="h.owner_id = :owner")}) sold LEFT JOIN customer c ON c.id = sold.seller_id
    GROUP BY method, seller_id, c.name ORDER BY seller_id, method
""")
# Those of a batch that nobody has typed yet are no tokens; they are counted as cards.
# From the grants that are open at their routers, by their index: tokens that are over are many more.
_ACTIVE: Final = text("""
    WITH open AS MATERIALIZED (
      SELECT g.id FROM access_grant g
      WHERE g.router_id = ANY (ARRAY(SELECT DISTINCT router_id FROM hotspot
                                     WHERE owner_id = :owner AND router_id IS NOT NULL))
        AND g.status IN ('waiting', 'running', 'paused')
        AND (g.ends_at IS NULL OR g.ends_at > :now OR g.status = 'paused'))
    SELECT count(*) FROM open JOIN token t ON t.grant_id = open.id JOIN hotspot h ON h.id = t.hotspot_id
    WHERE h.owner_id = :owner
""")


@dataclass(frozen=True, slots=True)
class SalesLine:
    """So many tokens, and what they cost together."""

    tokens: int
    amount: Money

    def __add__(self, other: SalesLine) -> SalesLine:
        return SalesLine(self.tokens + other.tokens, self.amount + other.amount)


NOTHING: Final = SalesLine(0, Money(0, HOME_CURRENCY))


@dataclass(frozen=True, slots=True)
class SellerSales:
    """What one person sold and gave: the owner or a helper. `seller_id` None: nobody, the buyers did it themselves."""

    seller_id: int | None
    name: str | None
    sold: SalesLine
    given: int


@dataclass(frozen=True, slots=True)
class PeriodSales:
    """Sales since a moment: by means as in `METHODS`, and by seller, who sold most first.

    `taken_back`: tokens revoked and cards voided in it whose price went back, whenever they were sold.
    """

    since: datetime
    by_method: dict[str, SalesLine]
    by_seller: tuple[SellerSales, ...]
    taken_back: SalesLine

    @property
    def sold(self) -> SalesLine:
        """All that was sold; gifts are not."""
        return sum((line for method, line in self.by_method.items() if method != "given"), NOTHING)

    @property
    def given(self) -> int:
        """How many were given away."""
        return self.by_method["given"].tokens


@dataclass(frozen=True, slots=True)
class OwnerSales:
    """An owner's sales up to now: by days of Juba, and by weeks that begin on Monday (ISO 8601).

    `active_tokens`: those with which somebody can be online now or later; a card is none before it was typed.
    """

    today: PeriodSales
    week: PeriodSales
    month: PeriodSales
    active_tokens: int


def owner_sales(connection: Connection, owner_id: int, now: datetime) -> OwnerSales:
    """What an owner sold up to now; in two statements. Prices are whole: our commission is in it."""
    since = _begins(now)
    asked = {"owner": owner_id, "now": now, "since": min(since.values()), **since}
    rows = connection.execute(_SALES, asked).mappings().all()
    active = connection.execute(_ACTIVE, {"owner": owner_id, "now": now}).scalar_one()
    today, week, month = (_period(rows, name, since[name]) for name in _PERIODS)
    return OwnerSales(today, week, month, int(active))


def sales_between(connection: Connection, owner_id: int, since: datetime, until: datetime) -> PeriodSales:
    """What an owner sold from one moment up to, not including, another. One statement."""
    moments = dict.fromkeys(("since", *_PERIODS), since)
    rows = connection.execute(_SALES, {"owner": owner_id, "now": last_of(until)} | moments)
    return _period(rows.mappings().all(), _PERIODS[0], since)


def last_of(until: datetime) -> datetime:
    """The last instant before another, as the database counts them."""
    return until - timedelta(microseconds=1)


def _begins(now: datetime) -> dict[str, datetime]:
    day = juba_day(now)
    first = {"today": day, "week": day - timedelta(days=day.weekday()), "month": first_of_month(day)}
    return {name: start_of_day(one) for name, one in first.items()}


def _period(rows: Any, name: str, since: datetime) -> PeriodSales:
    methods = dict.fromkeys(METHODS, NOTHING)
    sellers: dict[int | None, SellerSales] = {}
    back = NOTHING
    for row in rows:
        line = SalesLine(int(row[f"{name}_tokens"]), Money(int(row[f"{name}_minor"]), HOME_CURRENCY))
        if not line.tokens:
            continue
        if row["method"] == _BACK:
            back += line
            continue
        methods[row["method"]] += line
        who = sellers.get(row["seller_id"]) or SellerSales(row["seller_id"], row["seller_name"], NOTHING, 0)
        gift = row["method"] == "given"
        sold, given = (who.sold, who.given + line.tokens) if gift else (who.sold + line, who.given)
        sellers[row["seller_id"]] = SellerSales(who.seller_id, who.name, sold, given)
    best_first = sorted(sellers.values(), key=lambda one: (-one.sold.amount.minor, -one.given, one.seller_id or 0))
    return PeriodSales(since, methods, tuple(best_first), back)
