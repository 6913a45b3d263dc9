"""Raw counters lie in a table a month: made ahead, and dropped whole when they are old."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import text

from core.db.engine import Database, Transaction

# Long enough for a customer to question a bill and for the regulator to ask; hours and days are kept for good.
RETENTION_MONTHS: Final = 6  # where nothing else is said
_KNOWN: Final = text(
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = 'usage_sample'::regclass"
)
# The last of the old ones is kept: the first of those that are kept is held against it.
_OLD_CREDITS: Final = text("""
    DELETE FROM usage_credit c WHERE c.at < :oldest AND EXISTS (
      SELECT 1 FROM usage_credit n WHERE n.session_id = c.session_id AND n.looked_at > c.looked_at AND n.at < :oldest)
""")
_MAKING: Final = text("SELECT pg_advisory_xact_lock(hashtext('shabaka.usage.months'))")


def first_kept(now: datetime, months: int) -> datetime:
    """The first instant whose counters are kept: the beginning of the month so many months ago."""
    return _month(now, -months)


def keep_months(db: Database, now: datetime, months: int = RETENTION_MONTHS) -> None:
    """Have a table for this month and the next, and none that is older than is kept."""
    wanted = {_name(month): month for month in (_month(now, 0), _month(now, 1))}
    oldest = _name(first_kept(now, months))
    with db.reading() as connection:
        known = set(connection.execute(_KNOWN).scalars())
    missing = sorted(set(wanted) - known)
    old = sorted(name for name in known if name < oldest and name != "usage_sample_rest")
    if not missing and not old:
        return
    with db.transaction() as tx:
        tx.execute(_MAKING)
        known = set(tx.execute(_KNOWN).scalars())
        for name in missing:
            if name not in known:
                _make(tx, name, wanted[name])
        for name in old:
            if name in known:
                tx.execute(text(f"DROP TABLE {name}"))
        oldest_kept = {"oldest": first_kept(now, months)}
        tx.execute(text("DELETE FROM usage_sample_rest WHERE at < :oldest"), oldest_kept)
        tx.execute(_OLD_CREDITS, oldest_kept)


def _make(tx: Transaction, name: str, month: datetime) -> None:
    """A month's table. What came before it was there lies in the rest, and moves."""
    span = {"first": month, "next": _month(month, 1)}
    tx.execute(text(f"CREATE TABLE {name} (LIKE usage_sample INCLUDING DEFAULTS)"))
    tx.execute(
        text(
            f"WITH gone AS (DELETE FROM usage_sample_rest WHERE at >= :first AND at < :next RETURNING *)"
            f" INSERT INTO {name} SELECT * FROM gone"
        ),
        span,
    )
    bounds = f"FROM ('{span['first'].isoformat()}') TO ('{span['next'].isoformat()}')"
    tx.execute(text(f"ALTER TABLE usage_sample ATTACH PARTITION {name} FOR VALUES {bounds}"))


def _month(instant: datetime, ahead: int) -> datetime:
    months = instant.year * 12 + instant.month - 1 + ahead
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


def _name(month: datetime) -> str:
    return f"usage_sample_{month:%Y_%m}"
