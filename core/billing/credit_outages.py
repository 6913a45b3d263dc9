"""Crediting long outages by the policy of their day: once per outage and service, when the router is up again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from core.billing.billable import exemptions_of
from core.billing.draft import Issuer
from core.billing.dunning_rule import may_text
from core.billing.models import FreeDays
from core.billing.money_came import money_came
from core.billing.outage_policy import Policy, policy_on
from core.billing.outage_share import Charged, Share, outage_shares
from core.billing.outage_tables import OutageCredit, OutageDecision
from core.billing.service_lines import Days
from core.billing.tax_rule import assess
from core.catalog.plan_words import duration_words
from core.catalog.promotions import promotions_of
from core.catalog.tariffs import TariffBook, tariff_book
from core.catalog.taxes import HOME_CURRENCY, Exchange, exchanges_for, tax_terms_on
from core.customers.queries import account
from core.days import Period, juba_day
from core.db.engine import Database, Transaction
from core.ledger.accounts import open_account
from core.ledger.post import Posting, post
from core.logs import log
from core.messaging.queue_text import queue_text
from core.money import Money
from core.subscriptions.lapse import days_lapsed
from core.subscriptions.queries import Service, locked, terms

LOG = log("billing.credit_outages")
OUTAGES_MAX: Final = 50  # decided in one round; the next finds the rest
_OVER: Final = text("""
    SELECT o.id, o.router_id, o.began_at, o.ended_at FROM router_outage o
    LEFT JOIN outage_decision d ON d.outage_id = o.id
    WHERE o.ended_at IS NOT NULL AND d.outage_id IS NULL ORDER BY o.id LIMIT :most
""")
# One that came to this router, or left it, since the outage began: nobody can say what of it it bore.
_SERVICES: Final = text("""
    SELECT s.id FROM subscription s
    WHERE s.router_id = :router AND s.started_on IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM outage_credit c WHERE c.outage_id = :outage AND c.subscription_id = s.id)
      AND NOT EXISTS (SELECT 1 FROM subscription_move m WHERE m.subscription_id = s.id AND m.verb = 'relocate'
                      AND m.at > :began_at AND (m.detail ->> 'from_router')::bigint <> s.router_id)
    ORDER BY s.id
