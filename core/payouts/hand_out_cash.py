"""Handing out notes that were approved, from the open drawer of whoever hands them out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from core.db.engine import Transaction
from core.errors import NotPossibleNow
from core.money import Money
from core.payouts.hold import amount_of, end_paid
from core.payouts.states import lock_payout

# The account of the open drawer of a person, that has so much in it: (transaction, staff, amount). Wired at the edge:
# drawers are another room. It refuses in its own words.
DrawerOf = Callable[[Transaction, int, Money], str]


def hand_out_cash(tx: Transaction, *, payout_id: int, staff_id: int, drawer_of: DrawerOf, now: datetime) -> None:
    """Hand out an approved payout in notes; the customer is texted that they have them.

    Raises:
        NotFound: no such payout.
        NotPossibleNow: it is not in cash, or not approved, or was handed out before.
        and what `drawer_of` raises: no drawer is open, or it does not hold so much.
    """
    payout = lock_payout(tx, payout_id)
    if payout["rail"] != "cash" or payout["state"] != "approved":
        raise NotPossibleNow(what="payout", state=payout["state"])
    drawer = drawer_of(tx, staff_id, amount_of(payout))
    why = {"drawer": drawer}
    end_paid(tx, payout, paid_from=drawer, provider_reference=None, now=now, why=why, staff_id=staff_id)
