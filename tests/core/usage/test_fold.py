"""What equipment said, in whatever order and however often, comes to the same bytes."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from core.usage.fold import LOST_AFTER, close_lost, fold

BEGAN = datetime(2026, 11, 1, 10, 0, tzinfo=UTC)
NAS = "10.5.0.2"
GIB = 2**30
WRAP = 2**32
_SAY = text(
    "INSERT INTO usage_inbox (heard_at, at, nas, packet, session, username, mac, address, session_s, up_bytes,"
    " down_bytes, cause, source) VALUES (:at, :at, :nas, :packet, :session, :username, :mac, '10.5.50.2', :session_s,"
    " :up, :down, :cause, 'radius')"
)


@dataclass
class Ear:
    """Hears packets of one service of Achol's, and tells what they came to."""

    provider: object
    service: int
    username: str
    grant_id: int

    def says(self, packet, session_s=0, up=0, down=0, *, session="81000001", began=BEGAN, username=None, **more):
        values = {
            "at": more.get("at") or began + timedelta(seconds=session_s),
            "nas": NAS,
            "packet": packet,
            "session": session,
            "username": self.username if username is None else username,
            "mac": "AA:BB:CC:00:00:01",
            "session_s": session_s,
            "up": up,
            "down": down,
            "cause": "User-Request" if packet == "stop" else "",
        } | more
        self.provider.does(lambda tx: tx.execute(_SAY, values))

    def folds(self):
        return fold(self.provider.parts.db, self.provider.clock.now())

    def sessions(self):
        return self.provider.rows(
            "SELECT session, started_at, stopped_at, cause, up_total, down_total, grant_id FROM usage_session"
            " ORDER BY started_at, id"
        )

    def hours(self):
        return [
            tuple(row)
            for row in self.provider.rows(
                "SELECT hour, sum(up_bytes)::bigint, sum(down_bytes)::bigint FROM usage_hour GROUP BY 1 ORDER BY 1"
            )
        ]

    def used(self):
        """By the hours, by the days, and by the grant itself: they say the same."""
        (row,) = self.provider.rows(
            "SELECT (SELECT coalesce(sum(h.up_bytes + h.down_bytes), 0) FROM usage_hour h JOIN usage_session s"
            "        ON s.id = h.session_id WHERE s.grant_id = :grant)::bigint AS hours,"
            " (SELECT coalesce(sum(used_bytes), 0) FROM grant_usage WHERE grant_id = :grant)::bigint AS days,"
            " (SELECT used_bytes FROM access_grant WHERE id = :grant) AS of_grant",
            grant=self.grant_id,
        )
        assert row.hours == row.days == row.of_grant
        return row.hours

    def forgets(self):
        with self.provider.parts.db.transaction() as tx:
            tx.execute(text("SET LOCAL session_replication_role = replica"))
            tx.execute(text("TRUNCATE usage_inbox, usage_sample, usage_credit, usage_hour, usage_session, grant_usage"))
            tx.execute(text("UPDATE access_grant SET used_bytes = 0"))


@pytest.fixture
def ear(provider):
    provider.on("2026-11-01")
    service = provider.begins("HOME")
    grant_id = provider.service(service).grant_id
    (row,) = provider.rows("SELECT username FROM access_grant WHERE id = :id", id=grant_id)
    return Ear(provider, service, row.username, grant_id)


def test_a_session_from_start_to_stop_is_counted_by_the_hour_and_the_day(ear):
    ear.says("start")
    ear.says("interim", 300, 10, 100)
    ear.says("interim", 3_900, 30, 400)
    ear.says("stop", 4_000, 31, 405)
    assert ear.folds() == 4
    assert ear.hours() == [(BEGAN, 10, 100), (BEGAN + timedelta(hours=1), 21, 305)]
    assert ear.used() == 436
    (session,) = ear.sessions()
    assert (session.stopped_at, session.cause) == (BEGAN + timedelta(seconds=4_000), "User-Request")
    assert (session.up_total, session.down_total) == (31, 405)
    assert ear.folds() == 0


def test_what_nobody_here_used_is_listed_and_not_lost(ear):
    ear.says("interim", 300, 1, 2, username="'; DROP TABLE customer; --")
    ear.folds()
    (session,) = ear.sessions()
    assert (session.grant_id, session.up_total, session.down_total) == (None, 1, 2)
    assert ear.used() == 0


def test_a_session_begun_late_at_night_counts_on_the_days_of_juba(ear):
    began = datetime(2026, 11, 1, 21, 30, tzinfo=UTC)  # half past eleven in Juba
    ear.says("interim", 600, 0, 5, began=began)
    ear.says("interim", 3_600, 0, 12, began=began)
    ear.folds()
    days = ear.provider.rows("SELECT day::text, used_bytes FROM grant_usage ORDER BY day")
    assert days == [("2026-11-01", 5), ("2026-11-02", 7)]


