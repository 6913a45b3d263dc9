"""How fast data flows: now, by five minutes of the last hour, by hours of the last day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from admin.chart import HEIGHT, WIDTH, chart, top_kbps
from core.usage.fold import close_lost, fold
from core.usage.hear_looks import Seen, hear_look
from core.usage.throughput import HOURS, STEPS, Flow, throughput_of_grants, throughput_of_router

NAS = "10.5.0.2"
NOON = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MEGABIT = 10**6
FIVE = timedelta(minutes=5)
MBIT_FIVE = MEGABIT * 300 // 8  # bytes that five minutes at one Mbit/s come to
SAY = text(
    "INSERT INTO usage_inbox (heard_at, at, nas, packet, session, username, mac, address, session_s, up_bytes,"
    " down_bytes, cause, source) VALUES (:at, :at, :nas, :packet, :session, :who, '', '', :s, :up, :down, '', 'radius')"
)


class Line:
    """A service of Achol's, at a router that asks RADIUS."""

    def __init__(self, provider: Any, router_id: int) -> None:
        self.provider, self.router_id = provider, router_id
        provider.does(
            lambda tx: tx.execute(
                text(
                    "UPDATE router SET access_by = 'radius', nas_address = :nas, radius_secret = '\\x00' WHERE id = :r"
                ),
                {"nas": NAS, "r": router_id},
            )
        )
        provider.clock.at = NOON - timedelta(days=2)
        self.grant_id, self.username = self.another("HOME")

    def another(self, tariff: str) -> tuple[int, str]:
        grant_id = self.provider.service(self.provider.begins(tariff)).grant_id
        (row,) = self.provider.rows("SELECT username FROM access_grant WHERE id = :id", id=grant_id)
        return grant_id, row.username

    def says(
        self, began: datetime, seconds: int, up: int, down: int, *, packet: str = "interim", who: str = ""
    ) -> None:
        at = began + timedelta(seconds=seconds)
        values = {"at": at, "nas": NAS, "packet": packet, "session": f"{began:%d%H%M}", "who": who or self.username}
        self.provider.does(lambda tx: tx.execute(SAY, values | {"s": seconds, "up": up, "down": down}))

    def tells_every_five_minutes(self, began: datetime, megabits: list[float], who: str = "") -> None:
        """A session from its start on: so many Mbit/s down in each five minutes, a tenth of it up."""
        self.says(began, 0, 0, 0, packet="start", who=who)
        down = 0
        for count, rate in enumerate(megabits, 1):
            down += int(rate * MBIT_FIVE)
            self.says(began, count * 300, down // 10, down, who=who)

    def flows(self, now: datetime = NOON) -> Any:
        self.provider.clock.at = now
        fold(self.provider.parts.db, now)
        with self.provider.parts.db.reading() as connection:
            return throughput_of_grants(connection, [self.grant_id], now)

    def at_the_router(self, now: datetime = NOON) -> Any:
        self.provider.clock.at = now
        fold(self.provider.parts.db, now)
        with self.provider.parts.db.reading() as connection:
            return throughput_of_router(connection, self.router_id, now)


@pytest.fixture
def line(provider: Any) -> Line:
    return Line(provider, provider.town.routers["juba-town"])


def megabits(points: Any) -> list[float]:
    return [round(flow.down_bps / MEGABIT, 2) for flow in points]


def test_each_five_minutes_of_the_last_hour_have_their_speed(line: Line) -> None:
    rates = [0, 1, 2, 4, 8, 4, 2, 1, 0, 0, 3, 6]
    line.tells_every_five_minutes(NOON - 12 * FIVE, rates)
    flows = line.flows()
    assert megabits(flows.hour) == rates
    assert [flow.at for flow in flows.hour] == [NOON - (12 - n) * FIVE for n in range(12)]
    assert flows.now == Flow(NOON, 6 * MEGABIT, 600_000)
    assert (len(flows.hour), len(flows.day)) == (STEPS, HOURS)


def test_one_that_tells_when_it_likes_is_spread_over_the_time_it_tells_of(line: Line) -> None:
    began = NOON - timedelta(minutes=40)
    line.says(began, 0, 0, 0, packet="start")
    line.says(began, 600, 0, 2 * MBIT_FIVE)  # ten minutes at 1 Mbit/s
    line.says(began, 2250, 0, 2 * MBIT_FIVE + 11 * MBIT_FIVE)  # then 27.5 minutes at 2 Mbit/s
    assert megabits(line.flows().hour) == [0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2, 1]  # of the last five minutes half


def test_a_session_older_than_the_hour_makes_no_peak_where_it_is_first_seen(line: Line) -> None:
    began = NOON - timedelta(hours=30)
    line.says(began, 0, 0, 0, packet="start")
    for count in range(1, 361):
        line.says(began, count * 300, 0, count * MBIT_FIVE)
    flows = line.flows()
    assert megabits(flows.hour) == [1] * 12
    assert megabits(flows.day) == [1] * 24
    assert flows.now.down_bps == MEGABIT


def test_a_counter_that_wraps_or_begins_anew_makes_no_peak(line: Line) -> None:
    began = NOON - timedelta(minutes=30)
    line.says(began, 0, 0, 0, packet="start")
    line.says(began, 300, 0, 2**32 - MBIT_FIVE)
    line.says(began, 600, 0, MBIT_FIVE)  # it wrapped: two in five minutes
    line.says(began, 900, 0, MBIT_FIVE // 2)  # set back: a half since
    assert megabits(line.flows().hour)[7:10] == [2, 0.5, 0]


def test_a_line_whose_counters_a_look_found_begun_anew_makes_no_peak(line: Line) -> None:
    """What a look reads is wide and never wraps: three gigabytes were not followed by one more."""
    begun = NOON - timedelta(minutes=30)
    line.provider.does(lambda tx: tx.execute(text("UPDATE router SET access_by = 'api'")))
    for minutes, down in ((5, 3 * 2**30), (10, MBIT_FIVE), (15, 2 * MBIT_FIVE)):
        at = begun + timedelta(minutes=minutes)
        seen = Seen(line.username, "line *1", minutes * 60, 0, down)
        line.provider.does(hear_look, router_id=line.router_id, sessions=[seen], credits_=[], at=at, looked_at=at)
    assert megabits(line.flows().hour)[7:9] == [1, 1]


def test_who_left_or_fell_silent_flows_no_more(line: Line) -> None:
    line.tells_every_five_minutes(NOON - 6 * FIVE, [1, 1, 1])
    flows = line.flows()
    assert (flows.now.down_bps, megabits(flows.hour)[6:9]) == (0, [1, 1, 1])  # silent for a quarter of an hour
    close_lost(line.provider.parts.db, NOON + FIVE)
    assert line.flows(NOON + FIVE).now.down_bps == 0
    other = NOON + 2 * FIVE
    line.tells_every_five_minutes(other, [5])
    assert line.flows(other + FIVE).now.down_bps == 5 * MEGABIT
    line.says(other, 400, MBIT_FIVE, 6 * MBIT_FIVE, packet="stop")
    assert line.flows(other + timedelta(seconds=401)).now.down_bps == 0


def test_a_router_is_the_sum_of_those_at_it(line: Line) -> None:
    grant_id, username = line.another("BIGGER")
    line.tells_every_five_minutes(NOON - 3 * FIVE, [1, 2, 3])
    line.tells_every_five_minutes(NOON - 2 * FIVE, [10, 20], who=username)
    line.tells_every_five_minutes(NOON - 2 * FIVE - timedelta(minutes=1), [50], who="nobody-here")
    flows = line.at_the_router()
    assert megabits(flows.hour)[9:] == [1, 12, 23]
    assert flows.now.down_bps == 23 * MEGABIT
    assert megabits(line.flows().hour)[9:] == [1, 2, 3]
    assert grant_id
    with line.provider.parts.db.reading() as connection:
        other = throughput_of_router(connection, line.provider.town.routers["munuki"], NOON)
        nobody = throughput_of_grants(connection, [], NOON)
    assert {flow.down_bps for flow in (*other.hour, *other.day, other.now)} == {0}
    assert nobody.now.down_bps == 0


def test_the_day_ends_with_the_last_hour_that_is_over(line: Line) -> None:
    line.tells_every_five_minutes(NOON - timedelta(hours=1), [4] * 18)
    flows = line.flows(NOON + timedelta(minutes=31))
    assert (flows.day[0].at, flows.day[-1].at) == (NOON - timedelta(hours=24), NOON - timedelta(hours=1))
    # An hour is what was told in it: what five minutes brought that ended at noon was told in the hour after.
    assert megabits(flows.day)[-2:] == [0, 3.67]


def test_a_chart_is_steps_from_left_to_right_and_some_hundred_bytes() -> None:
    points = [Flow(NOON + n * FIVE, bps * MEGABIT, 0) for n, bps in enumerate((0, 5, 10, 10))]
    assert top_kbps(points) == 10_000
    drawn = chart(points, 'Last "hour"')
    assert 'class="down" d="M0 100V100H80V50H160V0H320V100Z"' in drawn
    assert 'class="up" d="M0 100V100H320"' in drawn
    assert 'aria-label="Last &#34;hour&#34;"' in drawn
    assert f'viewBox="0 0 {WIDTH} {HEIGHT}"' in drawn
    busy = [Flow(NOON + n * FIVE, n * 17 % 23 * MEGABIT, n * 7 % 5 * MEGABIT) for n in range(24)]
    assert len(chart(busy, "Last day")) < 1_000
    assert top_kbps([]) == 100
    assert top_kbps([Flow(NOON, 101 * MEGABIT, 0)]) == 200_000
    assert top_kbps([Flow(NOON, 10**12, 0)]) == 10**9
