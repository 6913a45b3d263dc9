"""A run killed anywhere and run again gives the documents an undisturbed run gives; two runs at once as well."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.billing.run import bill_due
from tests.core.billing.test_any_verbs import clean

PLACES_TO_DIE = 8


def town_of_services(provider):
    """Five services of two people, prepaid and postpaid, one with credit on the balance."""
    clean(provider)
    provider.on("2026-11-01")
    provider.pays(100_000)
    for tariff in ("HOME", "PREHOME", "OFFICE"):
        provider.begins(tariff)
    for tariff in ("HOME", "BIGGER"):
        provider.begins(tariff, provider.town.deng)
    provider.on("2027-02-03")


def documents(provider):
    """All that a customer or an auditor can see of them; ids aside, which a dead transaction leaves gaps in."""
    return provider.rows(
        "SELECT i.series, i.year, i.number, i.kind, i.customer_id, i.issued_on, i.due_on, i.period_from, i.period_next,"
        " i.net_minor, i.tax_minor, i.total_minor, d.due_minor, (SELECT json_agg(json_build_array(l.position, l.kind,"
        " l.amount_minor, l.facts) ORDER BY l.position) FROM invoice_line l WHERE l.invoice_id = i.id)::text"
        " FROM invoice i LEFT JOIN invoice_due d ON d.invoice_id = i.id ORDER BY i.series, i.year, i.number"
    )


def runs_and_dies(provider, environ, root, at):
    return subprocess.run(
        [sys.executable, "-m", "tests.core.billing.run_and_die", str(at), "2027-02-03", provider.clock.now().isoformat()],
        env={**os.environ, **environ}, cwd=root, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_a_run_killed_at_any_statement_and_run_again_is_as_one_that_was_not(provider, environ, root):
    town_of_services(provider)
    whole = runs_and_dies(provider, environ, root, 0)
    assert whole.returncode == 0, whole.stderr
    statements = int(re.search(r"done in (\d+)", whole.stdout)[1])
    expected = documents(provider)
    assert len(expected) > 10
    for place in range(PLACES_TO_DIE):
        town_of_services(provider)
        died = runs_and_dies(provider, environ, root, 1 + place * (statements - 1) // PLACES_TO_DIE + place % 3)
        assert died.returncode == -9, died.stderr
        provider.bills()
        assert documents(provider) == expected
        provider.agrees()


def test_two_runs_at_once_bill_each_service_once(provider):
    town_of_services(provider)
    issued = provider.bills().issued
    expected = documents(provider)
    town_of_services(provider)

    def run(_number):
        return bill_due(provider.parts.db, day=provider.today, issuer=provider.issuer, now=provider.clock.now())

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(run, range(4)))
    assert sum(outcome.issued for outcome in outcomes) == issued
    assert documents(provider) == expected
    provider.agrees()
