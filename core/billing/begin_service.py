"""A service begins: installed, on, its fees billed; prepaid with its first month paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from core.access.grant import Granted
from core.billing.bill_now import bill_service_now, invoice_lines
from core.billing.draft import Issuer, Line
from core.billing.exchange import in_pounds, rate_facts
from core.billing.issue import Issued
from core.billing.models import Charge
from core.billing.queries import buyer
from core.catalog.tariffs import TariffTerms
from core.catalog.taxes import HOME_CURRENCY, UNTAXED, exchange_on
from core.days import juba_day
from core.db.engine import Transaction
from core.ids import Ids
from core.sealing import Sealer
from core.subscriptions.activate import activate
from core.subscriptions.queries import service
from core.subscriptions.states import By


@dataclass(frozen=True, slots=True)
class Begun:
    """A service that is on, its credentials, and its first document; None where there was nothing to bill yet."""

    granted: Granted
    issued: Issued | None


def begin_service(tx: Transaction, *, subscription_id: int, by: By, issuer: Issuer, ids: Ids, sealer: Sealer) -> Begun:
    """Activate a pending subscription and bill what is due at once: set-up fee, deposit, and a prepaid first month.

    Raises:
        NotPossibleNow: it is not pending.
        InsufficientBalance: prepaid, and the balance does not cover the first bill; nothing was done.
        NoExchangeRate: its price cannot be turned into pounds today.
    """
    granted, terms = activate(tx, subscription_id=subscription_id, by=by, ids=ids, sealer=sealer)
    customer_id = service(tx.connection, subscription_id).customer_id
    lines = _fees(tx, subscription_id, terms, by)
    if terms.pay == "prepaid":
        for number, line in enumerate(lines):
            _charge(tx, f"begin:{subscription_id}:{number}", customer_id, line, by)
        outcome = bill_service_now(tx, subscription_id=subscription_id, issuer=issuer, now=by.now)
        return Begun(granted, outcome.issued[0] if outcome.issued else None)
    if not lines:
        return Begun(granted, None)
    issued = invoice_lines(
        tx,
        key=f"begin:{subscription_id}",
        buyer=buyer(tx.connection, customer_id),
        lines=lines,
        due_days=terms.due_days,
        issuer=issuer,
        now=by.now,
        subscription_id=subscription_id,
        made_by=by.staff_id,
    )
    return Begun(granted, issued)


def _fees(tx: Transaction, subscription_id: int, terms: TariffTerms, by: By) -> list[Line]:
    today = juba_day(by.now)
    exchange = None
    if terms.price.currency != HOME_CURRENCY:
        exchange = exchange_on(tx.connection, terms.price.currency, today)
    facts: dict[str, Any] = {"tariff_en": terms.name_en, "tariff_ar": terms.name_ar}
    if exchange is not None:
        facts |= rate_facts(exchange)
    fees = (("set_up", "service", terms.set_up), ("deposit", UNTAXED, terms.deposit))
    return [
        Line(kind, product_class, in_pounds(fee, exchange), facts, subscription_id)
        for kind, product_class, fee in fees
        if fee
    ]


def _charge(tx: Transaction, key: str, customer_id: int, line: Line, by: By) -> None:
    tx.execute(
        insert(Charge).values(
            request_key=key,
            customer_id=customer_id,
            subscription_id=line.subscription_id,
            kind=line.kind,
            product_class=line.product_class,
            day=juba_day(by.now),
            amount_minor=line.amount.minor,
            currency=line.amount.currency,
            facts=dict(line.facts),
            made_by=by.staff_id,
        )
    )
