"""All sales of some days as a sheet (CSV)."""

from __future__ import annotations

import tempfile
from datetime import date
from typing import Final

from flask import send_file
from flask.typing import ResponseReturnValue

from core.days import DAY, juba_day
from core.errors import InvalidDay
from core.owners.export_sales import export_sales
from portal.look import parts
from portal.permits import open_to
from portal.visitors import seat
from web.forms import asked
from web.routes import Route

DAYS_MAX: Final = 366
FIRST_DAY: Final = date(2020, 1, 1)  # nothing of ours is older; beyond the ends of a calendar no day begins in Juba
DAY_CHARS_MAX: Final = 10
KEPT_BYTES_MAX: Final = 1024 * 1024  # more goes to the disk until it is sent
BYTE_ORDER_MARK: Final = "\ufeff"  # without it Excel reads Arabic as something else


@open_to("owner")
def send_sales() -> ResponseReturnValue:
    """The sheet. It is whole before it is sent: a slow phone holds no connection to the database meanwhile."""
    today = juba_day(parts().clock.now())
    first, last = _day("from", today.replace(day=1)), _day("to", today)
    far = DAYS_MAX * DAY
    if not (DAY <= last - first + DAY <= far and first >= FIRST_DAY and last <= today + far):
        raise InvalidDay(typed=asked("from", DAY_CHARS_MAX))
    file = tempfile.SpooledTemporaryFile(max_size=KEPT_BYTES_MAX)  # noqa: SIM115 - closed once it is sent
    file.write(BYTE_ORDER_MARK.encode())
    with parts().db.transaction() as tx:
        for line in export_sales(tx.connection, seat().owner_id, first, last):
            file.write(line.encode())
    file.seek(0)
    name = f"sales-{first.isoformat()}-{last.isoformat()}.csv"
    return send_file(file, mimetype="text/csv", as_attachment=True, download_name=name)


def _day(name: str, otherwise: date) -> date:
    said = asked(name, DAY_CHARS_MAX)
    try:
        return date.fromisoformat(said) if said else otherwise
    except ValueError:
        raise InvalidDay(typed=said) from None


ROUTES: Final = (Route("GET", "/sales.csv", "sales_file", send_sales),)
