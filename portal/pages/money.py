"""How an owner stands with us: what is theirs, what they owe, what is on its way and what went."""

from __future__ import annotations

from typing import Final

from flask import render_template
from flask.typing import ResponseReturnValue

from core.owners.money_figures import owner_money
from core.payouts.limits import SETTLED_LEAST
from portal.look import parts
from portal.permits import open_to
from portal.visitors import seat
from web.routes import Route


@open_to("owner")
def show_money() -> ResponseReturnValue:
    """The page of it."""
    with parts().db.reading() as connection:
        money = owner_money(connection, seat().owner_id, parts().clock.now())
    return render_template("portal/money.html", books=money, least=SETTLED_LEAST)


ROUTES: Final = (Route("GET", "/money", "money", show_money),)
