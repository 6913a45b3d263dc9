"""The company's holidays: days on which nobody is cut off."""

from __future__ import annotations

from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, note
from admin.desk import parts
from admin.figures import needed_day
from admin.permits import needs
from admin.routes import Route
from core.billing.holidays import AHEAD_MAX, holidays_between, remove_holiday, set_holiday
from core.days import juba_day
from core.db.engine import Transaction
from core.languages import marked as _
from web.forms import typed
from web.speech import day, t


@needs("catalogue.manage")
def show_holidays() -> ResponseReturnValue:
    """Those to come, and a form for one more."""
    return _page(None)


@needs("catalogue.manage")
def set_one() -> ResponseReturnValue:
    """Keep a day free of cutting off."""

    def work(tx: Transaction) -> Markup:
        on = needed_day(typed("day"))
        set_holiday(tx, day=on, name=typed("name"), now=parts().clock.now())
        note(tx, "holiday_set", f"holiday:{on}", {"name": typed("name")})
        return t(_("On {day} nobody is cut off."), day=day(on))

    return act(work, back=lambda: url_for("admin.holidays"), again=_page)


@needs("catalogue.manage")
def remove() -> ResponseReturnValue:
    """Make it a day like others."""

    def work(tx: Transaction) -> Markup:
        on = needed_day(typed("removed"))
        remove_holiday(tx, day=on)
        note(tx, "holiday_removed", f"holiday:{on}")
        return t(_("{day} is a day like others again."), day=day(on))

    return act(work, back=lambda: url_for("admin.holidays"), again=_page)


def _page(refused: Markup | None) -> str:
    today = juba_day(parts().clock.now())
    with parts().db.reading() as connection:
        return render_template(
            "admin/holidays.html",
            holidays=holidays_between(connection, today, today + AHEAD_MAX),
            today=today,
            refused=refused,
            opened="holiday",
        )


ROUTES: Final = (
    Route("GET", "/holidays", "holidays", show_holidays),
    Route("POST", "/holidays", "set_holiday", set_one),
    Route("POST", "/holidays/remove", "remove_holiday", remove),
)
