"""A line under its account's lock, and the pieces that every verb on it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select

from core.db.engine import Transaction
from core.errors import AboveWhatIsLeft, KeyReused, NotFound
from core.ledger.accounts import open_account
from core.ledger.models import LedgerEntry
from core.ledger.post import Posting, Recorded, post
from core.money import Money
from core.payments.models import Receipt
from core.statements.accounts import MoneyAccountRow, money_account
from core.statements.books import MATCHED, first_open_day, happened, memo, suspense_code
from core.statements.lines import Line
from core.statements.models import LineMatch, StatementLine

WHY_CHARS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line under its account's lock. `left` is what nobody has matched, above zero; `came`: it is money that came."""

    line_id: int
    line: Line
    fingerprint: bytes
    account: MoneyAccountRow
    left: Money
    suspended: bool
    explained: bool

    @property
    def came(self) -> bool:
        """Whether it is money that came in."""
        return self.line.amount_minor > 0

    @property
    def lies_at(self) -> str:
        """Where its money lies in the books before it is matched: on suspense, or still outside of them."""
        if self.suspended:
            return suspense_code(self.account, came=self.came)
        return self.account.ledger_code


@dataclass(frozen=True, slots=True)
class Matched:
    """A part of a line that has found its place. `again`: the same form was sent before."""

    match_id: int
    receipt_number: str | None = None
    again: bool = False


def lock_line(tx: Transaction, line_id: int) -> OpenLine:
    """A line to be matched; nobody else touches its account until this transaction ends.

    Raises:
        NotFound: there is none.
    """
    found = tx.execute(select(StatementLine.account_id).where(StatementLine.id == line_id)).scalar()
    if found is None:
        raise NotFound(what="line")
    account = money_account(tx.connection, found, lock=True)
    row = tx.execute(select(StatementLine).where(StatementLine.id == line_id).with_for_update()).mappings().one()
    return OpenLine(
        line_id,
        line_of(row),
        bytes(row["fingerprint"]),
        account,
        Money(abs(row["amount_minor"]) - row["matched_minor"], row["currency"]),
        row["suspense_entry_id"] is not None,
        row["explained"] is not None,
    )


def line_of(row: Mapping[str, Any]) -> Line:
    """A line as it was read, from its row."""
    return Line(**{name: row[name] for name in Line.__dataclass_fields__})


def done_before(tx: Transaction, one: OpenLine, request_key: str) -> int | None:
    """The entry that this form led to before."""
    key = f"line:{one.line_id}:{request_key}"
    found = tx.execute(select(LedgerEntry.id).where(LedgerEntry.key == key)).scalar()
    return int(found) if found is not None else None


def wanted_of(tx: Transaction, one: OpenLine, amount: Money | None, first: int | None) -> Money:
    """How much of the line: all that is left where nothing was said; what it was, where the same form comes again.

    Raises:
        AboveWhatIsLeft: less is left, or the line was explained.
    """
    if first is not None:
        matched = tx.execute(select(LineMatch.amount_minor).where(LineMatch.entry_id == first)).scalar()
        return amount or Money(matched or abs(one.line.amount_minor), one.left.currency)
    wanted = amount or one.left
    if one.explained or wanted.currency != one.left.currency or not 0 < wanted.minor <= one.left.minor:
        raise AboveWhatIsLeft(left=Money(0, one.left.currency) if one.explained else one.left)
    return wanted


def happened_at(tx: Transaction, one: OpenLine, now: datetime) -> datetime:
    """Money that lies on suspense moves now; what was not in the books yet, on its own day."""
    if one.suspended:
        return now
    return happened(one.line.booked_on, one.line.booked_at, first_open_day(tx.connection), now)


def move_part(tx: Transaction, one: OpenLine, key: str, counter: int, wanted: Money, now: datetime) -> Recorded:
    """Move a part of a line between where it lies and a counter account, in the direction of the line."""
    here = open_account(tx, one.lies_at, wanted.currency)
    return post(
        tx,
        key=key,
        kind=MATCHED,
        occurred_at=happened_at(tx, one, now),
        now=now,
        postings=[Posting(here, counter, wanted) if one.came else Posting(counter, here, wanted)],
        memo=memo(one.account, line=one.line_id),
    )


def matched_before(tx: Transaction, entry_id: int) -> Matched:
    """What the same form led to the first time."""
    row = tx.execute(
        select(LineMatch.id, Receipt.number)
        .outerjoin(Receipt, Receipt.id == LineMatch.receipt_id)
        .where(LineMatch.entry_id == entry_id)
        .order_by(LineMatch.id)
    ).first()
    if row is None:
        raise KeyReused(key=str(entry_id))
    return Matched(row.id, row.number, again=True)


def write_match(
    tx: Transaction,
    one: OpenLine,
    kind: str,
    amount: Money,
    why: str,
    staff_id: int | None,
    now: datetime,
    **names: int | None,
) -> int:
    """Write that a part of a line is this. Its trigger moves what is left."""
    values = {
        "line_id": one.line_id,
        "kind": kind,
        "amount_minor": amount.minor,
        "why": why.strip()[:WHY_CHARS_MAX] or kind,
        "staff_id": staff_id,
        "at": now,
    } | names
    return int(tx.execute(insert(LineMatch).values(values).returning(LineMatch.id)).scalar_one())
