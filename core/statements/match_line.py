"""A person says what a line is that is no customer's: a fee, a movement of our own, a payment that we know already.

Every verb locks the line's account first: two people at one line follow each other, and the second sees what is left.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from psycopg2 import errors as pg
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from core.db.engine import Transaction
from core.errors import AboveWhatIsLeft, DoesNotFit, NotFound, ReasonMissing
from core.ledger.accounts import open_account
from core.money import Money
from core.payments.models import Receipt
from core.statements.books import OTHERS, fees_code
from core.statements.models import LineMatch
from core.statements.open_line import (
    Matched,
    OpenLine,
    done_before,
    lock_line,
    matched_before,
    move_part,
    wanted_of,
    write_match,
)

_PAYOUT_OF: Final = text("SELECT paid_from, state, currency FROM payout WHERE id = :id")
_MOVE_OF: Final = text("SELECT kind, bank_code, currency FROM cash_move WHERE id = :id")


def match_other(
    tx: Transaction,
    *,
    request_key: str,
    line_id: int,
    what: str,
    amount: Money | None,
    why: str,
    staff_id: int,
    now: datetime,
) -> Matched:
    """A fee, or a movement that is no customer's: `fee`, `own`, `owner`, `interest`.

    Raises:
        AboveWhatIsLeft, KeyReused: as `credit_line`.
        ReasonMissing: all but a fee need one.
        DoesNotFit: no such kind.
    """
    one = lock_line(tx, line_id)
    first = done_before(tx, one, request_key)
    wanted = wanted_of(tx, one, amount, first)
    if what != "fee" and what not in OTHERS:
        raise DoesNotFit(what="kind")
    if what != "fee" and not why.strip():
        raise ReasonMissing
    code = fees_code(one.account) if what == "fee" else OTHERS[what]
    recorded = move_part(tx, one, f"line:{line_id}:{request_key}", open_account(tx, code, wanted.currency), wanted, now)
    if recorded.again:
        return matched_before(tx, recorded.entry_id)
    kind = "fee" if what == "fee" else "other"
    told = f"{what}: {why.strip()}" if why.strip() else what
    return Matched(write_match(tx, one, kind, wanted, told, staff_id, now, entry_id=recorded.entry_id))


def match_known(
    tx: Transaction,
    *,
    line_id: int,
    kind: str,
    target: int,
    amount: Money | None,
    why: str,
    staff_id: int | None,
    now: datetime,
) -> Matched:
    """A line is of something we know: a `receipt` or `payout` of our own machine, or cash that was `banked`.

    Several lines may be one deposit, and one line several: never more than there is.

    Raises:
        AboveWhatIsLeft: less is left of the line, or of what it is matched with.
        DoesNotFit: other accounts, directions or currencies.
        NotFound: no such thing.
    """
    one = lock_line(tx, line_id)
    wanted = wanted_of(tx, one, amount, None)
    ways = {"receipt": _of_receipt, "payout": _of_payout, "banked": _of_cash}
    if kind not in ways:
        raise DoesNotFit(what="kind")
    entry_id = ways[kind](tx, one, target, wanted, now)
    column = {"receipt": "receipt_id", "payout": "payout_id", "banked": "cash_move_id"}[kind]
    try:
        with tx.connection.begin_nested():
            match_id = write_match(tx, one, kind, wanted, why, staff_id, now, entry_id=entry_id, **{column: target})
    except DBAPIError as error:
        if isinstance(error.orig, pg.CheckViolation):
            raise AboveWhatIsLeft(left=one.left) from None
        raise
    return Matched(match_id)


def _of_receipt(tx: Transaction, one: OpenLine, receipt_id: int, _wanted: Money, _now: datetime) -> None:
    row = tx.execute(
        select(Receipt.provider, Receipt.intent_id, Receipt.currency).where(Receipt.id == receipt_id)
    ).first()
    if row is None:
        raise NotFound(what="receipt")
    fits = one.account.posts_itself and row.intent_id is not None and row.provider == one.account.code
    if not (fits and one.came and row.currency == one.account.currency):
        raise DoesNotFit(what="receipt")


def _of_payout(tx: Transaction, one: OpenLine, payout_id: int, wanted: Money, now: datetime) -> int | None:
    """A payout is in the books since it went: what its line put on suspense is taken back."""
    row = tx.execute(_PAYOUT_OF, {"id": payout_id}).first()
    if row is None:
        raise NotFound(what="payout")
    if row.state != "paid" or row.paid_from != one.account.ledger_code or one.came or row.currency != wanted.currency:
        raise DoesNotFit(what="payout")
    if not one.suspended:
        return None
    here = open_account(tx, one.account.ledger_code, wanted.currency)
    key = f"line:{one.line_id}:payout:{payout_id}:{_count(tx, one)}"
    return int(move_part(tx, one, key, here, wanted, now).entry_id)


def _of_cash(tx: Transaction, one: OpenLine, move_id: int, wanted: Money, now: datetime) -> int:
    """Notes on their way have arrived at the bank, or come from it."""
    row = tx.execute(_MOVE_OF, {"id": move_id}).first()
    if row is None:
        raise NotFound(what="cash")
    wrong_way = (row.kind == "banked") != one.came
    if wrong_way or row.bank_code != one.account.code or row.currency != wanted.currency:
        raise DoesNotFit(what="cash")
    transit = open_account(tx, f"transit:{one.account.code}", wanted.currency)
    key = f"line:{one.line_id}:cash:{move_id}:{_count(tx, one)}"
    return int(move_part(tx, one, key, transit, wanted, now).entry_id)


def _count(tx: Transaction, one: OpenLine) -> int:
    """How many matches the line has had: under its lock that makes a key."""
    query = select(func.count()).select_from(LineMatch).where(LineMatch.line_id == one.line_id)
    return int(tx.execute(query).scalar_one())
