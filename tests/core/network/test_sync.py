"""From a token sold to a device online, and off again: two simulated routers over real sockets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from core.gateways.routeros import RouterOsRouter
from core.network.expire import expire_due, forget_long_ended
from core.network.place import place
from core.network.router import (
    AddUser,
    Applied,
    HotspotUser,
    Outcome,
    RemoveUser,
    RouterRefused,
    SetUser,
)
from core.network.sync import has_restarted
from core.network.visits import Visit
from core.parts import Parts
from sandbox.routeros import LoginRefused, SimulatedRouter
from tests.networks import PHONE, Credentials, Network, address, names, user
from tests.town import ACHOL, texts_to


def test_a_sold_token_becomes_a_user_with_its_limits(net: Network) -> None:
    sold = net.sell("1H")
    data = net.sell("2GB")
    assert sold.username not in names(net.juba)
    net.sync_due()
    held = user(net.juba, sold.username)
    assert held is not None
    assert (held["limit-uptime"], held["comment"], held["disabled"]) == ("1h", f"shabaka:{sold.grant_id}", "false")
    profile = next(row for row in net.juba.state()["profiles"] if row["name"] == held["profile"])
    assert (profile["rate-limit"], profile["shared-users"]) == ("512k/2000k", "1")
    assert user(net.juba, data.username)["limit-bytes-total"] == "2000000000"
    assert net.placement(sold.grant_id)["confirmed_at"] == net.clock.now()
    assert sold.username not in names(net.munuki)
    net.juba.log_in(sold.username, sold.password, PHONE)
    assert net.told() == []  # nothing was ever wrong


def test_the_clock_starts_at_first_use_not_at_sale(net: Network) -> None:
    sold = net.sell("1H")
    net.sync()
    net.later(days=3)
    assert net.grant(sold.grant_id)["status"] == "waiting"
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.later(seconds=40)
    began = net.grant(sold.grant_id)
    assert began["status"] == "running"
    assert began["first_used_at"] == net.clock.now() - timedelta(seconds=40)
    assert began["ends_at"] == began["first_used_at"] + timedelta(hours=1)


def test_what_is_over_is_disabled_its_cookies_gone_and_the_device_does_not_come_back(net: Network) -> None:
    sold = net.sell("1H")
    net.sync()
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.later(minutes=10)
    net.juba.log_out(mac=PHONE)
    net.later(minutes=30)
    net.juba.log_in(sold.username, sold.password, PHONE)  # the router alone would give 50 minutes more
    net.later(minutes=19)
    assert len(net.juba.state()["active"]) == 1
    net.later(minutes=2)
    assert net.grant(sold.grant_id)["status"] == "expired"
    state = net.juba.state()
    assert state["active"] == []
    assert [cookie for cookie in state["cookies"] if cookie["user"] == sold.username] == []
    assert user(net.juba, sold.username)["disabled"] == "true"
    with pytest.raises(LoginRefused):
        net.juba.log_in(sold.username, sold.password, PHONE)
    net.later(minutes=30)
    assert net.juba.state()["active"] == []


def test_a_router_nobody_can_reach_cuts_off_by_itself(net: Network) -> None:
    sold = net.sell("1H")
    net.sync()
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.later(seconds=30)
    net.juba.unplug()
    net.later(minutes=61)
    assert net.juba.state()["active"] == []
    assert net.grant(sold.grant_id)["status"] == "expired"
    net.juba.replug()
    net.later(minutes=2)
    assert user(net.juba, sold.username)["disabled"] == "true"
    assert [cookie for cookie in net.juba.state()["cookies"] if cookie["user"] == sold.username] == []


def test_data_used_up_ends_it(net: Network) -> None:
    sold = net.sell("2GB")
    net.sync()
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.juba.pass_time(60, bytes_in=200_000_000, bytes_out=900_000_000)
    net.later(minutes=1)
    assert net.grant(sold.grant_id)["used_bytes"] == 1_100_000_000
    net.juba.pass_time(60, bytes_in=200_000_000, bytes_out=900_000_000)
    assert net.juba.state()["active"] == []
    net.later(minutes=11)  # the whole router is looked at every ten minutes
    net.later(seconds=1)
    assert net.grant(sold.grant_id)["status"] == "expired"
    assert user(net.juba, sold.username)["disabled"] == "true"


def test_a_router_unplugged_at_the_sale_gets_it_when_it_returns_and_the_customer_is_told_both(net: Network) -> None:
    net.juba.unplug()
    sold = net.sell()
    net.sync_due()
    assert net.told() == []  # a hiccup is not worth a text
    net.later(seconds=25)
    assert net.told() == ["token_waits"]
    for _ in range(5):
        net.later(minutes=2)
    assert net.told() == ["token_waits"]
    assert net.placement(sold.grant_id)["confirmed_at"] is None
    net.juba.replug()
    net.later(minutes=2)
    assert net.told() == ["token_waits", "token_ready"]
    net.later(minutes=2)
    assert net.told() == ["token_waits", "token_ready"]
    net.juba.log_in(sold.username, sold.password, PHONE)
    assert sold.username in texts_to(net.parts, ACHOL)[-1][1]


def test_a_dead_router_does_not_hold_up_a_living_one(net: Network) -> None:
    net.juba.unplug()
    dead, alive = net.sell(), net.sell(ssid="Munuki Net")
    assert set(net.sync_due()) == {"juba-town", "munuki"}
    assert alive.username in names(net.munuki)
    assert net.placement(dead.grant_id)["confirmed_at"] is None
    assert "juba-town" not in net.sync_due()  # it is left alone for a while
    waits = []
    for _ in range(7):
        due = net.router()["try_again_at"]
        waits.append((due - net.clock.now()).total_seconds())
        net.clock.at = due
        net.sync()
    assert waits == sorted(waits)
    assert waits[-1] == 60
    assert net.router()["failures"] == 8
    assert "router-password" not in net.router()["last_error"]


def test_a_clock_at_1970_changes_nothing(net: Network) -> None:
    net.juba.reset_clock()
    sold = net.sell()
    net.sync()
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.juba.reset_clock()
    net.later(seconds=40)
    began = net.grant(sold.grant_id)
    assert began["first_used_at"] >= began["granted_at"]
    assert began["first_used_at"].year == 2026
    net.later(minutes=61)
    assert net.grant(sold.grant_id)["status"] == "expired"
    assert user(net.juba, sold.username)["disabled"] == "true"


def test_a_restarted_router_is_looked_at_whole_and_the_clock_runs_on(net: Network) -> None:
    sold, other = net.sell("3H"), net.sell("3H")
    net.sync()
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.later(minutes=1)
    began = net.grant(sold.grant_id)["first_used_at"]
    with RouterOsRouter(address(net)) as hand:  # somebody tidied up, and the power went
        (held,) = hand.users([other.username])
        hand.apply([RemoveUser(held.id, other.username)])
    net.juba.power_cycle()
    assert other.username not in names(net.juba)
    net.later(minutes=1)
    assert other.username in names(net.juba)
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.later(minutes=1)
    assert net.grant(sold.grant_id)["first_used_at"] == began


def test_what_others_made_by_hand_is_left_alone(net: Network) -> None:
    taken = net.sell()
    fine = net.sell()
    with RouterOsRouter(address(net)) as hand:
        cousin = HotspotUser("cousin", "of-the-owner", "default", comment="my cousin, free")
        hand.apply([AddUser(cousin), AddUser(replace(cousin, name=taken.username))])
    before = user(net.juba, "cousin"), user(net.juba, taken.username)
    net.sync(force=True)
    net.sync(force=True)
    assert (user(net.juba, "cousin"), user(net.juba, taken.username)) == before
    assert net.placement(fine.grant_id)["confirmed_at"] is not None
    clash = net.placement(taken.grant_id)
    assert clash["confirmed_at"] is None
    assert clash["tries"] == 2
    assert "not ours" in clash["last_error"]


def test_a_user_of_ours_edited_by_hand_is_made_true_again(net: Network) -> None:
    sold = net.sell()
    net.sync()
    with RouterOsRouter(address(net)) as hand:
        (held,) = hand.users([sold.username])
        hand.apply([SetUser(held.id, HotspotUser(sold.username, "known-to-all", "default", comment=held.comment))])
    net.sync(force=True)
    net.juba.log_in(sold.username, sold.password, PHONE)
    assert user(net.juba, sold.username)["limit-uptime"] == "1h"


class Meanwhile(RouterOsRouter):
    """Something happens on our side while the router is told."""

    happens: Callable[[], None]

    def apply(self, changes):
        done = super().apply(changes)
        type(self).happens()
        return done


def revoke(net: Network, *sold: Credentials) -> None:
    with net.parts.db.transaction() as tx:
        for one in sold:
            tx.execute(
                text("UPDATE access_grant SET status = 'revoked', closed_at = :now WHERE id = :id"),
                {"now": net.clock.now(), "id": one.grant_id},
            )
            place(tx, grant_id=one.grant_id, wanted="disabled", now=net.clock.now())


def test_a_wish_that_changed_during_the_visit_stays_open(net: Network) -> None:
    sold = net.sell()

    def revoked() -> None:
        net.clock.advance(seconds=1)
        revoke(net, sold)

    Meanwhile.happens = staticmethod(revoked)
    net.sync(connector=Meanwhile)
    assert net.placement(sold.grant_id)["confirmed_at"] is None
    assert user(net.juba, sold.username)["disabled"] == "false"
    net.sync_due()
    assert net.placement(sold.grant_id)["confirmed_at"] is not None
    assert user(net.juba, sold.username)["disabled"] == "true"


@pytest.mark.parametrize("fault", ["commit_then_drop", "drop_before", "reset_mid_reply", "fatal"])
def test_an_answer_lost_after_the_router_obeyed_makes_one_user(fault: str, net: Network) -> None:
    sold = [net.sell() for _ in range(3)]
    for skip in range(8):
        net.juba.faults.order(**{"skip": skip, fault: 1})
        net.clock.advance(minutes=2)
        net.sync()
        net.juba.faults.clear()
    net.clock.advance(minutes=2)
    net.sync()
    held = [row["name"] for row in net.juba.state()["users"]]
    for one in sold:
        assert held.count(one.username) == 1
        assert net.placement(one.grant_id)["confirmed_at"] is not None


def test_a_router_is_visited_by_one_worker_at_a_time(net: Network) -> None:
    net.sell()
    seen: list[bool] = []
    Meanwhile.happens = staticmethod(lambda: seen.append(net.sync()))
    assert net.sync(connector=Meanwhile)
    assert seen == [False]


def test_a_worker_that_died_in_a_visit_is_replaced_after_its_lease(net: Network) -> None:
    sold = net.sell()

    class DiedError(BaseException):
        pass

    def die() -> None:
        raise DiedError

    Meanwhile.happens = staticmethod(die)
    with pytest.raises(DiedError):
        net.sync(connector=Meanwhile)
    assert net.placement(sold.grant_id)["confirmed_at"] is None
    assert not net.sync()
    net.later(minutes=2)
    assert net.placement(sold.grant_id)["confirmed_at"] is not None
    assert [row["name"] for row in net.juba.state()["users"]].count(sold.username) == 1


def test_a_worker_that_died_in_a_visit_makes_no_network_that_is_off(net: Network) -> None:
    dies_in_a_visit(net)
    net.clock.advance(seconds=30)
    net.sync("munuki")  # the lease on the other is still the dead one's
    assert net.told() == []
    net.later(minutes=2)
    assert net.told() == []


def test_a_network_that_is_off_is_told_of_though_a_worker_died_in_its_visit(net: Network) -> None:
    dies_in_a_visit(net)
    net.juba.unplug()
    net.later(minutes=2)
    assert net.told() == ["token_waits"]
    net.juba.replug()
    net.later(minutes=2)
    assert net.told() == ["token_waits", "token_ready"]


def dies_in_a_visit(net: Network) -> None:
    net.sell()

    class DiedError(BaseException):
        pass

    class Dies(RouterOsRouter):
        def greet(self, **wanted):
            raise DiedError

    with pytest.raises(DiedError):
        net.sync(connector=Dies)


def test_what_ended_a_day_ago_is_taken_off_the_router(net: Network) -> None:
    sold = net.sell()
    net.sync()
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.later(seconds=30)
    net.later(minutes=61)
    assert forget_long_ended(net.parts.db, net.clock.now()) == 0
    net.clock.advance(days=1)
    assert forget_long_ended(net.parts.db, net.clock.now()) == 1
    net.sync_due()
    assert sold.username not in names(net.juba)
    assert forget_long_ended(net.parts.db, net.clock.now()) == 0
    net.sync(force=True)
    assert sold.username not in names(net.juba)


def test_a_router_that_refuses_our_password_is_a_failure_that_says_so(net: Network, parts: Parts) -> None:
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE router SET password_sealed = :sealed"), {"sealed": parts.sealer.seal("not-this-one")})
    sold = net.sell()
    net.sync()
    router = net.router()
    assert router["failures"] == 1
    assert "not-this-one" not in router["last_error"]
    assert net.placement(sold.grant_id)["confirmed_at"] is None


def test_expiring_many_is_resumable_and_complete(net: Network, parts: Parts) -> None:
    sold = [net.sell() for _ in range(5)]
    net.sync()
    with parts.db.transaction() as tx:
        tx.execute(
            text(
                "UPDATE access_grant SET status = 'running', first_used_at = :at,"
                " ends_at = CAST(:at AS timestamptz) + interval '1 hour'"
            ),
            {"at": datetime(2026, 11, 23, 9, 0, tzinfo=UTC)},
        )
    assert expire_due(parts.db, net.clock.now()) == 5
    assert expire_due(parts.db, net.clock.now()) == 0
    net.sync_due()
    assert all(user(net.juba, one.username)["disabled"] == "true" for one in sold)


# Nothing used is lost


def cap(net: Network, name: str) -> int:
    return int(user(net.juba, name)["limit-bytes-total"])


def test_a_power_cut_does_not_give_the_data_bought_again(net: Network) -> None:
    sold = net.sell("2GB")
    net.sync()
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.juba.pass_time(60, bytes_in=100_000_000, bytes_out=400_000_000)
    net.juba.log_out(mac=PHONE)  # 500 MB credited: these survive
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.juba.pass_time(60, bytes_in=200_000_000, bytes_out=800_000_000)
    net.later(minutes=1)
    assert net.grant(sold.grant_id)["used_bytes"] == 1_500_000_000
    assert cap(net, sold.username) == 2_000_000_000
    net.juba.power_cycle()
    net.later(minutes=1)
    net.later(seconds=1)
    assert net.grant(sold.grant_id)["used_bytes"] == 1_500_000_000
    assert cap(net, sold.username) == 1_000_000_000  # it still counts 500 MB: 500 MB are left
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.juba.pass_time(60, bytes_out=400_000_000)
    net.later(minutes=1)
    assert net.grant(sold.grant_id)["used_bytes"] == 1_900_000_000
    net.juba.unplug()
    net.juba.pass_time(60, bytes_out=150_000_000)
    assert net.juba.state()["active"] == []  # it cuts off at the truth by itself
    net.juba.replug()
    net.later(minutes=11)
    net.later(seconds=1)
    assert net.grant(sold.grant_id)["status"] == "expired"


def test_a_restart_is_noticed_though_the_router_is_up_for_longer_than_when_we_last_saw_it(net: Network) -> None:
    """Our own machine was off for two hours; the city's power had failed for both."""
    sold = net.sell("2GB")
    net.juba.power_cycle()
    net.later(minutes=1)
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.juba.pass_time(60, bytes_in=100_000_000, bytes_out=900_000_000)
    net.later(minutes=1)
    assert net.grant(sold.grant_id)["used_bytes"] == 1_000_000_000
    was_up = net.router()["last_uptime_s"]
    net.juba.power_cycle()
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.juba.pass_time(1, bytes_in=100_000_000, bytes_out=950_000_000)  # more than was lost with the power
    net.clock.advance(hours=2)
    net.sync()
    assert net.router()["last_uptime_s"] > was_up
    assert net.grant(sold.grant_id)["used_bytes"] == 2_050_000_000
    net.later(seconds=31)
    assert net.grant(sold.grant_id)["status"] == "expired"


