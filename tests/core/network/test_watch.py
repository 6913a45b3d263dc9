"""Routers that go down and come back: written down as outages, and Gatluak is texted once each time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core.network.outage_rule import DOWN_AFTER, UP_AFTER, Heard, down_since, up_since
from core.network.tell_outages import TOLD_MAX, tell_outages
from core.network.watch import watch
from core.staff.set_phone import set_phone
from core.usage.fold import close_lost, fold
from tests.networks import Network
from tests.town import texts_to

GATLUAK = "+211921000001"
REBECCA = "+211921000002"


@pytest.fixture
def called(net: Network) -> Network:
    """Gatluak has a phone, and the routers their areas."""
    phone(net, "gatluak", GATLUAK)
    with net.parts.db.transaction() as tx:
        tx.execute(text("UPDATE router SET area = CASE name WHEN 'munuki' THEN 'Munuki' ELSE 'Konyokonyo' END"))
    net.sync_due()
    return net


def phone(net: Network, username: str, number: str) -> None:
    with net.parts.db.transaction() as tx:
        set_phone(tx, username=username, typed=number, now=net.clock.now(), by=None)


def minutes(net: Network, count: float) -> None:
    """The timetable's rounds of so many minutes, one each half minute."""
    for _half in range(int(count * 2)):
        net.later(seconds=30)
        watch(net.parts.db, net.clock.now())
        tell_outages(net.parts.db, net.clock.now())


def outages(net: Network) -> list[Any]:
    with net.parts.db.reading() as connection:
        return connection.execute(
            text(
                "SELECT r.name, o.area, o.began_at, o.ended_at, o.told_at, o.told_up_at FROM router_outage o"
                " JOIN router r ON r.id = o.router_id ORDER BY o.began_at, o.id"
            )
        ).all()


def told(net: Network, number: str = GATLUAK) -> list[tuple[str, str]]:
    return texts_to(net.parts, number)


def test_a_router_that_falls_silent_is_down_and_its_technician_is_told_once(called: Network) -> None:
    minutes(called, 2)
    assert outages(called) == []
    called.juba.unplug()
    minutes(called, 2.5)
    assert outages(called) == []  # a reboot is no outage
    minutes(called, 60)
    (one,) = outages(called)
    assert (one.name, one.area, one.ended_at) == ("juba-town", "Konyokonyo", None)
    assert one.began_at == datetime.fromisoformat("2026-11-23T10:02:30+00:00")  # the first visit it did not answer
    assert told(called) == [("routers_down", "No answer, since:\njuba-town Konyokonyo 12:02")]
    called.juba.replug()
    minutes(called, 60)
    (one,) = outages(called)
    assert one.ended_at is not None
    assert one.ended_at - one.began_at < timedelta(minutes=65)
    assert told(called)[1:] == [("routers_up", "Answers again, was down:\njuba-town Konyokonyo 12:02-13:05")]


def test_many_that_go_down_at_once_are_one_text(called: Network) -> None:
    with called.parts.db.transaction() as tx:
        for n in range(4):
            tx.execute(
                text(
                    "INSERT INTO router (name, host, port, username, password_sealed, full_sync_due_at, failures,"
                    " last_seen_at, silent_since) SELECT :name, host, 1, username, password_sealed, :now, 5,"
                    " CAST(:now AS timestamptz) - interval '1 hour', CAST(:now AS timestamptz) - interval '1 hour'"
                    " FROM router WHERE name = 'munuki'"
                ),
                {"name": f"pole-{n}", "now": called.clock.now()},
            )
    watch(called.parts.db, called.clock.now())
    tell_outages(called.parts.db, called.clock.now())
    assert told(called) == [("routers_down", "No answer, since:\npole-0 11:00\npole-1 11:00\npole-2 11:00\n+1")]


def test_one_that_refuses_our_password_is_not_down(called: Network) -> None:
    with called.parts.db.transaction() as tx:
        tx.execute(text("UPDATE router SET password_sealed = :x"), {"x": called.parts.sealer.seal("another")})
    minutes(called, 30)
    assert called.router()["failures"] > 3
    assert outages(called) == []
    assert told(called) == []


def test_one_that_comes_and_goes_is_one_outage_and_two_texts(called: Network) -> None:
    called.juba.unplug()
    minutes(called, 5)
    for _time in range(5):
        called.juba.replug()
        minutes(called, 2)
        called.juba.unplug()
        minutes(called, 2)
    called.juba.replug()
    minutes(called, 10)
    (one,) = outages(called)
    assert one.ended_at is not None
    assert [template for template, _text in told(called)] == ["routers_down", "routers_up"]


def test_one_that_goes_down_all_the_time_is_told_of_three_times(called: Network) -> None:
    for _time in range(TOLD_MAX + 2):
        called.juba.unplug()
        minutes(called, 6)
        called.juba.replug()
        minutes(called, 6)
    assert len(outages(called)) == TOLD_MAX + 2  # all are counted
    assert [template for template, _text in told(called)] == ["routers_down", "routers_up"] * TOLD_MAX
    called.juba.unplug()
    minutes(called, 6)
    assert len(told(called)) == 2 * TOLD_MAX
    called.clock.advance(hours=6)
    minutes(called, 2)
    assert len(told(called)) == 2 * TOLD_MAX + 1  # it stays down: that is worth saying


