"""A customer becomes an owner: the MoMo number, the first network, its router and its password, all or nothing."""

from __future__ import annotations

from typing import Any, Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from core.db.engine import Transaction
from core.errors import NotPossibleNow
from core.languages import marked as _
from core.owners.add_network import Reach, add_network
from core.owners.limits import COMMISSION_MILLIONTHS, WITHHOLDING_MILLIONTHS
from core.owners.name_momo import name_momo
from core.owners.set_admin_password import set_admin_password
from core.owners.sign_up_owner import sign_up_owner
from core.phones import TYPED_CHARS_MAX
from portal.acts import act, request_key
from portal.look import parts
from portal.permits import open_to
from portal.visitors import visitor
from web.forms import typed
from web.routes import Route
from web.speech import t

SSID_CHARS_MAX: Final = 64
WIFI_PASSWORD_CHARS_MAX: Final = 64  # one more than allowed is kept, so that a longer one is refused and not cut
REACHES: Final[dict[Reach, tuple[str, str]]] = {
    "mikrotik": (
        _("MikroTik with its own address"),
        _("We let each guest in and out by ourselves, with time, speed and data as sold."),
    ),
    "mikrotik_calls_home": (
        _("MikroTik behind another router"),
        _("The same: it calls us, and we set that up with you."),
    ),
    "radius": (
        _("Another with RADIUS"),
        _("Time is kept as sold. Whether speed and data are kept, and how fast a guest is sent off, is up to it."),
    ),
    "none": (
        _("None of these, or I do not know"),
        _(
            "You cannot sell tokens there: nothing can let a guest in and out. You can sign up, and we tell you which "
            "router you need."
        ),
    ),
}


def sign_up_page(refused: Markup | None = None) -> str:
    """The form, with what was typed but for the password."""
    return render_template(
        "portal/sign_up.html",
        refused=refused,
        said=request.form,
        reaches=REACHES,
        commission=COMMISSION_MILLIONTHS,
        withholding=WITHHOLDING_MILLIONTHS,
    )


@open_to("customer")
def show_sign_up() -> ResponseReturnValue:
    """The form; who is an owner already sees their networks."""
    return redirect(url_for("portal.networks"), 303) if _is_owner() else sign_up_page()


@open_to("customer")
def sign_up_now() -> ResponseReturnValue:
    """Become an owner."""

    def work(tx: Transaction) -> Markup:
        who, now = visitor().account, parts().clock.now()
        sign_up_owner(tx, customer=who, now=now)
        add_typed_network(tx)
        tools: dict[str, Any] = {"now": now, "ids": parts().ids, "sealer": parts().sealer}
        name_momo(
            tx,
            owner=who,
            typed_phone=typed("momo", TYPED_CHARS_MAX),
            request_key=request_key(),
            key=parts().settings.secret_key,
            **tools,
        )
        return t(_("You are signed up. Now confirm your MoMo number."))

    return act(work, back=url_for("portal.momo"), again=sign_up_page)


def add_typed_network(tx: Transaction) -> None:
    """Add the network of the form, with its password, to who sends it.

    Raises:
        Refusal: as of `core.owners.add_network` and `set_admin_password`.
    """
    owner_id = visitor().account.customer_id
    added = add_network(
        tx,
        owner_id=owner_id,
        typed_ssid=typed("ssid", SSID_CHARS_MAX),
        place=typed("place"),
        reach=_reach(),
    )
    keep_typed_password(tx, added.hotspot_id)


def keep_typed_password(tx: Transaction, hotspot_id: int) -> None:
    """Keep the admin password of the form. It goes nowhere else: no page, log or refusal has it.

    Raises:
        Refusal: as of `core.owners.set_admin_password`.
    """
    set_admin_password(
        tx,
        owner_id=visitor().account.customer_id,
        hotspot_id=hotspot_id,
        password=request.form.get("wifi_password", "")[:WIFI_PASSWORD_CHARS_MAX],
        sealer=parts().sealer,
    )


def _reach() -> Reach:
    said = typed("reach")
    for reach in REACHES:
        if said == reach:
            return reach
    raise NotPossibleNow(what="router", state="access")


def _is_owner() -> bool:
    mine = visitor().seat
    return mine is not None and mine.is_owner


ROUTES: Final = (
    Route("GET", "/sign-up", "sign_up", show_sign_up),
    Route("POST", "/sign-up", "sign_up_now", sign_up_now),
)
