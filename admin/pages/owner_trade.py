"""The trade of all Wi-Fi owners: turnover, our commission, networks that sleep, and what looks like abuse."""

from __future__ import annotations

from typing import Final

from flask import render_template
from flask.typing import ResponseReturnValue

from admin.desk import parts
from admin.permits import needs
from admin.routes import Route
from core.owners.trade_figures import DORMANT_DAYS, SIGNS_DAYS, TRADE_DAYS, owners_trade
from core.tokens.guesses import misses_now


@needs("owners.see")
def show_trade() -> ResponseReturnValue:
    """Who sells most stands first."""
    now = parts().clock.now()
    with parts().db.reading() as connection:
        return render_template(
            "admin/owner_trade.html",
            trade=owners_trade(connection, now),
            misses=misses_now(connection, now),
            trade_days=TRADE_DAYS,
            signs_days=SIGNS_DAYS,
            dormant_days=DORMANT_DAYS,
        )


ROUTES: Final = (Route("GET", "/owners/trade", "owner_trade", show_trade),)
