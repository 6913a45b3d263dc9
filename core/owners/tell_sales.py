"""Each morning an owner is texted what was sold at their networks the day before, if anything was."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Final

from sqlalchemy import text

from core.billing.dunning_rule import may_text
from core.customers.queries import account
from core.days import DAY, day_said, juba_day, start_of_day
from core.db.engine import Database, Transaction
from core.logs import log
from core.messaging.queue_text import queue_text
from core.money import Money
from core.owners.money_figures import owner_money
from core.owners.sales_figures import SOLD, PeriodSales, last_of, sales_between

LOG = log("owners.tell_sales")

# Whoever sold or gave something, wants to be told and was not yet.
_OWNERS: Final = text(f"""
    SELECT w.customer_id
    FROM (SELECT DISTINCT owner_id FROM ({SOLD.format(owners="h.owner_id IS NOT NULL")}) s
          WHERE method <> 'taken_back') sold
    JOIN wifi_owner w ON w.customer_id = sold.owner_id JOIN customer c ON c.id = w.customer_id
    WHERE w.daily_summary AND c.status = 'active'
      AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.kind = 'sms' AND o.key = 'sales:' || w.customer_id || ':' || :day)
    ORDER BY w.customer_id
""")


def tell_sales(db: Database, now: datetime) -> int:
    """Text owners what was sold yesterday, once each, in the hours of texts. How many texts.

    Of a day that nothing of ours ran after, nobody is told: its figures are on their page. Each owner is a transaction;
    one that fails is told of in the log and holds up no other.
    """
    if not may_text(now):
        return 0
    told, day = 0, juba_day(now) - DAY
    whole_day = {"since": start_of_day(day), "now": last_of(start_of_day(day + DAY))}
    with db.reading() as connection:
        owners = connection.execute(_OWNERS, {"day": day.isoformat()} | whole_day).scalars().all()
    for owner_id in owners:
        try:
            told += db.run(partial(_tell, owner_id=owner_id, day=day, now=now))
        except Exception:
            LOG.exception("owner not told of sales", owner=owner_id)
    return told


def _tell(tx: Transaction, owner_id: int, day: date, now: datetime) -> int:
    sales = sales_between(tx.connection, owner_id, start_of_day(day), start_of_day(day + DAY))
    owner, money = account(tx.connection, owner_id), owner_money(tx.connection, owner_id, now)
    notes, through_us = _by_purse(sales)
    return queue_text(
        tx,
        phone=owner.main_phone,
        tongue=owner.tongue,
        template="owner_sales",
        key=f"sales:{owner_id}:{day.isoformat()}",
        now=now,
        facts={
            "day": day_said(day),
            "tokens": f"{sales.sold.tokens:,}",
            "given": f"{sales.given:,}",
            "cash": notes,
            "momo": through_us,
            "balance": money.balance,
            "owes": money.still_owes,
        },
    )


def _by_purse(sales: PeriodSales) -> tuple[Money, Money]:
    """What is in the owner's own pocket, and what came to us."""
    method = sales.by_method
    return (method["cash"] + method["card"]).amount, (method["momo"] + method["wallet"]).amount
