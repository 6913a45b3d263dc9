"""Recording many entries at once, for runs over all customers: the same rows as `post` writes, by COPY."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core.db.copy import copy_rows, next_ids
from core.db.engine import Transaction
from core.ledger.post import KEY_CHARS_MAX, hash_of

_ENTRY: Final = ("id", "key", "kind", "occurred_at", "recorded_at", "legs", "body_hash", "memo")
_POSTING: Final = ("entry_id", "account_id", "currency", "amount_minor")


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to be: its legs as (account, currency, minor units), no account twice, summing to nothing."""

    key: str
    kind: str
    occurred_at: datetime
    legs: Sequence[tuple[int, str, int]]
    memo: Mapping[str, Any]

    def __post_init__(self) -> None:
        if len(self.key) > KEY_CHARS_MAX:
            raise AssertionError("a ledger key is at most 200 characters")
        if len({account for account, _currency, _minor in self.legs}) != len(self.legs):
            raise AssertionError("an account stands once in an entry")


def post_many(tx: Transaction, entries: Sequence[NewEntry], now: datetime) -> list[int]:
    """Record entries whose keys are new: the caller holds what makes them so. Returns their ids in order.

    Nothing guards a floor in our words here: a run that takes from balances looks at them, locked, before.

    Raises:
        sqlalchemy.exc.IntegrityError: a key stands in the books already, or an entry does not balance.
    """
    ids = next_ids(tx, "ledger_entry", len(entries))
    copy_rows(
        tx,
        "ledger_entry",
        _ENTRY,
        (
            (
                entry_id,
                entry.key,
                entry.kind,
                entry.occurred_at,
                now,
                len(entry.legs),
                hash_of(entry.kind, entry.legs, entry.memo),
                dict(entry.memo),
            )
            for entry_id, entry in zip(ids, entries, strict=True)
        ),
    )
    # In account order over all of them: two runs, or a run and a payment, lock balances in the same order.
    copy_rows(
        tx,
        "ledger_posting",
        _POSTING,
        sorted(
            (
                (entry_id, account, currency, minor)
                for entry_id, entry in zip(ids, entries, strict=True)
                for account, currency, minor in entry.legs
            ),
            key=lambda leg: leg[1],
        ),
    )
    return ids
