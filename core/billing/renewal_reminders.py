"""Reminding prepaid customers, three days and one day before a month begins that their balance does not cover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, text

from core.billing.billable import Waiting, charges_waiting, exemptions_of
from core.billing.dunning_rule import may_text
from core.billing.fit_charges import fit, take
from core.billing.service_lines import Days, Due, bill_service
from core.billing.tax_rule import assess
from core.catalog.promotions import PromotionTerms
from core.catalog.tariffs import TariffBook, tariff_book
from core.catalog.taxes import HOME_CURRENCY, Exchange, TaxTerms, exchange_on, tax_terms_on
from core.customers.queries import account
from core.days import DAY, day_said, juba_day
from core.db.engine import Database, Transaction
from core.errors import NoExchangeRate
from core.logs import log
from core.messaging.queue_text import queue_text
from core.money import MINOR_DIGITS, Money

LOG = log("billing.renewals")
REMIND_DAYS: Final = (3, 1)  # before the month begins; a day without power is made up for on the next
CUSTOMERS_A_BATCH: Final = 500

# All services of a customer whose month begins within the days: they renew from one balance, the earlier first.
_RENEWING: Final = text(
    """
    SELECT s.customer_id, s.id, s.number, s.anchor_day, s.billed_until, s.next_bill_on, s.promotion_left, t.tariff_id,
           p.id AS promotion_id, p.tariff_id AS promotion_tariff_id, p.code, p.name_en, p.name_ar,
           p.off_millionths, p.periods
    FROM subscription s
    JOIN LATERAL (SELECT tariff_id FROM subscription_term
                  WHERE subscription_id = s.id AND from_day <= s.next_bill_on
                  ORDER BY from_day DESC LIMIT 1) t ON true
    LEFT JOIN promotion p ON p.id = s.promotion_id
    WHERE s.customer_id = ANY(:customers) AND s.state = 'active' AND s.pay = 'prepaid'
      AND s.next_bill_on BETWEEN :first AND :last
    ORDER BY s.customer_id, s.next_bill_on, s.id
    """
)
_CUSTOMERS: Final = text(
    """
    SELECT DISTINCT customer_id FROM subscription
    WHERE state = 'active' AND pay = 'prepaid' AND next_bill_on BETWEEN :first AND :last AND customer_id > :after
    ORDER BY customer_id LIMIT :most
    """
)


class _Prices:
    """What a month costs by the terms known today: tariffs, promotions, taxes, and the latest rate into pounds."""

    def __init__(self, connection: Connection, today: date, step_minor: int) -> None:
        self._today = today
        self._step_minor = step_minor
        self._book: TariffBook = tariff_book(connection)
        self._rates: Sequence[TaxTerms] = tax_terms_on(connection, today)
        self._exchanges: Mapping[str, Exchange | None] = {
            currency: exchange_on(connection, currency, today) for currency in MINOR_DIGITS if currency != HOME_CURRENCY
        }

    def next_month(self, connection: Connection, row: Any, waiting: list[Waiting]) -> Money:
        """What a service's next month comes to, taxes included, with the charges and discounts that are `waiting`.

        Those are taken out of the list, as the bill will take them.

        Raises:
            NoExchangeRate: its price is in another currency and no fresh rate is known.
        """
        promotion = None
        if row.promotion_id is not None:
            promotion = PromotionTerms(
                row.promotion_id,
                row.promotion_tariff_id,
                row.code,
                row.name_en,
                row.name_ar,
                row.off_millionths,
                row.periods,
            )
        due = Due(
            subscription_id=row.id,
            pay="prepaid",
            anchor_day=row.anchor_day,
            billed_until=row.billed_until,
            ended_on=None,
            terms=[Days(row.billed_until, None, row.tariff_id)],
            promotion=promotion,
            promotion_left=row.promotion_left,
        )
        sums: dict[str, Money] = {}
        lines = bill_service(due, self._book, self._exchanges, lambda _service, _days: 0).lines
        charges = fit(lines, waiting, row.id)
        take(waiting, charges)
        for line in (*lines, *(one.line for one in charges)):
            sums[line.product_class] = sums.get(line.product_class, Money(0, HOME_CURRENCY)) + line.amount
        if not sums:
            return Money(0, HOME_CURRENCY)
        exempt = exemptions_of(connection, [row.customer_id], self._today).get(row.customer_id, {})
        return assess(sums, self._rates, exempt, self._step_minor).total


def remind_renewals(db: Database, *, now: datetime, code: str, step_minor: int) -> int:
    """Text those whose balance does not cover what renews soon, once a service, day and reminder. How many texts.

    Only in the hours of texts. Each customer is a transaction; one that fails is told of in the log and holds up no
    other. `code` is what people dial to top up; `step_minor` is what totals are rounded to, in piasters.
    """
    if not may_text(now):
        return 0
    today = juba_day(now)
    days = {"first": today + DAY, "last": today + max(REMIND_DAYS) * DAY}
    told, after = 0, 0
    with db.reading() as connection:
        prices = _Prices(connection, today, step_minor)
    while True:
        with db.reading() as connection:
            values = days | {"after": after, "most": CUSTOMERS_A_BATCH}
            customers = connection.execute(_CUSTOMERS, values).scalars().all()
            rows = connection.execute(_RENEWING, days | {"customers": list(customers)}).all()
        for customer_id, renewing in groupby(rows, key=lambda row: row.customer_id):
            work = partial(_remind, customer_id=customer_id, renewing=list(renewing), prices=prices, now=now, code=code)
            try:
                told += db.run(work)
            except Exception:
                LOG.exception("customer not reminded of a renewal", customer=customer_id)
        if len(customers) < CUSTOMERS_A_BATCH:
            return told
        after = customers[-1]


def _remind(
    tx: Transaction, customer_id: int, renewing: Sequence[Any], prices: _Prices, now: datetime, code: str
) -> int:
    customer = account(tx.connection, customer_id)
    left, told = customer.balance, 0
    waiting = charges_waiting(tx.connection, [customer_id], max(row.next_bill_on for row in renewing))
    for row in renewing:
        try:
            price = prices.next_month(tx.connection, row, waiting.get(customer_id, []))
        except NoExchangeRate as refusal:
            LOG.warning("a renewal cannot be priced", subscription=row.number, currency=refusal.currency)
            continue
        missing = price - left
        left = max(left - price, Money(0, HOME_CURRENCY))
        if missing.minor <= 0:
            continue
        before = (row.next_bill_on - juba_day(now)).days
        reminder = min(days for days in REMIND_DAYS if days >= before)
        told += queue_text(
            tx,
            phone=customer.main_phone,
            tongue=customer.tongue,
            template="renewal_short",
            key=f"renew:{row.id}:{row.next_bill_on.isoformat()}:{reminder}",
            now=now,
            facts={"service": row.number, "day": day_said(row.next_bill_on), "amount": missing, "code": code},
        )
    return told
