"""Selling a service more data, from its customer's balance."""

from __future__ import annotations

from typing import Final

from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import by, issuer, note
from admin.figures import needed_whole
from admin.pages.service import done, numbered
from admin.permits import needs
from admin.routes import Route
from core.billing.buy_data import buy_data
from core.billing.tell_data import tell_data
from core.catalog.taxes import HOME_CURRENCY
from core.db.engine import Transaction
from core.languages import marked as _
from core.money import Money
from web.forms import form_key, typed
from web.speech import amount, day, t


@needs("services.manage")
def sell_data(number: str) -> ResponseReturnValue:
    """A pack at the price that the page showed; the customer is texted."""

    def work(tx: Transaction) -> Markup:
        view, why = numbered(tx, number), by(typed("why"))
        size, _space, price = typed("pack").partition(" ")
        sold = buy_data(
            tx,
            request_key=f"desk:{form_key()}",
            subscription_id=view.service.subscription_id,
            data_bytes=needed_whole(size, "pack"),
            price=Money(needed_whole(price, "pack"), HOME_CURRENCY),
            by=why,
            issuer=issuer(),
        )
        if not sold.again:
            tell_data(tx, customer_id=view.service.customer_id, sold=sold, now=why.now)
            detail = {"bytes": sold.data_bytes, "amount": str(sold.paid), "why": why.why}
            note(tx, "data_sold", f"service:{number}", detail)
        return t(
            _("Sold, good until {day}. {amount} was taken from the balance."),
            day=day(sold.until_day),
            amount=amount(sold.paid),
        )

    return done(number, "data", work)


ROUTES: Final = (Route("POST", "/services/<number>/data", "sell_data", sell_data),)
