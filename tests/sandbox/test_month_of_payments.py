"""The demo's month: every rail, reconciled to nothing, and a foreign accountant agrees."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from core.clock import SystemClock
from core.integrity import all_faults
from core.parts import Parts
from core.reports.export import export
from core.statements.reconcile import DayRow, closings, reconcile
from sandbox.seed import seed
from tests.sandbox.test_seed import TOWN

ORANGE = {
    "ORANGE_MODE": "omcore",
    "ORANGE_BASE_URL": "http://127.0.0.1:9",
    "ORANGE_COUNTRY": "CM",
    "ORANGE_CURRENCY": "SSP",
    "ORANGE_CLIENT_ID": "client",
    "ORANGE_CLIENT_SECRET": "secret-of-the-client",
    "ORANGE_AUTH_TOKEN": "token-of-the-merchant",
    "ORANGE_CHANNEL_PHONE": "+237690000001",
    "ORANGE_PIN": "2222",
}


@pytest.fixture
def planted(environ: dict[str, str], tmp_path: Path, parts: Parts) -> Parts:
    (tmp_path / "sandbox.json").write_text(json.dumps(TOWN), encoding="utf-8")
    seed(environ | ORANGE | {"SHABAKA_HOME": str(tmp_path), "SHABAKA_DEMO": "1"})
    return parts


def rows(parts: Parts) -> list[DayRow]:
    with parts.db.reading() as connection:
        today = connection.execute(text("SELECT (max(at) AT TIME ZONE 'Africa/Juba')::date FROM statement_import"))
        last: date = today.scalar_one()
        return reconcile(connection, last - timedelta(days=40), last + timedelta(days=1))


def test_a_month_of_all_rails_is_reconciled_to_nothing(planted: Parts) -> None:
    found = rows(planted)
    assert {row.code for row in found} >= {"mtn-momo", "orange-money", "kcb", "m-gurush", "counter"}
    assert [row for row in found if row.unexplained] == []
    assert all(not row.suspense for row in found)
    with planted.db.reading() as connection:
        assert [row for row in closings(connection) if row.differs] == []
        providers = {str(one) for one in connection.execute(text("SELECT DISTINCT provider FROM receipt")).scalars()}
        assert providers >= {"mtn-momo", "orange-money", "kcb", "m-gurush", "cash"}
        assert all_faults(connection) == []
        waiting = text("SELECT count(*) FROM outbox WHERE kind IN ('momo.request', 'momo.note') AND state = 'waiting'")
        assert connection.execute(waiting).scalar() == 0


def test_a_pound_that_a_provider_does_not_know_is_seen(planted: Parts) -> None:
    with planted.db.transaction() as tx:
        tx.execute(text("SET LOCAL session_replication_role = replica"))
        line = "SELECT max(l.id) FROM statement_line l JOIN money_account a ON a.id = l.account_id AND a.kind = 'momo'"
        tx.execute(text(f"DELETE FROM line_match WHERE line_id = ({line} AND l.amount_minor > 0)"))
        tx.execute(text(f"DELETE FROM statement_line WHERE id = ({line} AND l.amount_minor > 0)"))
    assert [row.code for row in rows(planted) if row.unexplained] == ["mtn-momo"]


def test_the_journal_of_the_month_passes_bean_check(planted: Parts, tmp_path: Path) -> None:
    now = SystemClock().now()  # the demo is planted on the day it is
    with planted.db.snapshot() as connection:
        export(connection, tmp_path / "books", now)
    path = tmp_path / "books" / "journal.beancount"
    command = [sys.executable, "-m", "beancount.scripts.check", str(path)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    assert path.read_text().count(" * ") > 60