@pytest.mark.parametrize(
    ("was_up_s", "away", "up_s", "restarted"),
    [
        (100_000, timedelta(seconds=30), 100_030, False),
        (100_000, timedelta(seconds=30), 100_010, False),  # a slow answer, two clocks
        (100_000, timedelta(seconds=30), 10, True),
        (100_000, timedelta(days=2), 50_000, True),
        (300, timedelta(hours=2), 7_100, True),
        (300, timedelta(hours=2), 7_500, False),
        (300, timedelta(hours=2), 7_490, False),
        (100_000, timedelta(hours=5), 100_030, False),  # our clock was put right: it was up before we left
        (100_000, timedelta(days=-20_000), 100_030, False),
    ],
)
def test_a_restart_is_told_from_a_long_absence_and_from_a_clock_put_right(
    was_up_s: int, away: timedelta, up_s: int, restarted: bool
) -> None:
    now = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    visit = Visit(1, "juba-town", "host", 1, "api", "-", was_up_s, now - away, 0, full=False, leased_until=now)
    assert has_restarted(visit, up_s, now) is restarted


def test_a_user_made_anew_has_what_was_left(net: Network) -> None:
    sold = net.sell("2GB")
    net.sync()
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.juba.pass_time(60, bytes_out=1_200_000_000)
    net.juba.log_out(mac=PHONE)
    net.sync(force=True)
    with RouterOsRouter(address(net)) as hand:
        (held,) = hand.users([sold.username])
        hand.apply([RemoveUser(held.id, sold.username)])
    net.sync(force=True)
    net.sync_due()
    assert net.grant(sold.grant_id)["used_bytes"] == 1_200_000_000
    assert cap(net, sold.username) == 800_000_000
    assert net.told() == []


