"""What a caller's services have used and how fast they are: read only for the steps that show it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from core.billing.data_offers import data_offers
from core.billing.draft import Issuer
from core.callers.facts import DataPackFact, UsageFact
from core.catalog.tariffs import tariff_book
from core.days import juba_day, period_of
from core.errors import NoExchangeRate
from core.subscriptions.access import speed_of
from core.subscriptions.periods import resets
from core.subscriptions.read_standings import COLUMNS, Stands, standings

_ON: Final = text(f"""
    SELECT s.slowed, {COLUMNS}
    WHERE s.customer_id = :customer AND s.state = 'active' AND s.grant_id IS NOT NULL ORDER BY s.id
""")


def usage_of(connection: Connection, *, customer_id: int, issuer: Issuer, now: datetime) -> tuple[UsageFact, ...]:
    """The usage of a customer's services that are on."""
    today = juba_day(now)
    rows = connection.execute(_ON, {"customer": customer_id, "today": today}).all()
    found = standings(connection, rows, tariff_book(connection), now) if rows else {}
    return tuple(
        _usage(row, found[row.id], _packs(connection, customer_id, found[row.id], issuer, today), today)
        for row in rows
        if row.id in found
    )


def _usage(row: Any, stands: Stands, packs: tuple[DataPackFact, ...], today: date) -> UsageFact:
    terms, standing = stands.terms, stands.standing
    held = standing.held
    speed = speed_of(terms, slowed=row.slowed, held=(held.down_kbps, held.up_kbps) if held else None)
    rule = terms.fair_use
    free = None
    if rule is not None and rule.free_from is not None and rule.free_until is not None:
        free = (rule.free_from, rule.free_until)
    return UsageFact(
        subscription_id=row.id,
        used_today=standing.used_today,
        used=standing.used,
        allowance=standing.own_allowance,
        bought_left=standing.bought_left,
        renews_on=period_of(today, row.anchor_day).next,
        held_until=resets(held.period, today, row.anchor_day) if held else None,
        slowed=row.slowed,
        down_kbps=speed.down_kbps,
        up_kbps=speed.up_kbps,
        free=free,
        overage=terms.overage,
        packs=packs,
    )


def _packs(
    connection: Connection, customer_id: int, stands: Stands, issuer: Issuer, today: date
) -> tuple[DataPackFact, ...]:
    """What is on sale to it; nothing while nobody knows what it costs in pounds."""
    try:
        offers = data_offers(connection, customer_id=customer_id, terms=stands.terms, issuer=issuer, day=today)
    except NoExchangeRate:
        return ()
    return tuple(DataPackFact(one.pack.data_bytes, one.price) for one in offers)
