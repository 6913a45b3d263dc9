"""`shabaka sync --dry-run`: what would be done, in words, and nothing done."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

import cli
from commands import routers
from tests.networks import Network, names


@pytest.fixture(autouse=True)
def at_a_terminal(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def of_this_story():
        yield net.parts

    monkeypatch.setattr(routers, "open_parts", of_this_story)


def test_drift_is_printed_by_router_menu_and_name_and_nothing_is_changed(
    net: Network, capsys: pytest.CaptureFixture[str]
) -> None:
    sold = net.sell()
    assert cli.main(["sync", "juba-town", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert f"juba-town: missing: user {sold.username}" in said
    assert "juba-town: missing: walled garden shabaka:open 127.0.0.1" in said
    assert sold.password not in said
    assert sold.username not in names(net.juba)
    assert cli.main(["sync", "juba-town"]) == 0
    assert capsys.readouterr().out.endswith("\njuba-town: in step\n")
    assert cli.main(["sync", "--dry-run"]) == 0
    assert "juba-town: in step\nmunuki: missing" in capsys.readouterr().out


def test_a_router_that_does_not_answer_is_said_and_is_a_failure(
    net: Network, capsys: pytest.CaptureFixture[str]
) -> None:
    net.juba.unplug()
    assert cli.main(["sync", "juba-town", "--dry-run"]) == 1
    assert "cannot be reached" in capsys.readouterr().out
    assert net.router()["failures"] == 0
    assert cli.main(["sync", "nowhere", "--dry-run"]) == 1
