"""A service is taken over by another customer: for one it ends today, for the other it begins tomorrow, still on."""

from __future__ import annotations

from sqlalchemy import insert, select

from core.days import DAY, juba_day
from core.db.engine import Transaction
from core.errors import NotPossibleNow
from core.ids import with_check_digit
from core.subscriptions.activate import open_term
from core.subscriptions.add import Added
from core.subscriptions.models import SUBSCRIPTION_NUMBERS, Subscription, SubscriptionMove
from core.subscriptions.queries import Service, locked
from core.subscriptions.schedule import next_bill_day
from core.subscriptions.states import By, move
from core.subscriptions.stop import has_unbilled, tariff_of
from core.subscriptions.terms import close_term


def transfer(tx: Transaction, *, subscription_id: int, customer_id: int, by: By) -> tuple[Service, Added]:
    """Hand an active service with its line and log-in to another customer. Returns the old one as it was, and the new.

    Days the old customer paid in advance are the caller's to return; days not billed yet, and
    what was used on them, today included, are on their last bill.

    Raises:
        NotPossibleNow: it is not active, or theirs already.
    """
    tomorrow = juba_day(by.now) + DAY
    service = locked(tx.connection, subscription_id)
    if service.state != "active" or service.customer_id == customer_id:
        raise NotPossibleNow(what="subscription", state=service.state)
    terms = tariff_of(tx, service, tomorrow)
    close_term(tx, subscription_id, tomorrow)
    number = with_check_digit(tx.execute(select(SUBSCRIPTION_NUMBERS.next_value())).scalar_one())
    last_bill = None
    if service.pay == "postpaid" and service.next_bill_on is not None:
        last_bill = min(service.next_bill_on, tomorrow)
    elif service.pay == "prepaid" and has_unbilled(tx, service):
        last_bill = service.billed_until
    move(
        tx,
        service,
        "terminate",
        by,
        {"transferred_to": number, "left_grant": service.grant_id},
        ended_on=max(juba_day(by.now), service.started_on or tomorrow),
        next_bill_on=last_bill,
        grant_id=None,
    )
    anchor = 1 if terms.billed_on == "first_of_month" else tomorrow.day
    new_id = tx.execute(
        insert(Subscription)
        .values(
            number=number,
            customer_id=customer_id,
            place=service.place,
            router_id=service.router_id,
            grant_id=service.grant_id,
            state="active",
            slowed=False,
            pay=service.pay,
            anchor_day=anchor,
            started_on=tomorrow,
            billed_until=tomorrow,
            next_bill_on=next_bill_day(service.pay, anchor, tomorrow),
            promotion_left=0,
            kept_days=0,
            added_at=by.now,
        )
        .returning(Subscription.id)
    ).scalar_one()
    tx.execute(
        insert(SubscriptionMove).values(
            subscription_id=new_id,
            verb="transfer",
            from_state="active",
            to_state="active",
            at=by.now,
            staff_id=by.staff_id,
            why=by.why,
            detail={"transferred_from": service.number, "tariff": terms.tariff_id},
        )
    )
    open_term(tx, new_id, terms.tariff_id, tomorrow)
    return service, Added(int(new_id), number)
