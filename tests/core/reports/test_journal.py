"""The journal as an accountant reads it, checked by a program that shares no code with us."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from core.billing.adjust import ask_adjustment
from core.ledger.reverse import reverse
from core.reports.export import TABLES, export
from tests.provider import Provider, ssp


def bean_check(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "beancount.scripts.check", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def exported(provider: Provider, tmp_path: Path) -> Path:
    """Two months of Achol and Deng: bills, cash, a credit, goodwill, and an entry taken back."""
    parts = provider.parts
    provider.begins("HOME")
    provider.pays(60_000, provider.town.deng)
    provider.begins("PREHOME", provider.town.deng)
    provider.bills_daily_until(date(2026, 12, 20))
    provider.pays(40_000)
    with parts.db.transaction() as tx:
        ask_adjustment(
            tx,
            request_key="sorry",
            kind="goodwill",
            customer_id=provider.town.achol.customer_id,
            invoice_id=None,
            amount=ssp(1_500),
            reason='The "long" outage \\ of November',
            staff_id=provider.town.staff["mary"],
            role="manager",
            issuer=provider.issuer,
            now=parts.clock.now(),
        )
        entry = tx.connection.exec_driver_sql("SELECT max(id) FROM ledger_entry WHERE kind = 'goodwill'").scalar_one()
        reverse(tx, entry_id=entry, now=parts.clock.now(), reason="a slip")
    with parts.db.snapshot() as connection:
        export(connection, tmp_path / "books", parts.clock.now())
    return tmp_path / "books"


def test_a_foreign_accountant_finds_no_fault(exported: Path) -> None:
    checked = bean_check(exported / "journal.beancount")
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    text = (exported / "journal.beancount").read_text()
    assert text.count(" balance ") > 3
    assert ' * "reversal' in text


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("Assets:Receivable", "Assets:Somewhere"), ("40000.00 SSP", "40001.00 SSP"), (" open Income", " close Income")],
)
def test_it_would_have_found_one(was: str, becomes: str, exported: Path) -> None:
    path = exported / "journal.beancount"
    text = path.read_text()
    assert was in text
    path.write_text(text.replace(was, becomes, 1))
    assert bean_check(path).returncode != 0


def test_the_files_are_whole_and_name_their_columns(exported: Path) -> None:
    assert {path.name for path in exported.iterdir()} == {"journal.beancount", *(f"{name}.csv" for name in TABLES)}
    heading, *rows = (exported / "receipts.csv").read_text().splitlines()
    assert heading.startswith("number,customer,provider,")
    assert len(rows) == 2
