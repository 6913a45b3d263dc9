"""The demo's people move into an empty database or into their own, and into nobody else's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import text

import cli
from core.integrity import all_faults
from core.parts import Parts
from core.staff.add import add_member
from sandbox.seed import seed
from supervisor.errors import CannotRunError
from tests.town import Town, count, snapshot

TOWN = {
    "aggregator_port": 1,
    "momo_port": 2,
    "orange_port": 6,
    "town_port": 3,
    "routers": [
        {"name": "juba-town", "port": 4, "user": "api", "password": "router-password"},
        {"name": "munuki", "port": 5, "user": "api", "password": "router-password"},
    ],
    "web": "http://127.0.0.1:8000",
    "key": "gateway-key-of-the-tests",
    "service_code": "*384*77#",
    "short_code": "7722",
}


@pytest.fixture
def demo(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """What `make run` tells its errands, in a home with a town."""
    (tmp_path / "sandbox.json").write_text(json.dumps(TOWN), encoding="utf-8")
    return environ | {"SHABAKA_HOME": str(tmp_path), "SHABAKA_DEMO": "1"}


def test_an_empty_database_is_planted_once(demo: dict[str, str], parts: Parts) -> None:
    seed(demo)
    assert count(parts, "customer", "name = 'Achol Deng'") == 1
    before = snapshot(parts, besides=("router",))  # their passwords are sealed anew
    seed(demo)
    assert snapshot(parts, besides=("router",)) == before
    with parts.db.reading() as connection:
        assert all_faults(connection) == []


@pytest.mark.parametrize("home_has_a_demo", [False, True])
def test_a_real_installation_is_left_as_it_is(
    home_has_a_demo: bool, demo: dict[str, str], town: Town, parts: Parts
) -> None:
    town.give(town.achol, 500)
    written = Path(demo["SHABAKA_HOME"]) / "demo.json"
    if home_has_a_demo:
        written.write_text(json.dumps({"staff": [{"username": "admin", "password": "of the demo"}]}))
    before = snapshot(parts)
    with pytest.raises(CannotRunError, match="belongs to a real installation"):
        seed(demo)
    assert snapshot(parts) == before
    assert written.exists() == home_has_a_demo


def test_one_that_has_only_its_staff_yet_is_real_too(demo: dict[str, str], parts: Parts) -> None:
    now, ids = parts.clock.now(), parts.ids
    who = {"username": "mary", "name": "Mary", "role": "manager", "language": "en", "password": "a long enough secret"}
    with parts.db.transaction() as tx:
        add_member(tx, **who, now=now, ids=ids)  # type: ignore[arg-type]
    before = snapshot(parts)
    with pytest.raises(CannotRunError):
        seed(demo)
    assert snapshot(parts) == before


@pytest.mark.parametrize("verb", ["seed", "migrate"])
def test_the_command_says_so_in_one_sentence_and_does_not_even_migrate(
    verb: str,
    demo: dict[str, str],
    town: Town,
    parts: Parts,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in demo.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("core.logs.configure", lambda *_: None)
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '0001'"))  # an older release runs there
    assert cli.main([verb]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "belongs to a real installation" in said.err
    assert count(parts, "alembic_version", "version_num = '0001'") == 1


def test_a_demo_of_an_older_release_is_migrated(
    demo: dict[str, str], parts: Parts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seed(demo)
    for name, value in demo.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("core.logs.configure", lambda *_: None)
    assert cli.main(["migrate"]) == 0
    assert "is at revision" in capsys.readouterr().out
