"""Drawers as staff look at them: what each holds, and who answers for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from core.errors import NotFound
from core.money import Money

_DRAWERS: Final = """
    SELECT d.id, d.code, d.name, d.kind, d.holder_id, h.name AS holder, d.currency, d.held_max_minor, d.closed_at,
           coalesce(-a.balance_minor, 0) AS holds_minor, s.id AS shift_id, m.name AS person, s.opened_at AS since
    FROM cash_drawer d
    LEFT JOIN ledger_account a ON a.code = 'cash\\:' || d.code || '\\:' || d.currency
    LEFT JOIN staff_member h ON h.id = d.holder_id
    LEFT JOIN cash_shift s ON s.drawer_id = d.id AND s.closed_at IS NULL
    LEFT JOIN staff_member m ON m.id = s.staff_id
"""
_ALL: Final = text(f"{_DRAWERS} WHERE d.closed_at IS NULL OR :closed ORDER BY d.kind = 'safe' DESC, d.id")
_ONE: Final = text(f"{_DRAWERS} WHERE d.code = :code")
_BANKS: Final = text("""
    SELECT code, name FROM money_account WHERE kind = 'bank' AND currency = 'SSP' AND closed_at IS NULL ORDER BY code
""")
_PEOPLE: Final = text("""
    SELECT id, name FROM staff_member WHERE active AND role IN ('admin', 'manager', 'cashier') ORDER BY name, id
""")


@dataclass(frozen=True, slots=True)
class DrawerView:
    """A drawer: what it holds and may hold, whose it is, and who has a shift open at it since when."""

    drawer_id: int
    code: str
    name: str
    kind: str
    holder_id: int | None
    holder: str | None
    limit: Money | None
    holds: Money
    is_closed: bool
    shift_id: int | None
    person: str | None
    since: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether it holds more than it may: its limit was lowered since."""
        return self.limit is not None and self.holds > self.limit

    def free_for(self, staff_id: int) -> bool:
        """Whether this person can open a shift at it."""
        return not self.is_closed and self.shift_id is None and self.holder_id in (None, staff_id)


def drawers(connection: Connection, *, closed: bool = False) -> list[DrawerView]:
    """All drawers, the safes first; the closed ones too if wanted."""
    return [_view(row) for row in connection.execute(_ALL, {"closed": closed})]


def drawer(connection: Connection, code: str) -> DrawerView:
    """A drawer by its code.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(_ONE, {"code": code}).first()
    if row is None:
        raise NotFound(what="drawer")
    return _view(row)


def banks(connection: Connection) -> list[tuple[str, str]]:
    """Our accounts at banks, by code and name."""
    return [(row.code, row.name) for row in connection.execute(_BANKS)]


def people(connection: Connection) -> list[tuple[int, str]]:
    """Who may hold a drawer, by id and name."""
    return [(row.id, row.name) for row in connection.execute(_PEOPLE)]


def _view(row: Row[Any]) -> DrawerView:
    return DrawerView(
        row.id,
        row.code,
        row.name,
        row.kind,
        row.holder_id,
        row.holder,
        Money(row.held_max_minor, row.currency) if row.held_max_minor is not None else None,
        Money(row.holds_minor, row.currency),
        row.closed_at is not None,
        row.shift_id,
        row.person,
        row.since,
    )
