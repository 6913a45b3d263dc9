"""Payments that only a person can settle: each is seen by one, none is dropped or asked about for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.clock import FixedClock
from core.crm.stuck import UnknownPayment, unknown_payments
from core.money import Money
from core.parts import Parts
from core.payments.ask_again import ask_again
from core.payments.collector import (
    CollectionState,
    CollectionStatus,
    FailureReason,
    RequestAnswer,
    RequestOutcome,
)
from tests.core.payments.desk import Desk
from tests.town import ACHOL, DENG, count, texts_to


class Says:
    """A provider with one answer to every question."""

    def __init__(self, state: CollectionState, **facts: object) -> None:
        self.answer = CollectionStatus(state, **facts)  # type: ignore[arg-type]
        self.asked = self.requested = 0

    def status(self, _reference: object) -> CollectionStatus:
        self.asked += 1
        return self.answer

    def request(self, _request: object) -> RequestOutcome:
        self.requested += 1
        return RequestOutcome(RequestAnswer.ACCEPTED)


class OtherPlatform(Says):
    """The provider's new platform. It has never heard of what its old one took."""

    platform = "https://momoapi.momo.africa"


def seen(parts: Parts) -> list[UnknownPayment]:
    with parts.db.reading() as connection:
        return unknown_payments(connection)


def texts(parts: Parts) -> list[str]:
    return [template for template, _ in texts_to(parts, ACHOL)]


def ask_to_the_end(momo: Desk, intent: int) -> None:
    """Ask whenever it is due, until nobody asks any more; for ever would be a fault."""
    clock = momo.parts.clock
    assert isinstance(clock, FixedClock)
    for _ in range(60):
        due = momo.intent(intent)["ask_again_at"]
        if momo.state(intent) not in {"created", "submitted"}:
            return
        clock.at = max(clock.at, due)
        momo.ask()


def test_an_accepted_payment_that_mtn_no_longer_knows_is_for_a_person_after_a_day(momo: Desk, parts: Parts) -> None:
    intent = momo.open()
    momo.request()
    assert momo.state(intent) == "submitted"
    momo.collector = Says(CollectionState.NOT_FOUND)
    ask_to_the_end(momo, intent)
    assert momo.state(intent) == "unknown"
    assert parts.clock.now() - momo.intent(intent)["created_at"] <= timedelta(hours=25)
    for _ in range(10):  # asked about until it is known, and the customer hears of it once
        assert momo.later(days=3) == ["unknown"]
    assert [payment.reason for payment in seen(parts)] == ["no_answer"]
    assert texts(parts) == ["payment_unknown"]


# Two platforms


def test_what_one_platform_took_is_neither_sent_to_nor_judged_by_another(momo: Desk, parts: Parts) -> None:
    momo.control("faults", lose_answer_take_money={"value": "close", "times": 1})
    intent = momo.open()
    momo.request()
    momo.decide("approve")  # paid there, and we have not heard of it
    there, here = momo.collector, OtherPlatform(CollectionState.NOT_FOUND)
    momo.collector = here
    for _ in range(15):
        momo.later(minutes=1)
    assert momo.state(intent) == "unknown"
    assert (here.requested, here.asked) == (0, 0)
    assert [payment.reason for payment in seen(parts)] == ["other_platform"]
    assert texts(parts) == ["payment_unknown"]
    assert count(parts, "outbox", "kind = 'momo.request' AND state = 'sent'") == 1

    with parts.db.transaction() as tx:  # somebody presses the button: still nobody here can tell
        ask_again(tx, reference=momo.intent(intent)["reference"], now=parts.clock.now())
    assert momo.ask() == ["unknown"]
    assert momo.later(days=1) == []

    momo.collector = there
    with parts.db.transaction() as tx:
        ask_again(tx, reference=momo.intent(intent)["reference"], now=parts.clock.now())
    assert momo.ask() == ["paid"]
    assert momo.balance() == 500_00