def test_a_log_out_between_two_looks_counts_once_and_nothing_is_written_to_the_router(net: Network) -> None:
    sold = net.sell("2GB")
    net.sync()
    for _ in range(3):
        net.juba.log_in(sold.username, sold.password, PHONE)
        net.juba.pass_time(60, bytes_out=100_000_000)
        net.later(minutes=1)
        net.juba.log_out(mac=PHONE)
        net.later(minutes=1)
    net.sync(force=True)
    assert net.grant(sold.grant_id)["used_bytes"] == 300_000_000
    assert cap(net, sold.username) == 2_000_000_000
    assert net.placement(sold.grant_id)["wanted_at"] == net.grant(sold.grant_id)["granted_at"]


class LogsOut(RouterOsRouter):
    """A device logs out while the users are read."""

    juba: SimulatedRouter

    def look(self, question):
        type(self).juba.log_out(mac=PHONE)
        return super().look(question)


def test_a_session_that_ends_while_we_read_counts_once(net: Network) -> None:
    sold = net.sell("2GB")
    net.sync()
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.juba.pass_time(60, bytes_out=700_000_000)
    LogsOut.juba = net.juba
    net.sync(force=True, connector=LogsOut)
    assert net.grant(sold.grant_id)["status"] == "running"
    net.sync(force=True)
    assert net.grant(sold.grant_id)["used_bytes"] == 700_000_000


