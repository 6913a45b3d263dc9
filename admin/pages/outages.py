"""Outages by area and month: for the service report, on a page and as sheets."""

from __future__ import annotations

from datetime import date
from typing import Final

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from admin.desk import parts
from admin.figures import day_of
from admin.permits import needs
from admin.routes import Route
from core.days import DAY, first_of_month, juba_day
from core.errors import NotPossibleNow
from core.network.outage_minutes import Span, by_area, month_span
from core.network.outages import outages_in, routers_by_area
from core.reports.outage_csv import area_sheet, outage_sheet
from web.forms import asked

MONTHS_OFFERED: Final = 12
ROWS_SHOWN_MAX: Final = 100
BYTE_ORDER_MARK: Final = "\ufeff"  # without it Excel reads Arabic as something else


@needs("network.see")
def show_outages() -> ResponseReturnValue:
    """A month: every area, and the outages one by one."""
    month, span = _asked()
    with parts().db.reading() as connection:
        outages = outages_in(connection, span)
        areas = by_area(outages, routers_by_area(connection), span)
    rows = [(one, part) for one in outages if (part := span.cut(one)) is not None]
    return render_template(
        "admin/outages.html",
        month=month,
        months=_months(juba_day(parts().clock.now())),
        areas=areas,
        rows=rows[:ROWS_SHOWN_MAX],
        more=len(rows) > ROWS_SHOWN_MAX,
        most=ROWS_SHOWN_MAX,
    )


@needs("network.see")
def area_file() -> ResponseReturnValue:
    """The areas as a sheet."""
    month, span = _asked()
    with parts().db.reading() as connection:
        areas = by_area(outages_in(connection, span), routers_by_area(connection), span)
    return _sheet([BYTE_ORDER_MARK, *area_sheet(month, areas)], f"outages-by-area-{month:%Y-%m}.csv")


@needs("network.see")
def outage_file() -> ResponseReturnValue:
    """The outages as a sheet, all of them."""
    month, span = _asked()
    with parts().db.reading() as connection:
        outages = outages_in(connection, span)
    return _sheet([BYTE_ORDER_MARK, *outage_sheet(outages, span)], f"outages-{month:%Y-%m}.csv")


def _asked() -> tuple[date, Span]:
    """The month asked for, as `2026-11`; the one that runs when none is."""
    now = parts().clock.now()
    wanted = asked("month")
    month = first_of_month((day_of(f"{wanted}-01") if wanted else None) or juba_day(now))
    if month > juba_day(now):
        raise NotPossibleNow(what="month", state="to come")
    return month, month_span(month, now)


def _months(today: date) -> list[date]:
    months = [first_of_month(today)]
    while len(months) < MONTHS_OFFERED:
        months.append(first_of_month(months[-1] - DAY))
    return months


def _sheet(lines: list[str], name: str) -> Response:
    response = Response("".join(lines), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


ROUTES: Final = (
    Route("GET", "/network/outages", "outages", show_outages),
    Route("GET", "/network/outages/areas.csv", "outage_areas_file", area_file),
    Route("GET", "/network/outages/outages.csv", "outages_file", outage_file),
)
