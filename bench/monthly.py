"""A provider of a hundred thousand monthly customers, made by set-based SQL in seconds: for benches of billing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy import text

from core.catalog.open_tariff import open_tariff
from core.catalog.set_tariff import NewTerms, set_tariff_version
from core.money import Money
from core.parts import Parts
from sandbox.seed import networks_and_plans, routers, staff

STARTED_ON: Final = date(2026, 1, 1)
NOW: Final = datetime(2026, 1, 1, 10, 0, tzinfo=UTC)

_CUSTOMERS: Final = (
    """
    INSERT INTO ledger_account (code, kind, currency, keeps_balance, balance_minor, floor_minor)
      SELECT 'wallet:9' || n || '\\:SSP', 'liability', 'SSP', true, 0, 0 FROM generate_series(1, :count) n
    """,
    """
    INSERT INTO ledger_account (code, kind, currency, keeps_balance, balance_minor)
      SELECT 'receivable:9' || n || '\\:SSP', 'asset', 'SSP', true, 0 FROM generate_series(1, :count) n
    """,
    """
    INSERT INTO customer (number, name, kind, status, language, wallet_id, registered_at, registered_through)
      SELECT '9' || n, 'Customer ' || n, 'person', 'active', 'en', a.id, :now, 'staff'
      FROM generate_series(1, :count) n JOIN ledger_account a ON a.code = 'wallet:9' || n || '\\:SSP'
    """,
    """
    INSERT INTO contact (customer_id, phone, is_main, added_at)
      SELECT id, '+2119' || lpad(number, 8, '1'), true, :now FROM customer WHERE name LIKE 'Customer %'
    """,
    """
    INSERT INTO access_grant (username, password_sealed, router_id, down_kbps, up_kbps, devices_max, status, granted_at,
                              used_bytes)
      SELECT 'bench' || c.id, '', (SELECT min(id) FROM router), 4000, 1000, 20, 'waiting', :now, 0
      FROM customer c WHERE c.name LIKE 'Customer %'
    """,
    """
    INSERT INTO subscription (number, customer_id, place, router_id, grant_id, state, slowed, pay, anchor_day,
                              started_on, billed_until, next_bill_on, promotion_left, kept_days, added_at)
      SELECT 'S' || c.id, c.id, 'Juba', g.router_id, g.id, 'active', false, 'postpaid', 1, :day, :day,
             CAST(:day AS date) + interval '1 month', 0, 0, :now
      FROM customer c JOIN access_grant g ON g.username = 'bench' || c.id
    """,
    """
    INSERT INTO subscription_term (subscription_id, from_day, tariff_id)
      SELECT s.id, :day, (SELECT id FROM tariff WHERE code = 'BENCH') FROM subscription s
    """,
)


def plant(parts: Parts, count: int) -> None:
    """So many postpaid customers since 1 January 2026, each with a line and rented equipment."""
    with parts.db.transaction() as tx:
        networks_and_plans(tx, parts)
        staff(tx, parts, dict.fromkeys(("admin", "mary", "rose", "gatluak"), parts.ids.typeable(14)))
        routers(
            tx, parts, [{"name": name, "port": 9, "user": "u", "password": "p"} for name in ("juba-town", "munuki")]
        )
        open_tariff(
            tx,
            code="BENCH",
            alias=80,
            name_en="Home 4 Mbit",
            name_ar="منزل 4 ميغابت",
            pay="postpaid",
            billed_on="first_of_month",
        )
        terms = NewTerms(down_kbps=4000, up_kbps=1000, price=Money.of(45_000, "SSP"), rental=Money.of(5_000, "SSP"))
        set_tariff_version(
            tx, code="BENCH", terms=terms, valid_from=date(2025, 1, 1), staff_id=None, now=parts.clock.now()
        )
        tx.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in _CUSTOMERS:
            tx.execute(text(statement), {"count": count, "now": NOW, "day": STARTED_ON})
    with parts.db.reading() as connection:
        connection.execute(text("VACUUM ANALYZE"))