# One that fails stops no other


def set_column(parts: Parts, table: str, column: str, value: object, **where: object) -> None:
    ((key, of),) = where.items()
    with parts.db.transaction() as tx:
        tx.execute(text(f"UPDATE {table} SET {column} = :value WHERE {key} = :of"), {"value": value, "of": of})


def test_one_unreadable_password_stops_no_other_and_takes_nobody_off(net: Network, parts: Parts) -> None:
    ended, standing = net.sell(), net.sell()
    net.sync()
    broken, fine = net.sell(), net.sell()
    for one in (ended, standing, broken):
        set_column(parts, "access_grant", "password_sealed", "sealed with a lost key", id=one.grant_id)
    revoke(net, ended)
    net.sync(force=True)
    assert net.router()["failures"] == 0
    assert net.placement(fine.grant_id)["confirmed_at"] is not None
    assert net.placement(broken.grant_id)["tries"] == 1
    assert "a key we do not have" in net.placement(broken.grant_id)["last_error"]
    assert user(net.juba, standing.username)["disabled"] == "false"
    assert user(net.juba, ended.username)["disabled"] == "true"


def test_a_router_password_that_cannot_be_opened_is_a_failure_and_the_lease_is_given_back(
    net: Network, parts: Parts
) -> None:
    set_column(parts, "router", "password_sealed", "sealed with a lost key", name="juba-town")
    assert net.sync()
    assert net.router()["failures"] == 1
    assert "a key we do not have" in net.router()["last_error"]
    assert net.router()["leased_until"] is None