""")


@dataclass(frozen=True, slots=True)
class _Round:
    """What all credits of one outage share."""

    outage: Any
    policy: Policy
    book: TariffBook
    exchanges: dict[str, Exchange]
    issuer: Issuer
    now: datetime


def credit_outages(db: Database, *, issuer: Issuer, now: datetime) -> int:
    """Credit what is over and was long. Returns how many services got something.

    A service is a transaction of its own and an outage is decided when all of its have had theirs: killed anywhere,
    the rest is done in the next round, and nothing twice. At night nobody is texted, so it waits for the morning.
    """
    if not may_text(now):
        return 0
    with db.reading() as connection:
        outages = connection.execute(_OVER, {"most": OUTAGES_MAX}).all()
    return sum(_decide(db, outage, issuer, now) for outage in outages)


def _decide(db: Database, outage: Any, issuer: Issuer, now: datetime) -> int:
    with db.reading() as connection:
        policy = policy_on(connection, juba_day(outage.began_at))
        if policy is None or policy.hours_min is None or not _is_long(outage, policy.hours_min):
            policy_id, services, round_ = None, [], None
        else:
            policy_id = policy.policy_id
            whose = {"router": outage.router_id, "outage": outage.id, "began_at": outage.began_at}
            services = list(connection.execute(_SERVICES, whose).scalars())
            exchanges = exchanges_for(connection, juba_day(outage.began_at))
            round_ = _Round(outage, policy, tariff_book(connection), exchanges, issuer, now)
    credited, faults = _credit_each(db, services, round_) if round_ is not None else (0, 0)
    if not faults:  # else the next round tries again those that are left
        db.run(partial(_close, outage_id=outage.id, policy_id=policy_id, now=now))
    return credited


def _credit_each(db: Database, services: Sequence[int], round_: _Round) -> tuple[int, int]:
    """How many got something, and how many could not be credited."""
    credited, faults = 0, 0
    for subscription_id in services:
        try:
            credited += db.run(partial(_credit, subscription_id=subscription_id, round_=round_))
        except Exception:
            faults += 1
            LOG.exception("outage not credited", outage=round_.outage.id, service=subscription_id)
    return credited, faults


def _is_long(outage: Any, hours_min: int) -> bool:
    return bool(outage.ended_at - outage.began_at >= timedelta(hours=hours_min))


def _close(tx: Transaction, *, outage_id: int, policy_id: int | None, now: datetime) -> None:
    decided = upsert(OutageDecision).values(outage_id=outage_id, policy_id=policy_id, decided_at=now)
    tx.execute(decided.on_conflict_do_nothing(index_elements=[OutageDecision.outage_id]))


def _credit(tx: Transaction, *, subscription_id: int, round_: _Round) -> int:
    """Give one service its credit; 0: it had it already, or the time cost nothing."""
    service = locked(tx.connection, subscription_id)
    had = select(OutageCredit.entry_id).where(
        OutageCredit.outage_id == round_.outage.id, OutageCredit.subscription_id == subscription_id
    )
    if tx.execute(had).first() is not None:
        return 0
    shares = outage_shares(round_.outage.began_at, round_.outage.ended_at, _charged(tx, service), round_.book)
    amount = _paid_for(tx, service.customer_id, shares, round_)
    if not amount:
        return 0
    seconds = sum(share.seconds for share in shares)
    _give(tx, service.customer_id, subscription_id, amount, seconds, round_)
    return 1


def _paid_for(tx: Transaction, customer_id: int, shares: Sequence[Share], round_: _Round) -> Money:
    """What a customer pays for such a time: with the taxes of the day on which the outage began, in pounds.

    Raises:
        NoExchangeRate: the price is in another currency and no rate is known.
    """
    sums: dict[str, Money] = {}
    for share in shares:
        pounds = share.in_pounds(round_.exchanges.get(share.month_price.currency))
        sums[share.product_class] = sums.get(share.product_class, Money(0, HOME_CURRENCY)) + pounds
    if not sums:
        return Money(0, HOME_CURRENCY)
    day = juba_day(round_.outage.began_at)
    exempt = exemptions_of(tx.connection, [customer_id], day).get(customer_id, {})
    return assess(sums, tax_terms_on(tx.connection, day), exempt, round_.issuer.step_minor).total


def _charged(tx: Transaction, service: Service) -> Charged:
    on = [Days(term.from_day, term.until_day, term.tariff_id) for term in terms(tx.connection, service.subscription_id)]
    promotion_id = service.promotion_id
    return Charged(
        service.anchor_day,
        on,
        free=[*_free_days(tx, service.subscription_id), *days_lapsed(tx.connection, service.subscription_id)],
        promotion=promotions_of(tx.connection, {promotion_id})[promotion_id] if promotion_id else None,
        billed_until=service.billed_until,
        off_billed=service.promotion_runs,
        off_next=service.promotion_left > 0,
    )


def _free_days(tx: Transaction, subscription_id: int) -> list[Period]:
    free = select(FreeDays.from_day, FreeDays.next_day).where(FreeDays.subscription_id == subscription_id)
    return [Period(row.from_day, row.next_day) for row in tx.execute(free)]


def _give(tx: Transaction, customer_id: int, subscription_id: int, amount: Money, seconds: int, round_: _Round) -> None:
    who, now, key = account(tx.connection, customer_id), round_.now, f"outage:{round_.outage.id}:{subscription_id}"
    goodwill = open_account(tx, "goodwill", amount.currency)
    entry = post(
        tx,
        key=key,
        kind="outage_credit",
        occurred_at=now,
        now=now,
        postings=[Posting(goodwill, who.wallet_id, amount)],
        memo={"outage": round_.outage.id, "subscription": subscription_id},
    )
    tx.execute(
        insert(OutageCredit).values(
            outage_id=round_.outage.id,
            subscription_id=subscription_id,
            policy_id=round_.policy.policy_id,
            amount_minor=amount.minor,
            currency=amount.currency,
            seconds=seconds,
            entry_id=entry.entry_id,
            credited_at=now,
        )
    )
    money_came(tx, customer_id=customer_id, key=key, issuer=round_.issuer, now=now)
    queue_text(
        tx,
        phone=who.main_phone,
        tongue=who.tongue,
        template="outage_credited",
        key=key,
        now=now,
        facts={
            "time": duration_words(who.tongue, seconds),
            "amount": amount,
            "balance": account(tx.connection, customer_id).balance,
        },
    )
