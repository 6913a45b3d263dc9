"""Texts about a service's usage: half of its data, most of it, all of it; and that it is slower for a while."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from core.catalog.plan_words import data_words
from core.catalog.tariffs import TariffTerms
from core.customers.queries import account
from core.days import day_said, juba_day, period_of
from core.db.engine import Transaction
from core.messaging.queue_text import queue_text
from core.subscriptions.fair_use_rule import Standing
from core.subscriptions.periods import resets, starts
from core.subscriptions.queries import Service
from core.usage.alert import mark_told

SHARES: Final = (100, 80, 50)  # of the data, in percent
ALL: Final = 100
KIND_CHARS_MAX: Final = 40


def tell_usage(tx: Transaction, service: Service, terms: TariffTerms, stands: Standing, *, now: datetime) -> None:
    """Tell the highest share that was reached, and a step of slowing, each once in its period."""
    if service.grant_id is None:
        return
    today = juba_day(now)
    month = period_of(today, service.anchor_day)
    fresh = mark_shares(tx, service, stands, now=now)
    if fresh is not None:
        key = f"{month.first}:{_share_kind(fresh, stands)}"
        _tell(tx, service, _share_text(fresh, terms), key, stands, terms, month.next, now)
    if stands.held is not None and stands.held.period != "billing":
        first = starts(today, service.anchor_day)[stands.held.period]
        # Slow again after all that was bought is used: that is told again.
        kind = f"step:{stands.held.period}:{stands.held.down_kbps}" + (f":{stands.bought}" if stands.bought else "")
        if mark_told(tx, grant_id=service.grant_id, period_from=first, kind=kind[:KIND_CHARS_MAX], now=now):
            until = resets(stands.held.period, first, service.anchor_day)
            _tell(tx, service, _slower_text(terms), f"{first}:{kind}", stands, terms, until, now)


def mark_shares(tx: Transaction, service: Service, stands: Standing, *, now: datetime) -> int | None:
    """Mark the shares of its data that are used as told. The highest, if it was not told before."""
    if service.grant_id is None:
        return None
    first = period_of(juba_day(now), service.anchor_day).first
    reached = [of for of in SHARES if stands.share >= of]
    fresh = [
        of
        for of in reached
        if mark_told(tx, grant_id=service.grant_id, period_from=first, kind=_share_kind(of, stands), now=now)
    ]
    return fresh[0] if fresh and fresh[0] == reached[0] else None


def _share_kind(share: int, stands: Standing) -> str:
    """Another plan, or data bought, makes the same share another one: it is told again."""
    return f"share:{share}:{stands.allowance}"


def _share_text(share: int, terms: TariffTerms) -> str:
    if share < ALL:
        return "usage_share"
    if terms.overage is not None:
        return "usage_overage"
    return _slower_text(terms)


def _slower_text(terms: TariffTerms) -> str:
    """With the way out, where it can be bought."""
    return "usage_slower_more" if terms.packs else "usage_slower"


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
            # Bytes at a slow speed, beyond the data and before more was bought, are no part of either.
            facts["used"] = data_words(who.tongue, (stands.allowance or 0) - (stands.left or 0))
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
