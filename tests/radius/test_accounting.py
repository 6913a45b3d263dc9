"""What routers tell of sessions: kept whatever it holds, and sessions known at once."""

from __future__ import annotations

import subprocess
from datetime import timedelta

import pytest

from core.days import juba_day
from tests.programs import program
from tests.radius.server import LAPTOP, OTHER_ROUTER, PHONE, ROUTER, SECRET, Raw, give, rows, stands


def test_a_session_is_told_from_its_start_to_its_stop(radius, network, achol) -> None:
    assert radius.account("Start", "s1", achol.username).packet == "Accounting-Response"
    opened = rows(network, "usage_session")
    assert [(row["nas"], row["session"], row["username"], row["mac"], row["address"]) for row in opened] == [
        (ROUTER, "s1", achol.username, "AA:BB:CC:00:00:01", "10.5.50.7")
    ]
    assert opened[0]["grant_id"] == achol.grant_id
    assert opened[0]["router_id"] == network.routers["juba-town"]
    assert opened[0]["stopped_at"] is None
    radius.account(
        "Interim-Update", "s1", achol.username, Acct_Session_Time=300, Acct_Input_Octets=1000, Acct_Output_Octets=7,
        Acct_Output_Gigawords=3,
    )  # fmt: skip
    radius.account(
        "Stop", "s1", achol.username, Acct_Session_Time=310, Acct_Input_Octets=4294967295, Acct_Output_Octets=8,
        Acct_Output_Gigawords=3, Acct_Terminate_Cause=Raw("User-Request"),
    )  # fmt: skip
    told = [
        (row["packet"], row["session_s"], row["up_bytes"], row["down_bytes"], row["cause"])
        for row in rows(network, "usage_inbox")
    ]
    assert told == [
        ("start", 0, 0, 0, ""),
        ("interim", 300, 1000, (3 << 32) + 7, ""),
        ("stop", 310, 2**32 - 1, (3 << 32) + 8, "User-Request"),
    ]
    closed = rows(network, "usage_session")[0]
    assert closed["stopped_at"] is not None
    assert closed["cause"] == "User-Request"


def test_the_clock_starts_at_the_start_of_a_session_too(radius, network, achol) -> None:
    radius.account("Start", "s1", achol.username, Acct_Delay_Time=30)
    grant = stands(network, achol.grant_id)
    told = rows(network, "usage_inbox")[0]
    assert told["at"] == told["heard_at"] - timedelta(seconds=30)
    assert grant["status"] == "running"
    assert grant["first_used_at"] == told["at"]
    assert juba_day(grant["ends_at"] - timedelta(hours=1)) == juba_day(told["at"])


def test_a_router_cannot_backdate_a_token_before_its_sale(radius, network, achol) -> None:
    radius.account("Start", "s1", achol.username, Acct_Delay_Time=4_000_000_000)
    grant = stands(network, achol.grant_id)
    assert grant["first_used_at"] == grant["granted_at"]
    told = rows(network, "usage_inbox")[0]
    assert told["at"] == told["heard_at"] - timedelta(days=1)


def test_a_packet_sent_twice_opens_and_closes_once(radius, network, achol) -> None:
    for kind in ("Start", "Start", "Stop", "Stop", "Start"):
        # A Start that was under way for long comes after the Stop.
        late = {"Acct_Delay_Time": 60} if kind == "Start" else {}
        assert radius.account(kind, "s1", achol.username, **late).packet == "Accounting-Response"
    sessions = rows(network, "usage_session")
    assert len(sessions) == 1
    assert sessions[0]["stopped_at"] is not None


def test_a_name_of_a_session_used_again_after_its_stop_is_another_session(radius, network, achol) -> None:
    for kind in ("Start", "Stop", "Start"):
        radius.account(kind, "s1", achol.username)
    assert sorted(row["stopped_at"] is None for row in rows(network, "usage_session")) == [False, True]


def test_a_stop_alone_is_a_session_that_was(radius, network, achol) -> None:
    radius.account("Stop", "s1", achol.username, Acct_Session_Time=100)
    session = rows(network, "usage_session")[0]
    assert session["stopped_at"] - session["started_at"] == timedelta(seconds=100)
    assert session["grant_id"] == achol.grant_id