def test_a_wrap_of_32_bits_is_counted_through(ear):
    ear.says("interim", 300, 0, WRAP - 1_000)
    ear.says("interim", 600, 0, 500)
    ear.folds()
    assert ear.used() == WRAP - 1_000 + 1_500


def test_a_counter_set_back_counts_from_nothing(ear):
    ear.says("interim", 300, 0, GIB)
    ear.says("interim", 600, 0, 500)
    ear.folds()
    assert ear.used() == GIB + 500


def test_a_counter_beyond_32_bits_that_falls_has_not_wrapped(ear):
    ear.says("interim", 300, 0, 3 * WRAP)
    ear.says("interim", 600, 0, 700)
    ear.folds()
    assert ear.used() == 3 * WRAP + 700


def test_a_late_counter_changes_no_total(ear):
    ear.says("interim", 900, 0, 300)
    ear.folds()
    ear.says("interim", 300, 0, 100)
    ear.folds()
    assert ear.used() == 300


def test_a_late_counter_may_tell_of_a_wrap(ear):
    ear.says("interim", 300, 0, 100)
    ear.says("interim", 900, 0, 500)
    ear.folds()
    assert ear.used() == 500
    ear.says("interim", 600, 0, WRAP - 100)
    ear.folds()
    assert ear.used() == WRAP + 500


def test_two_starts_are_one_session(ear):
    ear.says("start")
    ear.says("start")
    ear.folds()
    ear.says("start")
    ear.folds()
    assert len(ear.sessions()) == 1


def test_a_name_used_again_after_a_restart_is_another_session(ear):
    ear.says("interim", 7_200, 0, 1_000)
    ear.folds()
    ear.says("interim", 300, 0, 900, began=BEGAN + timedelta(hours=3))
    ear.folds()
    first, second = ear.sessions()
    assert (first.cause, second.stopped_at) == ("replaced", None)
    assert ear.used() == 1_900


def test_an_older_session_heard_of_late_does_not_close_the_one_that_runs(ear):
    ear.says("interim", 300, 0, 900, began=BEGAN + timedelta(hours=3))
    ear.folds()
    ear.says("interim", 7_200, 0, 1_000)
    ear.folds()
    first, second = ear.sessions()
    assert (first.cause, second.stopped_at) == ("replaced", None)
    assert ear.used() == 1_900


def test_a_device_that_logs_in_again_has_left_its_session_before(ear):
    ear.says("start", session="81000001")
    ear.folds()
    ear.says("start", session="81000002", began=BEGAN + timedelta(minutes=30))
    ear.folds()
    first, second = ear.sessions()
    assert (first.cause, second.stopped_at) == ("replaced", None)


def test_two_devices_of_one_customer_are_two_sessions_at_once(ear):
    ear.says("start", session="81000001")
    ear.says("start", session="81000002", mac="AA:BB:CC:00:00:02", began=BEGAN + timedelta(minutes=30))
    ear.folds()
    assert [one.stopped_at for one in ear.sessions()] == [None, None]


def test_equipment_that_restarted_has_nobody_online(ear):
    ear.says("interim", 600, 0, 50)
    ear.says("on", 0, 0, 0, session="", username="", began=BEGAN + timedelta(hours=1))
    ear.folds()
    (session,) = ear.sessions()
    assert (session.cause, session.stopped_at) == ("NAS-Reboot", BEGAN + timedelta(seconds=600))


def test_a_session_never_stopped_is_given_up_and_goes_on_when_heard_of_again(ear):
    ear.says("interim", 300, 0, 50)
    ear.folds()
    at = BEGAN + timedelta(seconds=300)
    assert close_lost(ear.provider.parts.db, at + LOST_AFTER) == 0
    assert close_lost(ear.provider.parts.db, at + LOST_AFTER + timedelta(seconds=1)) == 1
    assert ear.sessions()[0].cause == "lost"
    ear.says("interim", 3_000, 0, 80)
    ear.folds()
    (session,) = ear.sessions()
    assert (session.stopped_at, session.cause) == (None, "")
    assert ear.used() == 80


def test_a_session_that_ended_stays_ended_however_late_its_counters_come(ear):
    ear.says("stop", 600, 0, 50)
    ear.folds()
    ear.says("interim", 300, 0, 20)
    ear.folds()
    assert ear.sessions()[0].cause == "User-Request"
    assert ear.used() == 50


def test_the_first_packet_starts_the_clock_of_what_waits(ear):
    ear.says("start")
    ear.folds()
    (row,) = ear.provider.rows("SELECT status, first_used_at FROM access_grant WHERE id = :id", id=ear.grant_id)
    assert row.status == "running"
    assert row.first_used_at >= BEGAN


def test_the_database_keeps_no_count_below_zero(ear):
    with pytest.raises(IntegrityError):
        ear.says("interim", 300, -1, 5)


