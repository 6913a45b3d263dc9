"""Sending, and what providers do to our ids."""

import pytest
from sqlalchemy import text

from core.messaging import outbox
from core.messaging.queue_text import queue_text
from core.messaging.record_delivery import record_delivery
from core.messaging.send_text import send_text
from core.messaging.sender import Accepted, DeliveryState, Refused
from tests.town import ACHOL, everything_agrees


class Provider:
    """Answers as told, and counts."""

    def __init__(self, *answers):
        self.answers, self.sent = list(answers), []

    def send(self, text):
        self.sent.append(text.text)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def queue(parts, key):
    with parts.db.transaction() as tx:
        queue_text(
            tx, phone=ACHOL, tongue="en", template="reply", key=key, now=parts.clock.now(), facts={"screen": key}
        )


def send_all(parts, provider):
    while (row := outbox.claim(parts.db, kind="sms", now=parts.clock.now())) is not None:
        send_text(row, db=parts.db, sender=provider, sealer=parts.sealer, clock=parts.clock, sender_name=None)


def states(parts):
    with parts.db.reading() as connection:
        return connection.execute(text("SELECT state FROM text_message ORDER BY id")).scalars().all()


def report(parts, provider_id, state):
    with parts.db.transaction() as tx:
        return record_delivery(
            tx, provider_id=provider_id, phone=ACHOL, reported=state, failure=None, now=parts.clock.now()
        )


@pytest.fixture(autouse=True)
def clean(parts, town):
    yield
    everything_agrees(parts)


def test_a_report_that_overtakes_our_own_commit_is_not_lost(parts):
    queue(parts, "one")
    assert report(parts, "ATX1", DeliveryState.DELIVERED) is False
    assert report(parts, "ATX1", DeliveryState.SENT) is False
    send_all(parts, Provider(Accepted("ATX1", "KES 0.8")))
    assert states(parts) == ["delivered"]


def test_a_provider_that_repeats_an_id_does_not_make_us_send_again(parts):
    queue(parts, "one")
    queue(parts, "two")
    provider = Provider(Accepted("ATX1", "KES 0.8"))
    send_all(parts, provider)
    parts.clock.advance(hours=2)
    send_all(parts, provider)
    assert sorted(provider.sent) == ["one", "two"]
    assert states(parts) == ["sent", "sent"]


def test_an_id_or_a_cost_beyond_all_bounds_is_cut_not_resent(parts):
    queue(parts, "one")
    provider = Provider(Accepted("x" * 5000 + "\x00", "9" * 500))
    send_all(parts, provider)
    assert (states(parts), len(provider.sent)) == (["sent"], 1)


def test_a_text_whose_tries_are_used_up_says_so(parts):
    queue(parts, "one")
    provider = Provider(Refused(reason="provider_error", permanent=False, raw=""))
    for _hour in range(30):
        send_all(parts, provider)
        parts.clock.advance(hours=1)
    assert states(parts) == ["failed"]
    assert len(provider.sent) == len(outbox.RETRY_WAITS_S) + 1


def send(parts, row, *answers):
    send_text(row, db=parts.db, sender=Provider(*answers), sealer=parts.sealer, clock=parts.clock, sender_name=None)


def kept(parts):
    with parts.db.reading() as connection:
        return connection.execute(text("SELECT state, provider_id, failure FROM text_message")).one()


OUTCOMES = [
    Accepted("ATX2", "KES 0.8"),
    Refused(reason="invalid_phone", permanent=True, raw=""),
    Refused(reason="provider_error", permanent=False, raw=""),
]


@pytest.mark.parametrize("late", OUTCOMES, ids=lambda outcome: getattr(outcome, "reason", "accepted"))
@pytest.mark.parametrize("reported", [DeliveryState.DELIVERED, DeliveryState.BUFFERED, DeliveryState.FAILED])
def test_a_worker_held_up_past_its_lease_moves_no_text_back(late, reported, parts):
    queue(parts, "one")
    slow = outbox.claim(parts.db, kind="sms", now=parts.clock.now())
    parts.clock.advance(seconds=outbox.LEASE_S + 1)
    send(parts, outbox.claim(parts.db, kind="sms", now=parts.clock.now()), Accepted("ATX1", "KES 0.8"))
    report(parts, "ATX1", reported)
    send(parts, slow, late)
    assert kept(parts) == (reported, "ATX1", None)
    parts.clock.advance(days=1)
    assert outbox.claim(parts.db, kind="sms", now=parts.clock.now()) is None


@pytest.mark.parametrize(("first", "state"), [(OUTCOMES[1], "rejected"), (OUTCOMES[2], "failed")])
def test_a_failed_text_that_a_person_pushes_is_sent(first, state, parts):
    queue(parts, "one")
    for _hour in range(30):
        send_all(parts, Provider(first))
        parts.clock.advance(hours=1)
    assert states(parts) == [state]
    with parts.db.transaction() as tx:
        assert outbox.push(tx, tx.execute(text("SELECT id FROM outbox")).scalar_one(), parts.clock.now())
    send_all(parts, Provider(Accepted("ATX1", "KES 0.8")))
    assert kept(parts) == ("sent", "ATX1", None)
    report(parts, "ATX1", DeliveryState.DELIVERED)
    assert states(parts) == ["delivered"]


def test_a_text_given_up_while_a_slow_worker_still_sent_it_was_sent(parts):
    queue(parts, "one")
    slow = outbox.claim(parts.db, kind="sms", now=parts.clock.now())
    parts.clock.advance(seconds=outbox.LEASE_S + 1)
    send(parts, outbox.claim(parts.db, kind="sms", now=parts.clock.now()), OUTCOMES[1])
    assert states(parts) == ["rejected"]
    send(parts, slow, Accepted("ATX1", "KES 0.8"))
    assert kept(parts) == ("sent", "ATX1", None)
    with parts.db.reading() as connection:
        assert connection.execute(text("SELECT state FROM outbox")).scalar_one() == "sent"
