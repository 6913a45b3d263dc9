"""The other side against the books, by account and day: what each says, the difference, and how it is explained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from core.days import DAY, start_of_day
from core.money import Money
from core.statements.accounts import MoneyAccountRow, money_accounts

# Ways to explain a difference, in the order they are told. The last ones are no explanation: somebody has to look.
EXPLAINED: Final = ("other_day", "by_a_person", "opening", "awaited", "over_short")
OPEN: Final = ("missing_here", "missing_there", "amount_differs", "unknown")
AWAITED: Final = timedelta(days=7)  # so long a statement may be on its way

_JUBA_DAY: Final = "(e.occurred_at AT TIME ZONE 'Africa/Juba')::date"
_SIGNED: Final = "(CASE WHEN m.undoes_id IS NULL THEN m.amount_minor ELSE -m.amount_minor END)"
_LINES: Final = text("""
    SELECT l.booked_on AS day, count(*) AS lines, sum(l.amount_minor) AS theirs,
      sum(sign(l.amount_minor) * (abs(l.amount_minor) - l.matched_minor))
        FILTER (WHERE l.suspense_entry_id IS NOT NULL) AS suspense,
      sum(sign(l.amount_minor) * (abs(l.amount_minor) - l.matched_minor))
        FILTER (WHERE l.suspense_entry_id IS NULL AND l.explained IS NOT NULL) AS by_a_person,
      sum(sign(l.amount_minor) * (abs(l.amount_minor) - l.matched_minor))
        FILTER (WHERE l.suspense_entry_id IS NULL AND l.explained IS NULL AND l.matched_minor = 0) AS missing_here,
      sum(sign(l.amount_minor) * (abs(l.amount_minor) - l.matched_minor))
        FILTER (WHERE l.suspense_entry_id IS NULL AND l.explained IS NULL AND l.matched_minor > 0) AS amount_differs
    FROM statement_line l WHERE l.account_id = :account AND l.booked_on BETWEEN :first AND :last
    GROUP BY l.booked_on
""")
_BOOKS: Final = text(f"""
    SELECT {_JUBA_DAY} AS day, -sum(p.amount_minor) AS ours
    FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id
    WHERE p.account_id = :place AND e.occurred_at >= :from AND e.occurred_at < :until GROUP BY 1
""")
# Payments of our own machine, and how much of each a statement has told of.
_OWN: Final = text(f"""
    SELECT day, sum(amount - found) FILTER (WHERE found = 0) AS missing,
           sum(amount - found) FILTER (WHERE found <> 0) AS differs
    FROM (
      SELECT {_JUBA_DAY} AS day, r.amount_minor AS amount,
             coalesce((SELECT sum{_SIGNED} FROM line_match m WHERE m.receipt_id = r.id), 0) AS found
      FROM receipt r JOIN ledger_entry e ON e.id = r.entry_id JOIN ledger_posting p ON p.entry_id = e.id
      WHERE p.account_id = :place AND r.intent_id IS NOT NULL AND e.occurred_at >= :from AND e.occurred_at < :until
      UNION ALL
      SELECT {_JUBA_DAY}, -o.amount_minor,
             -coalesce((SELECT sum{_SIGNED} FROM line_match m WHERE m.payout_id = o.id), 0)
      FROM payout o JOIN ledger_entry e ON e.id = o.end_entry_id JOIN ledger_posting p ON p.entry_id = e.id
      WHERE p.account_id = :place AND o.state = 'paid' AND e.occurred_at >= :from AND e.occurred_at < :until
    ) own GROUP BY day
""")
# Entries that no line, no receipt and no payout led to.
_OTHERS: Final = text(f"""
    SELECT {_JUBA_DAY} AS day, -sum(p.amount_minor) FILTER (WHERE e.kind = 'opening') AS opening,
           -sum(p.amount_minor) FILTER (WHERE e.kind <> 'opening') AS unknown
    FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id
    WHERE p.account_id = :place AND e.occurred_at >= :from AND e.occurred_at < :until
      AND NOT EXISTS (SELECT 1 FROM line_match m WHERE m.entry_id = e.id)
      AND NOT EXISTS (SELECT 1 FROM receipt r WHERE r.entry_id = e.id)
      AND NOT EXISTS (SELECT 1 FROM payout o WHERE o.end_entry_id = e.id)
      AND e.kind <> 'suspense'
    GROUP BY 1