def test_without_a_phone_nobody_is_told_and_the_admin_is_where_no_technician_has_one(net: Network) -> None:
    net.sync_due()
    net.juba.unplug()
    minutes(net, 6)
    assert [one.told_at for one in outages(net)] == [None]
    with net.parts.db.transaction() as tx:
        tx.execute(text("UPDATE staff_member SET role = 'admin' WHERE username = 'mary'"))
    phone(net, "mary", REBECCA)
    minutes(net, 1)
    assert [template for template, _text in told(net, REBECCA)] == ["routers_down"]
    phone(net, "gatluak", GATLUAK)
    net.juba.replug()
    minutes(net, 6)
    assert [template for template, _text in told(net, GATLUAK)] == ["routers_up"]
    assert len(told(net, REBECCA)) == 1


def test_while_we_were_off_ourselves_nobody_knows_how_a_router_was(called: Network) -> None:
    called.juba.unplug()
    minutes(called, 1)
    assert called.router()["silent_since"] is not None
    called.clock.advance(hours=8)  # the city's power, with us in it
    back_at = called.clock.now()
    minutes(called, 6)
    (one,) = outages(called)
    assert one.began_at > back_at


def test_the_same_round_again_changes_nothing_and_a_second_open_outage_is_refused(called: Network) -> None:
    called.juba.unplug()
    minutes(called, 6)
    first = outages(called)
    for _time in range(3):
        assert watch(called.parts.db, called.clock.now()).down == ()
        assert tell_outages(called.parts.db, called.clock.now()) == 0
    assert outages(called) == first
    with pytest.raises(IntegrityError, match="ux_router_outage_open"), called.parts.db.transaction() as tx:
        tx.execute(
            text(
                "INSERT INTO router_outage (router_id, area, began_at) SELECT router_id, area, now() FROM router_outage"
            )
        )
    with pytest.raises(IntegrityError, match="up_told_after_down"), called.parts.db.transaction() as tx:
        tx.execute(text("UPDATE router_outage SET told_up_at = now()"))
    with pytest.raises(IntegrityError, match="silent_or_heard"), called.parts.db.transaction() as tx:
        tx.execute(text("UPDATE router SET silent_since = now(), heard_since = now()"))


def test_one_that_is_out_of_use_is_not_watched_and_its_outage_ends(called: Network) -> None:
    called.juba.unplug()
    minutes(called, 6)
    assert [one.ended_at for one in outages(called)] == [None]
    with called.parts.db.transaction() as tx:
        tx.execute(text("UPDATE router SET watched = false WHERE name = 'juba-town'"))
    minutes(called, 0.5)
    assert [one.ended_at for one in outages(called)] == [called.clock.now()]
    minutes(called, 30)
    assert len(outages(called)) == 1


def account(net: Network, username: str, packet: str, seconds: int) -> None:
    with net.parts.db.transaction() as tx:
        tx.execute(
            text(
                "INSERT INTO usage_inbox (heard_at, at, nas, packet, session, username, mac, address, session_s,"
                " up_bytes, down_bytes, cause, source)"
                " VALUES (:now, :now, '10.9.9.9', :packet, 's1', :username, '', '', :s, 1, 1, '', 'radius')"
            ),
            {"now": net.clock.now(), "packet": packet, "username": username, "s": seconds},
        )
    fold(net.parts.db, net.clock.now())


def test_equipment_that_only_accounts_is_up_while_it_does(called: Network) -> None:
    sold = called.sell()
    with called.parts.db.transaction() as tx:
        tx.execute(
            text(
                "UPDATE router SET access_by = 'radius', nas_address = '10.9.9.9', radius_secret = '\\x00',"
                " last_seen_at = NULL, heard_since = NULL WHERE name = 'juba-town'"
            )
        )
    called.juba.unplug()  # no API of it is to be reached, ever
    minutes(called, 10)
    assert outages(called) == []  # nothing is known of it
    account(called, sold.username, "start", 0)
    for n in range(1, 7):
        minutes(called, 5)
        account(called, sold.username, "interim", 300 * n)
    assert outages(called) == []
    last = called.clock.now()
    minutes(called, 20)
    close_lost(called.parts.db, called.clock.now())
    (one,) = outages(called)
    assert (one.began_at, one.ended_at) == (last, None)
    account(called, sold.username, "interim", 300 * 11)
    again = called.clock.now()
    minutes(called, 1)
    (one,) = outages(called)
    assert one.ended_at == again
    account(called, sold.username, "stop", 300 * 11 + 60)
    minutes(called, 60)
    assert len(outages(called)) == 1  # everybody left: its silence says nothing


NOON = datetime.fromisoformat("2026-11-23T10:00:00+00:00")
AGO = st.integers(0, 7200).map(lambda s: NOON - timedelta(seconds=s))


@given(
    silent=st.none() | AGO,
    heard=st.none() | AGO,
    failures=st.integers(0, 9),
    visited=st.booleans(),
    accounted=st.none() | AGO,
    broke_off=st.booleans(),
    began=AGO,
)
def test_a_router_is_never_down_and_up_at_once(
    silent: Any, heard: Any, failures: int, visited: bool, accounted: Any, broke_off: bool, began: Any
) -> None:
    known = Heard(silent, None if silent else heard, failures, visited, accounted, broke_off)
    down = down_since(known, NOON)
    up = up_since(known, began, NOON)
    assert down is None or up is None
    assert down is None or (failures >= 3 and NOON - down >= DOWN_AFTER)
    assert up is None or began <= up <= NOON
    assert up is None or accounted or NOON - known.heard_since >= UP_AFTER
