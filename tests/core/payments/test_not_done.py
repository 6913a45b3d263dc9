"""What a payment was for cannot be done, by whatever fault of ours: the money that came is credited all the same."""

from __future__ import annotations

from datetime import datetime

import pytest
from psycopg2 import errors as pg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from core.db.engine import Transaction
from core.parts import Parts
from core.payments.settle import Paid
from tests.core.payments.desk import Desk
from tests.town import ACHOL, count, texts_to


def raises(_tx: Transaction, _paid: Paid, _now: datetime) -> None:
    raise AssertionError("no free user name in 20 tries: the names are used up")


def spoils_the_transaction(tx: Transaction, _paid: Paid, _now: datetime) -> None:
    tx.execute(text("INSERT INTO phone_network (code, name, script) VALUES ('trace', 'Trace', 'latin')"))
    tx.execute(text("SELECT 1 / 0"))


def paid(momo: Desk, **opened: object) -> int:
    intent = momo.open(**opened)  # type: ignore[arg-type]
    momo.request()
    momo.decide("approve")
    return intent


@pytest.mark.parametrize("fault", [raises, spoils_the_transaction])
def test_a_token_that_breaks_in_the_making_leaves_the_money_on_the_balance_and_the_text_says_so(
    fault: object, momo: Desk, parts: Parts, capsys: pytest.CaptureFixture[str]
) -> None:
    intent = paid(momo, pounds=300, token=momo.for_token())
    momo.fulfil = dict.fromkeys(momo.fulfil, fault)  # type: ignore[arg-type]
    assert momo.later(seconds=5) == ["paid"]
    assert momo.balance() == 300_00
    assert (count(parts, "receipt"), count(parts, "token"), count(parts, "phone_network", "code = 'trace'")) == (
        1,
        0,
        0,
    )
    ((template, words),) = texts_to(parts, ACHOL)
    assert template == "token_not_made"
    assert "on your balance: SSP 300" in words
    assert momo.intent(intent)["ask_again_at"] is None
    said = capsys.readouterr().out
    assert "[error" in said
    assert "paid for, and not done" in said


def test_money_for_a_purpose_nobody_knows_any_more_is_credited_and_told(momo: Desk, parts: Parts) -> None:
    paid(momo, pounds=500)
    momo.fulfil = {}
    assert momo.later(seconds=5) == ["paid"]
    assert momo.balance() == 500_00
    assert [template for template, _ in texts_to(parts, ACHOL)] == ["top_up_paid"]


def test_money_is_credited_though_not_even_the_text_can_be_written(
    momo: Desk, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("a template nobody wrote")

    monkeypatch.setattr("core.payments.tell.queue_text", broken)
    paid(momo, pounds=500)
    momo.fulfil = {}
    assert momo.later(seconds=5) == ["paid"]
    assert momo.balance() == 500_00


@pytest.mark.parametrize("lost", [pg.SerializationFailure, pg.DeadlockDetected])
def test_a_race_lost_in_the_making_is_no_fault_and_all_is_done_again(
    lost: type[Exception], momo: Desk, parts: Parts
) -> None:
    paid(momo, pounds=300, token=momo.for_token())
    inner, tries = momo.fulfil["token"], []

    def loses_once(tx: Transaction, its: Paid, now: datetime) -> None:
        tries.append(its.receipt_number)
        if len(tries) == 1:
            raise OperationalError("SELECT", {}, lost())
        inner(tx, its, now)

    momo.fulfil = {"token": loses_once}
    assert momo.later(seconds=5) == ["paid"]
    assert len(tries) == 2
    assert count(parts, "token") == 1
    assert [template for template, _ in texts_to(parts, ACHOL)] == ["token", "token_paid"]


def test_a_connection_that_breaks_in_the_making_credits_nothing_yet(momo: Desk, parts: Parts) -> None:
    intent = paid(momo, pounds=300, token=momo.for_token())
    fulfil = momo.fulfil

    def loses_its_line(tx: Transaction, _paid: Paid, _now: datetime) -> None:
        tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    momo.fulfil = {"token": loses_its_line}
    with pytest.raises(DBAPIError):
        momo.later(seconds=5)
    assert momo.state(intent) == "submitted"
    assert count(parts, "receipt") == 0
    momo.fulfil = fulfil
    assert momo.later(minutes=2) == ["paid"]
    assert count(parts, "token") == 1