""")
# What a line tells of on one day and the books have on another: the pair, from the side of either.
_PAIRS: Final = text(f"""
    SELECT line_day, book_day, sum(amount) AS amount FROM (
      SELECT l.booked_on AS line_day, {_JUBA_DAY} AS book_day, sign(l.amount_minor) * {_SIGNED} AS amount
      FROM line_match m JOIN statement_line l ON l.id = m.line_id
      LEFT JOIN receipt r ON r.id = m.receipt_id AND r.intent_id IS NOT NULL LEFT JOIN payout o ON o.id = m.payout_id
      JOIN ledger_entry e ON e.id = coalesce(r.entry_id, o.end_entry_id)
      WHERE l.account_id = :account
      UNION ALL
      SELECT l.booked_on, {_JUBA_DAY}, -p.amount_minor
      FROM line_match m JOIN statement_line l ON l.id = m.line_id JOIN ledger_entry e ON e.id = m.entry_id
      JOIN ledger_posting p ON p.entry_id = e.id AND p.account_id = :place
      WHERE l.account_id = :account
      UNION ALL
      SELECT s.booked_on, {_JUBA_DAY}, -p.amount_minor
      FROM (SELECT DISTINCT coalesce(x.id, l.suspense_entry_id) AS entry_id, l.booked_on
            FROM statement_line l
            LEFT JOIN ledger_entry x ON x.kind = 'suspense' AND (x.memo->>'line')::bigint = l.id
            WHERE l.account_id = :account AND l.suspense_entry_id IS NOT NULL) s
      JOIN ledger_entry e ON e.id = s.entry_id JOIN ledger_posting p ON p.entry_id = e.id AND p.account_id = :place
    ) pair
    WHERE line_day <> book_day AND (line_day BETWEEN :first AND :last OR book_day BETWEEN :first AND :last)
    GROUP BY 1, 2
""")
_PLACE: Final = text("SELECT id FROM ledger_account WHERE code = :code")
_LAST_LINE: Final = text("SELECT max(booked_on) FROM statement_line WHERE account_id = :account")
_DRAWERS: Final = text("""
    SELECT d.code, d.name, d.currency, (s.closed_at AT TIME ZONE 'Africa/Juba')::date AS day,
           sum(s.counted_minor) AS theirs, sum(s.expected_minor) AS ours,
           sum(s.counted_minor - s.expected_minor) FILTER (WHERE s.closing_entry_id IS NOT NULL) AS posted
    FROM cash_shift s JOIN cash_drawer d ON d.id = s.drawer_id
    WHERE s.closed_at >= :from AND s.closed_at < :until GROUP BY d.code, d.name, d.currency, 4 ORDER BY 4, d.code
""")
_CLOSINGS: Final = text("""
    SELECT DISTINCT ON (i.account_id) i.account_id, i.closing_minor, i.closing_on
    FROM statement_import i WHERE i.closing_minor IS NOT NULL AND i.closing_on IS NOT NULL AND i.state = 'done'
    ORDER BY i.account_id, i.closing_on DESC, i.id DESC
""")
_STANDS: Final = text("""
    SELECT coalesce(-sum(p.amount_minor), 0), coalesce(bool_or(e.kind = 'opening'), false)
    FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id
    WHERE p.account_id = :place AND e.occurred_at < :until
""")


@dataclass(frozen=True, slots=True)
class DayRow:
    """An account or drawer on a day: what the other side says, what the books say, and why they differ.

    `why` has the parts of the difference by word; they sum to it. `suspense` is in the books, and nobody's yet.
    """

    kind: str
    code: str
    name: str
    day: date
    theirs: Money
    ours: Money
    suspense: Money
    why: dict[str, Money] = field(default_factory=dict)

    @property
    def difference(self) -> Money:
        """What the other side says above what the books say."""
        return self.theirs - self.ours

    @property
    def unexplained(self) -> bool:
        """Whether somebody has to look."""
        return any(word in OPEN for word in self.why)


@dataclass(frozen=True, slots=True)
class ClosingRow:
    """The last balance a file told, and the books' at the end of that day. `known`: so is what was there at first."""

    code: str
    name: str
    day: date
    theirs: Money
    ours: Money
    known: bool

    @property
    def differs(self) -> bool:
        """Whether somebody has to look."""
        return self.known and self.theirs != self.ours


