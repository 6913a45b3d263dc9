"""The morning's text about yesterday's sales, and the sheet of all of them."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from core import errors
from core.clock import FixedClock
from core.customers.change import set_status
from core.messaging.silence import silence
from core.owners.export_sales import COLUMNS, ROWS_A_FETCH, export_sales
from core.owners.owner_settings import set_daily_summary
from core.owners.tell_sales import tell_sales
from core.parts import Parts
from core.tokens.revoke_token import revoke_token
from tests.core.owners.stall import BUYER, Stall
from tests.core.tokens.cards import Cards
from tests.town import ACHOL, DENG, texts_to

MORNING = datetime(2026, 11, 24, 6, 5, tzinfo=UTC)  # Tuesday, 8:05 in Juba


def said_to_deng(parts: Parts) -> list[str]:
    return [said for template, said in texts_to(parts, DENG) if template == "owner_sales"]


def test_yesterdays_sales_are_told_once_in_the_morning(stall: Stall, parts: Parts, clock: FixedClock) -> None:
    stall.confirms()
    stall.sells("one")
    stall.gives("gift", BUYER)
    cards = Cards(stall.town)
    cards.sell(cards.make(10).batch_id, 1, 4)
    clock.at = MORNING - timedelta(hours=2)
    assert tell_sales(parts.db, clock.now()) == 0  # nobody is woken for it
    clock.at = MORNING
    stall.sells("today", BUYER)
    assert tell_sales(parts.db, clock.now()) == 1
    assert said_to_deng(parts) == [
        "Wi-Fi sales 23/11/2026: 5. Cash SSP 1,900, MoMo SSP 0. Given: 1. Your balance SSP 0, you owe SSP 260."
    ]
    clock.at += timedelta(hours=5)
    assert tell_sales(parts.db, clock.now()) == 0
    clock.at = MORNING + timedelta(days=1)
    assert tell_sales(parts.db, clock.now()) == 1
    clock.at += timedelta(days=1)
    assert tell_sales(parts.db, clock.now()) == 0  # nothing was sold that day


def test_an_owner_who_reads_arabic_is_told_in_arabic(stall: Stall, parts: Parts, clock: FixedClock) -> None:
    parts.db.run(
        lambda tx: tx.execute(
            text("UPDATE customer SET language = 'ar' WHERE id = :id"), {"id": stall.town.deng.customer_id}
        )
    )
    stall.sells("one")
    clock.at = MORNING
    assert tell_sales(parts.db, clock.now()) == 1
    assert "مبيعات 23/11/2026" in said_to_deng(parts)[0]


def test_who_switched_it_off_said_stop_or_is_closed_is_not_told(stall: Stall, parts: Parts, clock: FixedClock) -> None:
    deng = stall.town.deng.customer_id
    stall.sells("one")
    clock.at = MORNING
    parts.db.run(lambda tx: set_daily_summary(tx, owner_id=deng, on=False))
    assert tell_sales(parts.db, clock.now()) == 0
    parts.db.run(lambda tx: set_daily_summary(tx, owner_id=deng, on=True))
    parts.db.run(lambda tx: set_status(tx, customer_id=deng, status="suspended"))
    assert tell_sales(parts.db, clock.now()) == 0
    parts.db.run(lambda tx: set_status(tx, customer_id=deng, status="active"))
    parts.db.run(lambda tx: silence(tx, phone=DENG, now=clock.now()))
    assert tell_sales(parts.db, clock.now()) == 0
    assert said_to_deng(parts) == []
    with pytest.raises(errors.NotAnOwner):
        parts.db.run(lambda tx: set_daily_summary(tx, owner_id=stall.town.achol.customer_id, on=True))


def sheet(stall: Stall, first: date, last: date, owner: int | None = None) -> list[list[str]]:
    with stall.parts.db.transaction() as tx:
        lines = list(export_sales(tx.connection, owner or stall.town.deng.customer_id, first, last))
    head, *rows = csv.reader("".join(lines).splitlines())
    assert head == list(COLUMNS)
    return rows


def test_the_sheet_has_a_line_for_all_that_was_sold_given_and_taken_back(stall: Stall, clock: FixedClock) -> None:
    deng = stall.town.deng.customer_id
    stall.parts.db.run(
        lambda tx: tx.execute(text("UPDATE customer SET name = '=HYPERLINK(1)' WHERE id = :id"), {"id": deng})
    )
    sold = stall.sells("one")
    clock.at += timedelta(minutes=1)
    stall.gives("gift", BUYER, campaign="@market")
    clock.at += timedelta(minutes=1)
    cards = Cards(stall.town)
    cards.sell(cards.make(10).batch_id, 1, 4)
    clock.at += timedelta(minutes=1)
    stall.parts.db.run(
        lambda tx: revoke_token(
            tx, token_id=sold.token_id, staff_id=None, seller_id=deng, why="wrong", refund=True, now=clock.now()
        )
    )
    rows = sheet(stall, date(2026, 11, 23), date(2026, 11, 23))
    assert [(row[0], row[1], row[4], row[5], row[9], row[11]) for row in rows] == [
        ("2026-11-23 12:00", "sold for cash", "3H", ACHOL[1:], "1", "700.00"),
        ("2026-11-23 12:01", "given", "1H", BUYER[1:], "1", "0.00"),
        ("2026-11-23 12:02", "cards sold", "1H", "", "4", "1200.00"),
        ("2026-11-23 12:03", "taken back", "3H", ACHOL[1:], "1", "-700.00"),
    ]
    assert (rows[0][7], rows[1][8]) == ("'=HYPERLINK(1)", "'@market")
    assert sheet(stall, date(2026, 11, 22), date(2026, 11, 22)) == []
    assert sheet(stall, date(2026, 11, 1), date(2026, 11, 30), stall.town.achol.customer_id) == []


def test_a_sheet_is_read_piece_by_piece(stall: Stall, parts: Parts) -> None:
    spot, deng = stall.town.hotspots["Juba Town Wi-Fi"], stall.town.deng.customer_id
    sold = ROWS_A_FETCH + 5

    def many(tx):
        tx.execute(
            text("""
            INSERT INTO token_batch (request_key, hotspot_id, plan_version_id, price_minor, currency, cards, maker_id,
                                     made_at)
            VALUES ('many', :spot, :plan, 30000, 'SSP', :cards, :deng, :now)
        """),
            {"spot": spot, "plan": stall.town.plans["1H"], "cards": sold, "deng": deng, "now": parts.clock.now()},
        )
        tx.execute(
            text("""
            INSERT INTO token_card (batch_id, serial, lookup, sealed)
            SELECT b.id, n, substring(sha256(n::text::bytea) for 16), 'x' FROM token_batch b, generate_series(1, :cards) n
        """),
            {"cards": sold},
        )
        tx.execute(
            text("""
            INSERT INTO token_card_sale (request_key, batch_id, first_serial, last_serial, seller_id, means,
                                         price_minor, currency, sold_at)
            SELECT 'sale ' || n, b.id, n, n, :deng, 'cash', 30000, 'SSP', :now
            FROM token_batch b, generate_series(1, :cards) n
        """),
            {"cards": sold, "deng": deng, "now": parts.clock.now()},
        )
        tx.execute(text("""
            UPDATE token_card c SET sale_id = s.id FROM token_card_sale s
            WHERE s.batch_id = c.batch_id AND s.first_serial = c.serial
        """))  # fmt: skip

    parts.db.run(many)
    with parts.db.transaction() as tx:
        lines = export_sales(tx.connection, deng, date(2026, 11, 23), date(2026, 11, 23))
        assert next(lines).startswith("time in Juba")
        assert sum(1 for _line in lines) == sold
