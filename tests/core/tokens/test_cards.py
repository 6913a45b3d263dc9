"""Cards are made by the thousand, worth nothing until they are sold, and each is sold once."""

from __future__ import annotations

import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.clock import FixedClock
from core.days import juba_day
from core.errors import CardNotSold, CardsNotThere, CardsOutOfRange, KeyReused, NoHotspot, NotFound, Refusal
from core.money import Money
from core.payouts.owner_terms import set_owner_terms
from core.tokens.make_batch import CARDS_MAX, card_number
from core.tokens.sell_cards import CardPlace, card_of_code
from tests.core.tokens.cards import Cards
from tests.core.tokens.test_sell_token import buy
from tests.town import ACHOL, KIDEN, Town, count, everything_agrees, snapshot


def agree(town: Town, commission_millionths: int = 100_000) -> None:
    with town.parts.db.transaction() as tx:
        set_owner_terms(
            tx,
            owner_id=town.deng.customer_id,
            from_day=juba_day(town.parts.clock.now()),
            commission_millionths=commission_millionths,
            withholding_millionths=0,
            payout_phone=town.deng.main_phone,
            staff_id=town.staff["mary"],
            now=town.parts.clock.now(),
        )


def owes(town: Town) -> int:
    with town.parts.db.reading() as connection:
        query = text("SELECT coalesce(sum(balance_minor), 0) FROM ledger_account WHERE code LIKE 'owner_owes:%'")
        return -int(connection.execute(query).scalar_one())


def test_deng_prints_cards_and_no_table_holds_a_code(cards: Cards) -> None:
    batch = cards.make(250).batch_id
    codes = cards.codes(batch)
    assert len(set(codes)) == 250
    assert cards.codes(batch, first=249) == codes[248:]
    with cards.parts.db.reading() as connection:
        for table in snapshot(cards.parts):
            rows = connection.execute(text(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t"))
            stored = rows.scalar_one()
            assert not any(code in stored or code.encode().hex() in stored for code in codes), table
    assert count(cards.parts, "access_grant") == 0
    everything_agrees(cards.parts)


def test_the_same_request_makes_them_once_even_when_two_send_it_together(cards: Cards) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: cards.make(20), range(4)))
    assert len({one.batch_id for one in made}) == 1
    assert sorted(one.again for one in made) == [False, True, True, True]
    assert count(cards.parts, "token_card") == 20
    with pytest.raises(KeyReused):
        cards.make(21)


@pytest.mark.parametrize(
    ("refusal", "cards_", "changes"),
    [
        (CardsOutOfRange, 0, {}),
        (CardsOutOfRange, -5, {}),
        (CardsOutOfRange, CARDS_MAX + 1, {}),
        (NoHotspot, 10, {"hotspot_id": 99_999}),
    ],
)
def test_what_cannot_be_made_leaves_nothing(
    cards: Cards, refusal: type[Refusal], cards_: int, changes: dict[str, int]
) -> None:
    before = snapshot(cards.parts)
    with pytest.raises(refusal):
        cards.make(cards_, **changes)
    assert snapshot(cards.parts) == before


def test_memory_does_not_grow_with_the_number_of_cards(cards: Cards) -> None:
    cards.make(100, key="warm")
    peaks = []
    for number in (2_000, 20_000):
        tracemalloc.start()
        cards.make(number, key=f"print {number}")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 200_000


def test_cards_sold_are_cards_sold_once_and_the_commission_accrues(town: Town, cards: Cards) -> None:
    agree(town)
    batch = cards.make(100).batch_id
    sold = cards.sell(batch, 11, 20)
    assert (sold.cards, sold.again) == (10, False)
    assert owes(town) == 10 * 30_00
    assert cards.sell(batch, 11, 20).again
    before = snapshot(cards.parts)
    for key, first, last in (("b", 20, 21), ("c", 15, 15), ("d", 0, 3), ("e", 100, 101), ("f", 5, 4)):
        with pytest.raises(CardsNotThere):
            cards.sell(batch, first, last, key=key)
    with pytest.raises(KeyReused):
        cards.sell(batch, 21, 30)
    with pytest.raises(NotFound):
        cards.sell(batch + 1, 1, 1, key="g")
    assert snapshot(cards.parts) == before
    cards.sell(batch, 21, 30, key="gifts", for_nothing=True)
    assert owes(town) == 10 * 30_00
    everything_agrees(cards.parts)


def test_of_many_who_sell_the_same_cards_one_does(town: Town, cards: Cards) -> None:
    agree(town)
    batch = cards.make(30).batch_id

    def attempt(number: int) -> str:
        try:
            cards.sell(batch, 1 + number % 3, 10 + number % 3, key=f"counter {number}")
        except CardsNotThere:
            return "refused"
        return "sold"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(attempt, range(12)))
    assert outcomes == ["refused"] * 11 + ["sold"]
    assert count(cards.parts, "token_card", "sale_id IS NOT NULL") == 10
    assert owes(town) == 10 * 30_00
    everything_agrees(cards.parts)


