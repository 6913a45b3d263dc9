"""Reading what is known about lines: for a whole chunk in a handful of queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from core.statements.accounts import MoneyAccountRow
from core.statements.bills import Bills
from core.statements.lines import Line
from core.statements.matching import Claimed, Expected, Known, Person
from core.statements.references import said_in

CASH_NEAR: Final = timedelta(days=10)
CLAIMS_HELD_MAX: Final = 5_000
_SIGNED: Final = "sum(CASE WHEN m.undoes_id IS NULL THEN m.amount_minor ELSE -m.amount_minor END)"

_CLAIMS: Final = text("""
    SELECT p.id, p.reference, p.said_minor, c.id AS customer_id, c.number, c.name, c.status,
           array(SELECT phone FROM contact k WHERE k.customer_id = c.id) || p.phone AS phones
    FROM payment_claim p JOIN customer c ON c.id = p.customer_id
    WHERE p.account_id = :account AND p.state = 'waiting' ORDER BY p.id LIMIT :most
""")
_PEOPLE: Final = text("SELECT id, number, name, status FROM customer WHERE number = ANY(:numbers)")
_PHONES: Final = text("""
    SELECT k.phone, c.id, c.number, c.name, c.status FROM contact k JOIN customer c ON c.id = k.customer_id
    WHERE k.phone = ANY(:phones)
""")
_CASH: Final = text(f"""
    SELECT c.id, c.kind, c.slip, c.at, c.amount_minor - coalesce({_SIGNED}, 0) AS left_minor
    FROM cash_move c LEFT JOIN line_match m ON m.cash_move_id = c.id
    WHERE c.bank_code = :code AND c.currency = :currency
    GROUP BY c.id HAVING c.amount_minor > coalesce({_SIGNED}, 0) ORDER BY c.at LIMIT 500
""")
_RECEIPTS: Final = text(f"""
    SELECT r.id, r.number, r.provider_reference, i.reference AS ours,
           r.amount_minor - coalesce({_SIGNED}, 0) AS left_minor
    FROM receipt r JOIN payment_intent i ON i.id = r.intent_id LEFT JOIN line_match m ON m.receipt_id = r.id
    WHERE r.provider = :rail AND r.currency = :currency
      AND (r.provider_reference = ANY(:theirs) OR i.reference = ANY(CAST(:ours AS uuid[])))
    GROUP BY r.id, i.reference
""")
_PAYOUTS: Final = text(f"""
    SELECT p.id, p.provider_reference, p.reference AS ours, p.payee_name,
           p.amount_minor - coalesce({_SIGNED}, 0) AS left_minor
    FROM payout p LEFT JOIN line_match m ON m.payout_id = p.id
    WHERE p.state = 'paid' AND p.paid_from = :ledger AND p.currency = :currency
      AND (p.provider_reference = ANY(:theirs) OR p.reference = ANY(CAST(:ours AS uuid[])))
    GROUP BY p.id
""")


def known_about(
    connection: Connection, account: MoneyAccountRow, lines: Sequence[Line], bills: Bills, *, resembling: bool = False
) -> Known:
    """What is known about some lines of an account. `resembling`: also who owes what came, to suggest them."""
    expected = [*_receipts(connection, account, lines), *_payouts(connection, account, lines)]
    found: dict[str, Any] = {
        "by_their_id": {one.theirs: one for one in expected if one.theirs},
        "by_our_id": {one.ours: one for one in expected if one.ours},
        "cash": _cash(connection, account, {line.booked_on for line in lines}),
    }
    came = [line for line in lines if line.amount_minor > 0]
    if came:
        said = [said_in(line.details, line.external_id, line.reference) for line in came]
        numbers = {number for one in said for number in (*one.references, *one.bare)}
        documents = {number for one in said for number in one.documents}
        phones = {line.payer_phone for line in came if line.payer_phone}
        found |= {
            "claims": _claims(connection, account.account_id),
            "by_number": _people(connection, numbers),
            "by_phone": _by_phone(connection, phones),
            "bills": bills.numbered(connection, documents) if documents else {},
            "owing": bills.owing(connection, {line.amount_minor for line in came}) if resembling else (),
        }
    return Known(**found)


def _person(row: Any) -> Person:
    return Person(
        row.customer_id if "customer_id" in row._fields else row.id, row.number, row.name, row.status != "closed"
    )


def _claims(connection: Connection, account_id: int) -> Mapping[str, Claimed]:
    rows = connection.execute(_CLAIMS, {"account": account_id, "most": CLAIMS_HELD_MAX})
    return {
        row.reference: Claimed(row.id, _person(row), row.reference, row.said_minor, frozenset(row.phones))
        for row in rows
    }


def _people(connection: Connection, numbers: Collection[str]) -> Mapping[str, Person]:
    if not numbers:
        return {}
    return {row.number: _person(row) for row in connection.execute(_PEOPLE, {"numbers": sorted(numbers)})}


def _by_phone(connection: Connection, phones: Collection[str]) -> Mapping[str, Person]:
    if not phones:
        return {}
    return {row.phone: _person(row) for row in connection.execute(_PHONES, {"phones": sorted(phones)})}


def _cash(connection: Connection, account: MoneyAccountRow, days: Collection[date]) -> list[Expected]:
    rows = connection.execute(_CASH, {"code": account.code, "currency": account.currency}).all()
    return [
        Expected(
            row.kind,
            row.id,
            row.slip or "",
            row.left_minor,
            theirs=row.slip or "",
            near=any(abs(day - row.at.date()) <= CASH_NEAR for day in days),
        )
        for row in rows
    ]


def _ids(lines: Sequence[Line], *, came: bool) -> dict[str, Any] | None:
    """Their numbers and ours on lines of one direction; None where there is neither."""
    some = [line for line in lines if (line.amount_minor > 0) == came]
    theirs = {line.reference for line in some if line.reference}
    ours = set()
    for line in some:
        try:
            ours.add(str(UUID(line.external_id or "")))
        except ValueError:
            continue
    return {"theirs": sorted(theirs), "ours": sorted(ours)} if theirs or ours else None


def _receipts(connection: Connection, account: MoneyAccountRow, lines: Sequence[Line]) -> list[Expected]:
    """Receipts of our own payments at a provider that has a machine of ours."""
    ids = _ids(lines, came=True) if account.posts_itself else None
    if ids is None:
        return []
    rows = connection.execute(_RECEIPTS, {"rail": account.code, "currency": account.currency} | ids)
    return [
        Expected("receipt", row.id, row.number, row.left_minor, row.provider_reference, str(row.ours)) for row in rows
    ]


def _payouts(connection: Connection, account: MoneyAccountRow, lines: Sequence[Line]) -> list[Expected]:
    ids = _ids(lines, came=False)
    if ids is None:
        return []
    rows = connection.execute(_PAYOUTS, {"ledger": account.ledger_code, "currency": account.currency} | ids)
    return [
        Expected("payout", row.id, row.payee_name or "", row.left_minor, row.provider_reference or "", str(row.ours))
        for row in rows
    ]
