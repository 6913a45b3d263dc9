"""A router joins: its script, and what the checks find on it, each with its state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from core.errors import CodeTaken, InvalidName, NotPossibleNow
from core.gateways.routeros import RouterOsRouter
from core.network import sync as visiting
from core.network.add_router import RouterWords, add_router, change_router, renew_credentials
from core.network.check_router import check_router, due_checks, want_checks
from core.network.checks import clock_of
from core.network.house import House, RadiusServer, RadiusTerms
from core.network.script import ScriptTerms, quoted, script_for
from core.sealing import RadiusSeal
from sandbox.routeros.paste import paste
from tests.core.network.test_lines_and_house import line, rows
from tests.networks import Network

SEAL = RadiusSeal(["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="])
HOUSE = House(("pay.example.ss",), RadiusServer("192.0.2.9"), SEAL.open)
KATOR = RouterWords("kator", "127.0.0.1", 8728, "shabaka", "Kator", "radius", "10.9.9.9")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visiting, "ROUTER_TIMEOUT_S", 0.5)


def add(net: Network, words: RouterWords = KATOR, *, radius_there: bool = True):
    with net.parts.db.transaction() as tx:
        return add_router(
            tx,
            words,
            radius_there=radius_there,
            sealer=net.parts.sealer,
            seal_secret=SEAL.seal,
            ids=net.parts.ids,
            now=net.clock.now(),
        )


def script(net: Network, handout: Any, words: RouterWords, from_address: str | None = "127.0.0.1") -> str:
    radius = RadiusTerms(HOUSE.radius, handout.radius_secret, 3799) if words.access_by == "radius" else None
    return script_for(
        ScriptTerms(words.name, words.port, words.username, handout.password, from_address, HOUSE.garden_hosts, radius)
    )


def check(net: Network, router_id: int) -> dict[str, str]:
    found = check_router(
        router_id, db=net.parts.db, connector=RouterOsRouter, sealer=net.parts.sealer, clock=net.clock, house=HOUSE
    )
    assert found is not None
    return {one.name: one.state for one in found}


def stored(net: Network, router_id: int) -> dict[str, Any]:
    with net.parts.db.reading() as connection:
        query = text("SELECT * FROM router WHERE id = :id")
        return dict(connection.execute(query, {"id": router_id}).mappings().one())


def here(net: Network, **changes: Any) -> RouterWords:
    return replace(KATOR, port=net.juba.port, **changes)


def test_a_pasted_script_makes_everything_good_and_a_second_paste_does_no_harm(net: Network) -> None:
    words = here(net)
    handout = add(net, words)
    assert check(net, handout.router_id) == {"answers": "good", "lets_us_in": "wrong"}
    assert net.juba.paste("/ip firewall filter disable [find action=fasttrack-connection]") == []
    for _twice in range(2):
        assert net.juba.paste(script(net, handout, words)) == []
    found = check(net, handout.router_id)
    assert set(found.values()) == {"good"}, found
    assert len(found) == 16
    assert [one["name"] for one in rows(net.juba, "/user")] == ["api", "shabaka"]
    assert len(rows(net.juba, "/radius")) == 1
    row = stored(net, handout.router_id)
    assert row["checks_at"] == net.clock.now()
    for secret in (handout.password, handout.radius_secret):
        assert secret not in repr(handout)
        assert secret not in str(row)
    visiting.sync_router(
        handout.router_id,
        db=net.parts.db,
        connector=RouterOsRouter,
        sealer=net.parts.sealer,
        clock=net.clock,
        house=HOUSE,
    )
    assert stored(net, handout.router_id)["failures"] == 0
    net.juba.heard.clear()
    assert visiting.look_only(
        handout.router_id,
        db=net.parts.db,
        connector=RouterOsRouter,
        sealer=net.parts.sealer,
        clock=net.clock,
        house=HOUSE,
    ).drift.none  # what the script says is what is kept


BROKEN = {
    "fasttrack": ("/ip firewall filter enable [find action=fasttrack-connection]", "wrong"),
    "rights": ("/user group set shabaka-rights policy=read,api", "wrong"),
    "ntp": ("/system ntp client set enabled=no", "wrong"),
    "ntp_answers": ('/system ntp client set servers=""', "wrong"),
    "api_sessions": ("/ip service set api max-sessions=2", "wrong"),
    "api_closed": ('/ip service set api address=""', "wrong"),
    "hotspot": ("/ip hotspot remove [find name=hotspot1]", "wrong"),
    "hotspot_asks": ("/ip hotspot profile set hsprof1 use-radius=no", "wrong"),
    "radius_client": ("/radius disable [find address=192.0.2.9]", "wrong"),
    "radius_secret": ("/radius set [find address=192.0.2.9] secret=mine", "wrong"),
    "radius_timeout": ("/radius set [find address=192.0.2.9] timeout=1s100ms", "wrong"),
    "radius_signed": ("/radius set [find address=192.0.2.9] require-message-auth=no", "wrong"),
    "radius_orders": ("/radius incoming set accept=no", "wrong"),
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_what_is_broken_by_hand_is_found_and_only_that(name: str, net: Network) -> None:
    words = here(net)
    handout = add(net, words)
    net.juba.paste("/ip firewall filter disable [find action=fasttrack-connection]")
    net.juba.paste(script(net, handout, words))
    command, state = BROKEN[name]
    assert net.juba.paste(command) == []
    found = check(net, handout.router_id)
    assert {one: state for one, state in found.items() if state != "good"} == {name: state}


def test_a_clock_at_1970_and_a_forbidding_device_mode_are_found(net: Network) -> None:
    handout = add(net, here(net))
    net.juba.paste(script(net, handout, here(net)))
    net.juba.paste("/system ntp client set enabled=no")
    net.juba.reset_clock()
    with net.juba._lock:
        net.juba._tables["/system/device-mode"].change("*0", {"mode": "home", "hotspot": "false"})
    found = check(net, handout.router_id)
    assert (found["clock"], found["device_mode"], found["fasttrack"]) == ("wrong", "wrong", "wrong")


def test_lines_need_addresses(net: Network) -> None:
    line(net)
    router_id = net.town.routers["juba-town"]
    assert check(net, router_id)["line_addresses"] == "wrong"
    net.juba.paste("/ppp profile set default local-address=10.6.0.1 remote-address=lines")
    assert check(net, router_id)["line_addresses"] == "good"


def test_who_is_not_on_the_list_hears_nothing_and_a_dead_router_is_said_to_be(net: Network) -> None:
    handout = add(net, here(net))
    net.juba.paste(script(net, handout, here(net), from_address="192.0.2.77"))
    assert check(net, handout.router_id) == {"answers": "wrong"}
    net.juba.unplug()
    assert check(net, handout.router_id) == {"answers": "wrong"}
    assert stored(net, handout.router_id)["leased_until"] is None


def test_checks_are_made_when_asked_for_and_once_a_day(net: Network) -> None:
    router_id = net.town.routers["juba-town"]
    assert set(due_checks(net.parts.db, net.clock.now())) == set(net.town.routers.values())
    for one in net.town.routers.values():
        check(net, one)
    assert list(due_checks(net.parts.db, net.clock.now())) == []
    with net.parts.db.transaction() as tx:
        want_checks(tx, router_id=router_id, now=net.clock.now())
    assert list(due_checks(net.parts.db, net.clock.now())) == [router_id]
    check(net, router_id)
    assert list(due_checks(net.parts.db, net.clock.now())) == []
    net.clock.advance(days=1)
    assert len(due_checks(net.parts.db, net.clock.now())) == 2


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"name": ""}, InvalidName),
        ({"name": "two words"}, InvalidName),
        ({"username": 'x" add'}, InvalidName),
        ({"area": "a" * 41}, InvalidName),
        ({"host": "not a host"}, NotPossibleNow),
        ({"host": "10.0.0"}, NotPossibleNow),
        ({"host": "-a.example"}, NotPossibleNow),
        ({"port": 0}, NotPossibleNow),
        ({"access_by": "magic"}, NotPossibleNow),
        ({"nas_address": None}, NotPossibleNow),
        ({"nas_address": "10.0.0.300"}, NotPossibleNow),
        ({"name": "munuki"}, CodeTaken),
    ],
)
def test_what_cannot_be_meant_is_refused(changes: dict[str, Any], refusal: type[Exception], net: Network) -> None:
    with pytest.raises(refusal):
        add(net, replace(KATOR, **changes))


def test_a_router_can_ask_radius_only_where_there_is_one_and_by_an_address_of_its_own(net: Network) -> None:
    with pytest.raises(NotPossibleNow):
        add(net, radius_there=False)
    add(net)
    with pytest.raises(CodeTaken):
        add(net, replace(KATOR, name="rejaf"))


def test_a_changed_router_keeps_its_password_unless_another_is_said(net: Network) -> None:
    handout = add(net)
    before = stored(net, handout.router_id)

    def change(words: RouterWords) -> dict[str, Any]:
        with net.parts.db.transaction() as tx:
            change_router(
                tx,
                handout.router_id,
                words,
                radius_there=True,
                sealer=net.parts.sealer,
                seal_secret=SEAL.seal,
                ids=net.parts.ids,
                now=net.clock.now(),
            )
        return stored(net, handout.router_id)

    after = change(replace(KATOR, host="10.0.0.9"))
    assert (after["host"], after["password_sealed"], after["radius_secret"]) == (
        "10.0.0.9",
        before["password_sealed"],
        before["radius_secret"],
    )
    assert net.parts.sealer.open(change(replace(KATOR, password="said"))["password_sealed"]) == "said"
    with net.parts.db.transaction() as tx:
        fresh = renew_credentials(
            tx,
            handout.router_id,
            sealer=net.parts.sealer,
            seal_secret=SEAL.seal,
            ids=net.parts.ids,
            now=net.clock.now(),
        )
    assert net.parts.sealer.open(stored(net, handout.router_id)["password_sealed"]) == fresh.password
    assert SEAL.open(bytes(stored(net, handout.router_id)["radius_secret"])) == fresh.radius_secret
    assert len({handout.radius_secret, fresh.radius_secret, handout.password, fresh.password}) == 4


@pytest.mark.parametrize(
    ("row", "moment"),
    [
        ({"date": "2026-11-23", "time": "12:00:05", "gmt-offset": "+02:00"}, datetime(2026, 11, 23, 10, 0, 5, tzinfo=UTC)),
        ({"date": "nov/23/2026", "time": "12:00:05", "gmt-offset": "+02:00"}, datetime(2026, 11, 23, 10, 0, 5, tzinfo=UTC)),
        ({"date": "jan/01/1970", "time": "00:00:05"}, datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC)),
        ({"date": "2026-11-23", "time": "06:00:00", "gmt-offset": "-04:00"}, datetime(2026, 11, 23, 10, 0, tzinfo=UTC)),
        ({"date": "2026-13-40", "time": "06:00:00"}, None),
        ({"date": "abc/01/1970", "time": "00:00:05"}, None),
        ({"date": "today"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_a_routers_time_is_read_in_both_ways_it_is_written(row: dict[str, str], moment: datetime | None) -> None:
    assert clock_of(row) == moment


def test_a_password_of_any_signs_comes_back_from_the_script_as_it_was() -> None:
    heard = []
    for password in ('a"b', "c\\d", "e$f", "g h]", "{x}=y"):
        assert paste(f"/user add name=x password={quoted(password)}", heard.append) == []
        assert heard[-1].arguments["password"] == password
