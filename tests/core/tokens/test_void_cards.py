"""Cards that nobody typed are taken back: nobody is let in with them, and what was paid goes back the way it came."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from core.customers.queries import account_of_phone
from core.errors import CardsNotThere, KeyReused, NotFound, NotPossibleNow, ReasonMissing
from core.money import Money
from core.owners.sales_figures import owner_sales
from core.tokens.make_batch import Maker
from core.tokens.sell_house_cards import sell_house_cards
from core.tokens.void_cards import CardsVoided, void_cards
from tests.core.tokens.cards import Cards
from tests.core.tokens.test_cards import agree, owes
from tests.town import ACHOL, KIDEN, Town, everything_agrees, snapshot


def take_back(cards: Cards, batch: int, first: int, last: int, key: str = "back", **changes) -> CardsVoided:
    asked = {
        "staff_id": cards.town.staff["mary"], "seller_id": None, "why": "the sheet was lost", "refund": True,
    } | changes  # fmt: skip
    now = cards.parts.clock.now()
    return cards.parts.db.run(
        lambda tx: void_cards(tx, request_key=key, batch_id=batch, first=first, last=last, now=now, **asked)
    )


def balances(cards: Cards) -> dict[str, int]:
    with cards.parts.db.reading() as connection:
        rows = connection.execute(text("SELECT code, balance_minor FROM ledger_account WHERE balance_minor <> 0"))
        return {row.code: row.balance_minor for row in rows}


def test_a_lost_sheet_is_taken_back_and_what_was_typed_stays(town: Town, cards: Cards) -> None:
    agree(town)
    batch = cards.make(10).batch_id
    codes = cards.codes(batch)
    cards.sell(batch, 1, 6)
    assert owes(town) == 6 * 3000
    cards.type(codes[0], phone=ACHOL)
    voided = take_back(cards, batch, 1, 8)
    assert voided == CardsVoided(7, 5, "owner_cash", Money.of(1500, "SSP"), again=False)
    assert owes(town) == 3000
    with pytest.raises(NotPossibleNow) as refused:
        cards.type(codes[1], phone=KIDEN)
    assert refused.value == NotPossibleNow(what="token", state="revoked")
    assert cards.type(codes[0], phone=ACHOL).again
    assert cards.codes(batch) == codes[8:]
    with cards.parts.db.reading() as connection:
        month = owner_sales(connection, town.deng.customer_id, cards.parts.clock.now()).month
    assert (month.taken_back.tokens, month.taken_back.amount) == (5, Money.of(1500, "SSP"))
    everything_agrees(cards.parts)


def test_taken_back_one_by_one_all_of_the_commission_goes_back(town: Town, cards: Cards) -> None:
    agree(town, commission_millionths=33_333)
    batch = cards.make(7).batch_id
    cards.sell(batch, 1, 7)
    assert owes(town) > 0
    for serial in range(1, 8):
        take_back(cards, batch, serial, serial, key=f"back {serial}")
    assert owes(town) == 0
    everything_agrees(cards.parts)


def test_without_a_refund_the_commission_stays(town: Town, cards: Cards) -> None:
    agree(town)
    batch = cards.make(3).batch_id
    cards.sell(batch, 1, 3)
    before = balances(cards)
    assert take_back(cards, batch, 1, 3, refund=False).means == "nothing"
    assert balances(cards) == before
    everything_agrees(cards.parts)


def test_what_a_customer_paid_for_our_own_cards_goes_back_onto_the_balance(town: Town, cards: Cards) -> None:
    with cards.parts.db.transaction() as tx:
        tx.execute(text("UPDATE hotspot SET owner_id = NULL"))
    batch = cards.make(10, maker=Maker(staff_id=town.staff["mary"])).batch_id
    town.give(town.achol, 3000)
    before = balances(cards)
    with cards.parts.db.transaction() as tx:
        buyer = account_of_phone(tx.connection, ACHOL)
        assert buyer is not None
        sell_house_cards(
            tx, request_key="desk", batch_id=batch, first=1, last=10, buyer=buyer, staff_id=town.staff["mary"],
            now=cards.parts.clock.now(),
        )  # fmt: skip
    paid = balances(cards)
    assert take_back(cards, batch, 1, 4).refund == Money.of(1200, "SSP")
    assert balances(cards) != paid
    assert take_back(cards, batch, 1, 10, key="the rest").cards == 6
    assert balances(cards) == before
    everything_agrees(cards.parts)


def test_the_same_request_takes_back_once_and_nothing_wrong_is_half_done(cards: Cards) -> None:
    batch = cards.make(5).batch_id
    first = take_back(cards, batch, 1, 3)
    before = snapshot(cards.parts)
    assert take_back(cards, batch, 1, 3) == CardsVoided(first.cards, first.sold, first.means, first.refund, again=True)
    for refusal, asked in (
        (KeyReused, {"first": 1, "last": 2}),
        (CardsNotThere, {"first": 1, "last": 3, "key": "other"}),
        (CardsNotThere, {"first": 4, "last": 6, "key": "other"}),
        (CardsNotThere, {"first": 5, "last": 4, "key": "other"}),
        (ReasonMissing, {"first": 4, "last": 5, "key": "other", "why": "  "}),
        (NotFound, {"batch": 99, "first": 4, "last": 5, "key": "other"}),
    ):
        with pytest.raises(refusal):
            take_back(cards, **({"batch": batch} | asked))
    assert snapshot(cards.parts) == before


def test_a_card_that_is_typed_while_it_is_taken_back_is_one_or_the_other(cards: Cards) -> None:
    batch = cards.make(16).batch_id
    codes = cards.codes(batch)
    cards.sell(batch, 1, 16)

    def attempt(number: int) -> str:
        try:
            if number == 16:
                return f"back {take_back(cards, batch, 1, 16).cards}"
            cards.type(codes[number], device=f"d{number}")
        except NotPossibleNow:
            return "voided"
        except CardsNotThere:
            return "back 0"
        return "in"

    with ThreadPoolExecutor(17) as pool:
        outcomes = list(pool.map(attempt, range(17)))
    assert outcomes.count("in") + int(outcomes[16].split()[1]) == 16
    assert outcomes.count("in") + outcomes.count("voided") == 16
    everything_agrees(cards.parts)
