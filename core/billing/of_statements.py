"""What statements ask of billing: whose a bill is, who owes just so much, and what becomes of money that came."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, text

from core.billing.draft import Issuer
from core.billing.issue import document_number
from core.billing.money_came import money_came
from core.db.engine import Transaction
from core.statements.bills import Bill, Bills, Credit

OWING_MAX: Final = 200
_BILL: Final = """
    SELECT i.id, i.series, i.year, i.number, i.customer_id, c.number AS customer_number, c.name, d.due_minor
    FROM invoice i JOIN invoice_due d ON d.invoice_id = i.id JOIN customer c ON c.id = i.customer_id
"""
_NUMBERED: Final = text(f"{_BILL} WHERE (i.series, i.year, i.number) IN :numbers").bindparams(
    bindparam("numbers", expanding=True)
)
_OWING: Final = text(
    f"{_BILL} WHERE d.due_minor > 0 AND d.due_minor = ANY(:amounts) ORDER BY d.due_on, i.id LIMIT {OWING_MAX}"
)
# Whom money can do something for: settle a bill, keep an agreement, put a service on again. For the others there is
# nothing to look at, and a statement brings money for thousands.
_CONCERNED: Final = text("""
    SELECT id FROM customer c WHERE id = ANY(:customers) AND (
      EXISTS (SELECT 1 FROM invoice_due d WHERE d.customer_id = c.id AND d.due_minor > 0)
      OR EXISTS (SELECT 1 FROM subscription s WHERE s.customer_id = c.id
                 AND (s.slowed OR s.state NOT IN ('active', 'terminated')))
      OR EXISTS (SELECT 1 FROM payment_plan p WHERE p.customer_id = c.id AND p.state = 'running')
      OR EXISTS (SELECT 1 FROM promise_to_pay p WHERE p.customer_id = c.id AND p.state = 'open'))
""")


def bills_of(issuer: Issuer) -> Bills:
    """Billing's side of a statement."""

    def came(tx: Transaction, credited: Sequence[Credit], now: datetime) -> None:
        if not credited:
            return
        asked = {"customers": sorted({credit.customer_id for credit in credited})}
        concerned = set(tx.execute(_CONCERNED, asked).scalars())
        for credit in credited:
            if credit.customer_id in concerned:
                money_came(
                    tx,
                    customer_id=credit.customer_id,
                    key=credit.key,
                    issuer=issuer,
                    now=now,
                    invoice_id=credit.invoice_id,
                )

    return Bills(numbered=_numbered, owing=_owing, money_came=came)


def _numbered(connection: Connection, numbers: Collection[str]) -> Mapping[str, Bill]:
    parts = [number.split("-") for number in numbers]
    keys = [(series, int(year), int(number)) for series, year, number in parts]
    if not keys:
        return {}
    return {bill.number: bill for bill in map(_bill, connection.execute(_NUMBERED, {"numbers": keys}))}


def _owing(connection: Connection, amounts: Collection[int]) -> Sequence[Bill]:
    if not amounts:
        return ()
    return [_bill(row) for row in connection.execute(_OWING, {"amounts": sorted(amounts)})]


def _bill(row: Any) -> Bill:
    number = document_number(row.series, row.year, row.number)
    return Bill(number, row.id, row.customer_id, row.customer_number, row.name, row.due_minor)
