"""Requests that come late, twice or to a provider that contradicts itself: nobody pays twice, no money is lost."""

from __future__ import annotations

import pytest

from core.customers.queries import Account
from core.errors import PaymentUnknown, PaymentWaiting, TooManyTries
from core.messaging import outbox
from core.money import Money
from core.parts import Parts
from core.payments.collector import (
    CollectionRequest,
    CollectionState,
    CollectionStatus,
    FailureReason,
    RequestAnswer,
    RequestOutcome,
)
from core.payments.limits import PAYMENTS_PER_CUSTOMER_MAX, PROMPTS_PER_PHONE_MAX
from core.payments.open_intent import open_intent
from tests.core.payments.desk import Desk
from tests.town import ACHOL, count, texts_to


def top_up(momo: Desk, key: str, *, who: Account | None = None, pounds: int = 500) -> int:
    """As a caller tops up: always the same body."""
    with momo.parts.db.transaction() as tx:
        return open_intent(
            tx,
            request_key=key,
            customer=who or momo.town.achol,
            payer_phone=ACHOL,
            amount=Money.of(pounds, "SSP"),
            purpose="topup",
            purpose_body={},
            platform=momo.url,
            now=momo.parts.clock.now(),
            ids=momo.parts.ids,
        ).intent_id


def test_a_payment_taken_and_then_refused_is_credited_all_the_same(momo: Desk, parts: Parts) -> None:
    momo.control("faults", lose_answer_take_money={"value": "close", "times": 1})
    intent = momo.open()
    momo.request()
    momo.control("faults", request_code={"value": "NOT_ALLOWED", "times": 1})
    momo.later(seconds=5)  # sent again, and refused to our face
    assert momo.state(intent) == "created"
    assert count(parts, "outbox", "kind = 'momo.request' AND state = 'sent'") == 1
    assert texts_to(parts, ACHOL) == []
    momo.decide("approve")
    assert momo.later(seconds=5) == ["paid"]
    assert momo.balance() == 500_00


class Hangs:
    """A sending that takes longer than its lease, so that another begins, and is then refused."""

    def __init__(self, momo: Desk) -> None:
        self.momo, self.inner = momo, momo.collector

    def request(self, _request: object) -> RequestOutcome:
        momo, self.momo.collector = self.momo, self.inner
        assert momo.request() == 0
        momo.parts.clock.advance(seconds=outbox.LEASE_S + 1)
        assert momo.request() == 1  # another worker
        return RequestOutcome(RequestAnswer.REFUSED, FailureReason.LIMIT_REACHED)


def test_a_first_sending_that_hung_and_was_refused_does_not_end_what_the_second_began(momo: Desk, parts: Parts) -> None:
    intent = momo.open()
    momo.collector = Hangs(momo)
    momo.request()
    assert momo.state(intent) == "submitted"
    assert momo.intent(intent)["reason"] is None
    momo.decide("approve")
    assert "paid" in momo.later(seconds=30)
    assert momo.balance() == 500_00
    assert [template for template, _ in texts_to(parts, ACHOL)] == ["top_up_paid"]


def test_a_first_sending_that_hung_and_was_refused_does_not_end_what_the_second_may_have_begun(
    momo: Desk, parts: Parts
) -> None:
    momo.control("faults", lose_answer_take_money={"value": "close", "times": 1})
    intent = momo.open()
    momo.collector = Hangs(momo)
    momo.request()
    assert momo.state(intent) == "created"
    momo.decide("approve")
    assert "paid" in momo.later(seconds=5)
    assert [template for template, _ in texts_to(parts, ACHOL)] == ["top_up_paid"]


def test_a_request_pushed_after_its_worker_died_is_no_first_try(momo: Desk, parts: Parts) -> None:
    intent = momo.open()
    row = outbox.claim(parts.db, kind="momo.request", now=parts.clock.now())
    assert row is not None
    momo.collector.request(demand_of(momo, intent))  # taken, and then the power went
    parts.clock.advance(seconds=outbox.LEASE_S)
    with parts.db.transaction() as tx:
        assert outbox.push(tx, row.id, parts.clock.now())
    momo.control("faults", request_code={"value": "NOT_ALLOWED", "times": 1})
    momo.request()
    assert momo.state(intent) == "created"
    momo.decide("approve")
    assert "paid" in momo.later(seconds=5)
    assert momo.balance() == 500_00


