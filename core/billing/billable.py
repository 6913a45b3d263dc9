"""Reading what the billing run needs, a chunk of subscriptions at a time: a fixed number of statements a chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, TextClause, text

from core.billing.draft import Buyer, Line
from core.billing.service_lines import Days, Due
from core.catalog.promotions import promotions_of
from core.catalog.taxes import HOME_CURRENCY
from core.days import Period
from core.db.engine import Transaction
from core.money import Money

_COLUMNS: Final = """
    SELECT s.id, s.number AS service_number, s.pay, s.state, s.anchor_day, s.billed_until, s.ended_on, s.promotion_id,
           s.promotion_left, s.on_unpaid, c.id AS customer_id, c.number, c.name, c.tin, c.address, c.wallet_id
    FROM subscription s JOIN customer c ON c.id = s.customer_id
"""
# In the order of ids: numbers of a day are given in it, whoever runs.
_DUE_ON: Final = text(
    f"{_COLUMNS} WHERE s.next_bill_on = :day AND s.id > :after ORDER BY s.id LIMIT :most FOR UPDATE OF s SKIP LOCKED"
)
_ONE: Final = text(f"{_COLUMNS} WHERE s.id = :id FOR UPDATE OF s")
_TERMS: Final = text(
    """
    SELECT t.subscription_id, t.from_day, t.until_day, t.tariff_id
    FROM subscription_term t JOIN subscription s ON s.id = t.subscription_id
    WHERE t.subscription_id = ANY(:ids) AND (t.until_day IS NULL OR t.until_day > s.billed_until)
    ORDER BY t.subscription_id, t.from_day
    """
)
_EXEMPTIONS: Final = text(
    """
    SELECT customer_id, tax_id, certificate FROM tax_exemption
    WHERE customer_id = ANY(:ids) AND valid_from <= :day AND valid_until > :day
    """
)
# What was meant for a service that has no bill to come any more goes on any other of its customer.
_CHARGES: Final = """
    SELECT c.id, c.customer_id, c.subscription_id, c.kind, c.product_class, c.amount_minor, c.currency, c.facts,
           CASE WHEN s.state = 'terminated' AND s.next_bill_on IS NULL THEN NULL ELSE c.subscription_id END AS only_on
    FROM charge c LEFT JOIN subscription s ON s.id = c.subscription_id
    WHERE c.customer_id = ANY(:ids) AND c.used_on IS NULL AND c.taken_back_at IS NULL AND c.day <= :day ORDER BY c.id
"""
_READ_CHARGES: Final = text(_CHARGES)
_LOCK_CHARGES: Final = text(f"{_CHARGES} FOR UPDATE OF c")
# A service that moved, or was handed over, left a grant behind; days are its own by its terms, whoever has it now.
_USAGE: Final = text(
    """
    SELECT g.id, u.day, CAST(sum(u.used_bytes) AS bigint) AS used_bytes
    FROM (SELECT id, billed_until, grant_id FROM subscription WHERE id = ANY(:ids)
          UNION
          SELECT s.id, s.billed_until, CAST(m.detail ->> 'left_grant' AS bigint)
          FROM subscription s JOIN subscription_move m ON m.subscription_id = s.id
          WHERE s.id = ANY(:ids) AND m.detail ->> 'left_grant' IS NOT NULL) g
    JOIN grant_usage u ON u.grant_id = g.grant_id
    WHERE u.day >= g.billed_until GROUP BY g.id, u.day
    """
)
_BALANCES: Final = text("SELECT id, balance_minor FROM ledger_account WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A one-off charge or discount that waits for an invoice: of one service only or of any; the line it becomes.

    What a bill left of a discount has the id of the row it was read from until that bill is written.
    """

    charge_id: int
    customer_id: int
    subscription_id: int | None
    line: Line


@dataclass(frozen=True, slots=True)
class Billable:
    """A service to bill, and whom. `on_unpaid`: its days since `billed_until` were had, and are owed if it lapses."""

    due: Due
    service_number: str
    state: str
    buyer: Buyer
    on_unpaid: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """Services to bill on a day, with all that is needed to do it. `balances` are locked, by wallet."""

    services: Sequence[Billable]
    exemptions: dict[int, dict[int, str]]
    charges: dict[int, list[Waiting]]
    balances: dict[int, Money]
    usage: dict[int, dict[date, int]]

    def used(self, subscription_id: int, days: Period) -> int:
        """Bytes a service used on these days."""
        return sum(used for day, used in self.usage.get(subscription_id, {}).items() if days.first <= day < days.next)


