"""Bytes that nobody known has used are listed, and nothing else is."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

import cli
from commands import usage
from core.usage.fold import fold

BEGAN = datetime(2026, 11, 1, 10, 0, tzinfo=UTC)
SAY = text(
    "INSERT INTO usage_inbox (heard_at, at, nas, packet, session, username, mac, address, session_s, up_bytes,"
    " down_bytes, cause, source) VALUES (:at, :at, :nas, 'interim', :session, :who, '', '', 300, :up, :down, '',"
    " 'radius')"
)


@pytest.fixture
def username(provider: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Achol's, at a router that lets people in itself and tells RADIUS of it as well."""

    @contextmanager
    def of_this_story() -> Any:
        yield provider.parts

    monkeypatch.setattr(usage, "open_parts", of_this_story)
    provider.on("2026-11-01")
    grant_id = provider.service(provider.begins("HOME")).grant_id
    values = {"router": provider.town.routers["juba-town"]}
    asks = "UPDATE router SET nas_address = '10.5.0.2', radius_secret = '\\x00' WHERE id = :router"
    provider.does(lambda tx: tx.execute(text(asks), values))
    (row,) = provider.rows("SELECT username FROM access_grant WHERE id = :id", id=grant_id)
    return str(row.username)


def listed(provider: Any, capsys: pytest.CaptureFixture[str], days: str = "31") -> str:
    fold(provider.parts.db, provider.clock.now())
    capsys.readouterr()
    assert cli.main(["usage", "--days", days]) == 0
    return capsys.readouterr().out


def says(provider: Any, who: str, up: int, down: int, nas: str = "10.5.0.2", session: str = "1") -> None:
    values = {"at": BEGAN, "nas": nas, "who": who, "up": up, "down": down, "session": session}
    provider.does(lambda tx: tx.execute(SAY, values))


def test_what_nobody_has_used_is_listed_by_router_and_name_the_most_first(
    provider: Any, username: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert username
    says(provider, "kiden", 5, 10)
    says(provider, "kiden", 5, 10, session="2")
    says(provider, "wïfi\x1b[2J", 100, 900, nas="192.0.2.9")
    first, second = listed(provider, capsys).splitlines()
    assert first.startswith(
        r"'192.0.2.9' 'w\xeffi\x1b[2J': 1 sessions, 100 bytes up, 900 down, last heard of 2026-11-01"
    )
    assert second.startswith("'juba-town' 'kiden': 2 sessions, 10 bytes up, 20 down")


def test_what_a_look_counts_is_not_listed_though_radius_tells_of_it_too(
    provider: Any, username: str, capsys: pytest.CaptureFixture[str]
) -> None:
    says(provider, username, 5, 10)
    assert listed(provider, capsys) == "Every byte has its customer.\n"


def test_what_is_older_than_was_asked_for_is_not_listed(
    provider: Any, username: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert username
    says(provider, "kiden", 5, 10)
    provider.clock.at = BEGAN + timedelta(days=3)
    assert "kiden" in listed(provider, capsys, "4")
    assert listed(provider, capsys, "2") == "Every byte has its customer.\n"
