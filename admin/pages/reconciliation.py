"""What the other side says, what the books say, and why they differ: by account and day."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask import render_template
from flask.typing import ResponseReturnValue

from admin.desk import parts
from admin.figures import day_of
from admin.permits import needs
from admin.routes import Route
from core.days import juba_day
from core.errors import DatesMissing
from core.statements.reconcile import closings, reconcile
from web.forms import asked

DAYS_SHOWN: Final = timedelta(days=6)
DAYS_MAX: Final = timedelta(days=62)


@needs("statements.manage")
def show_reconciliation() -> ResponseReturnValue:
    """A span of days; the last week where none is named."""
    today = juba_day(parts().clock.now())
    last = day_of(asked("to")) or today
    first = day_of(asked("from")) or last - DAYS_SHOWN
    if not timedelta(0) <= last - first <= DAYS_MAX:
        raise DatesMissing(what="reconciliation")
    with parts().db.reading() as connection:
        rows = reconcile(connection, first, last)
        return render_template(
            "admin/reconciliation.html",
            rows=rows,
            closings=closings(connection),
            unexplained=sum(row.unexplained for row in rows),
            first=first,
            last=last,
        )


ROUTES: Final = (Route("GET", "/reconciliation", "reconciliation", show_reconciliation),)
