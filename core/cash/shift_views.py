"""Shifts as staff look at them: one's own, those of a time, and what was over or short by person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from core.cash.check_receipt import drawer_number
from core.days import DAY, start_of_day
from core.money import Money

SHOWN_MAX: Final = 200
_SHIFTS: Final = """
    SELECT s.id, s.drawer_id, d.code, d.name, d.currency, s.staff_id, m.name AS person, s.opened_at, s.opening_minor,
           s.closed_at, s.expected_minor, s.counted_minor, s.why, c.name AS closer, s.opening_why,
           coalesce((SELECT p.amount_minor FROM ledger_posting p JOIN ledger_account o ON o.id = p.account_id
                     WHERE p.entry_id = s.opening_entry_id AND o.code LIKE 'over_short%'), 0) AS begun_over_minor,
           coalesce(-a.balance_minor, 0) AS holds_minor,
           (SELECT count(*) FROM receipt r WHERE r.shift_id = s.id) AS receipts,
           (SELECT coalesce(sum(r.amount_minor), 0) FROM receipt r WHERE r.shift_id = s.id) AS taken_minor
    FROM cash_shift s JOIN cash_drawer d ON d.id = s.drawer_id JOIN staff_member m ON m.id = s.staff_id
    LEFT JOIN staff_member c ON c.id = s.closed_by
    LEFT JOIN ledger_account a ON a.code = 'cash\\:' || d.code || '\\:' || d.currency
"""
_OWN: Final = text(f"{_SHIFTS} WHERE s.staff_id = :staff AND s.closed_at IS NULL")
_ONE: Final = text(f"{_SHIFTS} WHERE s.id = :shift")
# Those that were open at any time of the days asked for.
_BETWEEN: Final = text(f"""
    {_SHIFTS} WHERE s.opened_at < :end AND (s.closed_at IS NULL OR s.closed_at >= :begin) ORDER BY s.id DESC LIMIT :most
""")
_RECEIPTS: Final = text("""
    SELECT r.number, r.drawer_number, r.amount_minor, r.currency, r.received_at, c.number AS customer, c.name,
           EXISTS (SELECT 1 FROM receipt_void v WHERE v.receipt_id = r.id AND v.state = 'done') AS voided
    FROM receipt r JOIN customer c ON c.id = r.customer_id WHERE r.shift_id = :shift ORDER BY r.id DESC LIMIT :most
""")
# What moved through the drawer in a shift that is open, its receipts aside.
_MOVES: Final = text("""
    SELECT m.kind, m.amount_minor, m.currency, m.at, m.slip, m.bank_code, m.to_drawer_id = s.drawer_id AS came,
           o.name AS other
    FROM cash_shift s JOIN cash_drawer d ON d.id = s.drawer_id
    JOIN ledger_account a ON a.code = 'cash\\:' || d.code || '\\:' || d.currency
    JOIN ledger_posting p ON p.account_id = a.id AND p.id > s.opened_mark
      AND (s.closed_mark IS NULL OR p.id <= s.closed_mark)
    JOIN cash_move m ON m.entry_id = p.entry_id
    LEFT JOIN cash_drawer o ON o.id <> s.drawer_id AND o.id IN (m.from_drawer_id, m.to_drawer_id)
    WHERE s.id = :shift ORDER BY p.id DESC LIMIT :most
""")
# By who took it; what was taken back since is told apart.
_COLLECTED: Final = text("""
    SELECT m.name, count(*) AS receipts, sum(r.amount_minor)::bigint AS taken_minor,
           coalesce(sum(r.amount_minor) FILTER (WHERE v.id IS NOT NULL), 0)::bigint AS back_minor,
           count(v.id) AS back
    FROM receipt r JOIN staff_member m ON m.id = r.staff_id
    LEFT JOIN receipt_void v ON v.receipt_id = r.id AND v.state = 'done'
    WHERE r.provider = 'cash' AND r.received_at >= :begin AND r.received_at < :end
    GROUP BY m.id ORDER BY m.name, m.id
""")
_DIFFERENCES: Final = text("""
    SELECT m.name, count(*) AS shifts,
           coalesce(sum(o.minor) FILTER (WHERE o.minor > 0), 0)::bigint AS over_minor,
           coalesce(-sum(o.minor) FILTER (WHERE o.minor < 0), 0)::bigint AS short_minor
    FROM cash_shift s JOIN staff_member m ON m.id = s.staff_id
    CROSS JOIN LATERAL (SELECT s.counted_minor - s.expected_minor AS minor) o
    WHERE s.closed_at >= :begin AND s.closed_at < :end GROUP BY m.id ORDER BY m.name, m.id
