"""An owner's networks, and the password of each router."""

from __future__ import annotations

from typing import Final

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from core.db.engine import Transaction
from core.languages import marked as _
from core.owners.owner_page import network_of, networks_of
from portal.acts import act
from portal.look import parts
from portal.pages.sign_up import REACHES, add_typed_network, keep_typed_password
from portal.permits import open_to
from portal.visitors import seat
from web.forms import row_id
from web.routes import Route
from web.speech import t


@open_to("owner")
def show_networks() -> ResponseReturnValue:
    """All of them."""
    return _networks_page(None)


@open_to("owner")
def add_now() -> ResponseReturnValue:
    """Add one more."""

    def work(tx: Transaction) -> Markup:
        add_typed_network(tx)
        return t(_("It is added. A person of ours connects its router; then it sells."))

    return act(work, back=url_for("portal.networks"), again=_networks_page)


@open_to("owner")
def show_network(number: int) -> ResponseReturnValue:
    """One of them."""
    return _network_page(row_id(number), None)


@open_to("owner")
def change_password(number: int) -> ResponseReturnValue:
    """Keep another admin password for its router."""
    hotspot_id = row_id(number)

    def work(tx: Transaction) -> Markup:
        keep_typed_password(tx, hotspot_id)
        return t(_("The password is kept. Nobody is shown it."))

    return act(work, back=url_for("portal.networks"), again=lambda sentence: _network_page(hotspot_id, sentence))


def _networks_page(refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        spots = networks_of(connection, seat().owner_id)
    return render_template("portal/networks.html", refused=refused, spots=spots, reaches=REACHES, said=request.form)


def _network_page(hotspot_id: int, refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        spot = network_of(connection, seat().owner_id, hotspot_id)
    return render_template("portal/network.html", refused=refused, spot=spot, reaches=REACHES)


ROUTES: Final = (
    Route("GET", "/networks", "networks", show_networks),
    Route("POST", "/networks", "add_network", add_now),
    Route("GET", "/networks/<int:number>", "network", show_network),
    Route("POST", "/networks/<int:number>", "change_wifi_password", change_password),
)
