"""Cash over the counter: once per form, however often the form is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.cash.take_cash import CashTaken, take_cash
from core.errors import AmountOutOfRange, KeyReused
from core.ids import check_digit_is_right
from core.money import Money
from core.parts import Parts
from tests.town import ACHOL, Town, everything_agrees, snapshot, texts_to


def take(town: Town, key: str = "form-1", pounds: int = 1500, customer_id: int | None = None) -> CashTaken:
    parts = town.parts

    def work(tx):
        return take_cash(
            tx,
            request_key=key,
            customer_id=customer_id or town.achol.customer_id,
            amount=Money.of(pounds, "SSP"),
            staff_id=town.staff["mary"],
            now=parts.clock.now(),
        )

    return parts.db.run(work)


def test_cash_is_on_the_balance_with_a_receipt_and_a_text(town: Town, parts: Parts) -> None:
    taken = take(town)
    assert check_digit_is_right(taken.receipt_number)
    assert town.balance(town.achol) == Money.of(1500, "SSP")
    ((template, words),) = texts_to(parts, ACHOL)
    assert template == "cash_receipt"
    assert taken.receipt_number in words
    assert "Balance SSP 1,500" in words
    everything_agrees(parts)


def test_the_same_form_twice_is_one_receipt(town: Town, parts: Parts) -> None:
    first = take(town)
    before = snapshot(parts)
    again = take(town)
    assert (again.receipt_number, again.again) == (first.receipt_number, True)
    assert snapshot(parts) == before


def test_the_same_form_from_eight_hands_at_once_is_one_receipt(town: Town, parts: Parts) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: take(town), range(8)))
    assert len({one.receipt_number for one in taken}) == 1
    assert sum(not one.again for one in taken) == 1
    assert town.balance(town.achol) == Money.of(1500, "SSP")
    assert len(texts_to(parts, ACHOL)) == 1
    everything_agrees(parts)


def test_the_same_form_with_other_contents_is_refused(town: Town, parts: Parts) -> None:
    take(town)
    before = snapshot(parts)
    with pytest.raises(KeyReused):
        take(town, pounds=1501)
    with pytest.raises(KeyReused):
        take(town, customer_id=town.deng.customer_id)
    for pounds in (0, -5, 10_000_001):
        with pytest.raises(AmountOutOfRange):
            take(town, key="form-2", pounds=pounds)
    assert snapshot(parts) == before
