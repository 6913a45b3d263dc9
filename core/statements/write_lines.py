"""Writing a chunk of lines: which are new, what is certain of them, and all of it into the books in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import text, update

from core.catalog.taxes import HOME_CURRENCY
from core.db.copy import copy_rows, next_ids
from core.db.engine import Transaction
from core.ledger.accounts import open_accounts
from core.ledger.post_many import NewEntry, post_many
from core.money import Money
from core.payments.write_receipts import NewReceipt, write_receipts
from core.statements.accounts import MoneyAccountRow
from core.statements.bills import Bills, Credit
from core.statements.books import MATCHED, RECEIVED, UNKNOWN, first_open_day, happened, legs, memo, suspense_code
from core.statements.known import known_about
from core.statements.lines import Line
from core.statements.matching import Guess, certain
from core.statements.models import PaymentClaim
from core.statements.tell import tell_credited

_LINE: Final = (
    "id", "import_id", "account_id", "number", "booked_on", "booked_at", "amount_minor", "currency", "reference",
    "external_id", "payer", "payer_phone", "details", "fingerprint", "matched_minor", "suspense_entry_id",
)  # fmt: skip
_MATCH: Final = ("line_id", "kind", "receipt_id", "payout_id", "cash_move_id", "entry_id", "amount_minor", "why", "at")
_THERE: Final = text("""
    SELECT fingerprint FROM statement_line WHERE account_id = :account AND fingerprint = ANY(:prints)
""")
_CREDITED: Final = text("""
    SELECT provider_reference FROM receipt WHERE provider = :provider AND provider_reference = ANY(:references)
""")
_WALLETS: Final = text("SELECT id, wallet_id FROM customer WHERE id = ANY(:customers)")
_CASH_CODE: Final = text("SELECT id, bank_code FROM cash_move WHERE id = ANY(:ids)")


@dataclass(slots=True)
class _New:
    """A line that was not there yet, what it is where that is certain, and its place in the books."""

    line_id: int
    line: Line
    fingerprint: bytes
    guess: Guess | None = None
    entry_id: int | None = None
    suspense_entry_id: int | None = None
    receipt_id: int | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """What became of a chunk of lines."""

    new: int
    matched: int


@dataclass(slots=True)
class _Taken:
    """What lines of this chunk took already: nothing is found twice."""

    targets: set[tuple[str, int]] = field(default_factory=set)
    claims: set[int] = field(default_factory=set)
    references: set[str] = field(default_factory=set)


def provider_reference(account: MoneyAccountRow, line: Line, fingerprint: bytes) -> str:
    """What a receipt calls the other side's movement by, unique for ever."""
    return line.reference if account.mapping.unique_ids and line.reference else fingerprint.hex()


def write_lines(
    tx: Transaction,
    *,
    account: MoneyAccountRow,
    import_id: int,
    lines: Sequence[tuple[Line, bytes]],
    now: datetime,
    bills: Bills,
    decide: bool = True,
) -> Chunk:
    """Write the lines that are new. The caller holds the account's lock: nothing else writes lines of it meanwhile.

    `decide` false: nothing is matched, whatever is certain.
    """
    asked = {"account": account.account_id, "prints": [fingerprint for _line, fingerprint in lines]}
    there = {bytes(one) for one in tx.execute(_THERE, asked).scalars()} if lines else set()
    fresh = [one for one in lines if one[1] not in there]
    if not fresh:
        return Chunk(0, 0)
    ids = next_ids(tx, "statement_line", len(fresh))
    new = [_New(line_id, line, fingerprint) for line_id, (line, fingerprint) in zip(ids, fresh, strict=True)]
    if decide:
        _decide(tx, account, new, bills)
    if not account.posts_itself:
        _into_the_books(tx, account, new, import_id, now)
    copy_rows(tx, "statement_line", _LINE, [_row(one, account, import_id) for one in new])
    credited = _receipts(tx, account, new, now)
    matched = [one for one in new if one.guess]
    copy_rows(tx, "line_match", _MATCH, [_match_row(one, now) for one in matched])
    _settle_claims(tx, matched, now)
    bills.money_came(tx, credited, now)
    tell_credited(
        tx, account, credited, [one.line.amount_minor for one in matched if one.receipt_id and _paid(one)], now
    )
    return Chunk(len(new), len(matched))


def _paid(one: _New) -> bool:
    return one.guess is not None and one.guess.kind == "customer"


def _decide(tx: Transaction, account: MoneyAccountRow, new: Sequence[_New], bills: Bills) -> None:
    """What is certain, each thing once."""
    known = known_about(tx.connection, account, [one.line for one in new], bills)
    taken = _Taken(references=_credited(tx, account, new))
    for one in new:
        guess = certain(one.line, known)
        if guess is None:
            continue
        if guess.kind == "customer":
            reference = provider_reference(account, one.line, one.fingerprint)
            if account.posts_itself or account.currency != HOME_CURRENCY or reference in taken.references:
                continue
            if guess.claim_id in taken.claims:
                continue
            taken.references.add(reference)
            if guess.claim_id is not None:
                taken.claims.add(guess.claim_id)
        elif (guess.kind, guess.target) in taken.targets:
            continue
        else:
            taken.targets.add((guess.kind, guess.target))
        one.guess = guess


def _credited(tx: Transaction, account: MoneyAccountRow, new: Sequence[_New]) -> set[str]:
    """Their numbers that are on a receipt already: another line with one of them is for a person."""
    asked = sorted({one.line.reference for one in new if one.line.reference and one.line.amount_minor > 0})
    if not asked or account.posts_itself or not account.mapping.unique_ids:
        return set()
    return set(tx.execute(_CREDITED, {"provider": account.code, "references": asked}).scalars())


