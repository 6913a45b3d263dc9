"""`shabaka bill` at a terminal: what it prints, and what it leaves."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.fixture
def shabaka(environ, root):
    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "cli", *words],
            env={**os.environ, **environ}, cwd=root, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run


def test_a_dry_run_prints_each_document_with_its_lines_and_issues_none(provider, shabaka):
    provider.on("2026-10-01")
    provider.begins("HOME")
    told = shabaka("bill", "--date", "2026-11-02", "--dry-run")
    assert told.returncode == 0, told.stderr
    assert "INV-2026-000001  2026-11-01  account" in told.stdout
    assert "recurring  2026-10-01 to 2026-10-31   SSP 30,000" in told.stdout
    assert told.stdout.endswith("1 documents would be issued, SSP 36,000; 0 services would be lapsed.\n")
    assert provider.invoices() == []
    for issued in (1, 0):
        assert f"{issued} documents issued" in shabaka("bill", "--date", "2026-11-02").stdout
    assert len(provider.invoices()) == 1


def test_what_cannot_be_billed_is_told_on_its_own_and_makes_the_command_fail(provider, shabaka):
    provider.on("2026-10-05")
    provider.begins("NGO")
    told = shabaka("bill", "--date", "2026-11-02")
    assert told.returncode == 1
    assert "NoExchangeRate" in told.stderr
    assert "0 documents issued" in told.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["bill", "--date", "tomorrow"], "A day is written like 2026-11-30, not tomorrow."),
        (["bill", "--date", "2999-01-01"], "2999-01-01 is still to come in Juba."),
        (["tariffs", "2026"], "A quarter is written like 2026Q4, not 2026."),
    ],
)
def test_a_day_that_cannot_be_meant_is_one_sentence(provider, shabaka, words, sentence):
    told = shabaka(*words)
    assert (told.returncode, told.stderr) == (1, sentence + "\n")


def test_the_filing_of_a_quarter_is_a_table(provider, shabaka):
    told = shabaka("tariffs", "2026Q4")
    assert told.returncode == 0
    assert told.stdout.count("\n") >= 8
    assert "HOME" in told.stdout
