"""Money to a phone, from the row to the provider's statement, with a provider that does everything a provider does."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from core.errors import EvidenceMissing, FileRefused, NotPossibleNow, PayeeNotActive, ReferenceUsed
from core.messaging import outbox
from core.messaging.outbox import push
from core.money import Money
from core.parts import Parts
from core.payments.collector import CollectionState
from core.payments.disburser import DisbursementStatus
from core.payments.evidence import Evidence
from core.payouts.ask_payout import by_momo
from core.payouts.hint_payout import hint_payout
from core.payouts.send_payout import send_payout
from tests.core.payouts.paying import ssp
from tests.core.payouts.sending import CALLBACKS, Sending
from tests.town import ACHOL, count, texts_to


def test_the_name_is_seen_before_and_the_money_is_held_then_gone(momo: Sending, parts: Parts) -> None:
    momo.control("wallet", msisdn=ACHOL, given_name="Achol", family_name="Deng")
    momo.town.give(momo.town.achol, 500)
    asked = momo.asks(500, way=by_momo(momo.url, ACHOL))
    with pytest.raises(NotPossibleNow) as none_yet:
        momo.approves(asked.payout_id)
    assert none_yet.value.state == "name not asked yet"
    momo.works("payout.name")
    assert momo.payout(asked.payout_id).payee_name == "Achol Deng"
    assert momo.works("payout.send") == 0
    momo.approves(asked.payout_id)
    assert (momo.town.balance(momo.town.achol), momo.stands("payout:held")) == (ssp(0), ssp(500))
    assert momo.sent() == []
    assert momo.works("payout.send") == 1
    (sent,) = momo.sent()
    assert (sent["reference"], sent["external_id"]) == (str(momo.payout(asked.payout_id).reference),) * 2
    assert (sent["amount"], sent["currency"], sent["msisdn"]) == ("500", "SSP", "211921234567")
    assert momo.state(asked.payout_id) == "submitted"
    assert momo.passes(seconds=5) == ["paid"]
    assert (momo.stands("payout:held"), momo.stands("momo:mtn")) == (ssp(0), ssp(500))
    assert momo.moves(asked.payout_id) == ["approved", "submitted", "paid"]
    assert momo.payout(asked.payout_id).provider_reference == sent["financialTransactionId"]
    assert [name for name, _words in texts_to(parts, ACHOL)][-2:] == ["transfer_sent", "transfer_paid"]
    assert momo.passes(days=2) == []
    assert momo.asks_about(asked.payout_id) == "paid"


def test_a_payee_without_a_wallet_is_refused_in_words_and_nothing_moves(momo: Sending) -> None:
    momo.control("wallet", msisdn=ACHOL, active=False)
    momo.town.give(momo.town.achol, 500)
    asked = momo.asks(500, way=by_momo(momo.url, ACHOL))
    momo.works("payout.name")
    with pytest.raises(PayeeNotActive):
        momo.approves(asked.payout_id)
    assert momo.state(asked.payout_id) == "waiting"
    assert momo.stands("payout:held") == ssp(0)


def test_a_provider_that_would_not_say_who_it_is_leaves_the_decision_to_people(momo: Sending) -> None:
    momo.faults(down=True)
    momo.town.give(momo.town.achol, 500)
    asked = momo.asks(500, way=by_momo(momo.url, ACHOL))
    momo.works("payout.name")
    assert momo.payout(asked.payout_id).payee_checked_at is None
    for seconds in (5, 15):
        momo.later(seconds=seconds)
        momo.works("payout.name")
    seen = momo.payout(asked.payout_id)
    assert (seen.payee_name, seen.payee_active) == (None, None)
    assert seen.payee_checked_at is not None
    momo.faults()
    momo.approves(asked.payout_id)
    momo.works("payout.send")
    assert momo.passes(seconds=5) == ["paid"]


@pytest.mark.parametrize(
    "fault",
    [
        {"lose_answer_take_money": True, "times": 1},
        {"lose_answer_take_money": "500", "times": 1},
        {"lose_answer_take_money": "html", "times": 1},
        {"lose_request": True, "times": 1},
        {"html_page": "request", "times": 2},
        {"html_page": "status", "times": 2},
        {"html_page": "token", "times": 2},
        {"status_500": True, "times": 3},
        {"status_429": True, "times": 3},
        {"status_404_first": 4},
        {"down": True, "times": 3},
        {"slow_ms": {"value": 300, "times": 4}},
        {"numbers_as": "number"},
        {"callback": "never"},
    ],
    ids=str,
)
def test_whatever_goes_wrong_on_the_way_it_is_paid_once(momo: Sending, fault: dict[str, Any]) -> None:
    payout = momo.approved(500)
    momo.faults(**fault)
    momo.works("payout.send")
    for _minute in range(15):
        momo.passes(minutes=1)
    assert momo.state(payout) == "paid"
    assert len(momo.sent()) == 1
    assert momo.paid_out() == 500
    assert momo.stands("payout:held") == ssp(0)
    assert momo.stands("momo:mtn") == ssp(500)


def test_a_worker_killed_between_the_call_and_the_record_sends_again_under_the_same_reference(
    momo: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    payout = momo.approved(500)

    class PowerCut(BaseException):
        pass

    def dies(*_arguments: object, **_facts: object) -> None:
        raise PowerCut

    with monkeypatch.context() as dying:
        dying.setattr("core.payouts.send_payout._record", dies)
        with pytest.raises(PowerCut):
            momo.works("payout.send")
    assert momo.paid_out() == 500
    assert momo.state(payout) == "approved"
    assert momo.stands("payout:held") == ssp(500)
    momo.later(seconds=outbox.LEASE_S + 1)
    assert momo.works("payout.send") == 1
    assert momo.state(payout) == "submitted"
    assert momo.passes(seconds=5) == ["paid"]
    assert momo.paid_out() == 500
    assert len(momo.sent()) == 1


def test_a_worker_killed_while_it_records_the_end_ends_it_once(momo: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    payout = momo.approved(500)
    momo.works("payout.send")

    class PowerCut(BaseException):
        pass

    def dies(*_arguments: object, **_facts: object) -> None:
        raise PowerCut

    momo.later(seconds=5)
    with monkeypatch.context() as dying:
        dying.setattr("core.payouts.hold.tell_payout", dies)
        with pytest.raises(PowerCut):
            momo.asks_about_all()
    assert momo.state(payout) == "submitted"
    assert momo.stands("payout:held") == ssp(500)
    assert momo.passes(seconds=outbox.LEASE_S + 1) == ["paid"]
    assert momo.stands("momo:mtn") == ssp(500)


def test_two_workers_that_send_one_row_pay_once(momo: Sending, parts: Parts) -> None:
    payout = momo.approved(500)
    row = outbox.claim(parts.db, kind="payout.send", now=momo.now)
    assert row is not None
    together = threading.Barrier(2)

    def send(_number: int) -> None:
        together.wait()
        send_payout(row, db=parts.db, disburser=momo.disburser, clock=parts.clock, callback_url=CALLBACKS)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, range(2)))
    assert momo.passes(seconds=5) == ["paid"]
    assert len(momo.sent()) == 1
    assert momo.state(payout) == "paid"


def test_eight_workers_that_ask_at_once_end_it_once(momo: Sending, parts: Parts) -> None:
    payout = momo.approved(500)
    momo.works("payout.send")
    momo.later(seconds=5)
    together = threading.Barrier(8)

    def ask(_number: int) -> str:
        together.wait()
        return momo.asks_about(payout)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {"paid"}
    assert momo.moves(payout).count("paid") == 1
    assert momo.stands("momo:mtn") == ssp(500)


def test_what_is_refused_to_our_face_comes_back(momo: Sending, parts: Parts) -> None:
    payout = momo.approved(500)
    momo.faults(request_code="PAYEE_NOT_FOUND")
    momo.works("payout.send")
    assert momo.state(payout) == "refused"
    assert momo.town.balance(momo.town.achol) == ssp(500)
    assert momo.stands("payout:held") == ssp(0)
    assert momo.paid_out() == 0
    assert texts_to(parts, ACHOL)[-1][0] == "transfer_refused"


def test_what_failed_at_the_provider_comes_back_and_says_so_to_whoever_uses_it(momo: Sending) -> None:
    came: list[tuple[int, str]] = []
    momo.came_back = lambda _tx, customer, key, _now: came.append((customer, key))
    payout = momo.approved(500)
    momo.faults(fail_as="PAYEE_NOT_ALLOWED_TO_RECEIVE")
    momo.works("payout.send")
    assert momo.passes(seconds=5) == ["refused"]
    assert momo.town.balance(momo.town.achol) == ssp(500)
    assert came == [(momo.town.achol.customer_id, f"payout_back:{momo.payout(payout).reference}")]
    assert momo.passes(days=1) == []


def test_refused_after_a_sending_whose_answer_was_lost_waits_for_the_status(momo: Sending) -> None:
    payout = momo.approved(500)
    momo.faults(lose_answer_take_money=True)
    momo.works("payout.send")
    momo.faults(request_code="NOT_ENOUGH_FUNDS")  # to the second sending; the first is paid already
    momo.later(seconds=5)
    momo.works("payout.send")
    assert momo.state(payout) == "approved"
    assert momo.stands("payout:held") == ssp(500)
    assert momo.passes(seconds=5) == ["paid"]
    assert momo.paid_out() == 500


def test_what_nobody_can_tell_of_stays_held_is_asked_about_daily_and_never_sent_again(
    momo: Sending, parts: Parts
) -> None:
    payout = momo.approved(500)
    momo.faults(lose_answer_take_money=True, status_500=True)
    momo.works("payout.send")
    for _hour in range(30):
        momo.passes(hours=1)
    assert momo.state(payout) == "unknown"
    assert momo.stands("payout:held") == ssp(500)
    with parts.db.transaction() as tx:
        for (row_id,) in tx.execute(text("SELECT id FROM outbox WHERE kind = 'payout.send'")).all():
            push(tx, row_id, momo.now)
    sent_before = len(momo.sent())
    momo.faults(status_500=True)
    for _day in range(12):
        assert momo.passes(days=1) == ["unknown"]
    assert len(momo.sent()) == sent_before == 1
    momo.faults()
    assert momo.passes(days=1) == ["paid"]
    assert momo.paid_out() == 500
    assert momo.moves(payout) == ["approved", "submitted", "unknown", "paid"]


def test_what_the_provider_never_heard_of_is_not_taken_for_refused(momo: Sending) -> None:
    payout = momo.approved(500)
    momo.faults(lose_request=True)
    momo.works("payout.send")
    for _hour in range(40):
        momo.passes(hours=1)
    assert momo.sent() == []
    assert momo.state(payout) == "unknown"
    assert momo.stands("payout:held") == ssp(500)
    assert momo.town.balance(momo.town.achol) == ssp(0)
    momo.settles_by_hand(payout, "refused")
    assert momo.town.balance(momo.town.achol) == ssp(500)


def unknown(momo: Sending) -> int:
    payout = momo.approved(500)
    momo.faults(lose_answer_take_money=True, status_500=True)
    momo.works("payout.send")
    for _hour in range(30):
        momo.passes(hours=1)
    assert momo.state(payout) == "unknown"
    return payout


def test_a_person_settles_an_unknown_one_with_evidence_once(momo: Sending, parts: Parts) -> None:
    payout = unknown(momo)
    with pytest.raises(EvidenceMissing):
        momo.settles_by_hand(payout, "paid", "777", evidence=Evidence(" "))
    with pytest.raises(FileRefused):
        momo.settles_by_hand(payout, "paid", "777", evidence=Evidence("seen", b"<script>"))
    with pytest.raises(ReferenceUsed):
        momo.settles_by_hand(payout, "paid", " ")
    assert count(parts, "payment_evidence") == 0
    momo.settles_by_hand(payout, "paid", "777")
    assert momo.state(payout) == "paid"
    assert momo.stands("momo:mtn") == ssp(500)
    assert count(parts, "payment_evidence", "payout_id = :id", id=payout) == 1
    with pytest.raises(NotPossibleNow):
        momo.settles_by_hand(payout, "refused")


def test_four_people_who_settle_one_at_once_are_one(momo: Sending, parts: Parts) -> None:
    payout = unknown(momo)
    together = threading.Barrier(4)

    def settle(number: int) -> bool:
        together.wait()
        try:
            momo.settles_by_hand(payout, "refused" if number % 2 else "paid", "777")
        except NotPossibleNow:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(settle, range(4))) == 1
    assert momo.stands("payout:held") == ssp(0)
    assert count(parts, "payment_evidence") == 1


def test_a_number_of_theirs_settles_one_payout_only(momo: Sending) -> None:
    first, second = unknown(momo), unknown(momo)
    momo.settles_by_hand(first, "paid", "777")
    with pytest.raises(ReferenceUsed):
        momo.settles_by_hand(second, "paid", "777")
    assert momo.state(second) == "unknown"


def test_what_the_provider_can_still_tell_of_is_not_a_persons_to_say(momo: Sending) -> None:
    payout = momo.approved(500)
    for outcome in ("paid", "refused"):
        with pytest.raises(NotPossibleNow):
            momo.settles_by_hand(payout, outcome, "777")
    momo.works("payout.send")
    with pytest.raises(NotPossibleNow):
        momo.settles_by_hand(payout, "refused")


@pytest.mark.parametrize(
    ("fault", "doubt"),
    [
        ({"amount_as": "499"}, "amount_differs"),
        ({"payer_as": "211929999999"}, "payee_differs"),
        ({"currency_as": "USD"}, "amount_differs"),
    ],
)
def test_a_success_that_is_not_what_we_sent_is_unknown_and_an_alarm(
    momo: Sending, parts: Parts, fault: dict[str, str], doubt: str
) -> None:
    payout = momo.approved(500)
    momo.works("payout.send")
    momo.faults(**fault)
    assert momo.passes(seconds=5) == ["unknown"]
    assert momo.payout(payout).failure == doubt
    assert momo.stands("payout:held") == ssp(500)
    assert count(parts, "payment_alarm", "kind = 'payout_differs'") == 1
    momo.faults()
    assert momo.passes(hours=7) == ["paid"]


class Says:
    """A provider of which the story tells what it says."""

    def __init__(self, momo: Sending, status: DisbursementStatus) -> None:
        self.platform = momo.url
        self._status = status

    def status(self, _reference: object, _kind: object) -> DisbursementStatus:
        return self._status


def test_paid_after_it_was_refused_is_an_alarm(momo: Sending, parts: Parts) -> None:
    payout = momo.approved(500)
    momo.faults(request_code="NOT_ALLOWED")
    momo.works("payout.send")
    momo.faults()
    assert momo.state(payout) == "refused"
    reference = momo.payout(payout).reference
    with parts.db.transaction() as tx:
        assert hint_payout(tx, reference, momo.now)
    momo.disburser = Says(momo, DisbursementStatus(CollectionState.SUCCESSFUL, ssp(500), ACHOL, "999"))
    assert momo.asks_about_all() == ["refused"]
    assert count(parts, "payment_alarm", "kind = 'paid_after_refusal' AND subject = :it", it=f"payout:{payout}") == 1
    assert momo.asks_about_all() == []


def test_one_number_of_theirs_for_two_payouts_is_an_alarm(momo: Sending, parts: Parts) -> None:
    for _payout in range(2):
        payout = momo.approved(500)
        momo.works("payout.send")
        momo.disburser, real = (
            Says(momo, DisbursementStatus(CollectionState.SUCCESSFUL, ssp(500), None, "1")),
            momo.disburser,
        )
        momo.passes(seconds=5)
        momo.disburser = real
    assert momo.state(payout) == "unknown"
    assert momo.payout(payout).failure == "reference_reused"
    assert count(parts, "payment_alarm", "kind = 'reference_reused'") == 1
    assert momo.stands("payout:held") == ssp(500)


def test_a_callback_only_hints(momo: Sending, parts: Parts, bells: list[str]) -> None:
    payout = momo.approved(500)
    momo.works("payout.send")
    assert momo.asks_about_all() == []
    with parts.db.transaction() as tx:
        assert hint_payout(tx, momo.payout(payout).reference, momo.now)
        assert not hint_payout(tx, parts.ids.new_uuid(), momo.now)
        assert not hint_payout(tx, None, momo.now)
    assert "payout.ask" in bells
    assert momo.state(payout) == "submitted"
    assert momo.asks_about_all() == ["paid"]
    for _copy in range(60):
        with parts.db.transaction() as tx:
            assert hint_payout(tx, momo.payout(payout).reference, momo.now)
    assert momo.asks_about_all() == []


def test_on_another_platform_nothing_is_sent_and_what_was_never_sent_comes_back(momo: Sending) -> None:
    payout = momo.approved(500)
    momo.disburser = Says(momo, DisbursementStatus(CollectionState.UNKNOWN))
    momo.disburser.platform = "http://elsewhere"
    momo.later(minutes=2)
    assert momo.asks_about_all() == ["approved"]
    momo.works("payout.send")
    assert momo.state(payout) == "refused"
    assert momo.town.balance(momo.town.achol) == ssp(500)


def test_what_another_platform_may_have_sent_is_for_a_person(momo: Sending) -> None:
    payout = momo.approved(500)
    momo.faults(lose_answer_take_money=True, status_500=True)
    momo.works("payout.send")
    momo.disburser = Says(momo, DisbursementStatus(CollectionState.UNKNOWN))
    momo.disburser.platform = "http://elsewhere"
    momo.passes(minutes=1)
    assert momo.state(payout) == "unknown"
    assert momo.payout(payout).failure == "other_platform"
    assert momo.stands("payout:held") == ssp(500)
    assert momo.passes(days=2) == []
    momo.settles_by_hand(payout, "paid", "777")


def test_submitted_on_another_platform_is_for_a_person_too(momo: Sending) -> None:
    payout = momo.approved(500)
    momo.works("payout.send")
    momo.disburser = Says(momo, DisbursementStatus(CollectionState.SUCCESSFUL, Money(500_00, "SSP")))
    momo.disburser.platform = "http://elsewhere"
    assert momo.passes(seconds=5) == ["unknown"]
    momo.settles_by_hand(payout, "refused")
