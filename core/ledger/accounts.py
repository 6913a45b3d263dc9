"""The chart of accounts: what kinds there are and how their codes read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.db.engine import Transaction
from core.ledger.models import LedgerAccount


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of account: its side of the balance sheet, whether its balance is kept, and where it must stop."""

    side: str
    keeps_balance: bool = False
    floor_minor: int | None = None


# code before the first colon -> kind. A wallet is what we owe a customer: it never goes below nothing.
KINDS: Final = {
    "wallet": Kind("liability", keeps_balance=True, floor_minor=0),
    "momo": Kind("asset"),
    "cash": Kind("asset"),
    "sales": Kind("income"),
    "suspense": Kind("liability"),
    "opening": Kind("asset"),
}

_FIND: Final = select(LedgerAccount.id).where(LedgerAccount.code == bindparam("full_code"))
_OPEN: Final = upsert(LedgerAccount).on_conflict_do_nothing(index_elements=[LedgerAccount.code])


def open_account(tx: Transaction, code: str, currency: str) -> int:
    """The id of an account such as `sales:token` or `wallet:10003` in a currency; opened when it is new."""
    kind = KINDS[code.split(":", 1)[0]]
    full_code = f"{code}:{currency}"
    known = tx.execute(_FIND, {"full_code": full_code}).scalar()
    if known is not None:
        return int(known)
    tx.execute(
        _OPEN,
        {
            "code": full_code,
            "kind": kind.side,
            "currency": currency,
            "keeps_balance": kind.keeps_balance,
            "balance_minor": 0,
            "floor_minor": kind.floor_minor,
        },
    )
    return int(tx.execute(_FIND, {"full_code": full_code}).scalar_one())
