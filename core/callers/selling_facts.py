"""What a seller sold today, and an owner's figures: read only for the steps that show it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from core.callers.facts import HelperFact, OwnFiguresFact, SaleFact, SellingFact
from core.money import Money
from core.owners.money_figures import owner_money
from core.owners.online_figures import owner_online
from core.owners.owner_page import helpers_of, owner_page
from core.owners.sales_figures import PeriodSales, owner_sales
from core.owners.sold_tokens import SoldToken, tokens_of_seller_today

SALES_MAX: Final = 9


def selling_of(connection: Connection, *, customer_id: int, is_owner: bool, now: datetime) -> SellingFact:
    """The sales of a seller, and the figures where they are an owner."""
    sold = [one for one in tokens_of_seller_today(connection, customer_id, now) if one.recipient is not None]
    return SellingFact(
        sales=tuple(_sale(one) for one in sold[:SALES_MAX]),
        own=_figures(connection, customer_id, now) if is_owner else None,
    )


def _sale(one: SoldToken) -> SaleFact:
    unused = one.status == "waiting" and not one.was_moved
    return SaleFact(
        token_id=one.token_id,
        recipient=one.recipient or "",
        duration_s=one.duration_s,
        data_bytes=one.data_bytes,
        price=one.price,
        is_gift=one.origin == "given",
        can_come_back=unused and one.origin in ("cash", "given"),
    )


def _figures(connection: Connection, owner_id: int, now: datetime) -> OwnFiguresFact:
    sales, money = owner_sales(connection, owner_id, now), owner_money(connection, owner_id, now)
    page = owner_page(connection, owner_id, now)
    return OwnFiguresFact(
        today=_line(sales.today),
        week=_line(sales.week),
        month=_line(sales.month),
        online=len(owner_online(connection, owner_id, now)),
        balance=money.balance,
        on_the_way=money.on_the_way,
        phone=money.phone,
        gifts_today=page.given_today,
        gifts_most=page.giveaway_day_max,
        helpers=tuple(HelperFact(one.name, one.phone) for one in helpers_of(connection, owner_id)),
    )


def _line(period: PeriodSales) -> tuple[int, Money]:
    return period.sold.tokens, period.sold.amount
