"""What an owner is told of their trade: sales by means and seller, who is online, and how they stand with us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import event, text

from core.access.first_use import mark_first_use
from core.clock import FixedClock
from core.owners.add_helper import add_helper
from core.owners.money_figures import OwnerMoney, owner_money
from core.owners.online_figures import owner_online
from core.owners.owner_page import owner_page
from core.owners.sales_figures import OwnerSales, owner_sales
from core.owners.shop_view import shop_of
from core.parts import Parts
from core.payouts.settle_owner import settle_owner
from core.tokens.move_token import move_token
from core.tokens.revoke_token import revoke_token
from core.tokens.sell_token import sell_token
from tests.core.owners.stall import BUYER, HELPER, Stall, ssp
from tests.core.tokens.cards import Cards
from tests.town import ACHOL, DENG


def sales_of(stall: Stall, owner_id: int | None = None) -> OwnerSales:
    with stall.parts.db.reading() as connection:
        return owner_sales(connection, owner_id or stall.town.deng.customer_id, stall.parts.clock.now())


def money_of(stall: Stall) -> OwnerMoney:
    with stall.parts.db.reading() as connection:
        return owner_money(connection, stall.town.deng.customer_id, stall.parts.clock.now())


def buys(stall: Stall, key: str, plan: str = "1H") -> int:
    """Achol buys from her balance at Deng's network."""
    town = stall.town
    return stall.parts.db.run(
        lambda tx: sell_token(
            tx,
            request_key=key,
            buyer=stall.who(ACHOL),
            recipient_phone=ACHOL,
            hotspot_id=town.hotspots["Munuki Net"],
            plan_version_id=town.plans[plan],
            **stall.tools,
        )
    ).token_id


def lines(sales: OwnerSales) -> dict[str, dict[str, tuple[int, int]]]:
    """Period -> means -> tokens and pounds, without what there is nothing of."""
    return {
        name: {
            method: (line.tokens, line.amount.minor // 100)
            for method, line in getattr(sales, name).by_method.items()
            if line.tokens
        }
        for name in ("today", "week", "month")
    }


def test_sales_by_means_today_this_week_and_this_month(stall: Stall, clock: FixedClock) -> None:
    town = stall.town
    town.give(town.achol, 10_000)
    clock.at = datetime(2026, 11, 22, 21, 59, tzinfo=UTC)  # Sunday, a minute before midnight in Juba
    stall.sells("sunday", plan="1D")
    clock.at = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # Monday
    stall.sells("monday")
    buys(stall, "wallet")
    clock.at = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    stall.sells("tuesday", BUYER)
    stall.gives("gift")
    cards = Cards(town)
    batch = cards.make(10).batch_id
    cards.sell(batch, 1, 4)
    cards.sell(batch, 5, 6, key="fair", for_nothing=True)
    found = lines(sales_of(stall))
    assert found["today"] == {"cash": (1, 700), "card": (4, 1200), "given": (3, 0)}
    assert found["week"] == found["today"] | {"cash": (2, 1400), "wallet": (1, 300)}
    assert found["month"] == found["week"] | {"cash": (3, 2900)}
    today = sales_of(stall).today
    assert (today.sold.tokens, today.sold.amount, today.given) == (5, ssp(1900), 3)
    clock.at = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
    assert lines(sales_of(stall)) == {"today": {}, "week": {}, "month": {}}


def test_a_new_month_within_a_week_keeps_the_weeks_sales(stall: Stall, clock: FixedClock) -> None:
    clock.at = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)  # Monday, the last of November
    stall.sells("november")
    clock.at = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
    stall.sells("december", BUYER)
    found = sales_of(stall)
    assert (found.month.sold.tokens, found.week.sold.tokens) == (1, 2)


def test_sales_by_helper_who_sold_most_first(stall: Stall) -> None:
    now = stall.parts.clock.now()
    owner = stall.who(DENG)
    stall.parts.db.run(lambda tx: add_helper(tx, owner=owner, typed_phone=HELPER, code="*384*77#", now=now))
    stall.town.give(stall.town.achol, 10_000)
    stall.sells("own")
    stall.sells("helped", seller=HELPER, plan="1D")
    stall.gives("gift", BUYER)
    buys(stall, "by herself")
    found = [(one.seller_id, one.sold.amount, one.given) for one in sales_of(stall).today.by_seller]
    helper, deng = stall.who(HELPER).customer_id, stall.town.deng.customer_id
    assert found == [(helper, ssp(1500), 0), (deng, ssp(700), 1), (None, ssp(300), 0)]
    assert [one.name for one in sales_of(stall).today.by_seller][1] == "Deng"


def test_what_was_moved_is_no_second_sale_and_what_was_taken_back_is_told(stall: Stall) -> None:
    sold = stall.sells("one")
    stall.parts.db.run(
        lambda tx: move_token(
            tx, request_key="move", token_id=sold.token_id, phone=ACHOL, to_phone=BUYER, **stall.tools
        )
    )
    assert sales_of(stall).today.sold.tokens == 1
    assert sales_of(stall).active_tokens == 1
    moved = stall.rows("SELECT id FROM token WHERE moved_from_id IS NOT NULL")[0][0]
    deng, now = stall.town.deng.customer_id, stall.parts.clock.now()
    stall.parts.db.run(
        lambda tx: revoke_token(
            tx, token_id=moved, staff_id=None, seller_id=deng, why="wrong phone", refund=True, now=now
        )
    )
    found = sales_of(stall)
    assert (found.today.sold.tokens, found.today.sold.amount) == (1, ssp(700))
    assert (found.today.taken_back.tokens, found.today.taken_back.amount) == (1, ssp(700))
    assert found.active_tokens == 0