def due_on(tx: Transaction, *, bill_day: date, issue_day: date, after: int, most: int) -> Chunk:
    """The next subscriptions whose bill is due on a day, locked."""
    rows = tx.execute(_DUE_ON, {"day": bill_day, "after": after, "most": most}).mappings().all()
    return _chunk(tx, rows, issue_day)


def only(tx: Transaction, *, subscription_id: int, issue_day: date) -> Chunk:
    """One subscription, locked."""
    return _chunk(tx, tx.execute(_ONE, {"id": subscription_id}).mappings().all(), issue_day)


def exemptions_of(connection: Connection, customer_ids: Sequence[int], day: date) -> dict[int, dict[int, str]]:
    """Customer -> tax -> certificate, of those exempt on a day."""
    found: dict[int, dict[int, str]] = {}
    for row in connection.execute(_EXEMPTIONS, {"ids": list(customer_ids), "day": day}):
        found.setdefault(row.customer_id, {})[row.tax_id] = row.certificate
    return found


def buyer_of(row: Any) -> Buyer:
    """A customer as they stand on a document."""
    return Buyer(row["customer_id"], row["number"], row["name"], row["tin"], row["address"], row["wallet_id"])


def _chunk(tx: Transaction, rows: Sequence[Any], issue_day: date) -> Chunk:
    if not rows:
        return Chunk((), {}, {}, {}, {})
    ids = [row["id"] for row in rows]
    customers = sorted({row["customer_id"] for row in rows})
    terms: dict[int, list[Days]] = {}
    for term in tx.execute(_TERMS, {"ids": ids}):
        terms.setdefault(term.subscription_id, []).append(Days(term.from_day, term.until_day, term.tariff_id))
    promotions = promotions_of(tx.connection, {row["promotion_id"] for row in rows if row["promotion_id"]})
    services = [
        Billable(
            Due(
                row["id"],
                row["pay"],
                row["anchor_day"],
                row["billed_until"],
                row["ended_on"],
                terms.get(row["id"], []),
                promotions.get(row["promotion_id"]),
                row["promotion_left"],
            ),
            row["service_number"],
            row["state"],
            buyer_of(row),
            row["on_unpaid"],
        )
        for row in rows
    ]
    wallets = sorted({row["wallet_id"] for row in rows})
    usage: dict[int, dict[date, int]] = {}
    for used in tx.execute(_USAGE, {"ids": ids}):
        usage.setdefault(used.id, {})[used.day] = used.used_bytes
    return Chunk(
        services,
        exemptions_of(tx.connection, customers, issue_day),
        _waiting(tx.connection, _LOCK_CHARGES, customers, issue_day),
        {row.id: Money(row.balance_minor, HOME_CURRENCY) for row in tx.execute(_BALANCES, {"ids": wallets})},
        usage,
    )


def charges_waiting(connection: Connection, customer_ids: Sequence[int], day: date) -> dict[int, list[Waiting]]:
    """What waits on a day for the next bills of customers, by customer, in the order it was written."""
    return _waiting(connection, _READ_CHARGES, customer_ids, day)


def lock_charges_waiting(tx: Transaction, customer_id: int, day: date) -> list[Waiting]:
    """The same of one customer, locked: a bill of theirs stands before us, or finds it gone."""
    return _waiting(tx.connection, _LOCK_CHARGES, [customer_id], day).get(customer_id, [])


def _waiting(
    connection: Connection, statement: TextClause, customers: Sequence[int], day: date
) -> dict[int, list[Waiting]]:
    waiting: dict[int, list[Waiting]] = {}
    for row in connection.execute(statement, {"ids": list(customers), "day": day}):
        line = Line(row.kind, row.product_class, Money(row.amount_minor, row.currency), row.facts, row.subscription_id)
        waiting.setdefault(row.customer_id, []).append(Waiting(row.id, row.customer_id, row.only_on, line))
    return waiting
