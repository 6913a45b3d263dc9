"""`shabaka statement import` and `shabaka reconcile` at a terminal."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from core.ids import payment_reference
from tests.core.statements.bank import csv_of, row


@pytest.fixture
def shabaka(environ, root):
    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "cli", *words],
            env={**os.environ, **environ}, cwd=root, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run


def test_a_file_is_imported_and_its_bad_lines_make_the_command_fail(bank, town, shabaka, tmp_path):
    file = tmp_path / "eco.csv"
    file.write_bytes(csv_of(row(100, payment_reference(town.achol.number)), row("x", "bad")))
    told = shabaka("statement", "import", "eco", str(file))
    assert told.returncode == 1, told.stderr
    assert told.stdout == "line 3: amount\n2 lines, 1 new, 1 matched, 1 could not be read.\n"
    assert "2 lines read" in told.stderr
    file.write_bytes(csv_of(row(100, payment_reference(town.achol.number))))
    told = shabaka("statement", "import", "eco", str(file))
    assert (told.returncode, told.stdout) == (0, "1 lines, 0 new, 0 matched, 0 could not be read.\n")
    assert town.balance(town.achol).minor == 100_00


def test_an_account_or_file_that_is_none_is_one_sentence(bank, shabaka, tmp_path):
    told = shabaka("statement", "import", "nowhere", __file__)
    assert (told.returncode, told.stderr) == (1, "We could not find that.\n")
    told = shabaka("statement", "import", "eco", str(tmp_path / "none.csv"))
    assert told.returncode == 1
    assert "No such file" in told.stderr


def test_reconciling_says_each_day_and_fails_when_somebody_has_to_look(bank, town, shabaka):
    days = ("--from", "2026-11-01", "--to", "2026-11-30")
    told = shabaka("reconcile", *days)
    assert (told.returncode, told.stdout) == (0, "There is nothing to reconcile.\n")
    bank.imports(csv_of(row(100, "who")))
    told = shabaka("reconcile", *days)
    assert told.returncode == 0
    assert "2026-11-20  eco                  they SSP 100  books SSP 100  difference SSP 0" in told.stdout
    assert "on suspense SSP 100" in told.stdout
    assert told.stdout.endswith("Everything is explained.\n")
    bank.imports(csv_of(row(70, "odd", ref="77")), "mtn-momo")
    told = shabaka("reconcile", *days)
    assert told.returncode == 1
    assert "missing_here SSP 70" in told.stdout
    assert told.stdout.endswith("1 to look into.\n")
    assert shabaka("reconcile", "--from", "2026-11-30", "--to", "2026-11-01").returncode == 1


def test_reconciling_shows_what_the_providers_tell_and_that_one_did_not_answer(bank, shabaka):
    told = shabaka("reconcile", "--ask")
    assert told.returncode == 0, told.stderr
    assert "mtn-momo (" in told.stdout
    assert "no answer" in told.stdout
