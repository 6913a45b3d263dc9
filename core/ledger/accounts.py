"""The chart of accounts: what kinds there are and how their codes read."""

from __future__ import annotations

from collections.abc import Iterable
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
    "receivable": Kind("asset", keeps_balance=True),  # what a customer owes: below zero
    "deposit": Kind("liability", keeps_balance=True, floor_minor=0),
    "tax": Kind("liability"),
    "withholding": Kind("asset"),  # certificates of tax that payers kept back; the authority credits them to us
    "rounding": Kind("income"),
    "goodwill": Kind("expense"),
    "bad_debt": Kind("expense"),
    "momo": Kind("asset"),
    "orange": Kind("asset"),
    "ewallet": Kind("asset"),  # at wallets without an API, by their code
    "bank": Kind("asset"),
    "transit": Kind("asset"),  # notes taken to the bank, which its statement does not tell of yet
    "cash": Kind("asset", keeps_balance=True),  # by drawer: what its holder answers for, below zero
    "over_short": Kind("expense"),
    "fees": Kind("expense"),  # of banks and providers
    "exchange": Kind("income"),  # both sides of a payment that came in another currency
    "payout": Kind("liability"),  # held for somebody until the provider says that it went
    "owner_share": Kind("liability", keeps_balance=True, floor_minor=0),  # what we owe a Wi-Fi owner
    # Settled with an owner and not paid out yet: what came back from a payout is not settled, and taxed, again.
    "owner_due": Kind("liability", keeps_balance=True, floor_minor=0),
    "owner_owes": Kind("asset", keeps_balance=True),  # commission on what an owner took in cash: below zero
    "commission": Kind("income"),
    "withheld": Kind("liability"),  # tax kept back from owners, owed to the authority
    "sales": Kind("income"),
    "suspense": Kind("liability"),
    "opening": Kind("asset"),
}

_FIND: Final = select(LedgerAccount.id).where(LedgerAccount.code == bindparam("full_code"))
_FIND_ALL: Final = select(LedgerAccount.id, LedgerAccount.code).where(
    LedgerAccount.code.in_(bindparam("full_codes", expanding=True))
)
_OPEN: Final = upsert(LedgerAccount).on_conflict_do_nothing(index_elements=[LedgerAccount.code])


def open_accounts(tx: Transaction, codes: Iterable[str], currency: str) -> dict[str, int]:
    """The ids of several accounts in a currency, by code; those that are new are opened."""
    wanted = {f"{code}:{currency}": code for code in codes}
    known = _known(tx, wanted)
    missing = [full_code for full_code in wanted if full_code not in known]
    if missing:
        tx.execute(_OPEN, [_row(full_code, currency) for full_code in sorted(missing)])
        known = _known(tx, wanted)
    return {wanted[full_code]: account_id for full_code, account_id in known.items()}


def _known(tx: Transaction, full_codes: Iterable[str]) -> dict[str, int]:
    rows = tx.execute(_FIND_ALL, {"full_codes": list(full_codes)})
    return {row.code: int(row.id) for row in rows}


def _row(full_code: str, currency: str) -> dict[str, object]:
    kind = KINDS[full_code.split(":", 1)[0]]
    return {
        "code": full_code,
        "kind": kind.side,
        "currency": currency,
        "keeps_balance": kind.keeps_balance,
        "balance_minor": 0,
        "floor_minor": kind.floor_minor,
    }


def open_account(tx: Transaction, code: str, currency: str) -> int:
    """The id of an account such as `sales:token` or `wallet:10003` in a currency; opened when it is new."""
    full_code = f"{code}:{currency}"
    known = tx.execute(_FIND, {"full_code": full_code}).scalar()
    if known is not None:
        return int(known)
    tx.execute(_OPEN, _row(full_code, currency))
    return int(tx.execute(_FIND, {"full_code": full_code}).scalar_one())
