"""Taking cash: wallet, receipt, text, once per form. It lies in the open shift of who took it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, text

from core.cash.own_shift import OwnShift, begun_by_itself, own_shift
from core.customers.queries import Account, account
from core.db.engine import Transaction
from core.errors import AmountOutOfRange, KeyReused
from core.ledger.post import Posting, post
from core.messaging.queue_text import queue_text
from core.money import Money
from core.payments.limits import CASH_LEAST, CASH_MOST
from core.payments.models import Receipt
from core.payments.write_receipt import Written, write_receipt

_NEXT_NUMBER: Final = text("UPDATE cash_drawer SET next_number = next_number + 1 WHERE id = :drawer")


@dataclass(frozen=True, slots=True)
class CashTaken:
    """A receipt for cash. `again`: the same form had been taken before."""

    receipt_number: str
    again: bool


def take_cash(
    tx: Transaction,
    *,
    request_key: str,
    customer_id: int,
    amount: Money,
    staff_id: int,
    now: datetime,
    use: Callable[[str], None] = lambda _receipt_number: None,
) -> CashTaken:
    """Credit cash to a customer's wallet and text the receipt. Once per `request_key` of the form.

    Who has no shift open gets one by itself. `use` is what the money does at once (it is given the receipt's number);
    the text tells the balance after it.

    Raises:
        AmountOutOfRange: nothing was taken.
        DrawerFull: the drawer may not hold so much; nothing was taken.
        KeyReused: the same form was sent with other contents.
    """
    if amount.currency != CASH_LEAST.currency or not CASH_LEAST <= amount <= CASH_MOST:
        raise AmountOutOfRange(least=CASH_LEAST, most=CASH_MOST)
    first = _taken_before(tx, request_key, customer_id, amount)
    if first is not None:
        return first
    shift = own_shift(tx, staff_id) or begun_by_itself(tx, staff_id=staff_id, request_key=request_key, now=now)
    first = _taken_before(tx, request_key, customer_id, amount)  # while we waited for the drawer
    if first is not None:
        return first
    shift.drawer.take(amount)
    written = _record(tx, shift, request_key, account(tx.connection, customer_id), amount, staff_id, now)
    use(written.number)
    _tell(tx, account(tx.connection, customer_id), amount, written, now)
    return CashTaken(written.number, again=False)


def _record(
    tx: Transaction,
    shift: OwnShift,
    request_key: str,
    customer: Account,
    amount: Money,
    staff_id: int,
    now: datetime,
) -> Written:
    """Move the notes into the drawer and onto the wallet, under the drawer's next number; the receipt of it."""
    recorded = post(
        tx,
        key=f"cash:{request_key}",
        kind="cash",
        occurred_at=now,
        now=now,
        postings=[Posting(shift.drawer.account_id, customer.wallet_id, amount)],
        memo={"staff": staff_id, "drawer": shift.drawer.code},
    )
    if recorded.again:  # the same form in the hands of two people: their drawers do not follow each other
        raise KeyReused(key=request_key)
    tx.execute(_NEXT_NUMBER, {"drawer": shift.drawer.drawer_id})
    return write_receipt(
        tx,
        customer_id=customer.customer_id,
        entry_id=recorded.entry_id,
        provider="cash",
        provider_reference=request_key,
        amount=amount,
        now=now,
        staff_id=staff_id,
        shift_id=shift.shift_id,
        drawer_id=shift.drawer.drawer_id,
        drawer_number=shift.drawer.next_number,
    )


def _tell(tx: Transaction, customer: Account, amount: Money, written: Written, now: datetime) -> None:
    queue_text(
        tx,
        phone=customer.main_phone,
        tongue=customer.tongue,
        template="cash_receipt",
        key=f"receipt:{written.number}",
        now=now,
        facts={
            "amount": amount,
            "receipt": written.number,
            "check": written.check_code,
            "balance": customer.balance,
        },
    )


def _taken_before(tx: Transaction, request_key: str, customer_id: int, amount: Money) -> CashTaken | None:
    row = tx.execute(
        select(Receipt.number, Receipt.customer_id, Receipt.amount_minor).where(
            Receipt.provider == "cash", Receipt.provider_reference == request_key
        )
    ).first()
    if row is None:
        return None
    if (row.customer_id, row.amount_minor) != (customer_id, amount.minor):
        raise KeyReused(key=request_key)
    return CashTaken(row.number, again=True)
