"""PPPoE lines, open pages and RADIUS settings on a router, kept true like its hotspot users."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core.access import change
from core.access.grant import Limits, grant
from core.access.speed import Speed
from core.gateways.routeros import RouterOsRouter
from core.network.house import House, RadiusServer
from core.network.menus import AddItem, Item, Kind, RemoveItem
from core.network.place import place
from core.network.sync import look_only, sync_router
from core.sealing import RadiusSeal
from sandbox.routeros import LoginRefused, SimulatedRouter
from tests.networks import PHONE, Credentials, Network, address, names, user

SEAL = RadiusSeal(["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="])
HOUSE = House(("pay.example.ss",), RadiusServer("192.0.2.9", 1812, 1813), SEAL.open)


def rows(router: SimulatedRouter, path: str) -> list[dict[str, str]]:
    with router._lock:
        return router._menus.rows(path)


def row(router: SimulatedRouter, path: str, name: str, key: str = "name") -> dict[str, str] | None:
    return next((one for one in rows(router, path) if one.get(key) == name), None)


def line(net: Network, *, burst: tuple[int, int] | None = None, devices: int = 1) -> Credentials:
    """A monthly customer's line at the router in town."""
    limits = Limits(None, None, 4000, 1000, devices)
    router_id = net.town.routers["juba-town"]
    with net.parts.db.transaction() as tx:
        made = grant(
            tx, router_id=router_id, limits=limits, now=net.clock.now(), ids=net.parts.ids, sealer=net.parts.sealer
        )
        down, up = burst or (None, None)
        tx.execute(
            text(
                "UPDATE access_grant SET service = 'pppoe', burst_down_kbps = :down, burst_up_kbps = :up WHERE id = :id"
            ),
            {"id": made.grant_id, "down": down, "up": up},
        )
        place(tx, grant_id=made.grant_id, wanted="present", now=net.clock.now())
    net.unsold.append(made.grant_id)
    return Credentials(made.grant_id, made.username, made.password)


def want(net: Network, grant_id: int, wanted: str) -> None:
    with net.parts.db.transaction() as tx:
        if wanted == "disabled":
            change.pause(tx, grant_id=grant_id)
        elif wanted == "absent":
            change.end(tx, grant_id=grant_id, now=net.clock.now())
        else:
            change.resume(tx, grant_id=grant_id)
        place(tx, grant_id=grant_id, wanted=wanted, now=net.clock.now())


def keep(net: Network, house: House | None = HOUSE, **options: Any) -> bool:
    return sync_router(
        net.town.routers["juba-town"],
        db=net.parts.db,
        connector=RouterOsRouter,
        sealer=net.parts.sealer,
        clock=net.clock,
        force=True,
        house=house,
        **options,
    )


def on_radius(net: Network, access_by: str = "radius") -> None:
    with net.parts.db.transaction() as tx:
        tx.execute(
            text(
                "UPDATE router SET access_by = :by, nas_address = '10.1.1.1', radius_secret = :secret WHERE name = 'juba-town'"
            ),
            {"by": access_by, "secret": SEAL.seal("a shared secret")},
        )


def test_a_line_becomes_a_secret_with_its_speed_and_the_routers_own_addresses(net: Network) -> None:
    with net.juba._lock:
        net.juba._tables["/ppp/profile"].change("*0", {"local-address": "10.6.0.1", "remote-address": "lines"})
    plain, quick = line(net), line(net, burst=(8000, 2000), devices=3)
    net.sync_due()
    secret = row(net.juba, "/ppp/secret", plain.username)
    assert secret is not None
    assert (secret["service"], secret["disabled"], secret["comment"]) == ("pppoe", "false", f"shabaka:{plain.grant_id}")
    tier = row(net.juba, "/ppp/profile", secret["profile"])
    assert tier is not None
    assert (tier["rate-limit"], tier["only-one"]) == ("1000k/4000k", "yes")
    assert (tier["local-address"], tier["remote-address"]) == ("10.6.0.1", "lines")
    faster = row(net.juba, "/ppp/profile", row(net.juba, "/ppp/secret", quick.username)["profile"])
    assert (faster["rate-limit"], faster["only-one"]) == ("1000k/4000k 2000k/8000k 1000k/4000k 8/8", "no")
    assert plain.username not in names(net.juba)  # a line is no hotspot user
    assert net.placement(plain.grant_id)["confirmed_at"] is not None
    net.juba.dial(plain.username, plain.password)
    net.clock.advance(seconds=30)
    net.sync(force=True)
    assert len(rows(net.juba, "/ppp/secret")) == 2  # and nothing more to do
    assert net.grant(plain.grant_id)["status"] == "running"


