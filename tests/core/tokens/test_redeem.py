"""A code typed anywhere lets in once: one card is one leave to be online, within its device limit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from core.access.models import AccessGrant
from core.catalog.set_price import set_version
from core.clock import FixedClock
from core.errors import CodeUsed, DeviceLimit, NotPossibleNow, TooManyTries, WrongCode
from core.money import Money
from core.network.expire import expire_due
from core.tokens.guesses import MISSES_MAX, WINDOW_S, forget_misses, misses_now
from core.tokens.redeem import DEVICE_SILENT_S
from core.tokens.typed_code import code_printed
from tests.core.tokens.cards import Cards
from tests.core.tokens.test_sell_token import buy
from tests.town import ACHOL, DENG, KIDEN, Town, count, everything_agrees, snapshot, texts_to

WRONG = "acdefhjkmnprtw"
PLAN = {"duration_s": 3600, "data_bytes": None, "down_kbps": 2000, "up_kbps": 512, "devices_max": 1}


def plan(town: Town, **changes) -> int:
    now = town.parts.clock.now()
    with town.parts.db.transaction() as tx:
        return set_version(tx, code="1H", valid_from=now, price=Money.of(300, "SSP"), **(PLAN | changes))


def test_achol_texts_her_card_in_capitals_with_arabic_digits_and_is_texted_how_to_log_in(cards: Cards, bells) -> None:
    code = cards.one()
    bells.clear()
    typed = code_printed(code).upper().translate(str.maketrans("3479", "٣٤٧٩"))
    redeemed = cards.type(typed, phone=ACHOL)
    assert (redeemed.username + redeemed.password, redeemed.again) == (code, False)
    ((template, shown),) = texts_to(cards.parts, ACHOL)
    assert template == "token"
    assert code[:6] not in shown
    assert set(bells) == {"router", "sms"}
    before = snapshot(cards.parts)
    assert cards.type(code, phone=ACHOL).again
    with pytest.raises(CodeUsed):
        cards.type(code, phone=KIDEN)
    assert snapshot(cards.parts) == before
    everything_agrees(cards.parts)


def test_of_a_hundred_phones_that_type_one_card_at_once_one_is_let_in(cards: Cards) -> None:
    code = cards.one()

    def attempt(number: int) -> str:
        try:
            cards.type(code, phone=f"+2119210{number:05}")
        except CodeUsed:
            return "used"
        return "in"

    with ThreadPoolExecutor(100) as pool:
        outcomes = sorted(pool.map(attempt, range(100)))
    assert outcomes == ["in"] + ["used"] * 99
    assert count(cards.parts, "access_grant") == count(cards.parts, "token") == 1
    assert count(cards.parts, "text_message") == 1
    everything_agrees(cards.parts)


@pytest.mark.parametrize("devices_max", [1, 3])
def test_of_a_hundred_devices_as_many_are_let_in_as_the_plan_allows(town: Town, cards: Cards, devices_max: int) -> None:
    code = cards.one(plan_version_id=plan(town, devices_max=devices_max))

    def attempt(number: int) -> str:
        try:
            redeemed = cards.type(code, device=f"02:00:00:00:00:{number:02X}", address="10.5.50.7")
        except DeviceLimit as refusal:
            return f"beyond {refusal.devices}"
        return redeemed.username

    with ThreadPoolExecutor(100) as pool:
        outcomes = sorted(pool.map(attempt, range(100)))
    assert outcomes == sorted([code[:6]] * devices_max + [f"beyond {devices_max}"] * (100 - devices_max))
    assert count(cards.parts, "access_grant") == 1
    assert count(cards.parts, "token_device") == devices_max
    everything_agrees(cards.parts)


def test_a_device_that_comes_again_is_let_in_and_a_silent_one_makes_room(cards: Cards, clock: FixedClock) -> None:
    code = cards.one()
    cards.type(code, device="first")
    assert cards.type(code, device="first").again
    with pytest.raises(DeviceLimit):
        cards.type(code, device="second")
    clock.advance(seconds=DEVICE_SILENT_S)
    assert cards.type(code, device="second").again
    with pytest.raises(DeviceLimit):
        cards.type(code, device="first")


def test_a_token_bought_by_sms_is_typed_as_one_code_on_the_page(town: Town, cards: Cards) -> None:
    town.give(town.achol, 300)
    buy(town, "hop")
    with cards.parts.db.reading() as connection:
        row = connection.execute(text("SELECT username, password_sealed FROM access_grant")).one()
    code = row.username + cards.parts.sealer.open(row.password_sealed)
    assert cards.type(code, device="her phone").again
    with pytest.raises(CodeUsed):
        cards.type(code, phone=KIDEN)
    assert count(cards.parts, "access_grant") == 1


def test_a_card_whose_user_name_is_taken_gets_another(town: Town, cards: Cards) -> None:
    code = cards.one()
    town.give(town.achol, 300)
    buy(town, "hop")
    with cards.parts.db.transaction() as tx:
        tx.execute(text("ALTER TABLE access_grant DISABLE TRIGGER access_grant_guard"))
        tx.execute(update(AccessGrant).values(username=code[:6]))
        tx.execute(text("ALTER TABLE access_grant ENABLE TRIGGER access_grant_guard"))
    redeemed = cards.type(code, phone=DENG)
    assert redeemed.username != code[:6]
    assert redeemed.password == code[6:]
    assert cards.type(code, phone=DENG).username == redeemed.username
    everything_agrees(cards.parts)


def test_time_counts_from_the_sale_where_the_plan_says_so(town: Town, cards: Cards, clock: FixedClock) -> None:
    version = plan(town, counts_from="sale")
    code, late = cards.one(plan_version_id=version), cards.one(plan_version_id=version, campaign="late")
    sold_at = clock.now()
    clock.advance(minutes=20)
    cards.type(code, phone=ACHOL)
    with cards.parts.db.reading() as connection:
        status, ends_at = connection.execute(text("SELECT status, ends_at FROM access_grant")).one()
    assert (status, ends_at) == ("running", sold_at + timedelta(hours=1))
    clock.advance(minutes=40)
    before = snapshot(cards.parts)
    with pytest.raises(NotPossibleNow) as refused:
        cards.type(late, phone=DENG)
    assert refused.value == NotPossibleNow(what="token", state="expired")
    assert snapshot(cards.parts) == before
    expire_due(cards.parts.db, clock.now())
    with pytest.raises(NotPossibleNow):
        cards.type(code, phone=ACHOL)
    everything_agrees(cards.parts)


# Guessing


def miss(cards: Cards, times: int, **by: str) -> None:
    for _ in range(times):
        with pytest.raises(WrongCode):
            cards.type(WRONG, **by)


def test_what_cannot_be_a_code_is_refused_and_counts_for_nothing(cards: Cards) -> None:
    before = snapshot(cards.parts)
    with pytest.raises(WrongCode):
        cards.type("hello", phone=KIDEN)
    assert snapshot(cards.parts) == before


@pytest.mark.parametrize("kind", ["phone", "device", "address"])
def test_kiden_who_guesses_is_not_listened_to_for_a_while_and_achol_is(
    cards: Cards, clock: FixedClock, kind: str
) -> None:
    code = cards.one()
    miss(cards, MISSES_MAX[kind], **{kind: "kiden"})
    before = snapshot(cards.parts)
    with pytest.raises(TooManyTries) as refused:
        cards.type(code, **{kind: "kiden"})
    assert 0 < refused.value.wait_s <= WINDOW_S + 1
    assert snapshot(cards.parts) == before
    assert not cards.type(code, phone=ACHOL).again
    clock.advance(seconds=WINDOW_S)
    miss(cards, 1, **{kind: "kiden"})


def test_who_changes_device_and_address_meets_the_limit_over_all_and_phones_are_still_heard(
    cards: Cards, clock: FixedClock
) -> None:
    code = cards.one()
    with cards.parts.db.transaction() as tx:
        tx.execute(
            text("INSERT INTO token_guess VALUES ('all', '', :now, :misses)"),
            {"now": clock.now(), "misses": MISSES_MAX["all"] - 1},
        )
    miss(cards, 1, device="the last", address="10.0.0.1")
    with cards.parts.db.reading() as connection:
        assert misses_now(connection, clock.now()) == MISSES_MAX["all"]
    with pytest.raises(TooManyTries):
        cards.type(code, device="quite another", address="10.9.9.9")
    assert not cards.type(code, phone=ACHOL).again
    clock.advance(seconds=WINDOW_S)
    assert cards.type(code, device="quite another", address="10.9.9.9").again
    clock.advance(hours=2)
    forget_misses(cards.parts.db, clock.now())
    assert count(cards.parts, "token_guess") == 0


def test_guesses_by_many_threads_are_all_counted(cards: Cards) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: miss(cards, 1, device=f"d{number}", address="10.0.0.1"), range(48)))
    with cards.parts.db.reading() as connection:
        rows = connection.execute(text("SELECT kind, sum(misses) FROM token_guess GROUP BY kind"))
        assert {kind: int(misses) for kind, misses in rows} == {"device": 48, "address": 48, "all": 48}