@pytest.mark.parametrize("first", ["the request", "the question"])
def test_what_was_never_sent_to_its_platform_ends_and_may_be_tried_again(first: str, momo: Desk, parts: Parts) -> None:
    intent = momo.open()
    here = OtherPlatform(CollectionState.NOT_FOUND)
    momo.collector = here
    parts.clock.advance(seconds=30)
    if first == "the question":
        assert momo.ask() == ["created"]
    momo.request()
    assert momo.state(intent) == "expired"
    assert momo.later(hours=1) == []
    assert (here.requested, here.asked) == (0, 0)
    assert texts(parts) == ["payment_expired"]
    assert seen(parts) == []


def test_an_accepted_payment_of_another_platform_is_for_a_person_at_once(momo: Desk, parts: Parts) -> None:
    intent = momo.open()
    momo.request()
    momo.collector = OtherPlatform(CollectionState.FAILED, reason=FailureReason.PROVIDER_ERROR)
    assert momo.later(seconds=5) == ["unknown"]
    assert momo.intent(intent)["raw_reason"] == momo.url  # where they must ask


# Money that came otherwise than asked for


@pytest.mark.parametrize(
    ("odd", "doubt", "what_came"),
    [
        ({"amount": Money.of(499, "SSP"), "payer_phone": ACHOL}, "amount_differs", "SSP 499"),
        ({"amount": Money.of(500, "SSP"), "payer_phone": DENG}, "payer_differs", DENG),
        ({"amount": Money.of(500, "SSP"), "external_id": "another"}, "reference_differs", "SSP 500"),
    ],
)
@pytest.mark.parametrize(
    ("end", "reason"), [("expired", FailureReason.EXPIRED), ("refused", FailureReason.REFUSED_BY_PAYER)]
)
def test_an_odd_success_after_the_end_is_seen_by_a_person(
    end: str, reason: FailureReason, odd: dict, doubt: str, what_came: str, momo: Desk, parts: Parts
) -> None:
    intent = momo.open(500)
    momo.request()
    momo.collector = Says(CollectionState.FAILED, reason=reason)
    assert momo.later(seconds=5) == [end]
    told = texts(parts)
    momo.collector = Says(CollectionState.SUCCESSFUL, provider_reference="4711", **odd)
    momo.hint(intent)
    assert momo.later(seconds=1) == ["unknown"]
    (payment,) = seen(parts)
    assert payment.reason == doubt
    assert what_came in (payment.raw_reason or "")
    assert "4711" in (payment.raw_reason or "")
    assert momo.balance() == 0
    assert texts(parts) == told  # a person speaks to them now


def test_an_odd_success_of_a_payment_nobody_could_tell_of_is_seen_too(momo: Desk, parts: Parts) -> None:
    intent = momo.open(500)
    momo.request()
    momo.collector = Says(CollectionState.UNKNOWN)
    ask_to_the_end(momo, intent)
    assert [payment.reason for payment in seen(parts)] == ["no_answer"]
    momo.collector = Says(CollectionState.SUCCESSFUL, amount=Money.of(5000, "SSP"), provider_reference="4711")
    momo.hint(intent)
    momo.later(seconds=1)
    (payment,) = seen(parts)
    assert payment.reason == "amount_differs"
    assert "SSP 5,000" in (payment.raw_reason or "")


def test_a_success_that_gives_back_our_own_reference_is_credited(momo: Desk) -> None:
    intent = momo.open(500)
    momo.request()
    ours = str(momo.intent(intent)["reference"]).upper()
    momo.collector = Says(CollectionState.SUCCESSFUL, amount=Money.of(500, "SSP"), external_id=ours)
    assert momo.later(seconds=5) == ["paid"]
    assert momo.balance() == 500_00


@pytest.mark.parametrize("payer", ["0921234567", "921234567"])
def test_a_payer_written_as_people_here_do_is_the_payer(payer: str, momo: Desk) -> None:
    momo.open(500)
    momo.request()
    momo.decide("approve")
    momo.control("faults", payer_as=payer)
    assert momo.later(seconds=5) == ["paid"]
    assert momo.balance() == 500_00
