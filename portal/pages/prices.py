"""What an owner sells, and at which prices."""

from __future__ import annotations

from typing import Final

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from core.catalog.queries import offers
from core.db.engine import Transaction
from core.languages import marked as _
from core.owners.limits import PRICE_LEAST, PRICE_MOST
from core.owners.price_list import owners_prices, set_owner_price
from flows.amounts import TYPED_CHARS_MAX, parse_amount
from portal.acts import act
from portal.look import parts
from portal.permits import open_to
from portal.visitors import seat
from web.forms import typed
from web.routes import Route
from web.speech import t


@open_to("owner")
def show_prices() -> ResponseReturnValue:
    """The list."""
    return _page(None)


@open_to("owner")
def set_now() -> ResponseReturnValue:
    """Take another price for a plan from now on, or take it off the list."""

    def work(tx: Transaction) -> Markup:
        off = typed("off") == "yes"
        set_owner_price(
            tx,
            owner_id=seat().owner_id,
            plan_code=typed("plan"),
            price=None if off else parse_amount(typed("price", TYPED_CHARS_MAX + 1)),
            now=parts().clock.now(),
        )
        return t(_("It is off your list.")) if off else t(_("The price is set."))

    return act(work, back=url_for("portal.prices"), again=_page)


def _page(refused: Markup | None) -> str:
    now, owner_id = parts().clock.now(), seat().owner_id
    with parts().db.reading() as connection:
        own = owners_prices(connection, now, owner_id).get(owner_id, {})
        plans = [(offer, own.get(offer.code, offer.price)) for offer in offers(connection, now)]
    return render_template(
        "portal/prices.html", refused=refused, plans=plans, least=PRICE_LEAST, most=PRICE_MOST, said=request.form
    )


ROUTES: Final = (
    Route("GET", "/prices", "prices", show_prices),
    Route("POST", "/prices", "set_price", set_now),
)
