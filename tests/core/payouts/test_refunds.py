"""Money given back: to where it came from, never above what came, and first out of what the customer has."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.cash.own_shift import drawer_of
from core.customers.queries import account
from core.errors import InsufficientBalance, KeyReused, NoShiftOpen, NotFound, NotPossibleNow, RefundTooLarge
from core.ledger.accounts import open_account
from core.ledger.post import Posting, post
from core.money import Money
from core.parts import Parts
from core.payouts.ask_refund import refundable
from core.payouts.cancel_payout import cancel_payout
from core.payouts.hand_out_cash import hand_out_cash
from tests.core.payouts.paying import Paying, ssp
from tests.core.payouts.sending import Sending
from tests.town import ACHOL, count, texts_to


def spends(paying: Paying, pounds: int) -> None:
    """Achol's balance pays for something."""

    def work(tx: Any) -> None:
        wallet = account(tx.connection, paying.town.achol.customer_id).wallet_id
        sales = open_account(tx, "sales:other", "SSP")
        post(
            tx,
            key=f"spent-{paying.parts.ids.new_uuid()}",
            kind="sale",
            occurred_at=paying.now,
            now=paying.now,
            postings=[Posting(wallet, sales, ssp(pounds))],
            memo={},
        )

    paying.parts.db.run(work)


def gives_back_sales(tx: Any, customer_id: int, missing: Money, key: str, now: Any) -> None:
    """What the balance had paid for is undone, as much as is missing."""
    wallet = account(tx.connection, customer_id).wallet_id
    moves = [Posting(open_account(tx, "sales:other", "SSP"), wallet, missing)]
    post(tx, key=key, kind="credit_to_balance", occurred_at=now, now=now, postings=moves, memo={})


def test_what_mtn_collected_goes_back_as_its_own_refund(momo: Sending, parts: Parts) -> None:
    receipt = momo.collected(500)
    refund = momo.refunds(receipt, 300).payout_id
    momo.works("payout.name")
    momo.approves(refund)
    momo.works("payout.send")
    assert momo.sent("transfer") == []
    (sent,) = momo.sent("refund")
    assert (sent["amount"], sent["msisdn"]) == ("300", "211921234567")
    assert momo.passes(seconds=5) == ["paid"]
    assert momo.town.balance(momo.town.achol) == ssp(200)
    assert momo.stands("momo:mtn") == ssp(-200)
    assert [name for name, _words in texts_to(parts, ACHOL)][-2:] == ["refund_sent", "refund_paid"]
    assert receipt in texts_to(parts, ACHOL)[-1][1]


def test_a_refund_whose_answer_is_lost_is_paid_once(momo: Sending) -> None:
    refund = momo.refunds(momo.collected(500), 500).payout_id
    momo.works("payout.name")
    momo.approves(refund)
    momo.faults(lose_answer_take_money=True, times=1)
    momo.works("payout.send")
    for _minute in range(6):
        momo.passes(minutes=1)
    assert momo.state(refund) == "paid"
    assert momo.paid_out() == 500
    assert len(momo.sent("refund")) == 1


def test_what_the_other_platform_collected_goes_back_as_a_transfer_to_the_phone_that_paid(momo: Sending) -> None:
    receipt = momo.collected(500)
    momo.collected_elsewhere()
    refund = momo.refunds(receipt, 500).payout_id
    momo.works("payout.name")
    momo.approves(refund)
    momo.works("payout.send")
    (sent,) = momo.sent("transfer")
    assert sent["msisdn"] == "211921234567"
    assert momo.passes(seconds=5) == ["paid"]


def test_a_refund_that_fails_is_on_the_balance_and_can_be_asked_for_again(momo: Sending, parts: Parts) -> None:
    receipt = momo.collected(500)
    refund = momo.refunds(receipt, 500).payout_id
    momo.works("payout.name")
    momo.approves(refund)
    momo.faults(request_code="NOT_ALLOWED")
    momo.works("payout.send")
    assert momo.state(refund) == "refused"
    assert momo.town.balance(momo.town.achol) == ssp(500)
    assert "on your balance: SSP 500" in texts_to(parts, ACHOL)[-1][1]
    assert momo.refunds(receipt, 500).state == "waiting"


def test_never_above_what_came_whoever_asks_and_however_often(paying: Paying) -> None:
    paying.town.give(paying.town.achol, 1_000)
    receipt = paying.last_receipt()
    with pytest.raises(RefundTooLarge) as too_much:
        paying.refunds(receipt, 1_001)
    assert too_much.value.most == ssp(1_000)
    first = paying.refunds(receipt, 600)
    with pytest.raises(RefundTooLarge) as too_much:
        paying.refunds(receipt, 401)
    assert too_much.value.most == ssp(400)
    paying.does(cancel_payout, payout_id=first.payout_id, now=paying.now, **paying.who("mary"))
    assert paying.refunds(receipt, 1_000).state == "waiting"


