"""Writing a receipt: numbered so that people can read it out, with a code that whoever holds the paper can check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert as upsert

from core.db.engine import Transaction
from core.ids import with_check_digit
from core.money import Money
from core.payments.models import Receipt

# Eight digits and a check digit: typed on any keypad, and a stranger's guess hits one of a million receipts once in a
# hundred tries, to learn an amount and a day. Drawn from the strong random source of the database.
_DRAW: Final = text("""
    SELECT nextval('receipt_number') AS number,
           10000000 + ('x' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 7))::bit(28)::int % 90000000 AS code
""")
# Should two have drawn one code, another is drawn; any other clash is the caller's to hear of.
_WRITE: Final = upsert(Receipt).on_conflict_do_nothing(index_elements=[Receipt.check_code]).returning(Receipt.id)
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
    facts = {
        "customer_id": customer_id,
        "entry_id": entry_id,
        "provider": provider,
        "provider_reference": provider_reference,
        "amount_minor": amount.minor,
        "currency": amount.currency,
        "received_at": now,
        **source,
    }
    for _draw in range(DRAWS_MAX):
        drawn = tx.execute(_DRAW).one()
        number, check_code = with_check_digit(drawn.number), with_check_digit(drawn.code)
        receipt_id = tx.execute(_WRITE, {**facts, "number": number, "check_code": check_code}).scalar()
        if receipt_id is not None:
            return Written(int(receipt_id), number, check_code)
    raise AssertionError("the codes of receipts are used up")
