"""A router that breaks off in any place: nobody else is harmed, and the next visit ends true."""

from __future__ import annotations

import pytest

from core.network import sync as visiting
from sandbox.routeros import Faults
from tests.core.network.test_lines_and_house import keep, line, row
from tests.networks import PHONE, Network, user

FAULTS = (
    "drop_before",
    "commit_then_drop",
    "reset_mid_reply",
    "fatal",
    "mute_trap",
    "half_then_silence",
    "fatal_mid_reply",
    "lose_done",
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visiting, "ROUTER_TIMEOUT_S", 0.3)


def test_every_fault_of_the_line_has_its_story() -> None:
    assert {name for name in Faults.__dataclass_fields__ if name not in
            {"delay_ms", "hang", "trickle", "read_only", "hide_passwords", "skip"}} == set(FAULTS)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_wherever_the_line_breaks_nobody_is_harmed_and_the_next_visit_ends_true(fault: str, net: Network) -> None:
    achol, subscriber = net.sell("3H"), line(net)
    keep(net)
    net.juba.log_in(achol.username, achol.password, PHONE)
    net.juba.dial(subscriber.username, subscriber.password)
    net.clock.advance(seconds=30)
    for skip in range(0, 14, 2):
        sold, another = net.sell("3H"), line(net)
        net.juba.faults.order(**{fault: 1, "skip": skip})
        keep(net)
        net.juba.faults.clear()
        assert [one["user"] for one in net.juba.state()["active"]] == [achol.username]
        assert subscriber.username in {one["name"] for one in net.juba.state()["lines"]}
        assert user(net.juba, achol.username)["disabled"] == "false"
        net.clock.advance(minutes=2)
        assert keep(net)
        assert net.router()["failures"] == 0, (skip, net.router()["last_error"])
        assert [one["name"] for one in net.juba.state()["users"]].count(sold.username) == 1
        assert row(net.juba, "/ppp/secret", another.username) is not None
        for grant_id in (sold.grant_id, another.grant_id, achol.grant_id):
            assert net.placement(grant_id)["confirmed_at"] is not None
        net.juba.heard.clear()
        keep(net)
        assert not [path for path in net.juba.heard if not path.endswith("/print")]


def test_a_router_that_answers_nothing_is_given_up_and_visited_again_later(net: Network) -> None:
    sold = net.sell()
    net.juba.faults.order(hang=True)
    keep(net)
    assert "did not answer" in net.router()["last_error"] or "cannot be reached" in net.router()["last_error"]
    net.juba.faults.clear()
    net.clock.advance(minutes=2)
    keep(net)
    assert user(net.juba, sold.username) is not None
