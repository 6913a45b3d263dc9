"""Whether long outages are credited, from which day on, and what was given."""

from __future__ import annotations

from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, note
from admin.desk import member, parts
from admin.figures import needed_day, whole_of
from admin.permits import needs
from admin.routes import Route
from core.billing.outage_policy import HOURS_MAX, policies, policy_on, set_outage_policy
from core.billing.outage_views import SHOWN_MAX, last_credits
from core.days import juba_day
from core.db.engine import Transaction
from core.languages import marked as _
from web.forms import typed
from web.speech import day, ltr, t


@needs("catalogue.manage")
def show_outage_credits() -> ResponseReturnValue:
    """What holds, what was said before, and the last credits."""
    return _page(None)


@needs("catalogue.manage")
def set_policy() -> ResponseReturnValue:
    """Credit outages of so many hours from a day on; no hours: none."""

    def work(tx: Transaction) -> Markup:
        from_day, hours = needed_day(typed("day")), whole_of(typed("hours"), "hours")
        set_outage_policy(tx, from_day=from_day, hours=hours, staff_id=member().staff_id, now=parts().clock.now())
        note(tx, "outage_policy_set", f"day:{from_day}", {"hours": hours})
        if hours is None:
            return t(_("From {day} on no outage is credited."), day=day(from_day))
        return t(_("Outages from {day} on are credited, from {n} hours on."), day=day(from_day), n=ltr(hours))

    return act(work, back=lambda: url_for("admin.outage_credits"), again=_page)


def _page(refused: Markup | None) -> str:
    today = juba_day(parts().clock.now())
    with parts().db.reading() as connection:
        return render_template(
            "admin/outage_credits.html",
            today=today,
            holds=policy_on(connection, today),
            policies=policies(connection),
            credits=last_credits(connection),
            most=SHOWN_MAX,
            hours_max=HOURS_MAX,
            refused=refused,
            opened="policy",
        )


ROUTES: Final = (
    Route("GET", "/network/credits", "outage_credits", show_outage_credits),
    Route("POST", "/network/credits", "set_outage_policy", set_policy),
)