def test_a_device_that_comes_again_has_left_its_older_session(radius, network, achol) -> None:
    radius.account("Start", "s1", achol.username, PHONE, Acct_Delay_Time=10)
    radius.account("Start", "s2", achol.username, LAPTOP)
    radius.account("Start", "s3", achol.username, PHONE)
    left = {row["session"]: (row["stopped_at"] is not None, row["cause"]) for row in rows(network, "usage_session")}
    assert left == {"s1": (True, "replaced"), "s2": (False, ""), "s3": (False, "")}


@pytest.mark.parametrize("packet", ["Accounting-On", "Accounting-Off"])
def test_a_router_that_restarts_has_nobody_online(radius, network, achol, packet) -> None:
    mary = give(network, "munuki")
    radius.account("Start", "s1", achol.username)
    radius.account("Start", "s1", mary.username, source=OTHER_ROUTER)
    assert radius.account(packet, "0").packet == "Accounting-Response"
    left = {row["nas"]: (row["stopped_at"] is not None, row["cause"]) for row in rows(network, "usage_session")}
    assert left == {ROUTER: (True, "NAS-Reboot"), OTHER_ROUTER: (False, "")}
    assert rows(network, "usage_inbox")[-1]["packet"] == packet.split("-")[1].lower()


def test_a_session_at_another_router_is_nobodys(radius, network, achol) -> None:
    radius.account("Start", "s1", achol.username, source=OTHER_ROUTER)
    session = rows(network, "usage_session")[0]
    assert session["router_id"] == network.routers["munuki"]
    assert session["grant_id"] is None
    assert stands(network, achol.grant_id)["status"] == "waiting"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("' OR '1'='1", "' OR '1'='1"),
        ("x'; DROP TABLE usage_inbox; --", "x'; DROP TABLE usage_inbox; --"),
        ('"quoted" \\ slashed', '\\"quoted\\" \\\\ slashed'),  # FreeRADIUS writes them so
        ("%{User-Password} $1", "%{User-Password} $1"),
        ("أشول", "أشول"),
        ("a" * 253, "a" * 200),
        ("b'" * 126, ("b'" * 126)[:200]),
    ],
)
def test_a_nasty_name_is_kept_and_its_bytes_with_it(radius, network, name, kept) -> None:
    for kind in ("Start", "Interim-Update", "Stop"):
        assert radius.account(kind, name, name, name, Acct_Input_Octets=5).packet == "Accounting-Response"
    told = rows(network, "usage_inbox")
    assert [row["up_bytes"] for row in told] == [5, 5, 5]
    assert {row["username"] for row in told} == {kept}
    assert rows(network, "usage_session")[0]["grant_id"] is None


def test_a_name_of_bytes_that_are_no_text_is_kept(radius, network) -> None:
    told = radius.account("Start", "s1", **{"User-Name": Raw(r'"\377\000\376"'), "Calling-Station-Id": "x"})
    assert told.packet == "Accounting-Response", told.told
    assert rows(network, "usage_inbox")[0]["username"] == r"\377\000\376"


def test_whoever_does_not_know_the_secret_tells_nothing(radius, network, achol) -> None:
    assert radius.account("Start", "s1", achol.username, secret="wrong", patience_s=1).silence
    assert rows(network, "usage_inbox") == []


def test_hundreds_at_once_are_all_kept(radius, network, achol, tmp_path) -> None:
    packets = "\n\n".join(
        f'User-Name = "{achol.username}"\nAcct-Status-Type = Interim-Update\nAcct-Session-Id = "s{number}"\n'
        f'Acct-Input-Octets = {number}\nCalling-Station-Id = "{PHONE}"'
        for number in range(400)
    )
    (tmp_path / "packets").write_text(packets)
    done = subprocess.run(
        [program("radclient"), "-q", "-s", "-p", "32", "-f", str(tmp_path / "packets"), f"127.0.0.1:{radius.acct}",
         "acct", SECRET],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(row["up_bytes"] for row in rows(network, "usage_inbox")) == list(range(400))