""")


@dataclass(frozen=True, slots=True)
class ShiftView:
    """A shift. `over` is what the count at its close found too much, below zero too little; None while it is open.

    `begun_over` is the same of the count at its opening: it happened before this shift. `holds` is what the books say
    lies in the drawer now.
    """

    shift_id: int
    drawer_id: int
    code: str
    drawer: str
    staff_id: int
    person: str
    opened_at: datetime
    opening: Money
    begun_over: Money
    begun_why: str | None
    closed_at: datetime | None
    closer: str | None
    counted: Money | None
    over: Money | None
    why: str | None
    holds: Money
    receipts: int
    taken: Money


@dataclass(frozen=True, slots=True)
class ShiftReceipt:
    """A receipt of a shift."""

    number: str
    drawer_number: str
    amount: Money
    at: datetime
    customer: str
    name: str
    voided: bool


@dataclass(frozen=True, slots=True)
class MoveView:
    """Notes that came into a drawer or went out of it: `moved` (from or to `other`), `banked`, `from_bank`."""

    kind: str
    came: bool
    amount: Money
    at: datetime
    other: str


@dataclass(frozen=True, slots=True)
class Collected:
    """What one person took in some days, and how much of it was taken back since."""

    name: str
    receipts: int
    taken: Money
    back_receipts: int
    back: Money


@dataclass(frozen=True, slots=True)
class Differences:
    """What the counts of one person's shifts found over and short."""

    name: str
    shifts: int
    over: Money
    short: Money


def own_open_shift(connection: Connection, staff_id: int) -> ShiftView | None:
    """The shift a person has open; None when there is none."""
    row = connection.execute(_OWN, {"staff": staff_id}).first()
    return _view(row) if row else None


def shift(connection: Connection, shift_id: int) -> ShiftView | None:
    """A shift by its id."""
    row = connection.execute(_ONE, {"shift": shift_id}).first()
    return _view(row) if row else None


def shifts_between(connection: Connection, first: date, last: date) -> Sequence[ShiftView]:
    """Shifts of some days in Juba, both included, the newest first, at most `SHOWN_MAX`."""
    return [_view(row) for row in connection.execute(_BETWEEN, _span(first, last) | {"most": SHOWN_MAX})]


def receipts_of(connection: Connection, one: ShiftView) -> Sequence[ShiftReceipt]:
    """The receipts of a shift, the newest first, at most `SHOWN_MAX`."""
    return [
        ShiftReceipt(
            row.number,
            drawer_number(one.code, row.drawer_number),
            Money(row.amount_minor, row.currency),
            row.received_at,
            row.customer,
            row.name,
            row.voided,
        )
        for row in connection.execute(_RECEIPTS, {"shift": one.shift_id, "most": SHOWN_MAX})
    ]


def moves_of(connection: Connection, one: ShiftView) -> Sequence[MoveView]:
    """What was handed over, banked or brought in a shift, the newest first, at most `SHOWN_MAX`."""
    return [
        MoveView(
            row.kind,
            bool(row.came),
            Money(row.amount_minor, row.currency),
            row.at,
            row.other or " ".join(filter(None, (row.bank_code, row.slip))),
        )
        for row in connection.execute(_MOVES, {"shift": one.shift_id, "most": SHOWN_MAX})
    ]


def collected(connection: Connection, first: date, last: date, currency: str) -> Sequence[Collected]:
    """What each person took in some days in Juba, both included."""
    return [
        Collected(row.name, row.receipts, Money(row.taken_minor, currency), row.back, Money(row.back_minor, currency))
        for row in connection.execute(_COLLECTED, _span(first, last))
    ]


def differences(connection: Connection, first: date, last: date, currency: str) -> Sequence[Differences]:
    """What was over and short by person, in shifts closed in some days in Juba, both included."""
    return [
        Differences(row.name, row.shifts, Money(row.over_minor, currency), Money(row.short_minor, currency))
        for row in connection.execute(_DIFFERENCES, _span(first, last))
    ]


def _span(first: date, last: date) -> dict[str, Any]:
    return {"begin": start_of_day(first), "end": start_of_day(last + DAY)}


def _view(row: Row[Any]) -> ShiftView:
    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money(int(minor), row.currency)

    closed = row.closed_at is not None
    return ShiftView(
        shift_id=row.id,
        drawer_id=row.drawer_id,
        code=row.code,
        drawer=row.name,
        staff_id=row.staff_id,
        person=row.person,
        opened_at=row.opened_at,
        opening=Money(row.opening_minor, row.currency),
        begun_over=Money(int(row.begun_over_minor), row.currency),
        begun_why=row.opening_why,
        closed_at=row.closed_at,
        closer=row.closer,
        counted=money(row.counted_minor),
        over=money(row.counted_minor - row.expected_minor) if closed else None,
        why=row.why,
        holds=Money(row.holds_minor, row.currency),
        receipts=row.receipts,
        taken=Money(int(row.taken_minor), row.currency),
    )
