"""The token form: sold for cash or by MoMo, or given away; and what came of it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from core.catalog.taxes import HOME_CURRENCY
from core.db.engine import Transaction
from core.errors import NotFound, NotPossibleNow, PlanGone, Refusal
from core.money import Money
from core.owners.give_token import give_token
from core.owners.limits import CAMPAIGN_CHARS_MAX
from core.owners.owner_page import networks_of, owner_page
from core.owners.price_list import price_list
from core.owners.sell_by_momo import sell_by_momo
from core.owners.sell_for_cash import sell_for_cash
from core.owners.selling import Wanted
from core.owners.sold_tokens import sale_of
from core.phones import TYPED_CHARS_MAX
from portal.acts import request_key, request_key_of
from portal.look import parts, sentence_of
from portal.permits import open_to
from portal.visitors import seat, visitor
from web.forms import ROW_ID_MAX, form_key, typed
from web.routes import Route
from web.status import status_of

PLAN_CHARS_MAX: Final = 40


def sell_page(refused: Markup | None = None) -> str:
    """The form, with what was typed."""
    now, mine = parts().clock.now(), seat()
    with parts().db.reading() as connection:
        spots = [spot for spot in networks_of(connection, mine.owner_id) if spot.sells]
        return render_template(
            "portal/sell.html",
            refused=refused,
            spots=spots,
            offers=price_list(connection, mine.owner_id, now),
            owner=owner_page(connection, mine.owner_id, now),
            seat=mine,
            said=request.form,
            campaign_chars_max=CAMPAIGN_CHARS_MAX,
        )


@open_to("seller")
def show_sell() -> ResponseReturnValue:
    """The form."""
    return sell_page()


@open_to("seller")
def sell_now() -> ResponseReturnValue:
    """Sell a token, or give it away. The same form again is the same sale, and answered as before."""
    try:
        key, wanted, means = form_key(), _wanted(), typed("means")
        if means == "given" and not seat().is_owner:
            raise NotPossibleNow(what="gift", state="helper")
        parts().db.run(lambda tx: _sell(tx, wanted, means))
    except Refusal as refusal:
        return sell_page(sentence_of(refusal)), status_of(refusal)
    return redirect(url_for("portal.sold", form=key), 303)


@open_to("seller")
def show_sold(form: UUID) -> ResponseReturnValue:
    """What came of it: at once for cash and gifts; for MoMo whoever looks again sees whether it is paid."""
    with parts().db.reading() as connection:
        sale = sale_of(connection, visitor().account.customer_id, request_key_of(str(form)))
    return render_template("portal/sold.html", sale=sale)


def _sell(tx: Transaction, wanted: Wanted, means: str) -> None:
    now, ids, sealer, who = parts().clock.now(), parts().ids, parts().sealer, visitor().account
    if means == "cash":
        sell_for_cash(tx, wanted=wanted, seller=who, now=now, ids=ids, sealer=sealer)
    elif means == "given":
        give_token(tx, wanted=wanted, giver=who, now=now, ids=ids, sealer=sealer)
    elif means == "momo":
        payer = typed("payer", TYPED_CHARS_MAX) or wanted.recipient
        platform = parts().settings.momo_base_url
        sell_by_momo(tx, wanted=wanted, payer_phone=payer, seller=who, platform=platform, now=now, ids=ids)
    else:
        raise NotPossibleNow(what="payment", state="unknown method")


def _wanted() -> Wanted:
    """What the form asks for.

    Raises:
        PlanGone: no plan that was on the form was chosen.
        NotFound: nor a network.
    """
    version, _colon, minor = typed("plan", PLAN_CHARS_MAX).partition(":")
    spot = typed("network", PLAN_CHARS_MAX)
    if not _is_id(spot):
        raise NotFound(what="network")
    if not (_is_id(version) and _is_id(minor)):
        raise PlanGone(code="")
    return Wanted(
        request_key(),
        int(spot),
        int(version),
        typed("recipient", TYPED_CHARS_MAX),
        shown=Money(int(minor), HOME_CURRENCY),
        campaign=typed("campaign", CAMPAIGN_CHARS_MAX) or None,
    )


def _is_id(said: str) -> bool:
    return said.isascii() and said.isdecimal() and 0 < int(said) <= ROW_ID_MAX


ROUTES: Final = (
    Route("GET", "/sell", "sell", show_sell),
    Route("POST", "/sell", "sell_now", sell_now),
    Route("GET", "/sold/<uuid:form>", "sold", show_sold),
)
