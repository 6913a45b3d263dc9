"""A person decides a claim: by a line of the statement, by what they saw at the wallet, or that there is nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update

from core.days import juba_day
from core.db.engine import Transaction
from core.errors import AmountOutOfRange, InvalidDay, NotFound, NotPossibleNow, ReasonMissing
from core.money import AMOUNT_MINOR_MAX, Money
from core.statements.accounts import MoneyAccountRow, money_account
from core.statements.bills import NO_BILLS, Bills
from core.statements.credit_line import credit_line
from core.statements.lines import Fingerprints, Line
from core.statements.models import LineMatch, PaymentClaim, StatementImport, StatementLine
from core.statements.open_line import WHY_CHARS_MAX, Matched
from core.statements.tell import tell_claim
from core.statements.write_lines import write_lines


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person saw at the wallet itself, of a claim that no statement tells of yet."""

    amount: Money
    on: date
    payer: str = ""


def credit_claim(
    tx: Transaction,
    *,
    claim_id: int,
    line_id: int | None,
    seen: Seen | None,
    why: str,
    staff_id: int,
    now: datetime,
    bills: Bills,
) -> Matched:
    """Credit a waiting claim: from a line, or from what a person saw, which becomes a line now.

    When the wallet's file is read in later, its line of the same id and amount is known already.

    Raises:
        NotFound, NotPossibleNow: no such claim, or decided before; no such line.
        ReasonMissing: no words on what was seen.
        AmountOutOfRange, InvalidDay: no amount, or a day to come.
        and what `credit_line` raises.
    """
    claim, wallet = _waiting(tx, claim_id)
    if not why.strip():
        raise ReasonMissing
    if line_id is None:
        line_id = _found(tx, wallet, claim["reference"]) or _typed_in(tx, wallet, claim, seen, staff_id, now)
    matched = credit_line(
        tx,
        request_key=f"claim:{claim_id}",
        line_id=line_id,
        customer_id=claim["customer_id"],
        amount=None,
        why=why,
        staff_id=staff_id,
        now=now,
        bills=bills,
    )
    state = tx.execute(select(PaymentClaim.state).where(PaymentClaim.id == claim_id)).scalar_one()
    if state == "waiting":  # it was another line than the one of this id
        receipt_id = _receipt_of(tx, matched)
        values = {"state": "credited", "receipt_id": receipt_id, "decided_at": now, "decided_by": staff_id}
        tx.execute(update(PaymentClaim).where(PaymentClaim.id == claim_id).values(values))
    tx.execute(update(PaymentClaim).where(PaymentClaim.id == claim_id).values(why=why.strip()[:WHY_CHARS_MAX]))
    return matched


def refuse_claim(tx: Transaction, *, claim_id: int, why: str, staff_id: int, now: datetime) -> None:
    """There is no such payment, or it is not theirs. The customer is told; the id may be sent in again.

    Raises:
        NotFound, NotPossibleNow: no such claim, or decided before.
        ReasonMissing: no reason.
    """
    claim, wallet = _waiting(tx, claim_id)
    if not why.strip():
        raise ReasonMissing
    tx.execute(
        update(PaymentClaim)
        .where(PaymentClaim.id == claim_id)
        .values(state="refused", decided_at=now, decided_by=staff_id, why=why.strip()[:WHY_CHARS_MAX])
    )
    tell_claim(
        tx,
        template="claim_refused",
        claim_id=claim_id,
        customer_id=claim["customer_id"],
        reference=claim["reference"],
        through=wallet.name,
        now=now,
    )


def _waiting(tx: Transaction, claim_id: int) -> tuple[dict[str, Any], MoneyAccountRow]:
    account_id = tx.execute(select(PaymentClaim.account_id).where(PaymentClaim.id == claim_id)).scalar()
    if account_id is None:
        raise NotFound(what="claim")
    wallet = money_account(tx.connection, account_id, lock=True)
    row = tx.execute(select(PaymentClaim).where(PaymentClaim.id == claim_id).with_for_update()).mappings().one()
    if row["state"] != "waiting":
        raise NotPossibleNow(what="claim", state=row["state"])
    return dict(row), wallet


def _found(tx: Transaction, wallet: MoneyAccountRow, reference: str) -> int | None:
    """The line of this id, when a statement tells of it by now."""
    query = select(StatementLine.id).where(
        StatementLine.account_id == wallet.account_id,
        StatementLine.reference == reference,
        StatementLine.amount_minor > 0,
    )
    found = tx.execute(query.order_by(StatementLine.id)).scalar()
    return int(found) if found is not None else None


def _typed_in(
    tx: Transaction, wallet: MoneyAccountRow, claim: dict[str, Any], seen: Seen | None, staff_id: int, now: datetime
) -> int:
    """What a person saw becomes a line, on suspense like any other until it is credited."""
    most = Money(AMOUNT_MINOR_MAX, wallet.currency)
    if seen is None or seen.amount.currency != wallet.currency or not 0 < seen.amount.minor <= most.minor:
        raise AmountOutOfRange(least=Money(1, wallet.currency), most=most)
    if not date(2000, 1, 1) <= seen.on <= juba_day(now):
        raise InvalidDay(typed=f"{seen.on}")
    line = Line(1, seen.on, seen.amount.minor, reference=claim["reference"], payer=seen.payer.strip()[:200] or None)
    import_id = tx.execute(
        insert(StatementImport)
        .values(
            account_id=wallet.account_id,
            file_name=claim["reference"],
            sha256=hashlib.sha256(claim["request_key"].encode()).digest(),
            format="hand",
            state="done",
            line_count=1,
            new_count=0,
            matched_count=0,
            bad_lines={"lines": [], "more": 0},
            staff_id=staff_id,
            at=now,
        )
        .returning(StatementImport.id)
    ).scalar_one()
    fingerprint = Fingerprints(wallet.currency, unique_ids=wallet.mapping.unique_ids).of(line)
    # Nothing is decided by itself here: the person who typed it in credits it in the same breath.
    written = write_lines(
        tx, account=wallet, import_id=import_id, lines=[(line, fingerprint)], now=now, bills=NO_BILLS, decide=False
    )
    tx.execute(update(StatementImport).where(StatementImport.id == import_id).values(new_count=written.new))
    found = _found(tx, wallet, claim["reference"])
    if found is None:
        raise AssertionError("a line typed in is there")
    return found


def _receipt_of(tx: Transaction, matched: Matched) -> int:
    found = tx.execute(select(LineMatch.receipt_id).where(LineMatch.id == matched.match_id)).scalar_one()
    return int(found)