def test_who_has_not_paid_is_cut_off_the_line_and_comes_back_when_they_have(net: Network) -> None:
    sold = line(net)
    net.sync_due()
    net.juba.dial(sold.username, sold.password)
    want(net, sold.grant_id, "disabled")
    net.sync_due()
    assert net.juba.state()["lines"] == []
    with pytest.raises(LoginRefused):
        net.juba.dial(sold.username, sold.password)
    want(net, sold.grant_id, "present")
    net.sync_due()
    net.juba.dial(sold.username, sold.password)
    want(net, sold.grant_id, "absent")
    net.sync_due()
    assert (net.juba.state()["lines"], net.juba.state()["secrets"]) == ([], [])
    net.sync(force=True)
    assert [one["name"] for one in rows(net.juba, "/ppp/profile")] == ["default", "default-encryption"]


def test_another_speed_takes_the_line_down_once_so_that_it_comes_back_with_it(net: Network) -> None:
    sold, other = line(net), line(net)
    net.sync_due()
    for one in (sold, other):
        net.juba.dial(one.username, one.password)
    with net.parts.db.transaction() as tx:
        tx.execute(text("UPDATE access_grant SET down_kbps = 8000 WHERE id = :id"), {"id": sold.grant_id})
        place(tx, grant_id=sold.grant_id, wanted="present", now=net.clock.now())
    net.sync_due()
    assert [one["name"] for one in net.juba.state()["lines"]] == [other.username]
    net.juba.dial(sold.username, sold.password)
    assert row(net.juba, "/queue/simple", f"<pppoe-{sold.username}>")["max-limit"] == "1000000/8000000"
    net.sync(force=True)
    assert len(net.juba.state()["lines"]) == 2


def test_what_a_line_uses_is_counted_over_its_sessions(net: Network) -> None:
    sold = line(net)
    net.sync_due()
    for up, down in ((1_000, 5_000), (300, 700)):
        net.juba.dial(sold.username, sold.password)
        net.juba.pass_time(10, bytes_in=up, bytes_out=down)
        net.later(seconds=40)
    assert net.grant(sold.grant_id)["used_bytes"] == 7_000


def test_a_strangers_secret_of_that_name_is_left_and_its_line_stays_up(net: Network) -> None:
    sold, fine = line(net), line(net)
    with RouterOsRouter(address(net)) as hand:
        hand.apply([AddItem(Item(Kind.SECRET, sold.username, {"password": "own", "comment": "my uncle"}))])
    net.juba.dial(sold.username, "own")
    before = row(net.juba, "/ppp/secret", sold.username)
    net.sync_due()
    want(net, sold.grant_id, "disabled")
    net.sync(force=True)
    assert row(net.juba, "/ppp/secret", sold.username) == before
    assert [one["name"] for one in net.juba.state()["lines"]] == [sold.username]
    assert net.placement(fine.grant_id)["confirmed_at"] is not None


def test_where_people_pay_is_open_to_everybody_and_other_entries_are_left(net: Network) -> None:
    with net.juba._lock:
        net.juba._tables["/ip/hotspot/walled-garden"].add({"dst-host": "owner.example", "comment": "mine"})
        net.juba._tables["/ip/hotspot/walled-garden"].add({"dst-host": "old.example", "comment": "shabaka:open old"})
    keep(net)
    garden = rows(net.juba, "/ip/hotspot/walled-garden")
    assert {(one["dst-host"], one["comment"]) for one in garden} == {
        ("owner.example", "mine"),
        ("pay.example.ss", "shabaka:open pay.example.ss"),
    }


def test_a_router_that_asks_radius_holds_our_server_and_none_of_our_users(net: Network) -> None:
    sold, subscriber = net.sell(), line(net)
    net.sync_due()
    net.juba.log_in(sold.username, sold.password, PHONE)
    on_radius(net)
    keep(net)
    assert (sold.username in names(net.juba), net.juba.state()["secrets"]) == (False, [])
    (client,) = rows(net.juba, "/radius")
    assert (client["address"], client["secret"], client["timeout"]) == ("192.0.2.9", "a shared secret", "3s")
    assert client["service"] == "hotspot,ppp"
    assert [(one["accept"], one["port"]) for one in rows(net.juba, "/radius/incoming")] == [("true", "3799")]
    assert [(one["use-radius"], one["interim-update"]) for one in rows(net.juba, "/ppp/aaa")] == [("true", "5m")]
    assert net.placement(subscriber.grant_id)["confirmed_at"] is not None
    drift = net.router()["drift"]
    assert {"menu": "hotspot server profile", "name": "hsprof1", "fields": ["use-radius"]} in drift["clashes"]
    assert "a shared secret" not in str(drift)
    on_radius(net, "api")
    keep(net)
    assert rows(net.juba, "/radius") == []
    assert sold.username in names(net.juba)


