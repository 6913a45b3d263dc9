"""The operators' networks, and the script that texts to their phones are written in."""

from __future__ import annotations

import pytest

import cli
from core.customers.queries import networks, tongue_for
from core.customers.set_script import set_script
from core.errors import NotFound
from core.parts import Parts
from tests.town import DIGITEL_CALLER, Town, snapshot


@pytest.fixture
def shabaka(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch):
    """The command, as an operator types it."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return lambda *typed: cli.main(typed)


def test_a_new_installation_knows_the_five_networks_of_the_country(parts: Parts) -> None:
    with parts.db.reading() as connection:
        assert {row.code: row.script for row in networks(connection)} == {
            "digitel": "latin",
            "gemtel": "latin",
            "mtn": "arabic",
            "sudani": "arabic",
            "zain": "arabic",
        }


def test_the_script_of_a_network_decides_for_who_has_not_chosen_one(parts: Parts, town: Town) -> None:
    for script, tongue in (("arabic", "ar"), ("latin", "ar_Latn")):
        with parts.db.transaction() as tx:
            set_script(tx, network="digitel", script=script)
        with parts.db.reading() as connection:
            assert tongue_for(connection, DIGITEL_CALLER, "ar") == tongue


def test_a_network_nobody_has_changes_nothing(parts: Parts, town: Town) -> None:
    before = snapshot(parts)
    with pytest.raises(NotFound), parts.db.transaction() as tx:
        set_script(tx, network="vodafone", script="latin")
    assert snapshot(parts) == before


def test_the_command_shows_the_networks_and_changes_one(shabaka, town: Town, parts: Parts, capsys) -> None:
    assert shabaka("network") == 0
    assert "digitel   latin   Digitel" in capsys.readouterr().out.splitlines()
    assert shabaka("network", "digitel", "--script", "arabic") == 0
    assert "digitel   arabic  Digitel" in capsys.readouterr().out.splitlines()
    with parts.db.reading() as connection:
        assert tongue_for(connection, DIGITEL_CALLER, "ar") == "ar"


def test_the_command_says_what_is_missing_or_unknown(shabaka, town: Town, parts: Parts, capsys) -> None:
    before = snapshot(parts)
    for typed in (["digitel"], ["--script", "latin"], ["vodafone", "--script", "latin"]):
        assert shabaka("network", *typed) == 1
        assert capsys.readouterr().err.count("\n") == 1
    assert snapshot(parts) == before
