"""Writing many receipts at once, for statements of thousands of lines: the same rows as `write_receipt`, by COPY."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text

from core.db.copy import copy_rows, next_ids
from core.db.engine import Transaction
from core.ids import with_check_digit
from core.money import Money
from core.payments.write_receipt import DRAWS_MAX, Written

_NUMBERS: Final = text("SELECT nextval('receipt_number') FROM generate_series(1, :count)")
_DRAW: Final = text("""
    SELECT 10000000 + ('x' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 7))::bit(28)::int % 90000000
    FROM generate_series(1, :count)
""")
_TAKEN: Final = text("SELECT check_code FROM receipt WHERE check_code = ANY(:codes)")
_COLUMNS: Final = (
    "id", "number", "check_code", "customer_id", "entry_id", "provider", "provider_reference", "payer_phone",
    "amount_minor", "currency", "received_at", "part", "statement_line_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """A receipt to be, of money that a line of a statement tells of and whose entry is in the books."""

    customer_id: int
    entry_id: int
    provider: str
    provider_reference: str
    amount: Money
    statement_line_id: int
    part: int = 1
    payer_phone: str | None = None


def write_receipts(tx: Transaction, receipts: Sequence[NewReceipt], now: datetime) -> list[Written]:
    """Write receipts, in their order.

    Raises:
        IntegrityError: (provider, reference, part) of one was credited before.
    """
    if not receipts:
        return []
    ids = next_ids(tx, "receipt", len(receipts))
    numbers = [with_check_digit(int(one)) for one in tx.execute(_NUMBERS, {"count": len(receipts)}).scalars()]
    codes = _check_codes(tx, len(receipts))
    copy_rows(tx, "receipt", _COLUMNS, [_row(*of, now) for of in zip(ids, numbers, codes, receipts, strict=True)])
    return [Written(*one) for one in zip(ids, numbers, codes, strict=True)]


def _row(receipt_id: int, number: str, code: str, of: NewReceipt, now: datetime) -> tuple[Any, ...]:
    return (
        receipt_id, number, code, of.customer_id, of.entry_id, of.provider, of.provider_reference, of.payer_phone,
        of.amount.minor, of.amount.currency, now, of.part, of.statement_line_id,
    )  # fmt: skip


def _check_codes(tx: Transaction, count: int) -> list[str]:
    """Codes no receipt has yet, each once."""
    found: dict[str, None] = {}
    for _draw in range(DRAWS_MAX):
        drawn = tx.execute(_DRAW, {"count": count - len(found)}).scalars()
        fresh = {with_check_digit(int(one)): None for one in drawn}
        for code in tx.execute(_TAKEN, {"codes": list(fresh)}).scalars():
            fresh.pop(code)
        found |= fresh
        if len(found) == count:
            return list(found)
    raise AssertionError("the codes of receipts are used up")
