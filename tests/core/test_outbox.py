"""What must happen outside: claimed, done, recorded; by workers that die, race and meet bad rows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.db.engine import Database
from core.errors import GatewayError
from core.messaging import outbox
from core.messaging.outbox import LEASE_S, RETRY_WAITS_S, Claimed, claim, done, push, put
from core.messaging.queue_text import queue_text
from core.messaging.relay import relay
from core.messaging.send_text import send_text
from core.messaging.sender import Accepted, OutgoingText, Refused, SendResult, Unknown
from core.messaging.silence import hear_again, silence
from core.messaging.texts import TEXTS, Template
from core.parts import Parts
from tests.town import ACHOL, Town, count, everything_agrees

KIND = "sms"


def write(parts: Parts, *keys: str) -> None:
    with parts.db.transaction() as tx:
        for key in keys:
            put(tx, kind=KIND, key=key, body={}, now=parts.clock.now())


def finisher(parts: Parts, seen: list[str]) -> Callable[[Claimed], None]:
    def handle(row: Claimed) -> None:
        seen.append(row.key)
        with parts.db.transaction() as tx:
            done(tx, row.id, parts.clock.now())

    return handle


def row_of(parts: Parts, key: str) -> dict:
    with parts.db.reading() as connection:
        return dict(connection.execute(text("SELECT * FROM outbox WHERE key = :key"), {"key": key}).mappings().one())


def test_the_same_act_is_written_once_and_its_bell_rings_after_commit(parts: Parts, bells: list[str]) -> None:
    with parts.db.transaction() as tx:
        assert put(tx, kind=KIND, key="one", body={}, now=parts.clock.now())
        assert not put(tx, kind=KIND, key="one", body={}, now=parts.clock.now())
        assert bells == []
    assert bells == [KIND]
    with pytest.raises(ZeroDivisionError), parts.db.transaction() as tx:
        1 / put(tx, kind=KIND, key="one", body={}, now=parts.clock.now())
    assert bells == [KIND]
    assert count(parts, "outbox") == 1


def test_a_row_of_a_worker_that_died_is_taken_again_after_its_lease(parts: Parts, clock: FixedClock) -> None:
    write(parts, "one")
    assert claim(parts.db, kind=KIND, now=clock.now()).attempts == 1  # and then the power went
    clock.advance(seconds=LEASE_S - 1)
    assert claim(parts.db, kind=KIND, now=clock.now()) is None
    clock.advance(seconds=1)
    again = claim(parts.db, kind=KIND, now=clock.now())
    assert again.attempts == 2  # so the handler knows that it may have been done


def test_a_handler_that_raises_blocks_nobody(parts: Parts, clock: FixedClock) -> None:
    write(parts, "good 1", "bad", "worse", "good 2")
    seen: list[str] = []
    finish = finisher(parts, seen)

    def handle(row: Claimed) -> None:
        if row.key == "bad":
            raise ZeroDivisionError
        if row.key == "worse":
            raise GatewayError("the number does not exist", permanent=True)
        finish(row)

    assert relay(parts.db, kind=KIND, handlers={KIND: handle}, clock=clock) == 4
    assert seen == ["good 1", "good 2"]
    assert row_of(parts, "bad")["last_error"] == "ZeroDivisionError in our own code"
    assert (row_of(parts, "bad")["state"], row_of(parts, "worse")["state"]) == ("waiting", "dead")
    assert relay(parts.db, kind=KIND, handlers={KIND: handle}, clock=clock) == 0  # not before its wait


def test_two_relays_at_once_do_each_row_once(parts: Parts, clock: FixedClock) -> None:
    write(parts, *(f"row {number}" for number in range(120)))
    seen: list[str] = []
    together = threading.Barrier(2)

    def run(db: Database) -> int:
        together.wait()
        return relay(db, kind=KIND, handlers={KIND: finisher(replace(parts, db=db), seen)}, clock=clock)

    other = Database(parts.settings.database_url)
    with ThreadPoolExecutor(2) as pool:
        shares = list(pool.map(run, (parts.db, other)))
    other.close()
    assert sum(shares) == 120
    assert min(shares) > 0
    assert sorted(seen) == sorted(f"row {number}" for number in range(120))


def test_the_waits_between_tries_are_the_tables_and_then_a_person_is_asked(parts: Parts, clock: FixedClock) -> None:
    write(parts, "one")

    def fail(_row: Claimed) -> None:
        raise GatewayError("no answer")

    for wait in RETRY_WAITS_S:
        assert relay(parts.db, kind=KIND, handlers={KIND: fail}, clock=clock) == 1
        assert row_of(parts, "one")["due_at"] == clock.now() + timedelta(seconds=wait)
        clock.advance(seconds=wait - 1)
        assert relay(parts.db, kind=KIND, handlers={KIND: fail}, clock=clock) == 0
        clock.advance(seconds=1)
    assert relay(parts.db, kind=KIND, handlers={KIND: fail}, clock=clock) == 1
    dead = row_of(parts, "one")
    assert (dead["state"], dead["last_error"]) == ("dead", "no answer")
    clock.advance(days=9)
    assert relay(parts.db, kind=KIND, handlers={KIND: fail}, clock=clock) == 0

    with parts.db.transaction() as tx:
        assert push(tx, dead["id"], clock.now())
    seen: list[str] = []
    assert relay(parts.db, kind=KIND, handlers={KIND: finisher(parts, seen)}, clock=clock) == 1
    assert seen == ["one"]
    with parts.db.transaction() as tx:
        assert not push(tx, dead["id"], clock.now())  # sent is sent


def test_pushing_a_row_that_is_being_worked_on_does_not_send_it_twice(parts: Parts, clock: FixedClock) -> None:
    write(parts, "one")
    taken = claim(parts.db, kind=KIND, now=clock.now())
    with parts.db.transaction() as tx:
        assert not push(tx, taken.id, clock.now())
    assert claim(parts.db, kind=KIND, now=clock.now()) is None


def test_what_was_done_is_not_undone_by_a_late_failure(parts: Parts, clock: FixedClock) -> None:
    write(parts, "one")
    row = claim(parts.db, kind=KIND, now=clock.now())
    with parts.db.transaction() as tx:
        done(tx, row.id, clock.now())
        outbox.again(tx, row.id, attempts=row.attempts, now=clock.now(), error="late")
        outbox.bury(tx, row.id, now=clock.now(), error="later")
    assert row_of(parts, "one")["state"] == "sent"


class Provider:
    """An SMS provider that answers as it is told."""

    def __init__(self, *answers: SendResult) -> None:
        self.answers = list(answers)
        self.heard: list[OutgoingText] = []

    def send(self, text: OutgoingText) -> SendResult:
        self.heard.append(text)
        return self.answers.pop(0)


def send_due(parts: Parts, provider: Provider) -> int:
    def handle(row: Claimed) -> None:
        send_text(row, db=parts.db, sender=provider, sealer=parts.sealer, clock=parts.clock, sender_name="SHABAKA")

    return relay(parts.db, kind="sms", handlers={"sms": handle}, clock=parts.clock)


def test_a_secret_text_reaches_the_phone_whole_and_nobody_else(parts: Parts, town: Town) -> None:
    with parts.db.transaction() as tx:
        queue_text(
            tx,
            phone=ACHOL,
            tongue="en",
            template="token",
            key="token:1",
            now=parts.clock.now(),
            facts={"ssid": "Juba Town Wi-Fi", "plan": "1 hour"},
            secrets={"username": "adefhj", "password": "kmnprtwx"},
            sealer=parts.sealer,
        )
    provider = Provider(Accepted("ATXid_1", "KES 0.8000"))
    assert send_due(parts, provider) == 1
    (heard,) = provider.heard
    assert (heard.to, heard.key, heard.sender) == (ACHOL, "token:1", "SHABAKA")
    assert "kmnprtwx" in heard.text
    assert (
        count(parts, "text_message", "state = 'sent' AND provider_id = 'ATXid_1' AND shown NOT LIKE '%kmnprtwx%'") == 1
    )
    everything_agrees(parts)


def test_a_text_is_tried_again_until_taken_and_buried_when_it_never_will_be(
    parts: Parts, town: Town, clock: FixedClock
) -> None:
    def queue(key: str) -> None:
        with parts.db.transaction() as tx:
            queue_text(tx, phone=ACHOL, tongue="en", template="reply", key=key, now=clock.now(), facts={"screen": key})

    queue("one")
    provider = Provider(
        Unknown("timeout"), Refused("provider_busy", permanent=False, raw=""), Accepted("ATXid_1", "KES 0.8000")
    )
    for wait in (0, 5, 15):
        clock.advance(seconds=wait)
        assert send_due(parts, provider) == 1
    assert {heard.key for heard in provider.heard} == {"one"}
    assert count(parts, "text_message", "state = 'sent'") == 1

    queue("two")
    assert send_due(parts, Provider(Refused("invalid_phone", permanent=True, raw=""))) == 1
    assert row_of(parts, "two")["state"] == "dead"
    assert count(parts, "text_message", "state = 'rejected' AND failure = 'invalid_phone'") == 1
    with parts.db.transaction() as tx:  # the number was mended at the provider
        push(tx, row_of(parts, "two")["id"], clock.now())
    assert send_due(parts, Provider(Accepted("ATXid_2", "KES 0.8000"))) == 1
    assert count(parts, "text_message", "state = 'sent'") == 2


def test_who_said_stop_gets_what_they_asked_for_and_no_notice(
    parts: Parts, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TEXTS, "notice", Template("News: {screen}", asked=False))

    def queue(template: str, key: str) -> bool:
        with parts.db.transaction() as tx:
            facts: dict[str, object] = {"screen": "x"}
            return queue_text(
                tx, phone=ACHOL, tongue="en", template=template, key=key, now=parts.clock.now(), facts=facts
            )

    with parts.db.transaction() as tx:
        silence(tx, ACHOL, parts.clock.now())
    assert not queue("notice", "a")
    assert queue("reply", "b")
    assert not queue("reply", "b")
    with parts.db.transaction() as tx:
        hear_again(tx, ACHOL)
    assert queue("notice", "a")
