"""One Wi-Fi owner's business: sales, networks and routers, who helps, prices, gifts, and whether they may sell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, note
from admin.desk import parts
from admin.figures import needed_whole
from admin.permits import needs
from admin.routes import Route
from core.catalog.queries import Offer
from core.crm.find import Profile, profile
from core.db.engine import Transaction
from core.errors import NotFound, NotPossibleNow, ReasonMissing
from core.languages import marked as _
from core.network.router_facts import router_facts, router_list
from core.owners.add_network import connect_network
from core.owners.change_owner import set_giveaways, set_owner_state
from core.owners.limits import WIFI_PASSWORD_CHARS
from core.owners.locked import find_owner
from core.owners.money_figures import owner_money
from core.owners.online_figures import owner_online
from core.owners.owner_page import helpers_of
from core.owners.price_list import price_list
from core.owners.sales_figures import owner_sales
from core.owners.set_admin_password import set_admin_password
from core.owners.shop_view import GIFTS_A_DAY_MOST, shop_networks, shop_of
from web.forms import row_id, typed
from web.speech import plan, t


@needs("owners.see")
def show_shop(number: str) -> ResponseReturnValue:
    """All of it."""
    return _page(number, None, "")


@needs("owners.manage")
def set_state(number: str) -> ResponseReturnValue:
    """Stop an owner, or let them sell again."""

    def work(tx: Transaction) -> Markup:
        stops = typed("state") == "suspended"
        if not typed("why"):
            raise ReasonMissing
        owner = _owner(tx, number)
        set_owner_state(tx, owner_id=owner.customer_id, state="suspended" if stops else "active")
        note(tx, "owner_suspended" if stops else "owner_let_sell", f"customer:{number}", {"why": typed("why")})
        return t(_("They sell nothing from now on.")) if stops else t(_("They may sell again."))

    return _act(number, work, "state")


@needs("owners.manage")
def set_gifts(number: str) -> ResponseReturnValue:
    """Agree on how much they may give away."""

    def work(tx: Transaction) -> Markup:
        most, once = needed_whole(typed("day_max"), "gifts"), bool(request.form.get("once"))
        if most > GIFTS_A_DAY_MOST:
            raise NotPossibleNow(what="gifts", state="too many")
        set_giveaways(tx, owner_id=_owner(tx, number).customer_id, day_max=most, once_per_phone_day=once)
        note(tx, "giveaways_set", f"customer:{number}", {"most": most, "once": once})
        return t(_("It is agreed."))

    return _act(number, work, "gifts")


@needs("routers.manage")
def connect(number: str, hotspot: int) -> ResponseReturnValue:
    """Say which router a network hangs on."""

    def work(tx: Transaction) -> Markup:
        ssid = _network(tx, number, hotspot)
        router = router_facts(tx.connection, row_id(needed_whole(typed("router"), "router")))
        connect_network(tx, hotspot_id=hotspot, router_id=router.id)
        note(tx, "network_connected", f"customer:{number}", {"network": ssid, "router": router.name})
        return t(_("It is connected, and sells from now on."))

    return _act(number, work, f"connect-{hotspot}")


@needs("routers.manage")
def keep_password(number: str, hotspot: int) -> ResponseReturnValue:
    """Keep the owner's password of their router in place of the one before. Nothing of it is noted."""

    def work(tx: Transaction) -> Markup:
        owner, ssid = _owner(tx, number), _network(tx, number, hotspot)
        password = request.form.get("password", "")[: WIFI_PASSWORD_CHARS[1] + 1]
        keep = {"owner_id": owner.customer_id, "hotspot_id": hotspot}
        set_admin_password(tx, password=password, sealer=parts().sealer, **keep)
        note(tx, "wifi_password_set", f"customer:{number}", {"network": ssid})
        return t(_("The password is kept. Nobody is shown it."))

    return _act(number, work, f"password-{hotspot}")


def _owner(tx: Transaction, number: str) -> Profile:
    who = profile(tx.connection, number)
    find_owner(tx, who.customer_id)
    return who


def _network(tx: Transaction, number: str, hotspot: int) -> str:
    """The name of a network of theirs.

    Raises:
        NotFound: it is not theirs, or closed.
    """
    owner_id = profile(tx.connection, number).customer_id
    found = next((one for one in shop_networks(tx.connection, owner_id) if one.hotspot_id == row_id(hotspot)), None)
    if found is None:
        raise NotFound(what="network")
    return found.ssid


def _act(number: str, work: Callable[[Transaction], Markup], opened: str) -> ResponseReturnValue:
    back = url_for("admin.owner_shop", number=number)
    return act(work, back=lambda: back, again=lambda sentence: _page(number, sentence, opened))


def _said(offer: Offer) -> str:
    return plan({"duration_s": offer.duration_s, "data_bytes": offer.data_bytes})


def _page(number: str, refused: Markup | None, opened: str) -> str:
    now = parts().clock.now()
    with parts().db.reading() as connection:
        who = profile(connection, number)
        return render_template(
            "admin/owner_shop.html",
            who=who,
            shop=shop_of(connection, who.customer_id, now),
            sales=owner_sales(connection, who.customer_id, now),
            money=owner_money(connection, who.customer_id, now),
            online=owner_online(connection, who.customer_id, now),
            networks=shop_networks(connection, who.customer_id),
            helpers=helpers_of(connection, who.customer_id),
            prices=[(_said(offer), offer.price) for offer in price_list(connection, who.customer_id, now)],
            routers=[(router.id, router.name) for router in router_list(connection)],
            password_chars=WIFI_PASSWORD_CHARS,
            refused=refused,
            opened=opened,
        )


ROUTES: Final = (
    Route("GET", "/owners/<number>/shop", "owner_shop", show_shop),
    Route("POST", "/owners/<number>/state", "set_owner_state", set_state),
    Route("POST", "/owners/<number>/gifts", "set_owner_gifts", set_gifts),
    Route("POST", "/owners/<number>/networks/<int:hotspot>/router", "connect_network", connect),
    Route("POST", "/owners/<number>/networks/<int:hotspot>/password", "keep_wifi_password", keep_password),
)