def _into_the_books(
    tx: Transaction, account: MoneyAccountRow, new: Sequence[_New], import_id: int, now: datetime
) -> None:
    """An entry for each line that is certain, and one a day and direction for all that is not."""
    open_from = first_open_day(tx.connection)
    places = _places(tx, account, new)
    here = places[account.ledger_code]
    entries: list[NewEntry] = []
    of_lines: list[list[_New]] = []
    unknown: dict[tuple[date, bool], list[_New]] = {}
    for one in new:
        if one.guess is not None and one.guess.kind == "payout":
            continue  # in the books since a person sent it: the line only confirms it
        counter = places[one.guess.kind, one.guess.target] if one.guess is not None else None
        if counter is None:
            unknown.setdefault((one.line.booked_on, one.line.amount_minor > 0), []).append(one)
            continue
        entries.append(
            NewEntry(
                key=f"line:{one.line_id}:1",
                kind=RECEIVED if one.guess and one.guess.kind == "customer" else MATCHED,
                occurred_at=happened(one.line.booked_on, one.line.booked_at, open_from, now),
                legs=legs(here, counter, one.line.amount_minor, account.currency),
                memo=memo(account, line=one.line_id),
            )
        )
        of_lines.append([one])
    for (day, came), group in sorted(unknown.items(), key=lambda item: item[0]):
        entries.append(
            NewEntry(
                key=f"statement:{import_id}:{group[0].line_id}",
                kind=UNKNOWN,
                occurred_at=happened(day, None, open_from, now),
                legs=legs(
                    here,
                    places[suspense_code(account, came=came)],
                    sum(one.line.amount_minor for one in group),
                    account.currency,
                ),
                memo=memo(account, lines=len(group)),
            )
        )
        of_lines.append(group)
    for entry_id, group in zip(post_many(tx, entries, now), of_lines, strict=True):
        for one in group:
            if one.guess is None:
                one.suspense_entry_id = entry_id
            else:
                one.entry_id = entry_id


def _places(tx: Transaction, account: MoneyAccountRow, new: Sequence[_New]) -> dict[Any, int]:
    """The accounts in the books that this chunk touches; wallets and cash by what the guess names."""
    asked = {one.guess.target for one in new if one.guess and one.guess.kind == "customer"}
    wallets = tx.execute(_WALLETS, {"customers": sorted(asked)}).all() if asked else []
    moves = sorted({one.guess.target for one in new if one.guess and one.guess.kind == "banked"})
    banks = {row.id: row.bank_code for row in tx.execute(_CASH_CODE, {"ids": moves})} if moves else {}
    codes = {
        account.ledger_code,
        suspense_code(account, came=True),
        suspense_code(account, came=False),
        *(f"transit:{code}" for code in banks.values()),
    }
    places: dict[Any, int] = dict(open_accounts(tx, sorted(codes), account.currency))
    places |= {("customer", customer_id): wallet_id for customer_id, wallet_id in wallets}
    places |= {("banked", move_id): places[f"transit:{code}"] for move_id, code in banks.items()}
    return places


def _row(one: _New, account: MoneyAccountRow, import_id: int) -> tuple[Any, ...]:
    line = one.line
    return (
        one.line_id, import_id, account.account_id, line.number, line.booked_on, line.booked_at, line.amount_minor,
        account.currency, line.reference, line.external_id, line.payer, line.payer_phone, line.details,
        one.fingerprint, 0, one.suspense_entry_id,
    )  # fmt: skip


def _receipts(tx: Transaction, account: MoneyAccountRow, new: Sequence[_New], now: datetime) -> list[Credit]:
    """A receipt for each line that was a customer's. What was credited, in the order of the lines."""
    paid = [one for one in new if _paid(one)]
    wanted = [
        NewReceipt(
            customer_id=one.guess.target if one.guess else 0,
            entry_id=one.entry_id or 0,
            provider=account.code,
            provider_reference=provider_reference(account, one.line, one.fingerprint),
            amount=Money(one.line.amount_minor, account.currency),
            statement_line_id=one.line_id,
            payer_phone=one.line.payer_phone,
        )
        for one in paid
    ]
    credited = []
    for one, written in zip(paid, write_receipts(tx, wanted, now), strict=True):
        one.receipt_id = written.receipt_id
        if one.guess:
            credited.append(Credit(one.guess.target, written.number, one.guess.invoice_id))
    return credited


def _match_row(one: _New, now: datetime) -> tuple[Any, ...]:
    guess = one.guess
    if guess is None:
        raise AssertionError("only what is certain is matched here")
    kind = "receipt" if guess.kind == "customer" else guess.kind
    if guess.kind == "receipt":
        one.receipt_id = guess.target
    return (
        one.line_id,
        kind,
        one.receipt_id,
        guess.target if kind == "payout" else None,
        guess.target if kind == "banked" else None,
        one.entry_id,
        guess.amount_minor,
        guess.why,
        now,
    )


def _settle_claims(tx: Transaction, matched: Sequence[_New], now: datetime) -> None:
    """The claims that lines of this chunk answer."""
    for one in matched:
        if one.guess and one.guess.claim_id is not None:
            tx.execute(
                update(PaymentClaim)
                .where(PaymentClaim.id == one.guess.claim_id)
                .values(state="credited", receipt_id=one.receipt_id, decided_at=now)
            )