def test_nobody_sees_another_owners_sales(stall: Stall) -> None:
    stall.sells("one")
    other = stall.who(ACHOL).customer_id
    found = sales_of(stall, other)
    assert (lines(found), found.active_tokens) == ({"today": {}, "week": {}, "month": {}}, 0)
    with stall.parts.db.reading() as connection:
        assert owner_online(connection, other, stall.parts.clock.now()) == []


def goes_online(stall: Stall, token_id: int, mac: str = "AA:BB:CC:00:00:01") -> None:
    """A device of this token is let in, and its router tells of it."""
    now = stall.parts.clock.now()
    (row,) = stall.rows("SELECT grant_id, username, router_id FROM access_grant g JOIN token t ON t.grant_id = g.id"
                        " WHERE t.id = :id", id=token_id)  # fmt: skip

    def work(tx: Any) -> None:
        mark_first_use(tx, grant_id=row.grant_id, used_at=now)
        tx.execute(
            text(
                "INSERT INTO usage_session (nas, session, username, router_id, grant_id, source, mac, address,"
                " started_at, heard_at, cause, up_total, down_total) VALUES"
                " ('10.5.0.2', :mac, :username, :router, :grant, 'radius', :mac, '', :now, :now, '', 1000, 2000)"
            ),
            {"mac": mac, "username": row.username, "router": row.router_id, "grant": row.grant_id, "now": now},
        )

    stall.parts.db.run(work)


def test_who_is_online_now(stall: Stall, clock: FixedClock) -> None:
    first, second = stall.sells("one"), stall.sells("two", BUYER)
    goes_online(stall, first.token_id)
    clock.at += timedelta(minutes=5)
    goes_online(stall, second.token_id, "AA:BB:CC:00:00:02")
    deng = stall.town.deng.customer_id
    with stall.parts.db.reading() as connection:
        online = owner_online(connection, deng, clock.now())
    assert [one.recipient_phone for one in online] == [BUYER, ACHOL]
    assert (online[1].ssid, online[1].session_bytes) == ("Juba Town Wi-Fi", 3000)
    assert online[1].ends_at - online[1].since == timedelta(hours=3)
    stall.parts.db.run(
        lambda tx: tx.execute(
            text("UPDATE usage_session SET stopped_at = heard_at, cause = 'lost' WHERE mac LIKE '%02'")
        )
    )
    with stall.parts.db.reading() as connection:
        assert [one.recipient_phone for one in owner_online(connection, deng, clock.now())] == [ACHOL]
        assert owner_online(connection, deng, clock.now() + timedelta(hours=3)) == []


def test_how_an_owner_stands_is_what_a_settlement_would_find(stall: Stall, parts: Parts) -> None:
    nothing = money_of(stall)
    assert (nothing.balance, nothing.phone, nothing.can_be_paid) == (ssp(0), None, False)
    stall.confirms()
    stall.town.give(stall.town.achol, 10_000)
    for number in range(4):
        buys(stall, f"day {number}", "1D")
    stall.sells("cash")
    found = money_of(stall)
    assert (found.shares, found.tax, found.owes) == (ssp(5400), ssp(540), ssp(70))
    assert (found.balance, found.still_owes, found.phone) == (ssp(4790), ssp(0), DENG)
    assert found.can_be_paid
    deng = stall.town.deng.customer_id
    more = {"owner_id": deng, "platform": stall.platform, "staff_id": None, "now": parts.clock.now(), "ids": parts.ids}
    settled = parts.db.run(lambda tx: settle_owner(tx, request_key="evening", **more))
    assert settled is not None
    assert settled.lines.left == found.balance
    after = money_of(stall)
    assert (after.balance, after.on_the_way, after.paid_out) == (ssp(0), ssp(4790), ssp(0))
    assert [(one.amount, one.state, one.phone) for one in after.payouts] == [(ssp(4790), "approved", DENG)]
    assert not after.can_be_paid


def test_who_owes_more_than_is_theirs_still_owes_the_rest(stall: Stall) -> None:
    stall.confirms()
    stall.sells("cash", plan="1M")
    found = money_of(stall)
    assert (found.owes, found.balance, found.still_owes) == (ssp(2800), ssp(0), ssp(2800))


def test_figures_are_a_handful_of_statements_however_much_was_sold(stall: Stall, parts: Parts) -> None:
    for number in range(20):
        stall.sells(f"one {number}", f"+2119220001{number:02d}")
    said: list[str] = []
    deng, now = stall.town.deng.customer_id, parts.clock.now()
    with parts.db.reading() as connection:
        event.listen(connection, "before_cursor_execute", lambda *call: said.append(call[2]))
        owner_sales(connection, deng, now)
        owner_online(connection, deng, now)
        owner_money(connection, deng, now)
    assert len(said) <= 6


def test_cards_given_away_are_of_todays_gifts_wherever_they_are_shown(stall: Stall) -> None:
    stall.gives("gift")
    cards = Cards(stall.town)
    cards.sell(cards.make(10).batch_id, 1, 4, for_nothing=True)
    deng, now = stall.town.deng.customer_id, stall.parts.clock.now()
    with stall.parts.db.reading() as connection:
        assert shop_of(connection, deng, now).given_today == owner_page(connection, deng, now).given_today == 5
