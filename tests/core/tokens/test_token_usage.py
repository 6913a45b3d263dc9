"""Who holds a token is told in time that it is used up, once each."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from core.access.first_use import mark_first_use
from core.customers.queries import account
from core.messaging.silence import silence
from core.network.expire import expire_due
from core.tokens.alert_rule import short_time
from core.tokens.sell_token import sell_token
from core.tokens.tell_usage import tell_token_usage
from tests.town import ACHOL, DENG, KIDEN, texts_to

GB = 10**9
MESSAGES = ("token_share", "token_data_out", "token_time_short", "token_time_out")


class Held:
    """A token Achol bought for Kiden, who has just logged in."""

    def __init__(self, town, clock, plan):
        self.town, self.parts, self.clock = town, town.parts, clock
        town.give(town.achol, 100_000)

        def sell(tx):
            return sell_token(
                tx,
                request_key="hop-1",
                buyer=account(tx.connection, town.achol.customer_id),
                recipient_phone=KIDEN,
                hotspot_id=town.hotspots["Juba Town Wi-Fi"],
                plan_version_id=town.plans[plan],
                now=clock.now(),
                ids=self.parts.ids,
                sealer=self.parts.sealer,
            )

        self.parts.db.run(sell)
        self.parts.db.run(lambda tx: mark_first_use(tx, grant_id=1, used_at=clock.now()))

    def looks(self):
        expire_due(self.parts.db, self.clock.now())
        tell_token_usage(self.parts.db, self.clock.now(), "*384*77#")
        return self.told

    def later(self, **by):
        self.clock.advance(**by)
        return self.looks()

    def uses(self, data_bytes):
        self.parts.db.run(
            lambda tx: tx.execute(text("UPDATE access_grant SET used_bytes = used_bytes + :used"), {"used": data_bytes})
        )
        return self.looks()

    @property
    def told(self):
        return [name for name, _ in texts_to(self.parts, KIDEN) if name in MESSAGES]

    @property
    def last(self):
        return texts_to(self.parts, KIDEN)[-1][1]


def test_half_most_and_all_of_the_data_are_told_once_each_to_who_holds_it(town, clock):
    held = Held(town, clock, "2GB")
    assert held.uses(GB - 1) == []
    assert held.uses(1) == ["token_share"]
    assert "1 GB of 2 GB" in held.last
    assert held.uses(GB // 2) == ["token_share"]
    assert held.uses(GB // 10) == ["token_share", "token_share"]
    assert held.uses(GB) == ["token_share", "token_share", "token_data_out"]
    assert "*384*77#" in held.last
    assert held.later(minutes=10) == ["token_share", "token_share", "token_data_out"]
    assert [name for name, _ in texts_to(town.parts, ACHOL) if name in MESSAGES] == []
    assert [name for name, _ in texts_to(town.parts, DENG) if name in MESSAGES] == []


def test_a_leap_over_all_shares_is_one_text(town, clock):
    held = Held(town, clock, "2GB")
    assert held.uses(3 * GB) == ["token_data_out"]
    assert held.later(days=8) == ["token_data_out"]


def test_time_is_told_when_it_is_short_and_when_it_is_over(town, clock):
    held = Held(town, clock, "3H")
    assert held.later(hours=2, minutes=41) == []
    assert held.later(minutes=1) == ["token_time_short"]
    assert "18 minutes left" in held.last
    assert held.later(minutes=17) == ["token_time_short"]
    assert held.later(minutes=1) == ["token_time_short", "token_time_out"]
    assert held.later(minutes=5) == ["token_time_short", "token_time_out"]


def test_data_and_time_may_both_be_short(town, clock):
    held = Held(town, clock, "2GB")
    held.uses(GB)
    assert held.later(days=6, hours=8) == ["token_share", "token_time_short"]
    assert held.uses(GB) == ["token_share", "token_time_short", "token_data_out"]


def test_whose_time_ended_while_we_were_off_is_told_the_end_alone_and_not_days_later(town, clock):
    held = Held(town, clock, "1H")
    assert held.later(hours=5) == ["token_time_out"]


def test_what_ended_long_ago_is_no_news(town, clock):
    held = Held(town, clock, "1H")
    clock.advance(hours=2)
    expire_due(town.parts.db, clock.now())
    assert held.later(hours=2) == []


def test_a_phone_that_said_stop_is_left_alone(town, clock):
    held = Held(town, clock, "1H")
    town.parts.db.run(lambda tx: silence(tx, KIDEN, clock.now()))
    assert held.later(hours=2) == []


def test_one_that_fails_holds_up_no_other(town, clock, monkeypatch):
    held = Held(town, clock, "1H")
    seen = []

    def breaks(*_args, **_facts):
        seen.append(1)
        raise RuntimeError("a text that cannot be written")

    with monkeypatch.context() as broken:
        broken.setattr("core.tokens.tell_usage.queue_text", breaks)
        held.later(hours=2)
    assert seen == [1]
    assert held.looks() == ["token_time_out"]  # what was not written was not told


@pytest.mark.parametrize(
    ("duration", "short"),
    [
        (timedelta(minutes=10), timedelta(minutes=5)),
        (timedelta(hours=1), timedelta(minutes=10)),
        (timedelta(hours=10), timedelta(hours=1)),
        (timedelta(days=30), timedelta(days=1)),
    ],
)
def test_time_is_short_in_its_last_tenth_within_reason(duration, short):
    assert short_time(int(duration.total_seconds())) == short


def test_the_first_use_names_the_period(town, clock):
    held = Held(town, clock, "1H")
    held.later(hours=2)
    with town.parts.db.reading() as connection:
        rows = connection.execute(text("SELECT kind, period_from FROM usage_alert ORDER BY kind")).all()
    assert [row.kind for row in rows] == ["time:out", "time:short"]
    assert {row.period_from for row in rows} == {datetime.fromisoformat("2026-11-23").date()}
