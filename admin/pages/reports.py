"""Reports for the office: who owes how much and for how long, and the quarterly tariff filing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from admin.desk import parts
from admin.figures import day_of
from admin.permits import needs
from admin.routes import Route
from admin.words import refusal_sentence
from core.catalog.file_tariffs import tariff_filing
from core.catalog.taxes import HOME_CURRENCY
from core.days import DAY, juba_day
from core.errors import InvalidDay
from core.money import Money
from core.reports.ageing import BUCKET_DAYS, Aged, ageing
from core.reports.ageing_csv import ageing_sheet
from web.forms import asked

ROWS_SHOWN_MAX: Final = 50
QUARTERS_OFFERED: Final = 6
MONTHS_OF_A_QUARTER: Final = 3
BYTE_ORDER_MARK: Final = "\ufeff"  # without it Excel reads Arabic as something else


@needs("reports.see")
def show_reports() -> ResponseReturnValue:
    """What can be asked of the books."""
    today = juba_day(parts().clock.now())
    return render_template("admin/reports.html", today=today, quarters=_quarters(today))


@needs("reports.see")
def show_ageing() -> ResponseReturnValue:
    """Who owes how much and for how long at the end of a day; the sums are of all, the rows the largest."""
    today = juba_day(parts().clock.now())
    try:
        day = _day(today)
    except InvalidDay as refusal:
        sentence = refusal_sentence(refusal, "")
        return render_template("admin/ageing.html", day=today, today=today, rows=[], sums=None, refused=sentence), 422
    nothing = Money(0, HOME_CURRENCY)
    sums, owed, count = [nothing] * (len(BUCKET_DAYS) + 1), nothing, 0
    rows: list[Aged] = []
    with parts().db.transaction() as tx:
        for one in ageing(tx.connection, day):
            sums = [total + bucket for total, bucket in zip(sums, one.buckets, strict=True)]
            owed += one.owed
            count += 1
            if count <= ROWS_SHOWN_MAX:
                rows.append(one)
    return render_template(
        "admin/ageing.html",
        day=day,
        today=today,
        rows=rows,
        sums=(*sums, owed),
        count=count,
        most=ROWS_SHOWN_MAX,
        refused=None,
    )


@needs("reports.see")
def ageing_file() -> ResponseReturnValue:
    """The same as a sheet, with every row. Sent as it is read: memory does not grow with the customers."""
    db, day = parts().db, _day(juba_day(parts().clock.now()))

    def lines() -> Iterator[str]:
        yield BYTE_ORDER_MARK
        with db.transaction() as tx:
            yield from ageing_sheet(tx.connection, day)

    return _sheet(lines(), f"ageing-{day}.csv")


@needs("reports.see")
def tariff_file() -> ResponseReturnValue:
    """The filing of a quarter, as the regulator takes it."""
    quarter = asked("quarter")
    with parts().db.reading() as connection:
        text = tariff_filing(connection, quarter)
    return _sheet(iter((BYTE_ORDER_MARK, text)), f"tariffs-{quarter}.csv")


def _day(today: date) -> date:
    """The day asked for; today's when none is."""
    return day_of(asked("day")) or today


def _quarters(today: date) -> list[str]:
    """The quarter that runs and those before it, as `2026Q4`."""
    quarters: list[str] = []
    day = today
    while len(quarters) < QUARTERS_OFFERED:
        first_month = (day.month - 1) // MONTHS_OF_A_QUARTER * MONTHS_OF_A_QUARTER + 1
        quarters.append(f"{day.year}Q{(first_month + 2) // MONTHS_OF_A_QUARTER}")
        day = date(day.year, first_month, 1) - DAY
    return quarters


def _sheet(lines: Iterator[str], name: str) -> Response:
    response = Response(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


ROUTES: Final = (
    Route("GET", "/reports", "reports", show_reports),
    Route("GET", "/reports/ageing", "ageing", show_ageing),
    Route("GET", "/reports/ageing.csv", "ageing_file", ageing_file),
    Route("GET", "/reports/tariffs", "tariff_file", tariff_file),
)
