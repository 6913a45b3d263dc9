"""The routers, as they last were. To read only: what they hold is computed, not typed."""

from __future__ import annotations

from typing import Final

from flask import render_template
from flask.typing import ResponseReturnValue

from admin.desk import parts
from admin.permits import needs
from admin.routes import Route
from core.crm.stuck import SHOWN_MAX, open_placements, routers


@needs("network.see")
def show_network() -> ResponseReturnValue:
    """Every router, the failing first, and what they do not hold as they should."""
    now = parts().clock.now()
    with parts().db.reading() as connection:
        return render_template(
            "admin/network.html",
            routers=routers(connection),
            placements=open_placements(connection, now),
            now=now,
            most=SHOWN_MAX,
        )


ROUTES: Final = (Route("GET", "/network", "network", show_network),)
