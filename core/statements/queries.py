"""Named reads of statements: imports, lines that nobody has matched, one line with all about it, claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, text

from core.days import juba_day
from core.errors import NotFound
from core.money import Money
from core.statements.accounts import MoneyAccountRow, money_account
from core.statements.bills import Bills
from core.statements.known import known_about
from core.statements.lines import Line
from core.statements.matching import Guess, guesses

LINES_SHOWN_MAX: Final = 50
IMPORTS_SHOWN_MAX: Final = 30
CLAIMS_SHOWN_MAX: Final = 50
_OPEN: Final = "l.matched_minor < abs(l.amount_minor) AND l.explained IS NULL"
_LINE: Final = """
    SELECT l.*, a.code, a.name AS account_name, a.kind AS account_kind, i.file_name
    FROM statement_line l JOIN money_account a ON a.id = l.account_id JOIN statement_import i ON i.id = l.import_id
"""
_OPEN_LINES: Final = text(f"""
    {_LINE} WHERE {_OPEN} AND (CAST(:account AS bigint) IS NULL OR l.account_id = :account)
    ORDER BY l.booked_on, l.id LIMIT :most OFFSET :after
""")
_OPEN_SUMS: Final = text(f"""
    SELECT a.id, a.code, a.name, a.currency, count(*) AS lines, min(l.booked_on) AS oldest,
           sum(abs(l.amount_minor) - l.matched_minor) FILTER (WHERE l.amount_minor > 0) AS came,
           sum(abs(l.amount_minor) - l.matched_minor) FILTER (WHERE l.amount_minor < 0) AS went
    FROM statement_line l JOIN money_account a ON a.id = l.account_id WHERE {_OPEN} GROUP BY a.id ORDER BY a.code
""")
_MATCHES: Final = text("""
    SELECT m.id, m.kind, m.amount_minor, m.why, m.at, m.undoes_id, s.name AS staff, r.number AS receipt,
           c.number AS customer_number, c.name AS customer_name,
           EXISTS (SELECT 1 FROM line_match u WHERE u.undoes_id = m.id) AS undone
    FROM line_match m LEFT JOIN staff_member s ON s.id = m.staff_id LEFT JOIN receipt r ON r.id = m.receipt_id
    LEFT JOIN customer c ON c.id = r.customer_id WHERE m.line_id = :line ORDER BY m.id
""")
_IMPORTS: Final = text("""
    SELECT i.*, a.code, a.name AS account_name, s.name AS staff FROM statement_import i
    JOIN money_account a ON a.id = i.account_id LEFT JOIN staff_member s ON s.id = i.staff_id
    WHERE (CAST(:import AS bigint) IS NULL OR i.id = :import) ORDER BY i.id DESC LIMIT :most
""")
_CLAIMS: Final = text("""
    SELECT p.id, p.reference, p.said_minor, p.phone, p.claimed_at, p.state, p.why, a.name, a.currency,
           c.number AS customer_number, c.name AS customer_name, l.id AS line_id, l.amount_minor, l.payer,
           l.payer_phone, l.matched_minor
    FROM payment_claim p JOIN money_account a ON a.id = p.account_id JOIN customer c ON c.id = p.customer_id
    LEFT JOIN LATERAL (SELECT * FROM statement_line l WHERE l.account_id = p.account_id AND l.reference = p.reference
                       AND l.amount_minor > 0 ORDER BY l.id LIMIT 1) l ON true
    WHERE (p.state = 'waiting') = :waiting ORDER BY CASE WHEN :waiting THEN p.id ELSE -p.id END LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line as it is listed."""

    line_id: int
    account_id: int
    account_name: str
    account_kind: str
    line: Line
    left: Money
    amount: Money
    explained: str | None
    suspended: bool
    file_name: str

    @property
    def details(self) -> str:
        """What stands on it, in a word."""
        return self.line.details or self.line.reference or ""

    def days_old(self, now: datetime) -> int:
        """For how many days nobody has known whose it is."""
        return max(0, (juba_day(now) - self.line.booked_on).days)


@dataclass(frozen=True, slots=True)
class LineShown:
    """A line with what it may be, what it was found to be, and by whom."""

    row: LineRow
    account: MoneyAccountRow
    guesses: Sequence[Guess]
    matches: Sequence[Any]


def _line_row(row: RowMapping | Mapping[str, Any]) -> LineRow:
    line = Line(**{name: row[name] for name in Line.__dataclass_fields__})
    return LineRow(
        row["id"],
        row["account_id"],
        row["account_name"],
        row["account_kind"],
        line,
        Money(abs(row["amount_minor"]) - row["matched_minor"], row["currency"]),
        Money(row["amount_minor"], row["currency"]),
        row["explained"],
        row["suspense_entry_id"] is not None,
        row["file_name"],
    )


def open_lines(connection: Connection, account_id: int | None, after: int = 0) -> list[LineRow]:
    """Lines of which something is unmatched, the oldest first."""
    asked = {"account": account_id, "most": LINES_SHOWN_MAX, "after": after}
    return [_line_row(row) for row in connection.execute(_OPEN_LINES, asked).mappings()]


def open_sums(connection: Connection) -> Sequence[Any]:
    """By account: how many lines nobody has matched, since when, and how much came and went on them."""
    return connection.execute(_OPEN_SUMS).all()


def line_shown(connection: Connection, line_id: int, bills: Bills) -> LineShown:
    """One line with all about it.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(text(f"{_LINE} WHERE l.id = :line"), {"line": line_id}).mappings().first()
    if row is None:
        raise NotFound(what="line")
    shown = _line_row(row)
    account = money_account(connection, shown.account_id)
    found: list[Guess] = []
    if shown.left and shown.explained is None:
        found = guesses(shown.line, known_about(connection, account, [shown.line], bills, resembling=True))
    return LineShown(shown, account, found, connection.execute(_MATCHES, {"line": line_id}).all())


def imports(connection: Connection) -> Sequence[RowMapping]:
    """Files, the newest first."""
    return connection.execute(_IMPORTS, {"import": None, "most": IMPORTS_SHOWN_MAX}).mappings().all()


def one_import(connection: Connection, import_id: int) -> RowMapping:
    """One file.

    Raises:
        NotFound: there is none.
    """
    found = connection.execute(_IMPORTS, {"import": import_id, "most": 1}).mappings().first()
    if found is None:
        raise NotFound(what="import")
    return found


def claims(connection: Connection, *, waiting: bool) -> Sequence[Any]:
    """Claims that wait, the oldest first; or decided ones, the newest first. Each with the line of its id, if any."""
    return connection.execute(_CLAIMS, {"waiting": waiting, "most": CLAIMS_SHOWN_MAX}).all()


def oldest_open_day(connection: Connection) -> date | None:
    """Since when there is money that nobody has matched."""
    query = f"SELECT min(l.booked_on) FROM statement_line l WHERE {_OPEN}"
    return connection.execute(text(query)).scalar()
