"""Taxes by class of product, with their days: a rate is ended and another follows, none is changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, note
from admin.desk import member, parts
from admin.figures import day_of, decimal_of, needed_day, needed_whole
from admin.permits import needs
from admin.routes import Route
from admin.words import choices
from core.catalog.set_tax_rate import end_tax_rate, open_tax, set_tax_rate
from core.catalog.taxes import PRODUCT_CLASSES
from core.catalog.written import tax_rates_written, taxes_named
from core.days import DAY, juba_day
from core.db.engine import Transaction
from core.languages import marked as _
from web.forms import row_id, typed
from web.speech import day, last_day, t


@needs("catalogue.manage")
def show_taxes() -> ResponseReturnValue:
    """Every tax with its rates."""
    return _page(None, "")


@needs("catalogue.manage")
def open_new() -> ResponseReturnValue:
    """A tax by name. Rates come next."""

    def work(tx: Transaction) -> Markup:
        open_tax(
            tx,
            code=typed("code"),
            name_en=typed("name_en"),
            name_ar=typed("name_ar"),
            position=needed_whole(typed("position"), "position"),
        )
        note(tx, "tax_opened", f"tax:{typed('code')}")
        return t(_("The tax is there. It is charged once it has a rate."))

    return _done("open", work)


@needs("catalogue.manage")
def set_rate() -> ResponseReturnValue:
    """A rate for a class of products, from a day on, up to and with a last day or without an end."""

    def work(tx: Transaction) -> Markup:
        valid_from, last = day_of(typed("valid_from")), day_of(typed("last"))
        set_tax_rate(
            tx,
            tax_code=typed("tax"),
            product_class=typed("product_class"),
            rate_percent=decimal_of(typed("percent")),
            inclusive=typed("inclusive") == "yes",
            compound=typed("compound") == "yes",
            valid_from=valid_from,
            valid_until=last + DAY if last else None,
            note=typed("note"),
            staff_id=member().staff_id,
            now=parts().clock.now(),
        )
        note(tx, "tax_rate_set", f"tax:{typed('tax')}", {"class": typed("product_class"), "percent": typed("percent")})
        return t(_("The rate holds from {day} on."), day=day(valid_from))

    return _done("rate", work)


@needs("catalogue.manage")
def end_rate(number: int) -> ResponseReturnValue:
    """Give a rate its last day."""

    def work(tx: Transaction) -> Markup:
        until = needed_day(typed("last")) + DAY
        end_tax_rate(tx, rate_id=row_id(number), until=until)
        note(tx, "tax_rate_ended", f"tax rate:{number}", {"until": until.isoformat()})
        return t(_("The rate holds up to {day}."), day=last_day(until))

    return _done(f"end-{number}", work)


def _done(form: str, work: Callable[[Transaction], Markup]) -> ResponseReturnValue:
    return act(work, back=lambda: url_for("admin.taxes"), again=lambda sentence: _page(sentence, form))


def _page(refused: Markup | None, opened: str) -> str:
    with parts().db.reading() as connection:
        return render_template(
            "admin/taxes.html",
            taxes=taxes_named(connection),
            rates=tax_rates_written(connection),
            classes=choices("class", PRODUCT_CLASSES),
            today=juba_day(parts().clock.now()),
            refused=refused,
            opened=opened,
        )


ROUTES: Final = (
    Route("GET", "/taxes", "taxes", show_taxes),
    Route("POST", "/taxes", "open_tax", open_new),
    Route("POST", "/taxes/rates", "set_tax_rate", set_rate),
    Route("POST", "/taxes/rates/<int:number>/end", "end_tax_rate", end_rate),
)
