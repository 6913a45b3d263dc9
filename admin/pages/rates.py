"""Exchange rates: what a dollar cost in pounds on a day, from whom. A slip is corrected by another row."""

from __future__ import annotations

from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, note
from admin.desk import member, parts
from admin.figures import decimal_of, needed_day
from admin.permits import needs
from admin.routes import Route
from core.catalog.set_exchange_rate import set_exchange_rate
from core.catalog.set_tariff import PRICE_CURRENCIES
from core.catalog.taxes import HOME_CURRENCY, RATE_AGE_MAX, exchange_on
from core.catalog.written import exchange_rates_written
from core.days import juba_day
from core.db.engine import Transaction
from core.languages import marked as _
from web.forms import typed
from web.speech import day, t

CURRENCIES: Final = tuple(currency for currency in PRICE_CURRENCIES if currency != HOME_CURRENCY)


@needs("catalogue.manage")
def show_rates() -> ResponseReturnValue:
    """The rates, the newest first, and a form for today's."""
    return _page(None)


@needs("catalogue.manage")
def set_rate() -> ResponseReturnValue:
    """Write one down."""

    def work(tx: Transaction) -> Markup:
        on = needed_day(typed("day"))
        set_exchange_rate(
            tx,
            day=on,
            currency=typed("currency"),
            rate=decimal_of(typed("rate")),
            source=typed("source"),
            staff_id=member().staff_id,
            now=parts().clock.now(),
        )
        detail = {"day": on.isoformat(), "rate": typed("rate"), "source": typed("source")}
        note(tx, "exchange_rate_set", f"rate:{typed('currency')}", detail)
        return t(_("The rate of {day} is written down."), day=day(on))

    return act(work, back=lambda: url_for("admin.rates"), again=_page)


def _page(refused: Markup | None) -> str:
    today = juba_day(parts().clock.now())
    with parts().db.reading() as connection:
        return render_template(
            "admin/rates.html",
            rates=exchange_rates_written(connection),
            fresh={currency: exchange_on(connection, currency, today) for currency in CURRENCIES},
            currencies=CURRENCIES,
            age_max=RATE_AGE_MAX.days,
            today=today,
            refused=refused,
            opened="rate",
        )


ROUTES: Final = (
    Route("GET", "/rates", "rates", show_rates),
    Route("POST", "/rates", "set_rate", set_rate),
)