def test_one_is_sold_by_scanning_it(cards: Cards) -> None:
    batch = cards.make(3).batch_id
    code = cards.codes(batch)[1]
    with cards.parts.db.reading() as connection:
        place = card_of_code(connection, code, cards.parts.sealer)
        assert place == CardPlace(batch, 2)
        with pytest.raises(NotFound):
            card_of_code(connection, "acdefhjkmnprtw", cards.parts.sealer)
    with pytest.raises(CardNotSold):
        cards.type(code, phone=ACHOL)
    cards.sell(place.batch_id, place.serial, place.serial)
    assert cards.type(code, phone=ACHOL).ssid == "Juba Town Wi-Fi"
    with pytest.raises(CardNotSold):
        cards.type(cards.codes(batch)[0], phone=KIDEN)


def test_a_card_has_a_number_whose_last_digit_finds_a_slip() -> None:
    assert card_number(12, 451) == "12-0004514"
    assert len({card_number(12, serial)[-1] for serial in range(1, 30)}) > 5


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE token_card SET token_id = NULL WHERE token_id IS NOT NULL", "a card stays what it became"),
        ("UPDATE token_card SET sale_id = NULL WHERE token_id IS NULL AND sale_id IS NOT NULL", "a card stays what"),
        ("UPDATE token_card SET voided_at = now() WHERE token_id IS NOT NULL", "voided_unused"),
        ("UPDATE token_card SET serial = serial + 100", "a card stays what it became"),
        ("DELETE FROM token_card", "a card stays what it became"),
        ("UPDATE token_card SET lookup = '\\x00'", "lookup_whole"),
        ("UPDATE token_card SET lookup = (SELECT max(lookup) FROM token_card)", "uq_token_card_lookup"),
        (
            "UPDATE token_card SET token_id = (SELECT max(id) FROM token) WHERE sale_id IS NULL",
            "redeemed_once_sold|uq_token_card_token_id",
        ),
        ("UPDATE token_batch SET price_minor = 0", "never changed"),
        ("DELETE FROM token_card_sale", "never changed"),
        ("UPDATE token_card_sale SET first_serial = 1", "never changed"),
        ("INSERT INTO token_guess VALUES ('cousin', '', now(), 1)", "kind_known"),
        ("INSERT INTO token_guess VALUES ('all', '', now(), 0)", "misses_positive"),
    ],
)
def test_the_database_refuses_what_no_card_may_become(cards: Cards, statement: str, why: str) -> None:
    batch = cards.make(4).batch_id
    cards.sell(batch, 1, 2)
    cards.type(cards.codes(batch)[0], phone=ACHOL)
    with pytest.raises(DBAPIError, match=why), cards.parts.db.transaction() as tx:
        assert tx.execute(text(statement)).rowcount


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("origin = 'friend', buyer_id = NULL, entry_id = NULL", "origin_known"),
        ("buyer_id = NULL", "buyer_of_a_wallet"),
        ("entry_id = NULL", "entry_of_a_wallet"),
        ("origin = 'cash', buyer_id = NULL, entry_id = NULL", "seller_named"),
        ("origin = 'given', buyer_id = NULL, entry_id = NULL, seller_id = buyer_id", "given_for_nothing"),
        ("origin = 'card', buyer_id = NULL, entry_id = NULL", "card_of_a_batch"),
        ("origin = 'cash', buyer_id = NULL, entry_id = NULL, seller_id = buyer_id, recipient_phone = NULL",
         "phone_unless_card"),
        ("campaign = 'Christmas'", "campaign_of_gifts"),
        ("lookup = '\\x00'", "lookup_whole"),
        ("moved_from_id = id, entry_id = NULL", "moved_from_another"),
    ],
)  # fmt: skip
def test_the_database_refuses_a_token_from_nowhere(town: Town, change: str, why: str) -> None:
    town.give(town.achol, 300)
    buy(town, "hop")
    with town.parts.db.transaction() as tx:
        tx.execute(text("ALTER TABLE token DISABLE TRIGGER token_guard"))
    with pytest.raises(DBAPIError, match=why), town.parts.db.transaction() as tx:
        tx.execute(text(f"UPDATE token SET {change}"))
    with town.parts.db.transaction() as tx:
        tx.execute(text("ALTER TABLE token ENABLE TRIGGER token_guard"))


def test_cards_keep_their_price_whatever_becomes_of_the_plan(cards: Cards, clock: FixedClock) -> None:
    batch = cards.make(2, price=Money.of(250, "SSP")).batch_id
    clock.advance(days=300)
    cards.sell(batch, 1, 1)
    redeemed = cards.type(cards.codes(batch)[0], phone=ACHOL)
    with cards.parts.db.reading() as connection:
        query = text("SELECT origin, price_minor, batch_id FROM token WHERE id = :id")
        assert tuple(connection.execute(query, {"id": redeemed.token_id}).one()) == ("card", 250_00, batch)
