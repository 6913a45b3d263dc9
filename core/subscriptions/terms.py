"""Ending and reopening a subscription's terms: the days it is billed for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select, update

from core.db.engine import Transaction
from core.subscriptions.activate import open_term
from core.subscriptions.models import SubscriptionMove, SubscriptionTerm
from core.subscriptions.queries import Term, terms


@dataclass(frozen=True, slots=True)
class Agreed:
    """Another tariff, agreed on for a day to come when the service was stopped."""

    tariff_id: int
    day: date


def agreed_after(tx: Transaction, subscription_id: int, day: date) -> Term | None:
    """A change of tariff agreed on that begins on a day or later."""
    last = _last(tx, subscription_id)
    return last if last is not None and last.from_day >= day else None


def drop_agreed(tx: Transaction, subscription_id: int, agreed: Term) -> None:
    """The change falls away: the term before it goes on until further notice."""
    tx.execute(delete(SubscriptionTerm).where(SubscriptionTerm.id == agreed.term_id))
    before = _last(tx, subscription_id)
    if before is None or before.until_day != agreed.from_day:
        raise AssertionError("a change that is agreed on follows the plan that runs")
    _end(tx, before.term_id, None)


def agreed_before_stop(tx: Transaction, subscription_id: int) -> Agreed | None:
    """The change that was agreed on when a service that is off was stopped, if there was one."""
    detail = tx.execute(
        select(SubscriptionMove.detail)
        .where(SubscriptionMove.subscription_id == subscription_id, SubscriptionMove.verb.in_(("pause", "suspend")))
        .order_by(SubscriptionMove.id.desc())
        .limit(1)
    ).scalar_one()
    agreed = detail.get("agreed")
    return Agreed(agreed["tariff"], date.fromisoformat(agreed["day"])) if agreed else None


def close_term(tx: Transaction, subscription_id: int, until_day: date) -> int:
    """No day from `until_day` on is billed. Returns the tariff that was in force.

    A term that would have begun on that day or later falls away.
    """
    tariff_id = None
    for term in terms(tx.connection, subscription_id):
        if term.from_day >= until_day:
            tx.execute(delete(SubscriptionTerm).where(SubscriptionTerm.id == term.term_id))
        elif term.until_day is None or term.until_day > until_day:
            _end(tx, term.term_id, until_day)
        tariff_id = term.tariff_id
        if term.from_day < until_day:
            break
    if tariff_id is None:
        raise AssertionError("a service that began has a term")
    return tariff_id


def reopen_term(tx: Transaction, subscription_id: int, from_day: date) -> date:
    """Days on again from this one, under the tariff it had. Returns the first of them.

    Stopped and resumed within a day it goes on as if it had not stopped: that day is in the last term already.
    """
    last = _last(tx, subscription_id)
    if last is None or last.until_day is None:
        raise AssertionError("only a term that ended is followed by another")
    begins = max(from_day, last.until_day)
    if begins == last.until_day:
        _end(tx, last.term_id, None)
    else:
        open_term(tx, subscription_id, last.tariff_id, begins)
    return begins


def tariff_on(tx: Transaction, subscription_id: int, day: date) -> int:
    """The tariff in force on a day, or last in force before it."""
    found = terms(tx.connection, subscription_id)
    begun = (term for term in found if term.from_day <= day)
    return next(begun, found[-1]).tariff_id


def _last(tx: Transaction, subscription_id: int) -> Term | None:
    found = terms(tx.connection, subscription_id)
    return found[0] if found else None


def _end(tx: Transaction, term_id: int, until_day: date | None) -> None:
    tx.execute(update(SubscriptionTerm).where(SubscriptionTerm.id == term_id).values(until_day=until_day))
