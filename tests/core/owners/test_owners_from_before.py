"""Whoever had a network, or terms with us, before there were owners is one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from core.db.migrate import _config, migrate

NAME = "before_owners"
AS_IT_WAS = """
    INSERT INTO ledger_account (code, kind, currency, keeps_balance, balance_minor)
      SELECT 'wallet:' || n || ':SSP', 'liability', 'SSP', true, 0 FROM generate_series(1, 3) n;
    INSERT INTO customer (number, name, kind, status, language, wallet_id, registered_at, registered_through)
      SELECT n::text, 'C' || n, 'person', 'active', 'en', a.id, '2026-01-01Z', 'staff'
      FROM generate_series(1, 3) n JOIN ledger_account a ON a.code = 'wallet:' || n || ':SSP';
    INSERT INTO router (name, host, port, username, password_sealed, full_sync_due_at, failures, access_by, nas_address,
                        radius_secret)
      VALUES ('api', 'h', 1, 'u', '-', now(), 0, 'api', NULL, NULL), ('rad', 'h', 1, 'u', '-', now(), 0, 'radius', 'n', 'x');
    INSERT INTO hotspot (code, ssid, place, owner_id, router_id)
      SELECT 10 + r.id, r.name, r.name, c.id, r.id FROM router r, customer c WHERE c.number = '1';
    INSERT INTO owner_terms (owner_id, from_day, commission_millionths, withholding_millionths, payout_phone, set_at)
      SELECT c.id, d::date, 1, 1, p, '2026-02-02Z' FROM customer c,
        (VALUES ('2026-01-01', '+211921111111'), ('2026-02-01', '+211922222222')) t (d, p) WHERE c.number = '2';
"""


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    admin = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {NAME}"))
    made = create_engine(make_url(postgres_url).set(database=NAME))
    yield made
    made.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {NAME}"))
    admin.dispose()


def test_owners_from_before_have_their_rows(engine: Engine) -> None:
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0020")
    with engine.begin() as connection:
        connection.exec_driver_sql(AS_IT_WAS)
    migrate(engine)
    with engine.connect() as connection:
        owners = connection.execute(
            text("""SELECT c.number, o.state, o.momo_phone FROM wifi_owner o JOIN customer c ON c.id = o.customer_id
                    ORDER BY c.number""")
        ).all()
        reach = connection.execute(text("SELECT ssid, reach FROM hotspot ORDER BY ssid")).all()
    assert [tuple(row) for row in owners] == [("1", "active", None), ("2", "active", "+211922222222")]
    assert [tuple(row) for row in reach] == [("api", "mikrotik"), ("rad", "radius")]