def reconcile(connection: Connection, from_day: date, to_day: date) -> list[DayRow]:
    """Every account and drawer on every day of a span on which either side tells of something, by account and day."""
    rows = [row for account in money_accounts(connection) for row in _of_account(connection, account, from_day, to_day)]
    for one in connection.execute(_DRAWERS, _span(from_day, to_day)):
        theirs, ours = Money(int(one.theirs), one.currency), Money(int(one.ours), one.currency)
        posted = Money(int(one.posted or 0), one.currency)
        why = {"over_short": posted, "unknown": theirs - ours - posted}
        kept = {word: part for word, part in why.items() if part}
        rows.append(DayRow("drawer", one.code, one.name, one.day, theirs, ours, Money(0, one.currency), kept))
    return rows


def closings(connection: Connection) -> list[ClosingRow]:
    """Each account's last balance as its file told it, and the books'."""
    told = {row.account_id: row for row in connection.execute(_CLOSINGS)}
    rows = []
    for account in money_accounts(connection):
        row = told.get(account.account_id)
        if row is None:
            continue
        stands = {"place": _place(connection, account), "until": start_of_day(row.closing_on + DAY)}
        ours, known = connection.execute(_STANDS, stands).one()
        theirs = Money(row.closing_minor, account.currency)
        rows.append(
            ClosingRow(account.code, account.name, row.closing_on, theirs, Money(int(ours), account.currency), known)
        )
    return rows


def _span(first: date, last: date) -> dict[str, Any]:
    return {"from": start_of_day(first), "until": start_of_day(last + DAY), "first": first, "last": last}


def _place(connection: Connection, account: MoneyAccountRow) -> int | None:
    code = f"{account.ledger_code}:{account.currency}"
    return connection.execute(_PLACE, {"code": code}).scalar()


def _of_account(connection: Connection, account: MoneyAccountRow, first: date, last: date) -> Sequence[DayRow]:
    asked = _span(first, last) | {"account": account.account_id, "place": _place(connection, account)}
    theirs: dict[date, int] = {}
    ours: dict[date, int] = {}
    suspense: dict[date, int] = {}
    why: dict[date, dict[str, int]] = {}

    def add(day: date, word: str, minor: Any) -> None:
        if minor and first <= day <= last:
            parts = why.setdefault(day, {})
            parts[word] = parts.get(word, 0) + int(minor)

    for row in connection.execute(_LINES, asked):
        theirs[row.day], suspense[row.day] = int(row.theirs), int(row.suspense or 0)
        for word in ("by_a_person", "missing_here", "amount_differs"):
            add(row.day, word, getattr(row, word))
    for row in connection.execute(_BOOKS, asked):
        ours[row.day] = int(row.ours)
    read_until = connection.execute(_LAST_LINE, asked).scalar()
    for row in connection.execute(_OWN, asked):
        waits = (read_until is None or row.day > read_until) and last - row.day < AWAITED
        add(row.day, "awaited" if waits else "missing_there", -(row.missing or 0))
        add(row.day, "amount_differs", -(row.differs or 0))
    for row in connection.execute(_OTHERS, asked):
        add(row.day, "opening", -(row.opening or 0))
        add(row.day, "unknown", -(row.unknown or 0))
    for row in connection.execute(_PAIRS, asked):
        add(row.line_day, "other_day", row.amount)
        add(row.book_day, "other_day", -row.amount)
    return [
        _day(account, day, theirs.get(day, 0), ours.get(day, 0), suspense.get(day, 0), why.get(day, {}))
        for day in sorted({*theirs, *ours, *why})
    ]


def _day(account: MoneyAccountRow, day: date, theirs: int, ours: int, suspense: int, why: dict[str, int]) -> DayRow:
    rest = theirs - ours - sum(why.values())
    parts = why | {"unknown": why.get("unknown", 0) + rest}
    currency = account.currency
    return DayRow(
        account.kind,
        account.code,
        account.name,
        day,
        Money(theirs, currency),
        Money(ours, currency),
        Money(suspense, currency),
        {word: Money(parts[word], currency) for word in (*EXPLAINED, *OPEN) if parts.get(word)},
    )
