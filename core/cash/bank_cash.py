"""Notes taken to the bank, and brought from it. Until its statement tells of them they are on their way.

The account between is `transit:<code of the bank account>`; whoever reads the statement moves them on from there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import text

from core.cash.drawers import lock_drawers, refuse_strangers
from core.cash.limits import SLIP_CHARS_MAX
from core.cash.move_cash import CashMoved, moved_before, record_move, refuse_amount
from core.db.engine import Transaction
from core.errors import KeyReused, NotFound, SlipMissing
from core.ledger.accounts import open_account
from core.ledger.post import Posting
from core.money import Money

_BANK: Final = text("""
    SELECT 1 FROM money_account WHERE code = :code AND kind = 'bank' AND currency = :currency AND closed_at IS NULL
""")


def bank_cash(
    tx: Transaction,
    *,
    request_key: str,
    drawer_id: int,
    bank_code: str,
    amount: Money,
    slip: str,
    staff_id: int,
    role: str,
    now: datetime,
) -> CashMoved:
    """Take notes out of a drawer to the bank, with the number of its slip. Once per `request_key`.

    Raises:
        NotFound: no such drawer, or no such bank account of ours.
        NotAllowed: neither one's own open shift, nor all drawers to look after.
        SlipMissing: no number of the slip.
        DrawerShort: there is not so much in it.
        AmountOutOfRange: nothing was taken.
        KeyReused: the same form with other contents.
    """
    number = slip.strip()[:SLIP_CHARS_MAX]
    if not number:
        raise SlipMissing
    where = {"kind": "banked", "from_drawer_id": drawer_id, "bank_code": bank_code, "slip": number}
    return _move(tx, request_key, drawer_id, where, amount, staff_id, role, now)


def bring_from_bank(
    tx: Transaction,
    *,
    request_key: str,
    drawer_id: int,
    bank_code: str,
    amount: Money,
    slip: str = "",
    staff_id: int,
    role: str,
    now: datetime,
) -> CashMoved:
    """Put notes that were drawn from the bank into a drawer. Once per `request_key`.

    Raises:
        as above, and DrawerFull: the drawer may not hold so much.
    """
    number = slip.strip()[:SLIP_CHARS_MAX] or None
    where = {"kind": "from_bank", "to_drawer_id": drawer_id, "bank_code": bank_code, "slip": number}
    return _move(tx, request_key, drawer_id, where, amount, staff_id, role, now)


def _move(
    tx: Transaction,
    request_key: str,
    drawer_id: int,
    where: dict[str, Any],
    amount: Money,
    staff_id: int,
    role: str,
    now: datetime,
) -> CashMoved:
    refuse_amount(amount)
    (drawer,) = lock_drawers(tx, drawer_id)
    first = moved_before(tx, request_key)
    if first is not None:
        there = first.from_drawer_id if where["kind"] == "banked" else first.to_drawer_id
        same = (first.kind, there, first.bank_code, first.amount_minor)
        if same != (where["kind"], drawer_id, where["bank_code"], amount.minor):
            raise KeyReused(key=request_key)
        return CashMoved(first.id, again=True)
    refuse_strangers(tx, drawer, staff_id, role)
    if tx.execute(_BANK, {"code": where["bank_code"], "currency": amount.currency}).first() is None:
        raise NotFound(what="bank account")
    transit = open_account(tx, f"transit:{where['bank_code']}", amount.currency)
    if where["kind"] == "banked":
        drawer.give(amount)
        posting = Posting(transit, drawer.account_id, amount)
    else:
        drawer.take(amount)
        posting = Posting(drawer.account_id, transit, amount)
    move_id = record_move(tx, where, amount, [posting], key=request_key, staff_id=staff_id, now=now)
    return CashMoved(move_id, again=False)
