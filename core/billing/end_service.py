"""A service ends, or is handed over: what was paid for and not used goes back and settles what is due."""

from __future__ import annotations

from dataclasses import dataclass

from core.billing.bill_left import bill_left
from core.billing.credit import credit_unused
from core.billing.draft import Issuer
from core.billing.issue import Issued
from core.billing.money_came import money_came
from core.catalog.taxes import HOME_CURRENCY
from core.days import DAY, juba_day
from core.db.engine import Transaction
from core.money import Money
from core.subscriptions.add import Added
from core.subscriptions.queries import Service
from core.subscriptions.states import By
from core.subscriptions.terminate import terminate
from core.subscriptions.transfer import transfer


@dataclass(frozen=True, slots=True)
class Ended:
    """A service that has ended, and the credit notes for its unused days, one for each document that billed them."""

    service: Service
    notes: tuple[Issued, ...]

    @property
    def credited(self) -> Money:
        """What was given back in all."""
        return sum((note.total for note in self.notes), Money(0, HOME_CURRENCY))


def end_service(tx: Transaction, *, subscription_id: int, by: By, issuer: Issuer) -> Ended:
    """End a service today. Its last postpaid days are billed by the next run; a deposit is returned by staff.

    What waits for a bill is billed now, where it was the customer's last service and no bill is to come.

    Raises:
        NotPossibleNow: it has ended before.
    """
    service = terminate(tx, subscription_id=subscription_id, by=by)
    return _ended(tx, service, by, issuer)


def hand_over(
    tx: Transaction, *, subscription_id: int, customer_id: int, by: By, issuer: Issuer
) -> tuple[Ended, Added]:
    """Transfer a service to another customer from tomorrow on.

    Raises:
        NotPossibleNow: it is not active, or theirs already.
    """
    service, added = transfer(tx, subscription_id=subscription_id, customer_id=customer_id, by=by)
    return _ended(tx, service, by, issuer), added


def _ended(tx: Transaction, service: Service, by: By, issuer: Issuer) -> Ended:
    notes = _give_back(tx, service, by, issuer)
    bill_left(tx, customer_id=service.customer_id, subscription_id=service.subscription_id, by=by, issuer=issuer)
    return Ended(service, notes)


def _give_back(tx: Transaction, service: Service, by: By, issuer: Issuer) -> tuple[Issued, ...]:
    if service.pay != "prepaid" or service.billed_until is None:
        return ()
    tomorrow = juba_day(by.now) + DAY
    days = service.kept_days
    if service.state == "active":
        days += max(0, (service.billed_until - tomorrow).days)
    key = f"end:{service.subscription_id}"
    notes = credit_unused(
        tx,
        key=key,
        subscription_id=service.subscription_id,
        days=days,
        reason=by.why,
        issuer=issuer,
        now=by.now,
        made_by=by.staff_id,
    )
    if notes:
        money_came(tx, customer_id=service.customer_id, key=key, issuer=issuer, now=by.now)
    return tuple(notes)
