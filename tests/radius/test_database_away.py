"""A database that is away makes FreeRADIUS silent, never unjust; back again, all goes on. And keys, and guessing."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from core.db.migrations.guards_0007_radius import GUESSES_DEVICE_MAX
from core.sealing import Sealer
from tests.radius.server import LAPTOP, PHONE, change, freeradius, give, rows, stands

NOWHERE = "postgresql+psycopg2://nobody@/nothing?host=/nonexistent"


def test_it_starts_while_the_database_is_away_and_answers_nobody(network, achol, tmp_path) -> None:
    with freeradius(NOWHERE, "00", tmp_path / "log") as radius:
        assert radius.log_in(achol.username, achol.password, patience_s=1).silence
        assert radius.account("Start", "s1", achol.username, patience_s=1).silence


def test_a_database_that_goes_and_comes_back_is_found_again(radius, network, achol, postgres_url) -> None:
    assert radius.log_in(achol.username, achol.password).accepted
    url = make_url(network.parts.settings.database_url)
    server = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    name, gone = url.database, "away_for_a_while"
    cut = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN (:name, :gone)")
    network.parts.db.close()
    try:
        with server.connect() as connection:
            connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
            connection.execute(cut, {"name": name, "gone": gone})
        assert radius.log_in(achol.username, achol.password, patience_s=1).silence
        assert radius.log_in("kiden1", "whatever", patience_s=2).silence
        assert radius.account("Start", "s1", achol.username, patience_s=1).silence
    finally:
        with server.connect() as connection:
            connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        server.dispose()
    assert radius.log_in(achol.username, achol.password, tries=4, patience_s=2).accepted
    assert radius.account("Start", "s1", achol.username, tries=4, patience_s=2).packet == "Accounting-Response"


def test_a_key_that_opens_nothing_refuses_nobody(network, achol, tmp_path) -> None:
    stranger = Sealer(["WFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFg="]).radius.setting
    with freeradius(network.parts.settings.database_url, stranger, tmp_path / "log") as radius:
        assert radius.log_in(achol.username, achol.password, patience_s=1).silence
    both = f"{stranger},{network.parts.sealer.radius.setting}"
    with freeradius(network.parts.settings.database_url, both, tmp_path / "log") as radius:
        assert radius.log_in(achol.username, achol.password).accepted


def test_who_guesses_is_not_looked_up_any_more_and_others_are(radius, network, achol) -> None:
    for _guess in range(GUESSES_DEVICE_MAX):
        assert radius.log_in(achol.username, "guess", mac=LAPTOP).refused
    assert radius.log_in(achol.username, achol.password, mac=LAPTOP).refused
    assert radius.log_in(achol.username, achol.password, mac=PHONE).accepted
    assert {row["mac"]: row["failures"] for row in rows(network, "radius_guess")} == {
        "": GUESSES_DEVICE_MAX,
        "AA:BB:CC:00:00:02": GUESSES_DEVICE_MAX,
    }
    with network.parts.db.transaction() as tx:
        tx.execute(text("UPDATE radius_guess SET began_at = began_at - interval '601 seconds'"))
    assert radius.log_in(achol.username, achol.password, mac=LAPTOP).accepted


def test_a_device_whose_time_is_over_guesses_nothing(radius, network, clock) -> None:
    over = give(network)
    change(network, over.grant_id, status="revoked", closed_at=clock.now())
    assert radius.log_in(over.username, over.password).refused
    assert rows(network, "radius_guess") == []


@pytest.fixture
def role(network, postgres_url) -> str:
    """The role that deploy/freeradius/role.sql makes."""
    url = network.parts.settings.database_url
    script = Path(__file__).resolve().parent.parent.parent / "deploy" / "freeradius" / "role.sql"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for _again in range(2):
            connection.exec_driver_sql(script.read_text())
    yield "shabaka_radius"
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP OWNED BY shabaka_radius")
        connection.exec_driver_sql("DROP ROLE shabaka_radius")
    engine.dispose()


def test_the_servers_own_role_can_do_its_work_and_nothing_else(network, achol, role, tmp_path) -> None:
    url = make_url(network.parts.settings.database_url).set(username=role)
    with freeradius(url.render_as_string(False), network.parts.sealer.radius.setting, tmp_path / "log") as radius:
        assert radius.log_in(achol.username, achol.password).accepted
        assert radius.log_in(achol.username, "wrong").refused
        assert radius.account("Start", "s1", achol.username).packet == "Accounting-Response"
    engine = create_engine(url)
    for query in ("SELECT * FROM access_grant", "SELECT * FROM ledger_posting", "DELETE FROM usage_inbox"):
        with engine.connect() as connection, pytest.raises(Exception, match="permission denied"):
            connection.execute(text(query))
    engine.dispose()
    assert stands(network, achol.grant_id)["status"] == "running"