def test_an_age_beyond_belief_harms_nobody(ear):
    ear.says("interim", 300, 0, 5)
    ear.says("interim", 2**40, 0, 7, at=BEGAN, session="81000009")
    ear.folds()
    assert ear.used() == 12


@pytest.mark.parametrize("lies", [[2**62], [2**61] * 4])
def test_equipment_that_lies_beyond_all_numbers_keeps_nobody_else_from_being_counted(ear, lies):
    liar = ear.provider.service(ear.provider.begins("HOME")).grant_id
    (row,) = ear.provider.rows("SELECT username FROM access_grant WHERE id = :id", id=liar)
    ear.says("interim", 300, 100, 900)
    for number, lie in enumerate(lies):
        ear.says("interim", 300, lie, lie, session=f"lie {number}", username=row.username)
    ear.says("interim", 600, 200, 1_800)
    with capture_logs() as logged:
        assert ear.folds() == len(lies) + 2
        assert ear.used() == 2_000
        assert ear.folds() == 0
    assert {line["event"] for line in logged} == {"a packet cannot be counted"}
    assert logged[-1]["session"] == f"lie {len(lies) - 1}"
    ear.says("interim", 900, 300, 2_700)
    ear.folds()
    assert ear.used() == 3_000


def test_many_writers_at_once_are_one(ear):
    for number in range(1, 201):
        ear.says("interim", number * 10, number, number * 5)
    folded = []
    threads = [threading.Thread(target=lambda: folded.append(ear.folds())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ear.folds()
    assert sum(folded) == 200
    assert ear.used() == 200 + 1_000


def test_a_raw_month_is_made_ahead_and_dropped_when_it_is_old(ear):
    ear.says("interim", 300, 0, 5, began=datetime(2026, 10, 30, tzinfo=UTC))
    ear.says("interim", 300, 0, 5)
    ear.folds()

    def months():
        names = ear.provider.rows("SELECT inhrelid::regclass::text AS name FROM pg_inherits"
                                  " WHERE inhparent = 'usage_sample'::regclass ORDER BY 1")  # fmt: skip
        return [row.name for row in names]

    assert months() == ["usage_sample_2026_11", "usage_sample_2026_12", "usage_sample_rest"]
    assert ear.provider.rows("SELECT count(*) FROM usage_sample_rest")[0][0] == 1
    ear.provider.on("2027-06-10")
    ear.folds()
    assert months() == ["usage_sample_2026_12", "usage_sample_2027_06", "usage_sample_2027_07", "usage_sample_rest"]
    assert ear.provider.rows("SELECT count(*) FROM usage_sample")[0][0] == 0
    assert ear.used() == 10


def test_raw_counters_are_kept_for_as_long_as_the_settings_say(ear):
    ear.says("interim", 300, 0, 5)
    ear.folds()
    left = []
    for months in (3, 2):
        ear.provider.on("2027-02-10")
        fold(ear.provider.parts.db, ear.provider.clock.now(), months)
        left.append(ear.provider.rows("SELECT count(*) FROM usage_sample")[0][0])
    assert left == [1, 0]
    assert ear.used() == 5


# Sessions as they were: each interim some seconds and bytes after the one before, in counters of 32 bits or of 64.
SESSION = st.lists(
    st.tuples(st.integers(1, 7_200), st.integers(0, 2**30), st.integers(0, 2**31 - 1)), min_size=1, max_size=8
)


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(sessions=st.lists(SESSION, min_size=1, max_size=3), narrow=st.booleans(), data=st.data())
def test_any_order_any_repetition_any_batches_give_the_same_totals(ear, sessions, narrow, data):
    ear.forgets()
    packets, true_total = [], 0
    for number, steps in enumerate(sessions):
        age, up, down = 0, 0, 0
        for seconds, sent, received in steps:
            age, up, down = age + seconds, up + sent, down + received
            counters = (up % WRAP, down % WRAP) if narrow else (up, down)
            packets.append(("interim", age, *counters, f"8100000{number}"))
        true_total += up + down
        packets.append(("start", 0, 0, 0, f"8100000{number}"))
    twice = data.draw(st.lists(st.sampled_from(packets), max_size=6))
    order = data.draw(st.permutations([*packets, *twice]))
    for packet, age, up, down, session in order:
        mac = f"AA:BB:CC:00:00:{session[-2:]}"
        ear.says(packet, age, up, down, session=session, mac=mac)
        if data.draw(st.integers(0, 3)) == 0:
            ear.folds()
    ear.folds()
    assert ear.used() == true_total
    in_hours = ear.hours()
    ear.forgets()
    for packet, age, up, down, session in sorted(packets, key=lambda one: one[1]):
        ear.says(packet, age, up, down, session=session, mac=f"AA:BB:CC:00:00:{session[-2:]}")
    ear.folds()
    assert ear.hours() == in_hours
