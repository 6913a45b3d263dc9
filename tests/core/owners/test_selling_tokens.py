"""An owner and a helper sell for cash, give away, and have others pay by MoMo: stories, and all that is refused."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core import errors
from core.clock import FixedClock
from core.owners.add_helper import add_helper, remove_helper
from core.owners.change_owner import set_giveaways, set_owner_state
from core.owners.price_list import set_owner_price
from core.parts import Parts
from tests.core.owners.stall import BUYER, HELPER, Stall, ssp
from tests.core.payments.desk import Desk
from tests.town import ACHOL, DENG, KIDEN, Town, count, snapshot, texts_to


def hires(stall: Stall, phone: str = HELPER) -> None:
    owner, now = stall.who(DENG), stall.parts.clock.now()
    stall.parts.db.run(lambda tx: add_helper(tx, owner=owner, typed_phone=phone, code="*384*77#", now=now))


def test_a_cash_sale_texts_the_token_and_owes_the_commission_once(stall: Stall, parts: Parts) -> None:
    stall.confirms()
    assert not stall.sells("one").again
    assert stall.sells("one").again
    (said,) = [shown for template, shown in texts_to(parts, ACHOL) if template == "token"]
    assert "Juba Town Wi-Fi" in said
    assert [tuple(row) for row in stall.rows("SELECT origin, price_minor, entry_id FROM token")] == [
        ("cash", 700_00, None)
    ]
    number = stall.town.deng.number
    assert stall.books(f"owner_owes:{number}") == -70_00
    assert stall.books(f"owner_share:{number}") == 0


def test_a_sale_at_the_owners_own_price(stall: Stall) -> None:
    parts, deng = stall.parts, stall.town.deng.customer_id
    more = {"owner_id": deng, "now": parts.clock.now()}
    parts.db.run(lambda tx: set_owner_price(tx, plan_code="3H", price=ssp(900), **more))
    parts.db.run(lambda tx: set_owner_price(tx, plan_code="1D", price=None, **more))
    with pytest.raises(errors.PriceChanged) as changed:
        stall.sells("old", shown=ssp(700))
    assert changed.value.now == ssp(900)
    with pytest.raises(errors.NotOnList):
        stall.sells("off", plan="1D")
    for price in (ssp(99), ssp(5_000_001)):
        with pytest.raises(errors.AmountOutOfRange):
            parts.db.run(lambda tx, price=price: set_owner_price(tx, plan_code="3H", price=price, **more))
    assert count(parts, "token") == 0
    stall.sells("new", shown=ssp(900))
    assert stall.rows("SELECT price_minor FROM token") == [(900_00,)]


def test_a_helper_sells_and_may_do_nothing_else(stall: Stall, parts: Parts) -> None:
    hires(stall)
    assert [template for template, _said in texts_to(parts, HELPER)] == ["helper_added"]
    hires(stall)
    sold = stall.sells("helped", seller=HELPER)
    assert stall.rows("SELECT seller_id FROM token WHERE id = :id", id=sold.token_id) == [
        (stall.who(HELPER).customer_id,)
    ]
    with pytest.raises(errors.NotAnOwner):
        stall.gives("gift", giver=HELPER)
    now = parts.clock.now()
    parts.db.run(lambda tx: remove_helper(tx, owner_id=stall.town.deng.customer_id, typed_phone="0912000001", now=now))
    with pytest.raises(errors.NotAnOwner):
        stall.sells("gone", seller=HELPER)
    assert count(parts, "token") == 1


def test_who_may_not_help(stall: Stall) -> None:
    with pytest.raises(errors.OwnNumber):
        hires(stall, DENG)
    with pytest.raises(errors.ForeignPhone):
        hires(stall, "+254712345678")


def test_what_is_refused_sells_nothing(stall: Stall, parts: Parts) -> None:
    hires(stall)
    before = snapshot(parts)
    for kind, changes in (
        (errors.ForeignPhone, {"to": "+254712345678"}),
        (errors.InvalidPhone, {"to": "12"}),
        (errors.OwnNumber, {"to": DENG}),
        (errors.OwnNumber, {"to": HELPER, "seller": HELPER}),
        (errors.NotAnOwner, {"seller": ACHOL}),
        (errors.PriceChanged, {"shown": ssp(600)}),
    ):
        with pytest.raises(kind):
            stall.sells("no", **changes)
    with pytest.raises(errors.MomoNotConfirmed):
        stall.prompts("no")
    assert snapshot(parts) == before
    stall.sells("yes")
    with pytest.raises(errors.KeyReused):
        stall.sells("yes", plan="1H")
    with pytest.raises(errors.KeyReused):
        stall.sells("yes", to=BUYER)


def test_an_owner_suspended_in_mid_sale_sells_before_or_not_at_all(stall: Stall, parts: Parts) -> None:
    deng = stall.town.deng.customer_id
    begun, outcome = threading.Event(), []

    def sells() -> None:
        begun.set()
        try:
            stall.sells("late")
        except errors.OwnerSuspended:
            outcome.append("refused")

    with parts.db.transaction() as tx:
        set_owner_state(tx, owner_id=deng, state="suspended")
        seller = threading.Thread(target=sells)
        seller.start()
        assert begun.wait(5)
    seller.join(20)
    assert outcome == ["refused"]
    assert count(parts, "token") == 0
    parts.db.run(lambda tx: set_owner_state(tx, owner_id=deng, state="active"))
    assert not stall.sells("late").again


# Giving away


def test_a_gift_costs_nothing_and_says_what_it_is_for(stall: Stall) -> None:
    stall.gives("gift", campaign="  opening   day ")
    assert [tuple(row) for row in stall.rows("SELECT origin, price_minor, campaign FROM token")] == [
        ("given", 0, "opening day")
    ]
    assert stall.books(f"owner_owes:{stall.town.deng.number}") == 0


def test_a_hundred_at_once_who_give_the_last_one_give_one(stall: Stall, parts: Parts) -> None:
    deng = stall.town.deng.customer_id
    parts.db.run(lambda tx: set_giveaways(tx, owner_id=deng, day_max=3, once_per_phone_day=False))
    for number in (1, 2):
        stall.gives(f"before-{number}", to=BUYER)
    start = threading.Barrier(8)  # as many as the pool has connections: they are all in it before any has ended

    def attempt(number: int) -> str:
        if number < 8:
            start.wait(20)
        try:
            stall.gives(f"last-{number}", to=f"+2119220{number:05d}")
        except errors.GiftsUsedUp as refusal:
            return str(refusal.most)
        return "given"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(attempt, range(100)))
    assert outcomes == ["3"] * 99 + ["given"]
    assert count(parts, "token", "origin = 'given'") == 3
    assert count(parts, "access_grant") == 3


def test_the_next_day_in_juba_there_are_gifts_again(stall: Stall, parts: Parts, clock: FixedClock) -> None:
    deng = stall.town.deng.customer_id
    parts.db.run(lambda tx: set_giveaways(tx, owner_id=deng, day_max=1, once_per_phone_day=True))
    stall.gives("today")
    with pytest.raises(errors.HadGift):
        stall.gives("again")
    with pytest.raises(errors.GiftsUsedUp):
        stall.gives("another", to=BUYER)
    clock.advance(hours=13)  # 01:00 in Juba
    stall.gives("tomorrow")


def test_the_database_itself_refuses_one_gift_too_many(stall: Stall, parts: Parts) -> None:
    stall.gives("gift")
    sold = stall.sells("sold")
    for number, why in ((1, "uq_owner_gift_number"), (11, "within_the_day")):
        with pytest.raises(DBAPIError, match=why), parts.db.transaction() as tx:
            tx.execute(
                text("""INSERT INTO owner_gift (token_id, owner_id, day, number, day_max, phone, once)
                        SELECT :token, owner_id, day, :number, day_max, '+211929999998', false FROM owner_gift"""),
                {"token": sold.token_id, "number": number},
            )
    for change in ("UPDATE owner_gift SET number = 2", "DELETE FROM owner_gift"):
        with pytest.raises(DBAPIError), parts.db.transaction() as tx:
            tx.execute(text(change))


# By MoMo


@pytest.fixture
def momo_stall(momo: Desk, parts: Parts, town: Town) -> Stall:
    made = Stall(parts, town, momo.url)
    made.confirms()
    return made


def test_paid_by_momo_the_token_comes_after_the_money(momo: Desk, momo_stall: Stall, parts: Parts) -> None:
    intent = momo_stall.prompts("sale", to=BUYER)
    assert momo_stall.prompts("sale", to=BUYER) == intent
    momo.request()
    assert count(parts, "token") == 0
    momo.decide("approve")
    assert momo.later(seconds=5) == ["paid"]
    assert [template for template, _said in texts_to(parts, BUYER)] == ["token"]
    assert [template for template, _said in texts_to(parts, ACHOL)] == ["token_paid"]
    assert texts_to(parts, DENG)[-1] == (
        "sale_paid",
        "0921 234 567 paid SSP 700 for 3 hours. The token went to 0922 000 002.",
    )
    number = momo_stall.town.deng.number
    assert momo_stall.books(f"owner_share:{number}") == 630_00
    (commission,) = momo_stall.rows("""
        SELECT sum(p.amount_minor) FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
        WHERE a.code = 'commission:tokens:SSP'""")
    assert commission[0] == 70_00
    assert momo.balance() == 0


def test_a_double_tap_prompts_once(momo: Desk, momo_stall: Stall, parts: Parts) -> None:
    momo_stall.prompts("sale")
    with pytest.raises(errors.PaymentWaiting):
        momo_stall.prompts("sale again")
    assert count(parts, "payment_intent") == 1


def test_the_same_form_for_another_network_is_no_second_sale_and_no_answer_of_the_first(
    momo: Desk, momo_stall: Stall, parts: Parts
) -> None:
    momo_stall.prompts("tap")
    with pytest.raises(errors.KeyReused):
        momo_stall.prompts("tap", ssid="Munuki Net")
    assert count(parts, "payment_intent") == 1


def test_late_money_still_delivers_though_the_owner_was_suspended(momo: Desk, momo_stall: Stall, parts: Parts) -> None:
    momo_stall.prompts("sale")
    momo.request()
    deng = momo_stall.town.deng.customer_id
    parts.db.run(lambda tx: set_owner_state(tx, owner_id=deng, state="suspended"))
    momo.decide("approve")
    assert momo.later(minutes=20) == ["paid"]
    assert count(parts, "token", "origin = 'momo'") == 1


def test_refused_both_are_told_and_nothing_is_made(momo: Desk, momo_stall: Stall, parts: Parts) -> None:
    momo_stall.prompts("sale")
    momo.request()
    momo.decide("reject")
    assert momo.later(seconds=5) == ["refused"]
    assert texts_to(parts, ACHOL)[-1][0] == "payment_refused"
    template, said = texts_to(parts, DENG)[-1]
    assert template == "sale_refused"
    assert said.startswith("0921 234 567 did not pay SSP 700: ")
    assert count(parts, "token") == 0


def test_a_stranger_pays_and_where_the_network_is_gone_the_money_is_theirs(
    momo: Desk, momo_stall: Stall, parts: Parts
) -> None:
    momo_stall.prompts("sale", payer=KIDEN)
    momo.request()
    parts.db.run(lambda tx: tx.execute(text("UPDATE hotspot SET closed_at = :now"), {"now": parts.clock.now()}))
    kiden = momo_stall.who(KIDEN)
    momo.decide("approve", kiden)
    assert momo.later(seconds=5) == ["paid"]
    assert momo.balance(kiden) == 700_00
    assert texts_to(parts, KIDEN)[-1][0] == "token_not_made"
    assert texts_to(parts, DENG)[-1][0] == "sale_not_made"
    assert count(parts, "token") == 0


def test_only_mtn_pays(momo_stall: Stall, parts: Parts) -> None:
    with pytest.raises(errors.NotMomoPhone):
        momo_stall.prompts("sale", payer=HELPER)
    assert count(parts, "payment_intent") == 0
