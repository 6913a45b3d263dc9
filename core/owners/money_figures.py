"""An owner's money with us: earned, owed, on its way, paid out. A named read; a settlement counts the same way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from core.catalog.taxes import HOME_CURRENCY
from core.days import juba_day
from core.money import Money
from core.payouts.limits import SETTLED_LEAST
from core.payouts.owner_terms import terms_on
from core.payouts.owner_views import owner
from core.payouts.settle_owner import lines_of

PAYOUTS_SHOWN_MAX: Final = 10
NOT_ENDED: Final = frozenset({"waiting", "approved", "submitted", "unknown"})

# The sums are over all payouts, whatever the limit leaves of the rows.
_PAYOUTS: Final = text("""
    SELECT id, amount_minor, state, asked_at, ended_at, payee_phone, provider_reference,
           coalesce(sum(amount_minor) FILTER (WHERE state = 'paid') OVER (), 0) AS paid,
           coalesce(sum(amount_minor) FILTER (WHERE state = 'waiting') OVER (), 0) AS waiting,
           coalesce(sum(amount_minor) FILTER (WHERE state IN ('approved', 'submitted', 'unknown')) OVER (), 0) AS held
    FROM payout WHERE customer_id = :owner AND source LIKE 'owner_due:%' ORDER BY id DESC LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class OwnerPayout:
    """A payout to an owner. `ended_at` None: it is on its way; a state of `unknown` is being asked about."""

    payout_id: int
    amount: Money
    state: str
    asked_at: datetime
    ended_at: datetime | None
    phone: str | None
    provider_reference: str | None


@dataclass(frozen=True, slots=True)
class OwnerMoney:
    """How an owner stands with us.

    `shares`: theirs of what came to us, not settled yet; `tax` is kept back from it. `owes`: our commission of what
    came to them. `carried`: settled, and not sent. `balance` is what a payout would send now, and `still_owes` what
    they would owe after it. `on_the_way`: asked for, and not known to have ended; `paid_out`: all that ever went.
    `phone` None: they have not confirmed a number to be paid on, or have no terms.
    """

    shares: Money
    tax: Money
    owes: Money
    carried: Money
    balance: Money
    still_owes: Money
    on_the_way: Money
    paid_out: Money
    phone: str | None
    payouts: tuple[OwnerPayout, ...]

    @property
    def can_be_paid(self) -> bool:
        """Whether there is enough for a payout, somewhere to send it, and none on its way."""
        return self.phone is not None and self.balance >= SETTLED_LEAST and not self.on_the_way


def owner_money(connection: Connection, owner_id: int, now: datetime) -> OwnerMoney:
    """An owner's money as a settlement now would find it. Three statements; the last payouts, newest first."""
    books, terms = owner(connection, owner_id), terms_on(connection, owner_id, juba_day(now))
    rows = connection.execute(_PAYOUTS, {"owner": owner_id, "most": PAYOUTS_SHOWN_MAX}).all()
    paid, waiting, held = (Money(int(sum_), HOME_CURRENCY) for sum_ in (rows[0][-3:] if rows else (0, 0, 0)))
    lines = lines_of(
        shares=books.share,
        owes=books.owes,
        carried=books.due - waiting,
        withheld=terms.withheld(books.share) if terms else Money(0, HOME_CURRENCY),
    )
    return OwnerMoney(
        shares=books.share,
        tax=lines.withheld,
        owes=books.owes,
        carried=lines.carried,
        balance=lines.left,
        still_owes=books.owes - lines.commission,
        on_the_way=waiting + held,
        paid_out=paid,
        phone=terms.payout_phone if terms else None,
        payouts=tuple(
            OwnerPayout(
                row.id,
                Money(row.amount_minor, HOME_CURRENCY),
                row.state,
                row.asked_at,
                row.ended_at,
                row.payee_phone,
                row.provider_reference,
            )
            for row in rows
        ),
    )
