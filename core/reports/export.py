"""Everything an accountant, an auditor or a successor system may ask for, as plain files in one folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, TextIO

from sqlalchemy import Connection

from core.db.copy import copy_out
from core.reports.journal import journal

# Names people look for, and what stands in each. No secret, no text of an SMS, no password leaves with them.
TABLES: Final[Mapping[str, str]] = {
    "customers": """
        SELECT c.number, c.name, c.kind, c.status, c.language, p.phone, c.tin, c.address, c.registered_at,
               a.balance_minor, a.currency
        FROM customer c JOIN contact p ON p.customer_id = c.id AND p.is_main
        JOIN ledger_account a ON a.id = c.wallet_id ORDER BY c.id""",
    "services": """
        SELECT s.number, c.number AS customer, s.state, s.suspended_for, s.pay, s.place, s.started_on, s.next_bill_on
        FROM subscription s JOIN customer c ON c.id = s.customer_id ORDER BY s.id""",
    "documents": """
        SELECT i.kind, i.series, i.year, i.number, c.number AS customer, i.issued_on, i.due_on, i.currency, i.net_minor,
               i.tax_minor, i.rounding_minor, i.total_minor, coalesce(d.due_minor, 0) AS due_minor
        FROM invoice i JOIN customer c ON c.id = i.customer_id LEFT JOIN invoice_due d ON d.invoice_id = i.id
        ORDER BY i.id""",
    "receipts": """
        SELECT r.number, c.number AS customer, r.provider, r.provider_reference, r.part, r.payer_phone, r.amount_minor,
               r.currency, r.received_at, d.code AS drawer, r.drawer_number
        FROM receipt r JOIN customer c ON c.id = r.customer_id LEFT JOIN cash_drawer d ON d.id = r.drawer_id
        ORDER BY r.id""",
    "payments": """
        SELECT i.reference, i.rail, c.number AS customer, i.payer_phone, i.amount_minor, i.currency, i.purpose, i.state,
               i.provider_reference, i.created_at, i.ended_at
        FROM payment_intent i JOIN customer c ON c.id = i.customer_id ORDER BY i.id""",
    "payouts": """
        SELECT o.reference, o.kind, o.rail, c.number AS customer, o.payee_phone, o.amount_minor, o.currency, o.state,
               o.provider_reference, o.asked_at, o.ended_at
        FROM payout o JOIN customer c ON c.id = o.customer_id ORDER BY o.id""",
    "statement_lines": """
        SELECT m.code AS account, l.booked_on, l.amount_minor, l.currency, l.reference, l.external_id, l.payer_phone,
               l.matched_minor, l.explained
        FROM statement_line l JOIN money_account m ON m.id = l.account_id ORDER BY l.id""",
}


def export(connection: Connection, folder: Path, now: datetime) -> list[Path]:
    """Write `journal.beancount` and a CSV for each of `TABLES`; the files, each whole and on the disk.

    The connection must hold one snapshot. A file that stood there is replaced at once, never half.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with _whole(folder / "journal.beancount") as file:
        file.writelines(journal(connection, now))
    written.append(folder / "journal.beancount")
    for name, query in TABLES.items():
        with _whole(folder / f"{name}.csv") as file:
            copy_out(connection, query, file)
        written.append(folder / f"{name}.csv")
    return written


@contextmanager
def _whole(path: Path) -> Iterator[TextIO]:
    """A file that is there whole or not at all, whatever cuts the power."""
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
