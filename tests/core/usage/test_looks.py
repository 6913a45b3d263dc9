"""What looks at a router found is counted once, in whatever order it comes and whatever the router forgets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.db.migrations.guards_0014_usage import COUNTED_SO_FAR
from core.usage.fold import close_lost, fold
from core.usage.hear_looks import Credit, Seen, hear_look

BEGAN = datetime(2026, 11, 1, 10, 0, tzinfo=UTC)
NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@dataclass
class Device:
    began: datetime
    up: int = 0
    down: int = 0


@dataclass
class Watched:
    """A router that one of ours is a user of, as it counts; and the looks at it."""

    provider: object
    username: str
    grant_id: int
    router_id: int
    at: datetime = BEGAN
    credit: tuple[int, int] = (0, 0)
    devices: dict[int, Device] = field(default_factory=dict)
    heard: list[tuple[datetime, list[Seen], list[Credit]]] = field(default_factory=list)

    def passes(self, seconds: int = 30) -> None:
        self.at += timedelta(seconds=seconds)

    def uses(self, up: int, down: int, device: int = 1) -> None:
        """A device uses something; one that was not online logs in."""
        known = self.devices.setdefault(device, Device(self.at))
        known.up, known.down = known.up + up, known.down + down

    def logs_out(self, device: int = 1) -> None:
        known = self.devices.pop(device, Device(self.at))
        self.credit = (self.credit[0] + known.up, self.credit[1] + known.down)

    def loses_power(self) -> None:
        self.devices.clear()

    def found(self) -> tuple[datetime, list[Seen], list[Credit]]:
        """What a look at it finds now."""
        sessions = [
            Seen(self.username, f"device {number} *1", int((self.at - one.began).total_seconds()), one.up, one.down)
            for number, one in self.devices.items()
        ]
        return self.at, sessions, [Credit(self.username, *self.credit)]

    def looks(self, **at: datetime) -> int:
        """A look, counted at once; how much is counted by then."""
        self.hands_in(self.found(), **at)
        return self.folds()

    def hands_in(self, found: tuple[datetime, list[Seen], list[Credit]], at: datetime | None = None) -> None:
        looked_at, sessions, credited = found
        self.provider.does(
            hear_look,
            router_id=self.router_id,
            sessions=sessions,
            credits_=credited,
            at=at or looked_at,
            looked_at=looked_at,
        )

    def folds(self) -> int:
        fold(self.provider.parts.db, self.provider.clock.now())
        return self.used()

    def used(self) -> int:
        """By the hours, by the days, by the sessions, and by the grant itself: they say the same."""
        (row,) = self.provider.rows(
            "SELECT (SELECT coalesce(sum(h.up_bytes + h.down_bytes), 0) FROM usage_hour h JOIN usage_session s"
            "        ON s.id = h.session_id WHERE s.grant_id = :grant)::bigint AS hours,"
            " (SELECT coalesce(sum(up_total + down_total), 0) FROM usage_session WHERE grant_id = :grant)::bigint"
            "   AS sessions,"
            " (SELECT coalesce(sum(used_bytes), 0) FROM grant_usage WHERE grant_id = :grant)::bigint AS days,"
            " (SELECT used_bytes FROM access_grant WHERE id = :grant) AS of_grant",
            grant=self.grant_id,
        )
        assert row.hours == row.days == row.of_grant == row.sessions
        return row.hours

    def sessions(self) -> list[tuple[str, str, int]]:
        rows = self.provider.rows(
            "SELECT session, CASE WHEN stopped_at IS NULL THEN 'runs' ELSE cause END AS state,"
            " up_total + down_total AS used FROM usage_session ORDER BY started_at, id"
        )
        return [(row.session, row.state, row.used) for row in rows]

    def hours(self) -> list[tuple[object, ...]]:
        rows = self.provider.rows(
            "SELECT hour, sum(up_bytes)::bigint, sum(down_bytes)::bigint FROM usage_hour GROUP BY 1 ORDER BY 1"
        )
        return [tuple(row) for row in rows]

    def stands(self, **columns: object) -> None:
        said = ", ".join(f"{name} = :{name}" for name in columns)
        self.provider.does(
            lambda tx: tx.execute(
                text(f"UPDATE access_grant SET {said} WHERE id = :id"), {**columns, "id": self.grant_id}
            )
        )

    def forgets(self) -> None:
        with self.provider.parts.db.transaction() as tx:
            tx.execute(text("SET LOCAL session_replication_role = replica"))
            tx.execute(text("TRUNCATE usage_inbox, usage_sample, usage_credit, usage_hour, usage_session, grant_usage"))
            tx.execute(text("UPDATE access_grant SET used_bytes = 0"))


@pytest.fixture
def juba(provider):
    provider.on("2026-11-01")
    service = provider.begins("HOME")
    grant_id = provider.service(service).grant_id
    (row,) = provider.rows("SELECT username, router_id FROM access_grant WHERE id = :id", id=grant_id)
    return Watched(provider, row.username, grant_id, row.router_id)


def test_a_session_is_counted_by_the_hour_and_has_left_when_no_look_finds_it(juba):
    juba.uses(10, 100)
    juba.passes()
    assert juba.looks() == 110
    juba.uses(1, 5)
    juba.passes(3_600)
    assert juba.looks() == 116
    assert juba.hours() == [(BEGAN, 10, 100), (BEGAN + timedelta(hours=1), 1, 5)]
    assert [state for name, state, _ in juba.sessions() if name == "device 1 *1"] == ["runs"]
    juba.logs_out()
    juba.passes()
    assert juba.looks() == 116
    assert [state for name, state, _ in juba.sessions() if name == "device 1 *1"] == ["left"]


def test_what_no_look_saw_is_counted_when_the_router_credits_it(juba):
    juba.uses(0, 400)
    juba.passes()
    assert juba.looks() == 400
    juba.uses(0, 100)  # the end of it
    juba.logs_out()
    juba.uses(7, 0)  # and one between two looks
    juba.logs_out()
    juba.passes()
    assert juba.looks() == 507
    assert ("between looks", "", 107) in juba.sessions()


def test_the_same_look_told_twice_is_one(juba):
    juba.uses(0, 400)
    juba.passes()
    found = juba.found()
    juba.logs_out()
    juba.passes()
    for one in (found, juba.found(), found, juba.found()):
        juba.hands_in(one)
        assert juba.folds() == 400


def test_a_power_cut_takes_nothing_that_was_seen_and_gives_nothing_twice(juba):
    juba.uses(0, 100)
    juba.logs_out()
    juba.uses(0, 400)
    juba.passes()
    assert juba.looks() == 500
    juba.loses_power()
    juba.passes()
    assert juba.looks() == 500
    juba.uses(0, 600)  # more than was lost: it does not hide it
    juba.passes()
    assert juba.looks() == 1_100
    juba.logs_out()
    juba.passes()
    assert juba.looks() == 1_100


def test_sessions_credited_before_a_restart_in_good_order_count_once(juba):
    juba.uses(0, 500)
    juba.passes()
    assert juba.looks() == 500
    juba.logs_out()
    juba.uses(0, 20)
    juba.passes()
    assert juba.looks() == 520


def test_a_user_made_anew_counts_from_nothing(juba):
    juba.uses(0, 500)
    juba.logs_out()
    juba.passes()
    assert juba.looks() == 500
    juba.credit = (0, 0)
    juba.uses(0, 2)
    juba.logs_out()
    juba.passes()
    assert juba.looks() == 502


def test_a_device_that_comes_back_to_its_place_at_once_is_another_session(juba):
    for _ in range(3):
        juba.uses(0, 100)
        juba.passes()
        juba.looks()
        juba.logs_out()
    juba.passes()
    assert juba.looks() == 300
    assert [state for name, state, _ in juba.sessions() if name == "device 1 *1"] == ["replaced", "replaced", "left"]


def test_our_clock_put_right_by_hours_changes_nothing_that_is_counted(juba):
    juba.uses(0, 100)
    juba.passes()
    juba.looks(at=juba.at + timedelta(hours=5))
    juba.uses(0, 50)
    juba.logs_out()
    juba.uses(0, 30)
    juba.passes()
    assert juba.looks() == 180
    juba.logs_out()
    juba.passes()
    assert juba.looks() == 180


def test_looks_every_half_minute_are_kept_every_five(juba):
    for _ in range(60):
        juba.uses(1, 9)
        juba.passes()
        juba.looks()
    assert juba.used() == 600
    assert juba.provider.rows("SELECT count(*) FROM usage_sample")[0][0] == 7
    late = juba.found()
    juba.hands_in((late[0] - timedelta(minutes=7), [], []))
    assert juba.folds() == 600


def test_a_router_nobody_reaches_has_lost_its_sessions_until_it_is_reached(juba):
    juba.uses(0, 100)
    juba.passes()
    juba.looks()
    juba.provider.clock.at = juba.at + timedelta(hours=1)
    assert close_lost(juba.provider.parts.db, juba.provider.clock.now()) == 1
    juba.uses(0, 100)
    juba.passes(7_200)
    assert juba.looks() == 200
    assert [state for name, state, _ in juba.sessions() if name == "device 1 *1"] == ["runs"]


# From the counting before


def test_what_was_counted_before_there_was_one_writer_is_not_counted_again(juba):
    juba.uses(0, 500)
    juba.logs_out()
    juba.uses(100, 900)  # it runs on while the new version is put in
    juba.stands(status="running", first_used_at=juba.at, used_bytes=1_700, reading_bytes=1_500, credited_bytes=500)

    def upgrade(tx):
        day = {"grant": juba.grant_id, "router": juba.router_id, "at": juba.at}
        tx.execute(text("INSERT INTO grant_usage (grant_id, day, used_bytes) VALUES (:grant, '2026-11-01', 1700)"), day)
        tx.execute(text("UPDATE router SET last_seen_at = :at WHERE id = :router"), day)
        for statement in COUNTED_SO_FAR:
            tx.execute(text(statement))

    juba.provider.does(upgrade)
    juba.uses(0, 30)
    juba.passes()
    juba.hands_in(juba.found())
    fold(juba.provider.parts.db, juba.provider.clock.now())
    (row,) = juba.provider.rows(
        "SELECT used_bytes, (SELECT sum(used_bytes) FROM grant_usage) AS days FROM access_grant WHERE id = :id",
        id=juba.grant_id,
    )
    assert (row.used_bytes, row.days) == (1_730, 1_730)
    juba.logs_out()
    juba.passes()
    juba.hands_in(juba.found())
    fold(juba.provider.parts.db, juba.provider.clock.now())
    assert juba.provider.rows("SELECT used_bytes FROM access_grant WHERE id = :id", id=juba.grant_id) == [(1_730,)]


# Who authenticates counts

_RADIUS = text(
    "INSERT INTO usage_inbox (heard_at, at, nas, packet, session, username, mac, address, session_s, up_bytes,"
    " down_bytes, cause, source) VALUES (:at, :at, '10.5.0.9', 'interim', '81000001', :username, 'AA:BB:CC:00:00:01',"
    " '10.5.50.2', 30, 0, 400, '', 'radius')"
)


def radius_tells_too(juba, access_by):
    facts = {"by": access_by, "secret": b"x", "id": juba.router_id}
    juba.provider.does(
        lambda tx: tx.execute(
            text("UPDATE router SET access_by = :by, nas_address = '10.5.0.9', radius_secret = :secret WHERE id = :id"),
            facts,
        )
    )
    juba.provider.does(lambda tx: tx.execute(_RADIUS, {"at": juba.at, "username": juba.username}))


def test_a_session_of_which_radius_tells_too_counts_once_where_the_router_lets_in_itself(juba):
    juba.uses(0, 400)
    juba.passes()
    radius_tells_too(juba, "api")
    assert juba.folds() == 0  # whichever comes first
    assert juba.looks() == 400
    radius_tells_too(juba, "api")
    assert juba.folds() == 400
    unattributed = juba.provider.rows("SELECT down_total FROM usage_session WHERE grant_id IS NULL")
    assert [row.down_total for row in unattributed] == [400]


def test_where_the_router_asks_radius_what_radius_tells_counts(juba):
    juba.passes()
    radius_tells_too(juba, "radius")
    assert juba.folds() == 400


# Any order


def with_news(found, forced):
    """The looks as a visit hands them in: a credit where it is another, or where the router forgot."""
    told, before = [], Credit("", 0, 0)
    for at, sessions, (credit,) in found:
        same = (credit.up_bytes, credit.down_bytes) == (before.up_bytes, before.down_bytes)
        told.append((at, sessions, [] if same and at not in forced else [credit]))
        before = credit
    return told


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["use", "use", "log out", "power cut", "made anew", "long time"]),
        st.integers(1, 2),
        st.integers(0, 2**33),
        st.integers(0, 2**33),
    ),
    min_size=1,
    max_size=14,
)


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(events=EVENTS, data=st.data())
def test_any_order_any_repetition_any_batches_of_looks_give_the_same_totals(juba, events, data):
    """All that was seen or credited is counted once: a look is made before a router forgets, and all is credited."""
    router = Watched(juba.provider, juba.username, juba.grant_id, juba.router_id)
    truth, found, forced = 0, [], set()
    for event, device, up, down in events:
        router.passes(30 if event != "long time" else 1_700)
        if event == "use":
            router.uses(up, down, device)
            truth += up + down
        elif event == "log out":
            router.logs_out(device)
        elif event in {"power cut", "made anew"}:
            found.append(router.found())
            router.passes()
            router.loses_power()
            router.credit = router.credit if event == "power cut" else (0, 0)
            found.append(router.found())
            forced.add(router.at)
        if data.draw(st.booleans()):
            found.append(router.found())
    router.passes()
    found.append(router.found())
    found = with_news(found, forced)
    juba.forgets()
    twice = data.draw(st.lists(st.sampled_from(found), max_size=4))
    for one in data.draw(st.permutations([*found, *twice])):
        juba.hands_in(one)
        if data.draw(st.integers(0, 2)) == 0:
            juba.folds()
    assert juba.folds() == truth
    in_hours = juba.hours()
    juba.forgets()
    for one in found:
        juba.hands_in(one)
        juba.folds()
    assert juba.used() == truth
    assert juba.hours() == in_hours
