"""Money by MoMo, from the row to the receipt, with a provider that does everything a provider does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from core.catalog.set_price import set_version
from core.clock import FixedClock
from core.customers.change import set_status
from core.errors import AmountOutOfRange, CustomerNotActive, KeyReused, NotMomoPhone, PaymentWaiting
from core.money import Money
from core.parts import Parts
from core.payments.collector import CollectionState, CollectionStatus
from core.payments.open_intent import open_intent
from tests.core.payments.desk import Desk
from tests.town import ACHOL, Town, count, snapshot, texts_to


def moves(parts: Parts) -> list[tuple[str, str]]:
    with parts.db.reading() as connection:
        rows = connection.execute(text("SELECT from_state, to_state FROM payment_intent_move ORDER BY id"))
        return [(row.from_state, row.to_state) for row in rows]


def test_the_row_stands_before_the_provider_hears_anything(momo: Desk, parts: Parts) -> None:
    intent = momo.open()
    assert momo.state(intent) == "created"
    assert momo.asked_of_phones() == []
    assert momo.request() == 1
    (asked,) = momo.asked_of_phones()
    assert asked["reference"] == str(momo.intent(intent)["reference"])
    assert (asked["amount"], asked["currency"], asked["msisdn"]) == ("500", "SSP", "211921234567")
    assert asked["external_id"] == asked["reference"]
    assert asked["callback_url"].endswith("/" + asked["reference"])
    assert momo.state(intent) == "submitted"


def test_an_approved_payment_is_credited_once_with_receipt_and_text(momo: Desk, parts: Parts) -> None:
    intent = momo.open()
    momo.request()
    assert momo.later(seconds=5) == ["submitted"]
    momo.decide("approve")
    assert momo.later(seconds=10) == ["paid"]
    assert momo.balance() == 500_00
    assert count(parts, "receipt") == 1
    (template, words) = texts_to(parts, ACHOL)[-1]
    assert template == "top_up_paid"
    assert "SSP 500" in words
    assert moves(parts) == [("created", "submitted"), ("submitted", "paid")]
    assert momo.ask_about(intent) == "paid"
    assert momo.later(days=2) == []
    assert momo.balance() == 500_00


@pytest.mark.parametrize("shape", [{}, {"reason_as": "string"}, {"numbers_as": "number"}])
def test_each_way_of_not_paying_is_told_with_its_reason(shape: dict, momo: Desk, parts: Parts) -> None:
    momo.control("faults", **shape)
    momo.open(500)
    momo.request()
    momo.decide("reject")
    momo.later(seconds=5)
    assert "it was refused on the phone" in texts_to(parts, ACHOL)[-1][1]

    momo.control("wallet", msisdn=ACHOL, amount="499")
    momo.open(501)
    momo.request()
    momo.decide("approve")
    momo.later(seconds=5)
    assert "not enough money" in texts_to(parts, ACHOL)[-1][1]

    momo.control("faults", fail_as="EXPIRED", **shape)
    intent = momo.open(502)
    momo.request()
    momo.decide("approve")
    assert momo.later(seconds=5) == ["expired"]
    assert texts_to(parts, ACHOL)[-1][0] == "payment_expired"

    momo.control("faults", fail_as="A_WORD_NOBODY_KNOWS", **shape)
    intent = momo.open(503)
    momo.request()
    momo.decide("approve")
    assert momo.later(seconds=5) == ["refused"]
    assert momo.intent(intent)["raw_reason"] == "A_WORD_NOBODY_KNOWS"
    assert "no reason we know" in texts_to(parts, ACHOL)[-1][1]

    momo.control("faults", request_code="PAYER_NOT_FOUND", **shape)
    intent = momo.open(504)
    momo.request()
    assert momo.state(intent) == "refused"  # refused to our face: nothing to ask about
    assert momo.intent(intent)["ask_again_at"] is None
    assert "no MoMo wallet" in texts_to(parts, ACHOL)[-1][1]

    assert momo.balance() == 0
    assert count(parts, "receipt") == 0


def test_a_phone_without_a_wallet_is_not_prompted_and_its_customer_is_told(momo: Desk, parts: Parts) -> None:
    momo.control("wallet", msisdn=ACHOL, active=False)
    intent = momo.open()
    momo.request()
    assert momo.state(intent) == "refused"
    assert momo.intent(intent)["reason"] == "payer_not_found"
    assert momo.asked_of_phones() == []
    assert [template for template, _ in texts_to(parts, ACHOL)] == ["payment_refused"]


def test_a_provider_slow_to_tell_of_the_wallet_is_asked_for_the_money_in_another_turn(momo: Desk, parts: Parts) -> None:
    """Our lease of the row must outlive the call: what took long is not done twice."""
    intent, provider = momo.open(), momo.collector

    class SlowToTell:
        platform = momo.url

        def holder_active(self, phone: str) -> None:
            parts.clock.advance(seconds=25)

        def prepare(self, request: object) -> None:
            return None

        def request(self, request: object) -> object:
            raise AssertionError("not in this turn")

    momo.collector = SlowToTell()
    momo.request()
    assert momo.state(intent) == "created"
    momo.collector = provider
    momo.later(seconds=5)
    assert momo.state(intent) == "submitted"


@pytest.mark.parametrize("how", ["close", "500", "html"])
def test_a_request_whose_answer_was_lost_is_sent_again_under_the_same_reference(
    how: str, momo: Desk, parts: Parts
) -> None:
    momo.control("faults", lose_answer_take_money={"value": how, "times": 1})
    intent = momo.open()
    momo.request()
    assert momo.state(intent) == "created"  # nobody knows
    momo.decide("approve")
    momo.later(seconds=5)  # sent again: 409, it had been taken
    assert momo.later(seconds=30) == ["paid"]
    assert len(momo.asked_of_phones()) == 1
    assert momo.balance() == 500_00
    assert count(parts, "outbox", "kind = 'momo.request' AND state = 'sent' AND attempts = 2") == 1


def test_a_lost_answer_is_asked_for_even_if_it_is_never_sent_again(momo: Desk, parts: Parts) -> None:
    momo.control("faults", lose_answer_take_money={"value": "500", "times": 1})
    intent = momo.open()
    momo.request()
    momo.decide("approve")
    parts.clock.advance(seconds=30)
    assert momo.ask() == ["paid"]
    momo.request()  # the retry comes after the money: the same reference, known, and nothing moves
    assert momo.state(intent) == "paid"
    assert len(momo.asked_of_phones()) == 1
    assert momo.balance() == 500_00


@pytest.mark.parametrize(
    # Twice where the question about the wallet, which comes first, is bitten too.
    ("fault", "times"),
    [({"lose_request": True}, 1), ({"html_page": "request"}, 1), ({"down": True}, 2), ({"html_page": "token"}, 2)],
)
def test_a_request_that_was_not_taken_is_sent_again(fault: dict, times: int, momo: Desk, parts: Parts) -> None:
    momo.control("faults", **fault, times=times)
    intent = momo.open()
    momo.request()
    assert momo.state(intent) == "created"
    assert momo.asked_of_phones() == []
    momo.later(seconds=5)
    assert [asked["reference"] for asked in momo.asked_of_phones()] == [str(momo.intent(intent)["reference"])]
    assert momo.state(intent) == "submitted"


@pytest.mark.parametrize(
    "fault",
    [
        {"html_page": {"value": "status", "times": 1}},
        {"status_404_first": 1},
        {"status_500": {"value": True, "times": 1}},
        {"status_429": {"value": True, "times": 1}},
        {"status_as": {"value": "CREATED", "times": 1}},
        {"amount_as": {"value": "much", "times": 1}},
    ],
)
def test_an_answer_that_says_nothing_ends_nothing(fault: dict, momo: Desk, parts: Parts) -> None:
    intent = momo.open()
    momo.request()
    momo.decide("approve")
    momo.control("faults", **fault)
    assert momo.later(seconds=5) == ["submitted"]
    assert momo.balance() == 0
    assert momo.later(seconds=20) == ["paid"]
    assert momo.state(intent) == "paid"
    assert momo.balance() == 500_00


def test_numbers_in_place_of_strings_are_understood(momo: Desk) -> None:
    momo.control("faults", numbers_as="number")
    momo.open()
    momo.request()
    momo.decide("approve")
    assert momo.later(seconds=5) == ["paid"]
    assert momo.balance() == 500_00


def asked_at(momo: Desk, intent: int) -> list[timedelta]:
    """The ages at which an intent was asked about, until a person may settle it."""
    ages = []
    clock = momo.parts.clock
    while momo.state(intent) in {"created", "submitted"}:
        due = momo.intent(intent)["ask_again_at"]
        clock.at = max(clock.at, due)
        momo.ask()
        ages.append(clock.at - momo.intent(intent)["created_at"])
    return ages


def test_pending_for_a_day_is_for_a_person_and_a_late_success_is_still_credited_once(momo: Desk, parts: Parts) -> None:
    intent = momo.open()
    momo.request()
    ages = asked_at(momo, intent)
    assert momo.state(intent) == "unknown"
    assert timedelta(hours=24) <= ages[-1] <= timedelta(hours=25)
    assert [template for template, _ in texts_to(parts, ACHOL)] == ["payment_unknown"]  # told once, not forty times
    assert momo.balance() == 0
    assert momo.later(hours=1) == []  # a person may settle it now; it is asked about four times a day all the same
    assert momo.later(hours=5) == ["unknown"]
    momo.decide("approve")
    for _ in range(3):
        momo.hint(intent)
        momo.later(seconds=1)
    assert momo.state(intent) == "paid"
    assert momo.balance() == 500_00
    assert count(parts, "receipt") == 1


@pytest.mark.parametrize("ended", ["reject", "expire"])
def test_a_success_after_a_refusal_is_credited_all_the_same(ended: str, momo: Desk, parts: Parts) -> None:
    """They said no and then yes: money that came is credited, whatever was thought before."""
    intent = momo.open()
    momo.request()
    if ended == "expire":
        momo.control("faults", fail_as="EXPIRED")
    momo.decide("reject" if ended == "reject" else "approve")
    assert momo.later(seconds=5) == ["refused" if ended == "reject" else "expired"]
    momo.collector = AfterAll(str(momo.intent(intent)["reference"]))
    momo.hint(intent)
    assert momo.later(seconds=1) == ["paid"]
    assert momo.balance() == 500_00


class AfterAll:
    """A provider that says paid after all, and always with the same number of its own."""

    def __init__(self, provider_reference: str = "777") -> None:
        self.provider_reference = provider_reference

    def request(self, request):
        raise AssertionError("nobody asks for it again")

    def status(self, reference):
        return CollectionStatus(
            CollectionState.SUCCESSFUL, Money.of(500, "SSP"), ACHOL, provider_reference=self.provider_reference
        )


@pytest.mark.parametrize(
    ("lie", "doubt"),
    [
        ({"amount_as": "5"}, "amount_differs"),
        ({"amount_as": "50000"}, "amount_differs"),
        ({"currency_as": "USD"}, "amount_differs"),
        ({"payer_as": "211929999999"}, "payer_differs"),
    ],
)
def test_a_success_that_is_not_what_was_asked_for_is_not_credited(
    lie: dict, doubt: str, momo: Desk, parts: Parts
) -> None:
    intent = momo.open()
    momo.request()
    momo.decide("approve")
    momo.control("faults", **lie)
    assert momo.later(seconds=5) == ["unknown"]
    assert momo.intent(intent)["reason"] == doubt
    momo.hint(intent)
    momo.later(seconds=1)
    assert momo.balance() == 0
    assert count(parts, "receipt") == 0
    momo.control("faults")
    momo.hint(intent)
    assert momo.later(seconds=1) == ["paid"]  # it was a slip of theirs
    assert momo.balance() == 500_00


def test_a_number_of_theirs_is_credited_for_one_payment_only(momo: Desk, parts: Parts) -> None:
    first, second = momo.open(500), momo.open(500)
    momo.request()
    momo.collector = AfterAll("4000000001")
    assert sorted(momo.later(seconds=5)) == ["paid", "unknown"]
    assert momo.balance() == 500_00
    assert {momo.intent(one)["reason"] for one in (first, second)} == {None, "reference_reused"}


def test_a_token_paid_by_momo_is_delivered_once(momo: Desk, parts: Parts, town: Town) -> None:
    momo.open(300, token=momo.for_token(recipient=town.deng.main_phone))
    momo.request()
    momo.decide("approve")
    momo.later(seconds=5)
    assert count(parts, "token") == 1
    assert momo.balance() == 0
    assert [template for template, _ in texts_to(parts, ACHOL)] == ["token_paid"]
    ((template, shown),) = texts_to(parts, town.deng.main_phone)
    assert template == "token"
    assert "Password: ***" in shown  # what staff may read of it


@pytest.mark.parametrize("why", ["the network closed", "the customer was suspended"])
def test_money_for_a_token_that_cannot_be_made_stays_on_the_balance_and_the_text_says_so(
    why: str, momo: Desk, parts: Parts, town: Town, clock: FixedClock
) -> None:
    momo.open(300, token=momo.for_token())
    momo.request()
    momo.decide("approve")
    with parts.db.transaction() as tx:
        if why == "the network closed":
            tx.execute(text("UPDATE hotspot SET closed_at = :now"), {"now": clock.now()})
        else:
            set_status(tx, customer_id=town.achol.customer_id, status="suspended")
    assert momo.later(seconds=5) == ["paid"]
    assert momo.balance() == 300_00
    assert (count(parts, "token"), count(parts, "access_grant"), count(parts, "placement")) == (0, 0, 0)
    ((template, words),) = texts_to(parts, ACHOL)
    assert template == "token_not_made"
    assert "on your balance: SSP 300" in words


def test_the_price_that_was_paid_is_the_price_that_counts(momo: Desk, parts: Parts, town: Town) -> None:
    momo.open(300, token=momo.for_token())
    momo.request()
    momo.decide("approve")
    with parts.db.transaction() as tx:
        set_version(
            tx,
            code="1H",
            valid_from=parts.clock.now(),
            duration_s=3600,
            data_bytes=None,
            down_kbps=2000,
            up_kbps=512,
            devices_max=1,
            price=Money.of(900, "SSP"),
        )
    assert momo.later(seconds=5) == ["paid"]
    assert count(parts, "token", "price_minor = 30000") == 1


def test_a_hint_that_comes_while_we_ask_is_not_lost(momo: Desk, parts: Parts) -> None:
    intent = momo.open()
    momo.request()
    momo.decide("approve")
    momo.control("faults", status_500={"value": True, "times": 1})
    inner = momo.collector

    class Slow:
        def status(self, reference):
            answer = inner.status(reference)
            momo.hint(intent)  # between their answer and our writing it down
            return answer

    momo.collector = Slow()
    parts.clock.advance(hours=2)  # past the quick rungs: the next would be in an hour
    assert momo.ask()[0] == "submitted"
    assert momo.state(intent) == "paid"


def test_a_hint_after_the_end_is_followed_until_the_provider_answers(momo: Desk, parts: Parts) -> None:
    intent = momo.open()
    momo.request()
    momo.control("faults", amount_as={"value": "5", "times": 1})
    momo.decide("approve")
    momo.control("faults", amount_as={"value": "5", "times": 1})
    assert momo.later(seconds=5) == ["unknown"]
    momo.control("faults", status_500={"value": True, "times": 2})
    momo.hint(intent)
    assert momo.later(seconds=1) == ["unknown"]
    assert momo.later(minutes=5) == ["unknown"]
    assert momo.later(minutes=5) == ["paid"]
    assert momo.balance() == 500_00


def test_a_hint_at_nothing_new_after_the_end_is_followed_once(momo: Desk, parts: Parts) -> None:
    intent = momo.open()
    momo.request()
    momo.decide("reject")
    momo.later(seconds=5)
    texts = texts_to(parts, ACHOL)
    momo.hint(intent)
    assert momo.later(seconds=1) == ["refused"]
    assert momo.later(days=2) == []
    assert texts_to(parts, ACHOL) == texts


def test_what_may_not_be_collected_is_refused_before_any_row(momo: Desk, parts: Parts, town: Town) -> None:
    def opening(**changes):
        facts = {
            "request_key": "k",
            "customer": town.achol,
            "payer_phone": ACHOL,
            "amount": Money.of(500, "SSP"),
            "purpose": "topup",
            "purpose_body": {},
            "platform": momo.url,
            "now": parts.clock.now(),
            "ids": parts.ids,
        }
        with parts.db.transaction() as tx:
            return open_intent(tx, **(facts | changes))

    before = snapshot(parts)
    for changes, refusal in (
        ({"amount": Money.of(99, "SSP")}, AmountOutOfRange),
        ({"amount": Money.of(5_000_001, "SSP")}, AmountOutOfRange),
        ({"payer_phone": "+211911234567"}, NotMomoPhone),
    ):
        with pytest.raises(refusal):
            opening(**changes)
    with parts.db.transaction() as tx:
        set_status(tx, customer_id=town.deng.customer_id, status="suspended")
    deng = town.account_of("deng")
    with pytest.raises(CustomerNotActive):
        opening(customer=deng)
    after = snapshot(parts, besides=("customer",))
    assert after == {name: rows for name, rows in before.items() if name != "customer"}
    first = opening()
    assert opening().intent_id == first.intent_id
    with pytest.raises(KeyReused):
        opening(amount=Money.of(501, "SSP"))
    with pytest.raises(PaymentWaiting):
        opening(request_key="other")
    assert count(parts, "payment_intent") == 1