def demand_of(momo: Desk, intent: int) -> CollectionRequest:
    row = momo.intent(intent)
    amount = Money(row["amount_minor"], row["currency"])
    return CollectionRequest(row["reference"], amount, row["payer_phone"], str(row["reference"]), "", "")


def test_a_request_lost_and_then_refused_ends_when_nothing_can_come_any_more(momo: Desk, parts: Parts) -> None:
    momo.control("faults", lose_request={"value": True, "times": 1})
    intent = momo.open()
    momo.request()
    momo.control("faults", request_code={"value": "PAYER_NOT_FOUND", "times": 1})
    for _ in range(6):
        momo.later(minutes=1)
        if momo.state(intent) == "refused":
            break
        assert momo.state(intent) == "created"
    momo.later(minutes=1)
    assert momo.state(intent) == "refused"
    assert momo.intent(intent)["ask_again_at"] is None
    assert "no MoMo wallet" in texts_to(parts, ACHOL)[-1][1]
    assert momo.asked_of_phones() == []


def test_a_request_that_comes_late_prompts_nobody(momo: Desk, parts: Parts) -> None:
    intent = momo.open()
    assert momo.later(minutes=5) == ["expired"]
    assert momo.asked_of_phones() == []
    assert momo.intent(intent)["ask_again_at"] is None
    assert [template for template, _ in texts_to(parts, ACHOL)] == ["payment_expired"]
    assert count(parts, "outbox", "kind = 'momo.request' AND state = 'sent'") == 1


def test_a_late_try_goes_on_as_the_status_says(momo: Desk) -> None:
    momo.control("faults", lose_answer_take_money={"value": "close", "times": 1})
    intent = momo.open()
    momo.request()
    momo.decide("approve")
    assert momo.later(minutes=6) == ["paid"]
    assert len(momo.asked_of_phones()) == 1
    assert momo.state(intent) == "paid"


def test_with_mtn_away_for_long_nobody_is_prompted_twice_and_all_ends(momo: Desk, parts: Parts) -> None:
    momo.control("faults", down=True)
    top_up(momo, "first")
    momo.request()
    for _ in range(8):
        momo.later(minutes=1)
        with pytest.raises((PaymentWaiting, PaymentUnknown)):  # the longer nobody can tell, the less they may pay again
            top_up(momo, "second")
    momo.control("faults", down=False)
    for _ in range(12):
        momo.later(minutes=1)
    assert count(parts, "payment_intent", "state = 'expired'") == 1
    assert momo.asked_of_phones() == []
    second = top_up(momo, "second")
    momo.request()
    assert momo.state(second) == "submitted"


def test_no_phone_is_filled_with_prompts_whoever_asks(momo: Desk, parts: Parts) -> None:
    for number in range(PROMPTS_PER_PHONE_MAX):
        top_up(momo, f"k{number}", pounds=500 + number)
        parts.clock.advance(seconds=60)
    with pytest.raises(TooManyTries) as refused:
        top_up(momo, "deng", who=momo.town.deng)
    assert refused.value.wait_s == (6 - PROMPTS_PER_PHONE_MAX) * 60
    parts.clock.advance(seconds=refused.value.wait_s)
    assert top_up(momo, "deng", who=momo.town.deng)


def test_one_customer_begins_so_many_payments_an_hour_and_no_more(momo: Desk, parts: Parts) -> None:
    momo.control("faults", request_code="PAYER_NOT_FOUND")
    for number in range(PAYMENTS_PER_CUSTOMER_MAX):
        top_up(momo, f"k{number}")
        momo.request()
    with pytest.raises(TooManyTries) as refused:
        top_up(momo, "more")
    assert refused.value.wait_s == 3600
    assert top_up(momo, "deng", who=momo.town.deng)
    parts.clock.advance(hours=1)
    assert top_up(momo, "more")


@pytest.mark.parametrize("theirs", [None, ""])
def test_a_success_without_a_usable_number_of_theirs_is_credited_under_ours(theirs: str | None, momo: Desk) -> None:
    intent = momo.open()
    momo.request()

    class Nameless:
        def status(self, reference):
            return CollectionStatus(CollectionState.SUCCESSFUL, Money.of(500, "SSP"), ACHOL, theirs)

    momo.collector = Nameless()
    assert momo.later(seconds=5) == ["paid"]
    assert momo.intent(intent)["provider_reference"] == str(momo.intent(intent)["reference"])