def test_whatever_breaks_a_visit_is_a_failure_and_the_lease_is_given_back(net: Network) -> None:
    net.sell()

    def break_down() -> None:
        raise ZeroDivisionError("secret of the inside")

    Meanwhile.happens = staticmethod(break_down)
    assert net.sync(connector=Meanwhile)
    assert net.router()["failures"] == 1
    assert net.router()["last_error"] == "the visit broke on our side; the log says why"
    assert net.router()["leased_until"] is None


class Refuses(RouterOsRouter):
    """The router refuses one user, and to end the sessions of one."""

    username = ""

    def apply(self, changes):
        done = super().apply([change for change in changes if not self._hated(change)])
        refused = [change for change in changes if self._hated(change)]
        return done + [Applied(change, Outcome.REFUSED, message="failure: no more users") for change in refused]

    def kick(self, names):
        if self.username in names:
            raise RouterRefused("failure: not this one")
        return super().kick(names)

    def _hated(self, change):
        return isinstance(change, AddUser) and change.user.name == self.username


def test_who_bought_a_token_that_the_router_refuses_is_told_though_the_router_is_well(net: Network) -> None:
    Refuses.username = net.sell().username
    net.sync(connector=Refuses)
    assert net.router()["failures"] == 0
    net.clock.advance(seconds=25)
    net.sync(connector=Refuses)
    assert net.told() == ["token_waits"]
    net.clock.advance(minutes=1)
    net.sync()
    assert net.told() == ["token_waits", "token_ready"]


