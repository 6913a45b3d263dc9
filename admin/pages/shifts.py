"""Everybody's shifts: what was over or short, who collected how much, and one looked at closely."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act
from admin.desk import parts
from admin.figures import day_of
from admin.pages.shift import closed_with_count
from admin.permits import needs
from admin.routes import Route
from admin.words import refusal_sentence
from core.cash.limits import NOTES
from core.cash.shift_views import SHOWN_MAX, collected, differences, moves_of, receipts_of, shift, shifts_between
from core.catalog.taxes import HOME_CURRENCY
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import InvalidDay, NotFound
from web.forms import asked, row_id
from web.status import status_of

DAYS_SHOWN: Final = timedelta(days=6)  # before today, where no days are asked for
DAYS_MAX: Final = timedelta(days=366)


@needs("cash.manage")
def show_shifts() -> ResponseReturnValue:
    """The shifts of some days; of the last week where none are named."""
    today = juba_day(parts().clock.now())
    try:
        first, last = _days(today)
    except InvalidDay as refusal:
        return _list(today - DAYS_SHOWN, today, refusal_sentence(refusal, "")), status_of(refusal)
    return _list(first, last, None)


@needs("cash.manage")
def show_one(number: int) -> ResponseReturnValue:
    """One shift, with its receipts; while it is open, the form that closes it."""
    return _one(row_id(number), None)


@needs("cash.manage")
def close_one(number: int) -> ResponseReturnValue:
    """Close somebody else's shift with a count."""

    def work(tx: Transaction) -> Markup:
        return closed_with_count(tx, row_id(number))

    return act(
        work,
        back=lambda: url_for("admin.one_shift", number=number),
        again=lambda sentence: _one(row_id(number), sentence),
    )


def _days(today: date) -> tuple[date, date]:
    """The days asked for, both included.

    Raises:
        InvalidDay: no days, the wrong way round, or too many.
    """
    last = day_of(asked("last")) or today
    first = day_of(asked("first")) or last - min(DAYS_SHOWN, last - date.min)
    if not timedelta() <= last - first <= DAYS_MAX or last == date.max:
        raise InvalidDay(typed=last.isoformat())
    return first, last


def _list(first: date, last: date, refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        return render_template(
            "admin/shifts.html",
            shifts=shifts_between(connection, first, last),
            collected=collected(connection, first, last, HOME_CURRENCY),
            differences=differences(connection, first, last, HOME_CURRENCY),
            first=first,
            last=last,
            most=SHOWN_MAX,
            refused=refused,
        )


def _one(shift_id: int, refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        found = shift(connection, shift_id)
        if found is None:
            raise NotFound(what="shift")
        return render_template(
            "admin/one_shift.html",
            shift=found,
            receipts=receipts_of(connection, found),
            moves=moves_of(connection, found),
            notes=NOTES,
            refused=refused,
            opened="close" if refused else "",
        )


ROUTES: Final = (
    Route("GET", "/cash/shifts", "shifts", show_shifts),
    Route("GET", "/cash/shifts/<int:number>", "one_shift", show_one),
    Route("POST", "/cash/shifts/<int:number>/close", "close_other_shift", close_one),
)
