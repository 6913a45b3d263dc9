"""The books against themselves. Each check is one query that returns a line per fault; none means all is well."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

# name -> query whose rows are faults, each one line of text.
CHECKS: Final = {
    "entries balance": """
        SELECT 'entry ' || entry_id || ' is out of balance by ' || sum(amount_minor) || ' in ' || currency
        FROM ledger_posting GROUP BY entry_id, currency HAVING sum(amount_minor) <> 0""",
    "entries are whole": """
        SELECT 'entry ' || e.id || ' has ' || count(p.id) || ' postings, not ' || e.legs
        FROM ledger_entry e LEFT JOIN ledger_posting p ON p.entry_id = e.id
        GROUP BY e.id, e.legs HAVING count(p.id) <> e.legs""",
    "balances are the sum of their postings": """
        SELECT 'account ' || a.code || ' says ' || a.balance_minor || ', its postings say '
               || coalesce(sum(p.amount_minor), 0)
        FROM ledger_account a LEFT JOIN ledger_posting p ON p.account_id = a.id
        WHERE a.keeps_balance GROUP BY a.id, a.code, a.balance_minor
        HAVING a.balance_minor <> coalesce(sum(p.amount_minor), 0)""",
    "no account is below its floor": """
        SELECT 'account ' || code || ' is below its floor' FROM ledger_account
        WHERE floor_minor IS NOT NULL AND balance_minor < floor_minor""",
    "reversals mirror their entry": """
        SELECT 'reversal ' || r.id || ' does not mirror entry ' || r.reverses_id
        FROM ledger_entry r
        JOIN ledger_posting p ON p.entry_id IN (r.id, r.reverses_id)
        WHERE r.reverses_id IS NOT NULL
        GROUP BY r.id, r.reverses_id, p.account_id HAVING sum(p.amount_minor) <> 0""",
}


def faults(connection: Connection, checks: dict[str, str], now: datetime) -> list[str]:
    """Run the checks and return what they found, each line led by the check's name."""

    def values(query: str) -> dict[str, datetime]:
        return {"now": now} if ":now" in query else {}

    return [
        f"{name}: {row[0]}" for name, query in checks.items() for row in connection.execute(text(query), values(query))
    ]
