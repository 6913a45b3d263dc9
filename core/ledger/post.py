"""Recording an entry in the books: once, whole, balanced."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from core.db.engine import Transaction
from core.errors import InsufficientBalance, KeyReused
from core.ledger.models import LedgerAccount, LedgerEntry, LedgerPosting
from core.money import Money

KEY_CHARS_MAX: Final = 200

# Statements of the paying hop are built once, here and in other rooms: building one costs four times its execution.
_WRITE_ENTRY: Final = (
    upsert(LedgerEntry).on_conflict_do_nothing(index_elements=[LedgerEntry.key]).returning(LedgerEntry.id)
)
_FIND_ENTRY: Final = select(LedgerEntry.id, LedgerEntry.body_hash).where(LedgerEntry.key == bindparam("entry_key"))
_WRITE_LEGS: Final = insert(LedgerPosting)
_WRITE_WHOLE: Final = text("""
    WITH entry AS (
      INSERT INTO ledger_entry (key, kind, occurred_at, recorded_at, reverses_id, legs, body_hash, memo)
        VALUES (:key, :kind, :occurred_at, :recorded_at, :reverses_id, :legs, :body_hash, CAST(:memo AS jsonb))
        ON CONFLICT (key) DO NOTHING RETURNING id
    ), postings AS (
      INSERT INTO ledger_posting (entry_id, account_id, currency, amount_minor)
        SELECT entry.id, leg.account, leg.currency, leg.amount
        FROM entry, unnest(CAST(:accounts AS bigint[]), CAST(:currencies AS text[]), CAST(:amounts AS bigint[]))
          AS leg (account, currency, amount)
    )
    SELECT id FROM entry
""")
_LOCK_FLOORS: Final = (
    select(LedgerAccount.id, LedgerAccount.balance_minor, LedgerAccount.floor_minor, LedgerAccount.currency)
    .where(LedgerAccount.id.in_(bindparam("falling", expanding=True)), LedgerAccount.floor_minor.is_not(None))
    .order_by(LedgerAccount.id)
    .with_for_update()
)


@dataclass(frozen=True, slots=True)
class Posting:
    """An amount above zero that moves from one account to another (ids of accounts in its currency)."""

    source: int
    destination: int
    amount: Money

    def __post_init__(self) -> None:
        if self.amount.minor <= 0:
            raise AssertionError("a posting moves an amount above zero")
        if self.source == self.destination:
            raise AssertionError("a posting moves between two accounts")


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry in the books. `again`: it stood there already under this key, and nothing was done now."""

    entry_id: int
    again: bool


def legs_of(postings: Sequence[Posting]) -> list[tuple[int, str, int]]:
    """The net (account, currency, minor units) per account, in account order, without zeros.

    Account order is also the order in which balance rows are locked: two entries cannot deadlock.
    """
    net: dict[tuple[int, str], int] = {}
    for posting in postings:
        for account, sign in ((posting.source, -1), (posting.destination, 1)):
            key = (account, posting.amount.currency)
            net[key] = net.get(key, 0) + sign * posting.amount.minor
    return [(account, currency, minor) for (account, currency), minor in sorted(net.items()) if minor]


def hash_of(
    kind: str, legs: Sequence[tuple[int, str, int]], memo: Mapping[str, Any], reverses_id: int | None = None
) -> bytes:
    """What tells a repeat of an entry from a clash."""
    body = json.dumps([kind, legs, dict(memo), reverses_id], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(body.encode()).digest()


def post(
    tx: Transaction,
    *,
    key: str,
    kind: str,
    occurred_at: datetime,
    now: datetime,
    postings: Sequence[Posting],
    memo: Mapping[str, Any],
    reverses_id: int | None = None,
    falls_freely: bool = False,
) -> Recorded:
    """Record an entry. The same key and content again changes nothing and returns the first.

    Balances move by trigger in the same transaction; an account with a floor refuses to go below it. `falls_freely`:
    the caller knows that no account falls which has a floor, or holds its lock and has seen enough there.

    Raises:
        KeyReused: the key stands for another content.
        InsufficientBalance: an account would fall below its floor.
    """
    if len(key) > KEY_CHARS_MAX:
        raise AssertionError("a ledger key is at most 200 characters")
    legs = legs_of(postings)
    if len(legs) < 2:  # noqa: PLR2004 - from somewhere to somewhere
        raise AssertionError("an entry moves money")
    body_hash = hash_of(kind, legs, memo, reverses_id)
    entry = {
        "key": key,
        "kind": kind,
        "occurred_at": occurred_at,
        "recorded_at": now,
        "reverses_id": reverses_id,
        "legs": len(legs),
        "body_hash": body_hash,
    }
    if falls_freely:
        entry_id = _at_once(tx, entry, legs, memo)
    else:
        entry_id = tx.execute(_WRITE_ENTRY, {**entry, "memo": dict(memo)}).scalar()
    if entry_id is None:
        first = tx.execute(_FIND_ENTRY, {"entry_key": key}).one()
        if first.body_hash != body_hash:
            raise KeyReused(key=key)
        return Recorded(first.id, again=True)
    if not falls_freely:
        refuse_below_floor(tx, legs)
        write_legs(tx, entry_id, legs)
    return Recorded(entry_id, again=False)


def _at_once(
    tx: Transaction, entry: Mapping[str, Any], legs: Sequence[tuple[int, str, int]], memo: Mapping[str, Any]
) -> int | None:
    """Write an entry with its postings in one round trip; None where its key stood already."""
    accounts, currencies, amounts = zip(*legs, strict=True)
    posted = {"accounts": list(accounts), "currencies": list(currencies), "amounts": list(amounts)}
    written = tx.execute(_WRITE_WHOLE, {**entry, "memo": json.dumps(dict(memo), default=str), **posted}).scalar()
    return None if written is None else int(written)


def write_legs(tx: Transaction, entry_id: int, legs: Sequence[tuple[int, str, int]]) -> None:
    """Write an entry's (account, currency, minor units), in the order given; their triggers move the balances."""
    tx.execute(
        _WRITE_LEGS,
        [
            {"entry_id": entry_id, "account_id": account, "currency": currency, "amount_minor": minor}
            for account, currency, minor in legs
        ],
    )


def refuse_below_floor(tx: Transaction, legs: Sequence[tuple[int, str, int]]) -> None:
    """Lock the balances about to fall and refuse in our own words what the database would refuse in its."""
    falling = {account: minor for account, _currency, minor in legs if minor < 0}
    for row in tx.execute(_LOCK_FLOORS, {"falling": list(falling)}):
        if row.balance_minor + falling[row.id] < row.floor_minor:
            raise InsufficientBalance(
                needed=Money(-falling[row.id], row.currency),
                have=Money(row.balance_minor - row.floor_minor, row.currency),
            )
