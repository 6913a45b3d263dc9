"""Texts about a service's usage: half of its data, most of it, all of it; and that it is slower for a while."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from core.catalog.plan_words import data_words
from core.catalog.tariffs import TariffTerms
from core.customers.queries import account
from core.days import DAY, day_said, juba_day, period_of
from core.db.engine import Transaction
from core.messaging.queue_text import queue_text
from core.subscriptions.fair_use_rule import Standing, starts
from core.subscriptions.queries import Service
from core.usage.alert import mark_told

SHARES: Final = (100, 80, 50)  # of the data, in percent
ALL: Final = 100


def tell_usage(tx: Transaction, service: Service, terms: TariffTerms, stands: Standing, *, now: datetime) -> None:
    """Tell the highest share that was reached, and a step of slowing, each once in its period."""
    if service.grant_id is None:
        return
    today = juba_day(now)
    month = period_of(today, service.anchor_day)
    if stands.allowance:
        share = stands.used * 100 // stands.allowance
        reached = [of for of in SHARES if share >= of]
        # Another plan makes the same share another one: it is told again.
        kinds = {of: f"share:{of}:{stands.allowance}" for of in reached}
        fresh = [
            of
            for of in reached
            if mark_told(tx, grant_id=service.grant_id, period_from=month.first, kind=kinds[of], now=now)
        ]
        if fresh and fresh[0] == reached[0]:
            key = f"{month.first}:{kinds[fresh[0]]}"
            _tell(tx, service, _share_text(fresh[0], terms), key, stands, terms, month.next, now)
    if stands.held is not None and stands.held.period != "billing":
        first = starts(today, service.anchor_day)[stands.held.period]
        kind = f"step:{stands.held.period}:{stands.held.down_kbps}"
        if mark_told(tx, grant_id=service.grant_id, period_from=first, kind=kind, now=now):
            until = _resets(stands.held.period, first)
            _tell(tx, service, "usage_slower", f"{first}:{kind}", stands, terms, until, now)


def _share_text(share: int, terms: TariffTerms) -> str:
    if share < ALL:
        return "usage_share"
    if terms.overage is not None:
        return "usage_overage"
    return "usage_slower"


def _resets(period: str, first: date) -> date:
    match period:
        case "day":
            return first + DAY
        case "week":
            return first + 7 * DAY
        case _:
            return period_of(first, 1).next


def _tell(
    tx: Transaction,
    service: Service,
    template: str,
    key: str,
    stands: Standing,
    terms: TariffTerms,
    until: date,
    now: datetime,
) -> None:
    who = account(tx.connection, service.customer_id)
    facts: dict[str, object] = {
        "used": data_words(who.tongue, stands.used),
        "day": day_said(until),
    }
    match template:
        case "usage_share":
            facts["all"] = data_words(who.tongue, stands.allowance or 0)
        case "usage_overage":
            facts["price"] = terms.overage
    queue_text(
        tx,
        phone=who.main_phone,
        tongue=who.tongue,
        template=template,
        key=f"usage:{service.subscription_id}:{key}",
        now=now,
        facts=facts,
    )
