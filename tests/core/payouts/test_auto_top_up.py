"""Topping up by itself: agreed to by PIN, announced before each charge, within its limits, and ended at a word."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.clock import FixedClock
from core.customers.change import set_status
from core.customers.queries import account
from core.errors import AmountOutOfRange, AutoTopUpStands, CustomerNotActive, KeyReused, NotMomoPhone
from core.messaging.silence import silence
from core.parts import Parts
from core.payouts.auto_top_up import Agreed, agree_auto_top_up, stop_auto_top_up
from core.payouts.hint_payout import hint_payout
from core.payouts.limits import AUTO_MOST
from core.payouts.run_auto_top_ups import run_auto_top_ups
from tests.core.payouts.paying import ssp
from tests.core.payouts.sending import Sending
from tests.town import ACHOL, ZAIN_CALLER, count, texts_to


def agrees(
    momo: Sending, key: str = "a", *, pounds: int = 1_000, below: int = 500, times: int = 2, **more: Any
) -> Agreed:
    def work(tx: Any) -> Agreed:
        return agree_auto_top_up(
            tx,
            **{
                "request_key": key,
                "customer": account(tx.connection, momo.town.achol.customer_id),
                "phone": ACHOL,
                "amount": ssp(pounds),
                "below": ssp(below),
                "times_a_month": times,
                "platform": momo.url,
                "now": momo.now,
                "ids": momo.parts.ids,
                **more,
            },
        )

    found: Agreed = momo.parts.db.run(work)
    return found


def stops(momo: Sending) -> bool:
    return bool(momo.does(stop_auto_top_up, customer_id=momo.town.achol.customer_id, now=momo.now))


def consent(momo: Sending) -> Any:
    (row,) = momo.rows("SELECT * FROM pre_approval ORDER BY id DESC LIMIT 1")
    return row


def runs(momo: Sending, **more: Any) -> tuple[int, int]:
    return run_auto_top_ups(momo.parts.db, now=momo.now, platform=momo.url, ids=momo.parts.ids, **more)


def templates(momo: Sending) -> list[str]:
    return [name for name, _words in texts_to(momo.parts, ACHOL)]


@pytest.fixture
def agreed(momo: Sending) -> Sending:
    """Achol agreed to 1,000 when she has less than 500, twice a month at most, by her PIN."""
    agrees(momo)
    momo.works("pre_approval.request")
    momo.desk.decide("approve")
    momo.later(seconds=5)
    assert momo.asks_about_consents() == ["agreed"]
    return momo


def charged(momo: Sending, *, empty: bool = False) -> str:
    """The charge that was opened, as it went: who agreed before is not prompted, and may have nothing."""
    if empty:
        momo.faults(fail_as="NOT_ENOUGH_FUNDS", times=1)
    assert momo.desk.request() == 1
    return momo.desk.later(seconds=5)[0]


def test_consent_is_asked_of_the_phone_and_told_of(momo: Sending) -> None:
    agrees(momo)
    assert consent(momo).state == "created"
    momo.works("pre_approval.request")
    (asked,) = momo.sent("preapproval")
    assert (asked["reference"], asked["msisdn"]) == (str(consent(momo).reference), "211921234567")
    momo.later(seconds=5)
    assert momo.asks_about_consents() == ["submitted"]
    assert runs(momo) == (0, 0)
    momo.desk.decide("approve")
    momo.later(seconds=10)
    assert momo.asks_about_consents() == ["agreed"]
    assert templates(momo) == ["auto_top_up_agreed"]


def test_a_charge_is_announced_hours_before_and_then_made_once(agreed: Sending) -> None:
    assert runs(agreed) == (1, 0)
    assert templates(agreed)[-1] == "auto_top_up_soon"
    assert runs(agreed) == (0, 0)
    agreed.later(hours=1, minutes=59)
    assert runs(agreed) == (0, 0)
    agreed.later(minutes=1)
    assert runs(agreed) == (0, 1)
    assert runs(agreed) == (0, 0)
    assert charged(agreed) == "paid"
    assert agreed.town.balance(agreed.town.achol) == ssp(1_000)
    assert runs(agreed) == (0, 0)


def test_a_balance_that_rose_meanwhile_is_not_charged(agreed: Sending) -> None:
    assert runs(agreed) == (1, 0)
    agreed.town.give(agreed.town.achol, 500)
    agreed.later(hours=2)
    assert runs(agreed) == (0, 0)
    assert consent(agreed).announced_at is None
    assert count(agreed.parts, "payment_intent") == 0


def test_stop_in_answer_to_the_text_ends_it_here_and_at_the_provider(agreed: Sending) -> None:
    agreed.parts.db.run(
        lambda tx: silence(tx, ACHOL, agreed.now - timedelta(days=1))
    )  # an older STOP meant other texts
    assert runs(agreed) == (1, 0)
    assert templates(agreed)[-1] == "auto_top_up_soon"
    agreed.later(hours=1)
    agreed.parts.db.run(lambda tx: silence(tx, ACHOL, agreed.now))
    agreed.later(hours=1)
    assert runs(agreed) == (0, 0)
    assert consent(agreed).state == "ended"
    agreed.works("pre_approval.cancel")
    (asked,) = agreed.sent("preapproval")
    assert asked["status"] == "FAILED"
    assert count(agreed.parts, "payment_intent") == 0


def test_who_ends_it_is_not_charged_any_more(agreed: Sending) -> None:
    assert runs(agreed) == (1, 0)
    assert stops(agreed)
    assert not stops(agreed)
    agreed.later(hours=2)
    assert runs(agreed) == (0, 0)
    assert templates(agreed)[-1] == "auto_top_up_ended"
    assert agreed.works("pre_approval.cancel") == 1
    assert count(agreed.parts, "outbox", "kind = 'pre_approval.cancel' AND state = 'sent'") == 1
    assert agrees(agreed, "b").again is False  # and may agree anew


def test_who_ended_it_in_mtns_own_menu_is_not_charged_any_more(agreed: Sending) -> None:
    agreed.pre_approver.cancel(consent(agreed).reference)
    agreed.later(days=1)
    assert agreed.asks_about_consents() == ["ended"]
    assert runs(agreed) == (0, 0)


def test_a_taking_back_whose_answer_is_lost_is_tried_again(agreed: Sending) -> None:
    stops(agreed)
    agreed.faults(down=True, times=1)
    agreed.works("pre_approval.cancel")
    agreed.later(seconds=5)
    agreed.works("pre_approval.cancel")
    assert count(agreed.parts, "outbox", "kind = 'pre_approval.cancel' AND state = 'sent'") == 1


def test_never_more_often_than_agreed_and_again_in_the_next_month(agreed: Sending, clock: FixedClock) -> None:
    clock.at = clock.at.replace(day=24)
    for charge in range(4):
        announced, _none = runs(agreed)
        if charge < 2:
            assert announced == 1
            agreed.later(hours=2)
            assert runs(agreed) == (0, 1)
            assert charged(agreed, empty=True) == "refused"
        else:
            assert announced == 0
        agreed.later(days=1)
    clock.at = clock.at.replace(month=12, day=1)
    assert runs(agreed) == (1, 0)


def test_nothing_is_charged_while_a_charge_is_open_or_unknown(agreed: Sending) -> None:
    runs(agreed)
    agreed.later(hours=2)
    assert runs(agreed) == (0, 1)
    agreed.faults(lose_answer_take_money=True, status_500=True)
    agreed.desk.request()
    for _hour in range(28):
        agreed.desk.later(hours=1)
        assert runs(agreed) == (0, 0)
    assert agreed.desk.state(1) == "unknown"
    agreed.later(days=3)
    assert runs(agreed) == (0, 0)
    assert templates(agreed).count("auto_top_up_soon") == 1


def test_nobody_is_told_or_charged_at_night(agreed: Sending, clock: FixedClock) -> None:
    clock.at = clock.at.replace(hour=18, minute=30)  # 20:30 in Juba
    assert runs(agreed) == (0, 0)
    clock.at += timedelta(hours=12)
    assert runs(agreed) == (1, 0)
    clock.at = clock.at.replace(hour=19)
    assert runs(agreed) == (0, 0)
    clock.at += timedelta(hours=12)  # the next morning the text is 24 hours old
    assert runs(agreed) == (0, 1)


def test_a_text_of_long_ago_is_announced_anew(agreed: Sending) -> None:
    runs(agreed)
    agreed.later(days=2)
    assert runs(agreed) == (1, 0)
    assert templates(agreed).count("auto_top_up_soon") == 2


def test_a_renewal_that_is_not_covered_counts_as_low_too(agreed: Sending) -> None:
    agreed.town.give(agreed.town.achol, 800)
    assert runs(agreed) == (0, 0)

    def lacks(_connection: Any, customer: Any, _now: datetime) -> bool:
        return bool(customer.balance < ssp(30_000))

    assert runs(agreed, renewal_lacks=lacks) == (1, 0)


def test_a_customer_who_was_stopped_is_not_charged(agreed: Sending) -> None:
    runs(agreed)
    agreed.does(set_status, customer_id=agreed.town.achol.customer_id, status="suspended")
    agreed.later(hours=2)
    assert runs(agreed) == (0, 0)


def test_a_consent_that_is_over_ends(agreed: Sending) -> None:
    agreed.later(days=366)
    assert runs(agreed) == (0, 0)
    assert consent(agreed).state == "ended"


def test_four_runs_at_once_announce_once_and_charge_once(agreed: Sending) -> None:
    def at_once() -> list[tuple[int, int]]:
        together = threading.Barrier(4)

        def run(_number: int) -> tuple[int, int]:
            together.wait()
            return runs(agreed)

        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(run, range(4)))

    assert sum(announced for announced, _charged in at_once()) == 1
    agreed.later(hours=2)
    assert sum(charges for _announced, charges in at_once()) == 1
    assert count(agreed.parts, "payment_intent") == 1


@pytest.mark.parametrize("decision", ["reject", "fail_as"])
def test_who_says_no_is_not_charged(momo: Sending, decision: str) -> None:
    agrees(momo)
    momo.works("pre_approval.request")
    if decision == "fail_as":
        momo.faults(fail_as="EXPIRED")
        decision = "approve"
    momo.desk.decide(decision)
    momo.later(seconds=5)
    assert momo.asks_about_consents() == ["refused"]
    assert templates(momo) == ["auto_top_up_refused"]
    assert runs(momo) == (0, 0)
    assert agrees(momo, "b").again is False


def test_refused_to_our_face_is_refused(momo: Sending) -> None:
    agrees(momo)
    momo.faults(request_code="NOT_ALLOWED")
    momo.works("pre_approval.request")
    assert consent(momo).state == "refused"


def test_nobody_is_prompted_long_after_they_wished_for_it(momo: Sending) -> None:
    agrees(momo)
    momo.later(minutes=6)
    momo.works("pre_approval.request")
    assert momo.sent("preapproval") == []
    assert consent(momo).state == "refused"


def test_a_request_whose_answer_is_lost_prompts_once(momo: Sending) -> None:
    agrees(momo)
    momo.faults(lose_answer_take_money=True, times=1)
    momo.works("pre_approval.request")
    momo.later(seconds=5)
    momo.works("pre_approval.request")
    assert len(momo.sent("preapproval")) == 1
    assert consent(momo).state == "submitted"


def test_what_nobody_answers_for_a_day_is_no_consent(momo: Sending) -> None:
    agrees(momo)
    momo.works("pre_approval.request")
    for _hour in range(26):
        momo.later(hours=1)
        momo.asks_about_consents()
    assert consent(momo).state == "refused"


def test_a_callback_of_a_consent_only_hints(momo: Sending) -> None:
    agrees(momo)
    momo.works("pre_approval.request")
    momo.desk.decide("approve")
    assert momo.asks_about_consents() == []
    with momo.parts.db.transaction() as tx:
        assert hint_payout(tx, consent(momo).reference, momo.now)
    assert momo.asks_about_consents() == ["agreed"]


def refused_to(momo: Sending, what: type[Exception], key: str = "x", **more: Any) -> None:
    before = count(momo.parts, "pre_approval")
    with pytest.raises(what):
        agrees(momo, key, **more)
    assert count(momo.parts, "pre_approval") == before


def test_what_cannot_be_agreed_on_is_refused(momo: Sending) -> None:
    refused_to(momo, AmountOutOfRange, pounds=499)
    refused_to(momo, AmountOutOfRange, amount=AUTO_MOST + ssp(1))
    refused_to(momo, AmountOutOfRange, below=0)
    refused_to(momo, NotMomoPhone, phone=ZAIN_CALLER)
    refused_to(momo, AssertionError, times=11)
    first = agrees(momo, "form")
    assert agrees(momo, "form") == Agreed(first.pre_approval_id, again=True)
    refused_to(momo, KeyReused, "form", pounds=2_000)
    refused_to(momo, AutoTopUpStands, "another")
    stops(momo)
    momo.does(set_status, customer_id=momo.town.achol.customer_id, status="closed")
    refused_to(momo, CustomerNotActive)


def test_two_sessions_that_agree_at_once_are_one_consent(momo: Sending) -> None:
    together = threading.Barrier(4)

    def agree(number: int) -> bool:
        together.wait()
        try:
            agrees(momo, f"session-{number}")
        except AutoTopUpStands:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(agree, range(4))) == 1
    assert count(momo.parts, "outbox", "kind = 'pre_approval.request'") == 1


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE pre_approval SET amount_minor = amount_minor * 10", "keeps its terms"),
        ("UPDATE pre_approval SET times_a_month_max = 31", "keeps its terms"),
        ("UPDATE pre_approval SET phone = '+211929999999'", "keeps its terms"),
        ("UPDATE pre_approval SET state = 'created'", "does not go from"),
        ("UPDATE pre_approval SET state = 'refused', ended_at = now()", "does not go from"),
        ("UPDATE pre_approval SET state = 'ended'", "ended_is_dated"),
        ("DELETE FROM pre_approval", "never deleted"),
        (
            """INSERT INTO pre_approval (reference, request_key, customer_id, phone, platform, amount_minor, below_minor,
                   times_a_month_max, currency, state, asked_at, valid_until, asks)
               SELECT gen_random_uuid(), 'around', customer_id, phone, platform, amount_minor, below_minor,
                   times_a_month_max, currency, 'created', asked_at, valid_until, 0 FROM pre_approval""",
            "ux_pre_approval_live",
        ),
    ],
)
def test_the_database_refuses_what_no_consent_does(agreed: Sending, parts: Parts, statement: str, why: str) -> None:
    with pytest.raises(DBAPIError, match=why):
        parts.db.run(lambda tx: tx.execute(text(statement)))


def test_a_charge_beyond_what_was_agreed_is_found(agreed: Sending, parts: Parts) -> None:
    from core.integrity import all_faults

    runs(agreed)
    agreed.later(hours=2)
    runs(agreed)
    with parts.db.engine.connect() as connection, connection.begin() as undone:
        connection.execute(text("ALTER TABLE payment_intent DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE payment_intent SET amount_minor = amount_minor + 1"))
        found = all_faults(connection, agreed.now)
        undone.rollback()
    assert any(fault.startswith("nobody is charged more often than they agreed") for fault in found)
