"""A customer's statement: what moved between two days, read from the postings themselves."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from core.billing.issue import document_number
from core.catalog.taxes import HOME_CURRENCY
from core.days import DAY, start_of_day
from core.documents.papers import Movement, Party, Statement
from core.errors import InvalidDay, NotFound
from core.money import Money

STATEMENT_DAYS_MAX: Final = 366
_CUSTOMER: Final = text("SELECT number, name, tin, address, wallet_id FROM customer WHERE id = :customer")
_ACCOUNTS: Final = text(
    """
    SELECT id, split_part(code, ':', 1) AS what FROM ledger_account
    WHERE code IN (:owes, :deposit) AND currency = :currency
    """
)
_AT: Final = text(
    """
    SELECT p.account_id, sum(p.amount_minor) FILTER (WHERE e.occurred_at < :begin) AS before,
           sum(p.amount_minor) AS after
    FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id
    WHERE p.account_id = ANY(:accounts) AND e.occurred_at < :end
    GROUP BY p.account_id
    """
)
# One row an entry. Within a day in the order in which they were written: a bill is dated at its day's first instant.
_MOVED: Final = text(
    """
    SELECT e.kind, (e.occurred_at AT TIME ZONE 'Africa/Juba')::date AS day, e.memo, moved.change, moved.amount,
           coalesce(r.number, v.number) AS receipt, r.provider, r.payer_phone, v.id IS NOT NULL AS takes_back,
           EXISTS (SELECT 1 FROM ledger_entry u WHERE u.reverses_id = r.entry_id) AS voided,
           a.kind AS settled, a.reference AS certificate, d.series, d.year, d.number
    FROM (
      SELECT p.entry_id, sum(p.amount_minor) AS change, max(abs(p.amount_minor)) AS amount
      FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id
      WHERE p.account_id = ANY(:accounts) AND e.occurred_at >= :begin AND e.occurred_at < :end
      GROUP BY p.entry_id
    ) moved
    JOIN ledger_entry e ON e.id = moved.entry_id
    LEFT JOIN receipt r ON r.entry_id = e.id
    LEFT JOIN receipt v ON v.entry_id = e.reverses_id
    LEFT JOIN invoice i ON i.entry_id = e.id
    LEFT JOIN allocation a ON a.entry_id = e.id AND i.id IS NULL
    LEFT JOIN invoice d ON d.id = coalesce(i.id, a.invoice_id, CAST(e.memo ->> 'document' AS bigint))
    ORDER BY day, e.id
    """
)


def statement(connection: Connection, customer_id: int, first: date, last: date) -> Statement:
    """Everything that moved what a customer owes and has, from one day to another, both included, by Juba's days.

    Raises:
        NotFound: no such customer.
        InvalidDay: the days are the wrong way round, or more than `STATEMENT_DAYS_MAX`.
    """
    if last < first or (last - first).days >= STATEMENT_DAYS_MAX:
        raise InvalidDay(typed=last.isoformat())
    who = connection.execute(_CUSTOMER, {"customer": customer_id}).first()
    if who is None:
        raise NotFound(what="customer")
    span = {"begin": start_of_day(first), "end": start_of_day(last + DAY)}
    names = {"owes": f"receivable:{who.number}:{HOME_CURRENCY}", "deposit": f"deposit:{who.number}:{HOME_CURRENCY}"}
    found = {row.what: row.id for row in connection.execute(_ACCOUNTS, names | {"currency": HOME_CURRENCY})}
    accounts = {"have": who.wallet_id, "owes": found.get("receivable"), "deposit": found.get("deposit")}
    ids = [account for account in accounts.values() if account is not None]
    sums = {row.account_id: row for row in connection.execute(_AT, span | {"accounts": ids})}

    def at(what: str, when: str) -> int:
        row = sums.get(accounts[what])
        return int(getattr(row, when) or 0) if row else 0

    moving = [accounts[what] for what in ("have", "owes") if accounts[what] is not None]
    opening = -at("have", "before") - at("owes", "before")
    movements = _movements(connection.execute(_MOVED, span | {"accounts": moving}).all(), opening)
    return Statement(
        customer=Party(who.name, who.tin, who.address, who.number),
        first=first,
        last=last,
        opening=_money(opening),
        movements=movements,
        closing=movements[-1].owes if movements else _money(opening),
        owed=_money(-at("owes", "after")),
        have=_money(at("have", "after")),
        deposit=_money(at("deposit", "after")),
    )


def _movements(rows: Any, owes: int) -> tuple[Movement, ...]:
    movements = []
    for row in rows:
        owes -= int(row.change)
        movements.append(
            Movement(
                row.day,
                _kind(row),
                _facts(row),
                _money(int(row.amount)),
                _money(-int(row.change)) if row.change < 0 else None,
                _money(int(row.change)) if row.change > 0 else None,
                _money(owes),
            )
        )
    return tuple(movements)


def _kind(row: Row[Any]) -> str:
    """The entry's kind as movements are told: a receipt by how it was paid, an allocation by what it was."""
    if row.takes_back:
        return "receipt_taken_back"
    if row.receipt is not None and row.voided:
        return "voided"
    if row.receipt is not None:
        return "cash" if row.provider == "cash" else "momo" if row.payer_phone else "payment"
    if row.settled is not None:
        return "used" if row.settled == "payment" else str(row.settled)
    return str(row.kind)


def _facts(row: Row[Any]) -> dict[str, Any]:
    return {
        "receipt": row.receipt,
        "telephone": row.payer_phone,
        "document": document_number(row.series, row.year, row.number) if row.series else None,
        "certificate": row.certificate,
        "reason": row.memo.get("reason"),
    }


def _money(minor: int) -> Money:
    return Money(minor, HOME_CURRENCY)