def test_a_radius_secret_that_cannot_be_opened_takes_nothing_off_the_router(net: Network) -> None:
    on_radius(net)
    keep(net)
    held = rows(net.juba, "/radius")
    keep(net, House(("pay.example.ss",), HOUSE.radius, lambda _sealed: bytes([0xFF]).decode()))
    assert rows(net.juba, "/radius") == held


def test_sessions_that_radius_let_in_are_not_counted_here(net: Network) -> None:
    sold = net.sell()
    net.sync()
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.juba.pass_time(10, bytes_out=5_000)
    for session in net.juba._hotspot.sessions.values():
        session.radius = True
    net.later(seconds=40)
    assert net.grant(sold.grant_id)["used_bytes"] == 0
    assert net.grant(sold.grant_id)["status"] == "waiting"


def test_drift_is_written_down_before_it_is_put_right_and_names_no_secret(net: Network) -> None:
    sold, gone, subscriber = net.sell(), net.sell(), line(net)
    keep(net)
    assert net.router()["drift"] is None  # to be told for the first time is no drift
    with RouterOsRouter(address(net)) as hand:
        secret = row(net.juba, "/ppp/secret", subscriber.username)
        hand.apply([RemoveItem(Kind.SECRET, secret[".id"], subscriber.username)])
    with net.juba._lock:
        users = net.juba._tables["/ip/hotspot/user"]
        users.change(users.by_name(sold.username), {"password": "by hand", "limit-uptime": "9h"})
        users.remove(users.by_name(gone.username))
        users.add({**users.items[users.by_name(sold.username)], "name": "ghost", "comment": "shabaka:99"})
    new = net.sell()

    class Refuses(RouterOsRouter):
        def apply(self, changes):
            seen.append(net.router()["drift"])
            return super().apply(changes)

    seen: list[Any] = []
    net.clock.advance(seconds=5)
    sync_router(
        net.town.routers["juba-town"],
        db=net.parts.db,
        connector=Refuses,
        sealer=net.parts.sealer,
        clock=net.clock,
        force=True,
        house=HOUSE,
    )
    drift = seen[0]
    assert drift["missing"] == [
        {"menu": "user", "name": gone.username},
        {"menu": "ppp secret", "name": subscriber.username},
    ]
    assert drift["extra"] == [{"menu": "user", "name": "ghost"}]
    assert drift["changed"] == [{"menu": "user", "name": sold.username, "fields": ["password", "limit_uptime_s"]}]
    assert new.username not in str(drift)
    assert "by hand" not in str(drift)
    assert net.router()["drift_at"] == net.clock.now()
    keep(net)
    assert net.router()["drift"] == drift  # nothing since
    assert (user(net.juba, sold.username)["limit-uptime"], "ghost" in names(net.juba)) == ("1h", False)


def test_a_dry_run_says_what_would_be_done_and_does_nothing(net: Network) -> None:
    sold = net.sell()
    before, router = net.juba.state(), net.router()
    found = look_only(
        net.town.routers["juba-town"],
        db=net.parts.db,
        connector=RouterOsRouter,
        sealer=net.parts.sealer,
        clock=net.clock,
        house=HOUSE,
    )
    assert [one.name for one in found.drift.missing if one.kind is Kind.USER] == [sold.username]
    after = net.juba.state()
    assert {name: after[name] for name in after if name != "api_sessions"} == {
        name: before[name] for name in before if name != "api_sessions"
    }
    assert net.router() == router
    assert net.placement(sold.grant_id)["confirmed_at"] is None


def test_after_a_power_cut_the_routers_own_limit_is_what_is_really_left(net: Network) -> None:
    sold, unused = net.sell("3H"), net.sell("3H")
    net.sync()
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.later(seconds=30)
    net.later(hours=2)
    net.juba.power_cycle()  # of the two hours the router has counted nothing
    net.later(minutes=1)
    net.sync_due()
    left = net.grant(sold.grant_id)["ends_at"] - net.clock.now()
    assert timedelta(minutes=58) < left < timedelta(minutes=59)
    assert user(net.juba, sold.username)["limit-uptime"] == "58m30s"
    assert user(net.juba, unused.username)["limit-uptime"] == "3h"
    told_at = net.placement(sold.grant_id)["wanted_at"]
    net.later(minutes=1)
    net.later(minutes=1)
    assert net.placement(sold.grant_id)["wanted_at"] == told_at  # once a restart, not at every look
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.juba.unplug()
    net.clock.advance(minutes=59)
    assert net.juba.state()["active"] == []  # it cuts off by itself, in time


