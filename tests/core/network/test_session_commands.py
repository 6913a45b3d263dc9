"""Who must go is sent off at once, by name, session and address; who was slowed is slowed; the dead hold nobody up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from core.access.change import end, pause, set_speed
from core.access.grant import Limits, grant
from core.access.models import AccessGrant
from core.access.speed import Speed
from core.gateways.radius_coa import RadiusSessions
from core.network.expire import expire_due
from core.network.kick import kick_strays
from core.network.models import Placement, RouterRow, SessionCommand
from core.network.place import place
from core.network.send_session_commands import send_session_commands
from core.network.session_control import NasAddress
from tests.core.network.nas import SECRET, nas

QUICK = RadiusSessions(answer_s=0.2)


@pytest.fixture
def juba():
    with nas() as found:
        yield found


@pytest.fixture
def network(town, parts, juba):
    with parts.db.transaction() as tx:
        facts = {"radius_secret": parts.sealer.radius.seal(SECRET), "access_by": "radius"}
        router = update(RouterRow).where(RouterRow.name == "juba-town")
        tx.execute(router.values(nas_address="127.0.0.1", coa_port=juba.port, **facts))
        dead = update(RouterRow).where(RouterRow.name == "munuki")
        tx.execute(dead.values(nas_address="127.0.0.2", coa_port=9, **facts))
    return town


def give(town, router="juba-town", **limits):
    asked = {"duration_s": None, "data_bytes": None, "down_kbps": 2000, "up_kbps": 512, "devices_max": 3} | limits
    parts, router_id = town.parts, town.routers[router]
    with parts.db.transaction() as tx:
        granted = grant(
            tx, router_id=router_id, limits=Limits(**asked), now=parts.clock.now(), ids=parts.ids, sealer=parts.sealer
        )
        place(tx, grant_id=granted.grant_id, wanted="present", now=parts.clock.now())
    return granted


def begin(town, granted, session, mac="AABBCC000001", nas_address="127.0.0.1"):
    with town.parts.db.transaction() as tx:
        tx.execute(
            text("SELECT radius_account(:nas, 'Start', :session, :who, :mac, '10.5.50.7', '0', '0', '0', '0', '0', '0', '', :at)"),
            {"nas": nas_address, "session": session, "who": granted.username, "mac": mac, "at": town.parts.clock.now()},
        )  # fmt: skip


def want(town, granted, wanted):
    with town.parts.db.transaction() as tx:
        if wanted == "disabled":
            pause(tx, grant_id=granted.grant_id)
        place(tx, grant_id=granted.grant_id, wanted=wanted, now=town.parts.clock.now())


def send(town):
    return send_session_commands(town.parts.db, control=QUICK, sealer=town.parts.sealer, clock=town.parts.clock)


def commands(town):
    with town.parts.db.reading() as connection:
        rows = connection.execute(select(SessionCommand).order_by(SessionCommand.id)).mappings()
        return [(row["act"], row["outcome"], row["last_error"]) for row in rows]


def test_what_a_router_should_hold_is_true_as_it_is_written_and_nobody_is_told(network, bells) -> None:
    granted = give(network)
    with network.parts.db.reading() as connection:
        placed = connection.execute(select(Placement).where(Placement.grant_id == granted.grant_id)).mappings().one()
    assert placed["confirmed_at"] == placed["wanted_at"]
    assert commands(network) == []
    assert "router" not in bells


def test_who_is_cut_off_is_sent_off_by_everything_that_names_the_session(network, juba, bells) -> None:
    achol = give(network)
    for session, mac in (("s1", "AABBCC000001"), ("s2", "AABBCC000002")):
        begin(network, achol, session, mac)
        juba.sessions.add(session)
    want(network, achol, "disabled")
    assert bells[-1] == "session"
    assert send(network) == 1
    told = [
        (asked["User-Name"][0], asked["Acct-Session-Id"][0], asked["Framed-IP-Address"][0], asked["Calling-Station-Id"][0])
        for asked in juba.heard
    ]  # fmt: skip
    assert sorted(told) == [
        (achol.username, "s1", "10.5.50.7", "AA:BB:CC:00:00:01"),
        (achol.username, "s2", "10.5.50.7", "AA:BB:CC:00:00:02"),
    ]
    assert commands(network) == [("disconnect", "done", None)]
    assert juba.sessions == set()
    assert send(network) == 0


def test_time_that_runs_out_ends_the_session(network, juba, clock) -> None:
    hour = give(network, duration_s=3600)
    begin(network, hour, "s1")
    juba.sessions.add("s1")
    clock.advance(hours=1, seconds=1)
    assert expire_due(network.parts.db, clock.now()) == 1
    assert send(network) == 1
    assert juba.sessions == set()


def test_another_speed_is_told_to_the_session_that_runs(network, juba) -> None:
    achol = give(network)
    begin(network, achol, "s1")
    juba.sessions.add("s1")
    with network.parts.db.transaction() as tx:
        set_speed(tx, grant_id=achol.grant_id, speed=Speed(256, 128))
        place(tx, grant_id=achol.grant_id, wanted="present", now=network.parts.clock.now())
    send(network)
    assert juba.heard[0]["Mikrotik-Rate-Limit"] == ["128k/256k"]
    assert commands(network) == [("change", "done", None)]
    assert juba.sessions == {"s1"}


def test_a_router_that_cannot_change_a_session_ends_it_so_that_it_comes_back_right(network, juba) -> None:
    achol = give(network)
    begin(network, achol, "s1")
    juba.sessions.add("s1")
    juba.changes_refused = True
    want(network, achol, "present")
    send(network)
    assert commands(network) == [("change", "refused", "unsupported service"), ("disconnect", "done", None)]
    assert juba.sessions == set()


def test_a_session_the_router_does_not_know_is_as_good_as_ended(network, juba) -> None:
    achol = give(network)
    begin(network, achol, "s1")
    want(network, achol, "disabled")
    send(network)
    assert commands(network) == [("disconnect", "nobody", None)]


def test_a_lost_request_is_sent_again_as_the_same_packet(network, juba) -> None:
    achol = give(network)
    begin(network, achol, "s1")
    juba.sessions.add("s1")
    juba.deaf = 2
    want(network, achol, "disabled")
    send(network)
    assert len(juba.raw) == 3
    assert len(set(juba.raw)) == 1
    assert commands(network) == [("disconnect", "done", None)]


def test_a_dead_router_keeps_only_its_own_waiting_and_is_asked_again_until_it_is_too_late(network, juba, clock) -> None:
    dead = [give(network, "munuki") for _one in range(5)]
    achol = give(network)
    for number, one in enumerate(dead):
        begin(network, one, f"d{number}", nas_address="127.0.0.2")
        want(network, one, "disabled")
    begin(network, achol, "s1")
    juba.sessions.add("s1")
    want(network, achol, "disabled")
    assert send(network) == 1
    assert juba.sessions == set()
    with network.parts.db.reading() as connection:
        tries = connection.execute(select(SessionCommand.tries).order_by(SessionCommand.id)).scalars().all()
    assert tries == [1, 0, 0, 0, 0, 1]
    clock.advance(seconds=5)
    assert send(network) == 0
    clock.advance(minutes=10)
    assert send(network) == 0
    assert [outcome for _act, outcome, _error in commands(network)] == ["too_late"] * 5 + ["done"]


def test_an_answer_that_is_not_signed_by_the_router_is_none(network, juba) -> None:
    achol = give(network)
    begin(network, achol, "s1")
    juba.sessions.add("s1")
    juba.answers_as = "kidens-secret"
    want(network, achol, "disabled")
    send(network)
    assert commands(network) == [("disconnect", None, "the router does not answer about sessions")]


def test_who_logged_in_at_the_last_moment_is_found_and_sent_off_once(network, juba, clock) -> None:
    achol = give(network)
    with network.parts.db.transaction() as tx:
        end(tx, grant_id=achol.grant_id, now=clock.now())
        place(tx, grant_id=achol.grant_id, wanted="absent", now=clock.now())
    begin(network, achol, "s1")
    juba.sessions.add("s1")
    assert kick_strays(network.parts.db, clock.now()) == 1
    assert kick_strays(network.parts.db, clock.now()) == 0
    send(network)
    assert juba.sessions == set()
    assert kick_strays(network.parts.db, clock.now() + timedelta(minutes=6)) == 1
    assert kick_strays(network.parts.db, clock.now() + timedelta(minutes=60)) == 0


def test_two_changes_not_yet_told_are_told_once_and_whoever_may_stay_is_left(network, juba) -> None:
    achol = give(network)
    begin(network, achol, "s1")
    want(network, achol, "present")
    want(network, achol, "present")
    assert [act for act, _outcome, _error in commands(network)] == ["change"]
    assert kick_strays(network.parts.db, network.parts.clock.now()) == 0


def test_a_router_told_by_its_api_hears_nothing_of_this(town, parts, bells) -> None:
    granted = give(town)
    with parts.db.transaction() as tx:
        tx.execute(update(AccessGrant).values(status="running", first_used_at=parts.clock.now()))
    want(town, granted, "disabled")
    assert commands(town) == []
    assert bells[-1] == "router"


def test_a_secret_is_in_no_text_of_an_address() -> None:
    assert "hidden" not in repr(NasAddress("h", 1, "hidden"))
