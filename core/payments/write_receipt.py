"""Writing a receipt: numbered so that people can read it out, with a code that whoever holds the paper can check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, text

from core.db.engine import Transaction
from core.ids import with_check_digit
from core.money import Money
from core.payments.models import RECEIPT_NUMBERS, Receipt

# Eight digits and a check digit: typed on any keypad, and a stranger's guess hits one of a million receipts once in a
# thousand tries, to learn an amount and a day. Drawn from the strong random source of the database.
_DRAW: Final = text("""
    SELECT 10000000 + ('x' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 7))::bit(28)::int % 90000000
""")
DRAWS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Written:
    """A receipt in the books: its number, and the code to check it by."""

    receipt_id: int
    number: str
    check_code: str


def write_receipt(
    tx: Transaction,
    *,
    customer_id: int,
    entry_id: int,
    provider: str,
    provider_reference: str,
    amount: Money,
    now: datetime,
    **source: Any,
) -> Written:
    """Write the receipt of money whose entry is in the books.

    `source` says where it came from, in columns of the receipt: `intent_id` and `payer_phone`; `statement_line_id` and
    `part`; `staff_id`, `shift_id`, `drawer_id` and `drawer_number`.

    Raises:
        IntegrityError: (provider, reference, part) was credited before.
    """
    number = next_receipt_number(tx)
    check_code = _check_code(tx)
    receipt_id = tx.execute(
        insert(Receipt)
        .values(
            number=number,
            check_code=check_code,
            customer_id=customer_id,
            entry_id=entry_id,
            provider=provider,
            provider_reference=provider_reference,
            amount_minor=amount.minor,
            currency=amount.currency,
            received_at=now,
            **source,
        )
        .returning(Receipt.id)
    ).scalar_one()
    return Written(int(receipt_id), number, check_code)


def next_receipt_number(tx: Transaction) -> str:
    """A receipt number people can read out: digits closed by a check digit."""
    return with_check_digit(tx.execute(select(RECEIPT_NUMBERS.next_value())).scalar_one())


def _check_code(tx: Transaction) -> str:
    """A code no receipt has yet. Should two draw the same at once, the constraint refuses one: it is tried again."""
    for _draw in range(DRAWS_MAX):
        code = with_check_digit(int(tx.execute(_DRAW).scalar_one()))
        if tx.execute(select(Receipt.id).where(Receipt.check_code == code)).first() is None:
            return code
    raise AssertionError("the codes of receipts are used up")