def test_a_session_that_will_not_end_is_its_own_failure(net: Network) -> None:
    sold = [net.sell() for _ in range(3)]
    net.sync()
    for number, one in enumerate(sold):
        net.juba.log_in(one.username, one.password, f"AA:BB:CC:00:00:1{number}")
    Refuses.username = sold[1].username
    revoke(net, *sold)
    net.sync(connector=Refuses)
    assert net.router()["failures"] == 0
    assert [net.placement(one.grant_id)["confirmed_at"] is not None for one in sold] == [True, False, True]
    assert "not this one" in net.placement(sold[1].grant_id)["last_error"]
    assert {row["user"] for row in net.juba.state()["active"]} == {sold[1].username}


# A lease that is over


def test_a_visit_that_outlived_its_lease_writes_nothing(net: Network) -> None:
    sold = net.sell()
    taken: list[object] = []

    def another_takes_over() -> None:
        Meanwhile.happens = staticmethod(lambda: None)
        net.clock.advance(seconds=91)
        set_column(net.parts, "router", "leased_until", net.clock.now() + timedelta(seconds=90), name="juba-town")
        taken.append(net.router()["leased_until"])

    Meanwhile.happens = staticmethod(another_takes_over)
    net.sync(connector=Meanwhile)
    assert net.router()["leased_until"] == taken[0]
    assert net.router()["last_seen_at"] is None
    assert net.router()["failures"] == 0
    assert net.placement(sold.grant_id)["confirmed_at"] is None