def test_four_who_refund_one_receipt_at_once_do_not_pass_what_came(paying: Paying) -> None:
    paying.town.give(paying.town.achol, 1_000)
    receipt = paying.last_receipt()
    together = threading.Barrier(4)

    def refund(_number: int) -> bool:
        together.wait()
        try:
            paying.refunds(receipt, 500)
        except RefundTooLarge:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(refund, range(4))) == 2


def test_a_form_sent_twice_refunds_once(paying: Paying) -> None:
    paying.town.give(paying.town.achol, 1_000)
    receipt = paying.last_receipt()
    first = paying.refunds(receipt, 1_000, key="form")
    assert paying.refunds(receipt, 1_000, key="form").payout_id == first.payout_id
    with pytest.raises(KeyReused):
        paying.refunds(receipt, 999, key="form")
    with pytest.raises(NotFound):
        paying.refunds("424242", 1)


def test_cash_goes_back_as_notes_and_the_customer_is_told_when_they_have_them(paying: Paying, parts: Parts) -> None:
    paying.town.give(paying.town.achol, 1_000)
    refund = paying.refunds(paying.last_receipt(), 1_000, by="rose").payout_id
    assert paying.payout(refund).rail == "cash"
    paying.approves(refund, by="rose")
    assert texts_to(parts, ACHOL)[-1][0] == "cash_receipt"
    drawer = f"cash:staff-{paying.town.staff['mary']}"  # where it was taken
    assert paying.stands(drawer) == ssp(-1_000)
    with pytest.raises(NoShiftOpen):
        paying.does(
            hand_out_cash,
            payout_id=refund,
            staff_id=paying.town.staff["rose"],
            drawer_of=drawer_of,
            now=paying.now,
        )
    paying.does(
        hand_out_cash,
        payout_id=refund,
        staff_id=paying.town.staff["mary"],
        drawer_of=drawer_of,
        now=paying.now,
    )
    assert paying.stands(drawer) == ssp(0)
    assert texts_to(parts, ACHOL)[-1][0] == "refund_paid"


def test_what_the_balance_does_not_hold_is_taken_back_from_what_it_paid_or_not_refunded(paying: Paying) -> None:
    paying.town.give(paying.town.achol, 1_000)
    receipt = paying.last_receipt()
    spends(paying, 700)
    refund = paying.refunds(receipt, 500).payout_id
    with pytest.raises(InsufficientBalance):
        paying.approves(refund)
    assert paying.state(refund) == "waiting"
    paying.approves(refund, take_back=gives_back_sales)
    assert paying.town.balance(paying.town.achol) == ssp(0)
    assert paying.stands("sales:other") == ssp(500)
    assert paying.stands("payout:held") == ssp(500)


def test_what_the_balance_holds_is_enough_and_nothing_is_taken_back(paying: Paying) -> None:
    paying.town.give(paying.town.achol, 1_000)
    refund = paying.refunds(paying.last_receipt(), 500).payout_id

    def never(*_what: object) -> None:
        raise AssertionError("nothing is missing")

    paying.approves(refund, take_back=never)


def test_a_receipt_that_is_being_taken_back_is_not_refunded_too(paying: Paying, parts: Parts) -> None:
    paying.town.give(paying.town.achol, 1_000)
    receipt = paying.last_receipt()
    void = """INSERT INTO receipt_void (receipt_id, reason, state, asked_by, asked_at)
              SELECT r.id, 'typed twice', 'waiting', s.id, now() FROM receipt r, staff_member s
              WHERE r.number = :receipt AND s.username = 'rose'"""
    paying.parts.db.run(lambda tx: tx.execute(text(void), {"receipt": receipt}))
    with pytest.raises(NotPossibleNow) as refused:
        paying.refunds(receipt, 1)
    assert refused.value.state == "taken back"
    with parts.db.reading() as connection:
        row = connection.execute(text("SELECT * FROM receipt")).mappings().one()
        assert refundable(connection, row) == ssp(1_000)


@pytest.mark.parametrize("voided", [True, False])
def test_the_database_itself_keeps_refunds_within_what_came(paying: Paying, parts: Parts, voided: bool) -> None:
    paying.town.give(paying.town.achol, 1_000)
    paying.refunds(paying.last_receipt(), 600)
    void = """INSERT INTO receipt_void (receipt_id, reason, state, asked_by, asked_at)
              SELECT r.id, 'typed twice', 'waiting', min(s.id), now() FROM receipt r, staff_member s GROUP BY r.id"""
    more = """INSERT INTO payout (reference, request_key, kind, rail, customer_id, receipt_id, amount_minor, currency,
                  source, reason, state, needs_second, asked_at, asks)
              SELECT gen_random_uuid(), 'around', kind, rail, customer_id, receipt_id, 40001, currency, source, reason,
                  state, needs_second, asked_at, 0 FROM payout"""
    with pytest.raises(DBAPIError, match="is being refunded" if voided else "above what came"):
        parts.db.run(lambda tx: tx.execute(text(void if voided else more)))
    assert count(parts, "payout") == 1
