"""Closing months: from then on nothing can be written into them."""

from __future__ import annotations

from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, note
from admin.desk import member, parts
from admin.figures import needed_day
from admin.permits import needs
from admin.routes import Route
from core.billing.months import closings, is_over, next_to_close
from core.db.engine import Transaction
from core.languages import marked as _
from core.ledger.close_month import close_month
from web.forms import typed
from web.speech import month, t


@needs("months.close")
def show_months() -> ResponseReturnValue:
    """The closed ones, and the next."""
    return _page(None)


@needs("months.close")
def close() -> ResponseReturnValue:
    """Close the month the page showed; another may have been closed meanwhile, so it is named."""

    def work(tx: Transaction) -> Markup:
        first = needed_day(typed("month"))
        close_month(tx, month=first, staff_id=member().staff_id, now=parts().clock.now())
        note(tx, "month_closed", f"month:{first:%Y-%m}")
        return t(_("The books of {month} are closed."), month=month(first))

    return act(work, back=lambda: url_for("admin.months"), again=_page)


def _page(refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        following = next_to_close(connection)
        return render_template(
            "admin/months.html",
            closings=closings(connection),
            following=following,
            over=following is not None and is_over(following, parts().clock.now()),
            refused=refused,
        )


ROUTES: Final = (
    Route("GET", "/months", "months", show_months),
    Route("POST", "/months", "close_month", close),
)