def test_a_visit_that_takes_too_long_gives_up_before_its_lease_ends(net: Network) -> None:
    net.sell()

    class Slow(RouterOsRouter):
        asked = 0

        def greet(self, **wanted):
            net.clock.advance(seconds=40)
            return super().greet(**wanted)

        def look(self, question):
            net.clock.advance(seconds=20)
            return super().look(question)

        def apply(self, changes):
            type(self).asked += 1
            return super().apply(changes)

    net.sync(connector=Slow)
    assert Slow.asked == 0
    assert "took too long" in net.router()["last_error"]
    assert net.router()["leased_until"] is None


def test_a_token_sold_and_told_by_another_during_a_full_visit_is_not_removed(net: Network) -> None:
    net.sync()
    sold: list[Credentials] = []

    class SoldMeanwhile(RouterOsRouter):
        def look(self, question):
            one = net.sell("3H")
            sold.append(one)
            with RouterOsRouter(address(net)) as other:
                comment = f"shabaka:{one.grant_id}"
                other.apply([AddUser(HotspotUser(one.username, one.password, "default", comment=comment))])
            return super().look(question)

    net.sync(connector=SoldMeanwhile, force=True)
    assert sold[0].username in names(net.juba)
    net.sync_due()
    net.juba.log_in(sold[0].username, sold[0].password, PHONE)


def test_who_is_taken_off_as_an_extra_is_offline_too(net: Network) -> None:
    net.sync()
    with RouterOsRouter(address(net)) as hand:
        hand.apply([AddUser(HotspotUser("ghost", "boo", "default", comment="shabaka:999"))])
    net.juba.log_in("ghost", "boo", PHONE)
    net.sync(force=True)
    assert "ghost" not in names(net.juba)
    assert net.juba.state()["active"] == []
    assert [one for one in net.juba.state()["cookies"] if one["user"] == "ghost"] == []


def test_a_visit_queued_twice_to_a_healthy_router_is_made_once(net: Network) -> None:
    net.sell()
    assert net.sync()
    assert not net.sync()
    net.clock.advance(seconds=31)
    assert net.sync()
    assert not net.sync()
    assert net.sync(force=True)


def test_recording_a_visit_waits_for_who_ends_the_grant_and_holds_nothing_that_one_needs(
    net: Network, parts: Parts
) -> None:
    sold = net.sell()
    net.sync()
    net.juba.log_in(sold.username, sold.password, PHONE)
    net.juba.pass_time(5, bytes_out=5)
    with parts.db.transaction() as tx:
        place(tx, grant_id=sold.grant_id, wanted="present", now=net.clock.now() + timedelta(seconds=1))
    locked, seen = threading.Event(), []

    def end() -> None:
        """As the timetable does: the grant, then its placement."""
        with parts.db.transaction() as tx:
            tx.execute(text("SELECT 1 FROM access_grant WHERE id = :id FOR NO KEY UPDATE"), {"id": sold.grant_id})
            locked.set()
            waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            until = time.monotonic() + 8
            with parts.db.reading() as watch:
                while not watch.execute(waiting).scalar() and time.monotonic() < until:
                    pass
                seen.append(watch.execute(waiting).scalar())
            tx.execute(text("SELECT 1 FROM placement WHERE grant_id = :id FOR UPDATE NOWAIT"), {"id": sold.grant_id})
            seen.append("had both")

    other = threading.Thread(target=end)

    class Overtaken(RouterOsRouter):
        def close(self):
            super().close()
            if other.ident is None:
                other.start()
                assert locked.wait(8)

    net.sync(connector=Overtaken)
    other.join()
    assert seen == [1, "had both"]
    assert net.grant(sold.grant_id)["status"] == "running"
    assert net.placement(sold.grant_id)["confirmed_at"] is not None
