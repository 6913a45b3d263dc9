"""More data for a service that slows after some: paid from the balance on an invoice of its own, fast again at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from core.billing.bill_now import invoice_lines
from core.billing.data_offers import DataOffer, data_offers
from core.billing.draft import Issuer, Line
from core.billing.exchange import in_pounds, rate_facts
from core.billing.issue import Issued
from core.billing.models import InvoiceDue
from core.billing.queries import buyer
from core.catalog.tariffs import TariffTerms
from core.customers.queries import account
from core.days import juba_day, period_of
from core.db.engine import Transaction
from core.errors import CustomerNotActive, KeyReused, NotPossibleNow, PlanGone, PriceChanged
from core.money import Money
from core.subscriptions.keep_fair_use import hold
from core.subscriptions.models import BoughtData
from core.subscriptions.queries import Service, locked
from core.subscriptions.read_standings import Stands, stands_now
from core.subscriptions.states import By
from core.subscriptions.tell_usage import mark_shares

_OF_REQUEST: Final = select(
    BoughtData.id,
    BoughtData.subscription_id,
    BoughtData.data_bytes,
    BoughtData.price_minor,
    BoughtData.currency,
    BoughtData.until_day,
).where(BoughtData.request_key == bindparam("request_key"))


@dataclass(frozen=True, slots=True)
class DataSold:
    """Data bought, what was paid for it, and until when it is good. `again`: the request had been served before."""

    bought_id: int
    data_bytes: int
    paid: Money
    until_day: date
    again: bool


def buy_data(
    tx: Transaction, *, request_key: str, subscription_id: int, data_bytes: int, price: Money, by: By, issuer: Issuer
) -> DataSold:
    """Sell a service one of its packs at the price that was shown, taxes in it, from its customer's balance.

    What it adds is good until the billed month is over. If the service was slowed for its usage, it is fast again in
    this transaction, and its router is told. Once per `request_key`.

    Raises:
        NotPossibleNow: the service is not on, or begins tomorrow.
        CustomerNotActive: its customer is suspended or closed.
        PlanGone: its tariff sells no such pack today.
        PriceChanged: the pack costs something else now; nothing was done.
        InsufficientBalance: the balance does not cover it; nothing was done.
        NoExchangeRate: its price cannot be turned into pounds today.
        KeyReused: the same key asked for something else before.
    """
    service = locked(tx.connection, subscription_id)
    known = tx.execute(_OF_REQUEST, {"request_key": request_key}).first()
    if known is not None:
        if (known.subscription_id, known.data_bytes) != (subscription_id, data_bytes):
            raise KeyReused(key=request_key)
        paid = Money(known.price_minor, known.currency)
        return DataSold(known.id, known.data_bytes, paid, known.until_day, again=True)
    stands, offer = _offer(tx.connection, service, data_bytes, price, by, issuer)
    until = period_of(juba_day(by.now), service.anchor_day).next
    issued = _invoice(tx, request_key, service, stands.terms, offer, until, by, issuer)
    bought_id = tx.execute(
        insert(BoughtData)
        .values(
            request_key=request_key,
            subscription_id=subscription_id,
            data_bytes=data_bytes,
            day=juba_day(by.now),
            until_day=until,
            after_bytes=stands.standing.used_today,
            price_minor=issued.total.minor,
            currency=issued.total.currency,
            invoice_id=issued.invoice_id,
            bought_at=by.now,
            made_by=by.staff_id,
        )
        .returning(BoughtData.id)
    ).scalar_one()
    _lift(tx, service, by)
    return DataSold(int(bought_id), data_bytes, issued.total, until, again=False)


def refuse_unless_sold(
    connection: Connection, *, service: Service, data_bytes: int, price: Money, by: By, issuer: Issuer
) -> None:
    """Look before a phone is asked to pay for it.

    Raises:
        NotPossibleNow, CustomerNotActive, PlanGone, PriceChanged, NoExchangeRate: as `buy_data`.
    """
    _offer(connection, service, data_bytes, price, by, issuer)


def _offer(
    connection: Connection, service: Service, data_bytes: int, price: Money, by: By, issuer: Issuer
) -> tuple[Stands, DataOffer]:
    if service.state != "active":
        raise NotPossibleNow(what="subscription", state=service.state)
    customer = account(connection, service.customer_id)
    if customer.status != "active":
        raise CustomerNotActive(number=customer.number)
    stands = stands_now(connection, service.subscription_id, by.now)
    if stands is None:
        raise NotPossibleNow(what="service", state="begins tomorrow")
    offers = data_offers(
        connection, customer_id=service.customer_id, terms=stands.terms, issuer=issuer, day=juba_day(by.now)
    )
    offer = next((one for one in offers if one.pack.data_bytes == data_bytes), None)
    if offer is None:
        raise PlanGone(code=stands.terms.code)
    if offer.price != price:
        raise PriceChanged(shown=price, now=offer.price)
    return stands, offer


def _invoice(
    tx: Transaction,
    request_key: str,
    service: Service,
    terms: TariffTerms,
    offer: DataOffer,
    until: date,
    by: By,
    issuer: Issuer,
) -> Issued:
    facts: dict[str, Any] = {
        "tariff_en": terms.name_en,
        "tariff_ar": terms.name_ar,
        "data_bytes": offer.pack.data_bytes,
        "until": until.isoformat(),
        "price": offer.pack.price.minor,
        "currency": offer.pack.price.currency,
    }
    if offer.exchange is not None:
        facts |= rate_facts(offer.exchange)
    amount = in_pounds(offer.pack.price, offer.exchange)
    issued = invoice_lines(
        tx,
        key=f"data:{request_key}",
        buyer=buyer(tx.connection, service.customer_id),
        lines=[Line("data", terms.product_class, amount, facts, service.subscription_id)],
        due_days=0,
        issuer=issuer,
        now=by.now,
        subscription_id=service.subscription_id,
        from_balance=True,
        made_by=by.staff_id,
    )
    if issued is None or issued.total != offer.price:
        raise AssertionError("a pack costs what its invoice says")
    # Whoever sells it texts that it is bought and paid: the text of the invoice would say it twice.
    told = update(InvoiceDue).where(InvoiceDue.invoice_id == issued.invoice_id)
    tx.execute(told.values(told_at=by.now))
    return issued


def _lift(tx: Transaction, service: Service, by: By) -> None:
    """Stand where it stands with what was bought. Shares of its data that are used already are old news."""
    stands = stands_now(tx.connection, service.subscription_id, by.now)
    if stands is None:
        raise AssertionError("it stood before it bought")
    mark_shares(tx, service, stands.standing, now=by.now)
    hold(tx, service, stands.terms, stands.standing, By(by.now, f"data bought: {by.why}", by.staff_id))