def test_an_order_never_outlives_what_it_was_for(net: Network) -> None:
    sold, other = net.sell(), net.sell("3H")
    net.sync()
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.later(seconds=30)
    with net.juba._lock:  # the router is replaced by an empty one
        users = net.juba._tables["/ip/hotspot/user"]
        for one in (sold, other):
            users.remove(users.by_name(one.username))
    want(net, sold.grant_id, "present")
    net.clock.advance(minutes=61)  # and nobody has ended what is over yet
    net.sync(force=True)
    assert sold.username not in names(net.juba)
    assert other.username in names(net.juba)
    assert net.grant(sold.grant_id)["status"] == "running"
    assert net.grant(sold.grant_id)["ends_at"] < net.clock.now()


def test_a_menu_the_router_has_not_is_the_failure_of_its_own_customers_alone(net: Network) -> None:
    sold, subscriber = net.sell(), line(net)

    class WithoutLines(RouterOsRouter):
        def look(self, question):
            found = super().look(question)
            found.items.pop(Kind.SECRET, None)
            found.refused[Kind.SECRET] = "no such command prefix"
            return found

    net.sync(connector=WithoutLines)
    assert net.placement(sold.grant_id)["confirmed_at"] is not None
    assert "it has no lines" in net.placement(subscriber.grant_id)["last_error"]


def test_another_speed_reaches_who_is_online_at_once_and_costs_them_no_log_in(net: Network) -> None:
    sold, other = net.sell("3H"), net.sell("3H")
    net.sync()
    for number, one in enumerate((sold, other)):
        net.juba.log_in(one.username, one.password, f"AA:BB:CC:00:00:1{number}")
    net.juba.pass_time(60, bytes_out=1_000)
    net.clock.advance(seconds=60)
    with net.parts.db.transaction() as tx:
        change.set_speed(tx, grant_id=sold.grant_id, speed=Speed(256, 128))
        place(tx, grant_id=sold.grant_id, wanted="present", now=net.clock.now())
    net.sync_due()
    online = {one["user"]: one for one in net.juba.state()["active"]}
    assert set(online) == {sold.username, other.username}
    assert online[other.username]["uptime"] != "0s"  # nobody else was touched
    queue = row(net.juba, "/queue/simple", f"<hotspot-{sold.username}-{online[sold.username]['address']}>")
    assert (queue["max-limit"], queue.get("burst-limit", "0/0")) == ("128000/256000", "0/0")
    net.sync_due()
    net.later(seconds=40)
    assert net.grant(sold.grant_id)["used_bytes"] == 1_000
    assert len(net.juba.state()["active"]) == 2


def test_a_burst_reaches_who_is_online_and_is_over_while_they_are_slowed(net: Network) -> None:
    at_the_page, subscriber = net.sell("3H"), line(net)
    net.sync()
    net.juba.log_in(at_the_page.username, at_the_page.password, "AA:BB:CC:00:00:10")
    net.juba.dial(subscriber.username, subscriber.password)

    def has_now(speed: Speed) -> list[tuple[str, str, str, str]]:
        for one in (at_the_page, subscriber):
            with net.parts.db.transaction() as tx:
                change.set_speed(tx, grant_id=one.grant_id, speed=speed)
                place(tx, grant_id=one.grant_id, wanted="present", now=net.clock.now())
        net.sync_due()
        if not net.juba.state()["lines"]:  # taken down, so that it comes back with its new speed
            net.juba.dial(subscriber.username, subscriber.password)
        return [
            tuple(queue.get(name, "-") for name in ("max-limit", "burst-limit", "burst-threshold", "burst-time"))
            for queue in rows(net.juba, "/queue/simple")
        ]

    quick = ("512000/2000000", "1024000/4000000", "512000/2000000", "8s/8s")
    assert has_now(Speed(2000, 512, 4000, 1024)) == [quick, quick]
    held = has_now(Speed(256, 128))
    assert [limit for limit, *_burst in held] == ["128000/256000", "128000/256000"]
    assert {burst for _limit, burst, *_rest in held} <= {"-", "0/0"}
    assert has_now(Speed(2000, 512, 4000, 1024)) == [quick, quick]
