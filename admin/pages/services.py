"""A customer's services: ordering one more, and what waits to be installed."""

from __future__ import annotations

from typing import Final

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import by, note
from admin.desk import parts
from admin.figures import needed_whole
from admin.permits import needs
from admin.routes import Route
from admin.words import refusal_sentence
from core.catalog.tariffs import tariff_book
from core.crm.find import profile
from core.customers.queries import account
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import CustomerNotActive, Refusal
from core.languages import marked as _
from core.network.names import router_names
from core.staff.sent_before import sent_before
from core.subscriptions.add import PLACE_CHARS_MAX, Added, add_subscription
from core.subscriptions.overview import INSTALLATIONS_SHOWN_MAX, installations, views_of
from web.forms import form_key, tell, typed
from web.speech import ltr, t
from web.status import status_of


@needs("services.manage")
def show_adding(number: str) -> ResponseReturnValue:
    """The customer's services, and a form for one more."""
    return _page(number, None)


@needs("services.manage")
def add(number: str) -> ResponseReturnValue:
    """Order a tariff for the customer. The same form again orders nothing more."""

    def work(tx: Transaction) -> Added:
        who = profile(tx.connection, number)
        key, subject = form_key(), f"customer:{number}"
        before = sent_before(tx, form_key=key, act="service_added", subject=subject)
        if before is not None:
            return Added(before["id"], before["service"])
        if who.status != "active":
            raise CustomerNotActive(number=number)
        added = add_subscription(
            tx,
            customer_id=who.customer_id,
            tariff_code=typed("tariff"),
            router_id=needed_whole(typed("router"), "router"),
            place=typed("place", PLACE_CHARS_MAX),
            by=by(typed("why")),
        )
        detail = {"service": added.number, "id": added.subscription_id, "form": key, "tariff": typed("tariff")}
        note(tx, "service_added", subject, detail)
        return added

    try:
        added = parts().db.run(work)
    except Refusal as refusal:
        return _page(number, refusal_sentence(refusal, "")), status_of(refusal)
    tell(t(_("Service {number} is ordered. It begins when it is installed."), number=ltr(added.number)))
    return redirect(url_for("admin.service", number=added.number), 303)


@needs("customers.see")
def show_installations() -> ResponseReturnValue:
    """What waits to be installed: where to go, and whom to call."""
    with parts().db.reading() as connection:
        waiting = installations(connection, juba_day(parts().clock.now()))
    return render_template("admin/installations.html", services=waiting, most=INSTALLATIONS_SHOWN_MAX)


def _page(number: str, refused: Markup | None) -> str:
    today = juba_day(parts().clock.now())
    with parts().db.reading() as connection:
        who = profile(connection, number)
        return render_template(
            "admin/services.html",
            who=who,
            balance=account(connection, who.customer_id).balance,
            services=views_of(connection, who.customer_id, today),
            tariffs=tariff_book(connection).on_sale(today),
            routers=router_names(connection),
            today=today,
            refused=refused,
            opened="add",
        )


ROUTES: Final = (
    Route("GET", "/customers/<number>/services", "services", show_adding),
    Route("POST", "/customers/<number>/services", "add_service", add),
    Route("GET", "/services/to-install", "installations", show_installations),
)
