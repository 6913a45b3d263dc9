"""A service begins: on this day, under its tariff, with access from now on."""

from __future__ import annotations

from datetime import date

from sqlalchemy import insert

from core.access.grant import Granted
from core.catalog.tariffs import TariffTerms, tariff_book
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import NotFound
from core.ids import Ids
from core.sealing import Sealer
from core.subscriptions.access import open_access
from core.subscriptions.add import ordered_tariff
from core.subscriptions.models import SubscriptionTerm
from core.subscriptions.queries import locked
from core.subscriptions.schedule import next_bill_day
from core.subscriptions.states import By, move, refuse_unless_possible


def activate(tx: Transaction, *, subscription_id: int, by: By, ids: Ids, sealer: Sealer) -> tuple[Granted, TariffTerms]:
    """Start a pending subscription today. Returns its fresh credentials, and the tariff it starts under.

    The day of the month it is billed on is today's, or the first, as the tariff says.

    Raises:
        NotPossibleNow: it is not pending.
        NotFound: the tariff has no version yet.
    """
    today = juba_day(by.now)
    service = locked(tx.connection, subscription_id)
    refuse_unless_possible(service, "activate")
    tariff_id = ordered_tariff(tx, subscription_id)
    terms = tariff_book(tx.connection).version(tariff_id, today)
    if terms is None:
        raise NotFound(what="tariff")
    anchor = 1 if terms.billed_on == "first_of_month" else today.day
    granted = open_access(tx, router_id=service.router_id, terms=terms, now=by.now, ids=ids, sealer=sealer)
    move(
        tx,
        service,
        "activate",
        by,
        {"tariff": tariff_id},
        grant_id=granted.grant_id,
        started_on=today,
        anchor_day=anchor,
        billed_until=today,
        next_bill_on=next_bill_day(service.pay, anchor, today),
    )
    open_term(tx, subscription_id, tariff_id, today)
    return granted, terms


def open_term(tx: Transaction, subscription_id: int, tariff_id: int, from_day: date) -> None:
    """Days on, from this one, until further notice."""
    tx.execute(insert(SubscriptionTerm).values(subscription_id=subscription_id, from_day=from_day, tariff_id=tariff_id))
