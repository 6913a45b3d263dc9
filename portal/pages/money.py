"""How an owner stands with us: what is theirs, what they owe, what is on its way and what went; and asking for it."""

from __future__ import annotations

from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from core.db.engine import Transaction
from core.errors import NotPossibleNow
from core.languages import marked as _
from core.owners.ask_payout import ask_owner_payout
from core.owners.money_figures import owner_money
from core.owners.owner_page import owner_page
from core.owners.owner_settings import set_daily_payout, set_daily_summary
from core.payouts.limits import SETTLED_LEAST
from portal.acts import act, request_key
from portal.look import parts
from portal.permits import open_to
from portal.visitors import seat
from web.forms import typed
from web.routes import Route
from web.speech import amount, phone, t


@open_to("owner")
def show_money() -> ResponseReturnValue:
    """The page of it."""
    return _page(None)


@open_to("owner")
def pay_out_now() -> ResponseReturnValue:
    """Send me what is mine. The same form again is the same payout."""

    def work(tx: Transaction) -> Markup:
        platform = _platform()
        if platform is None:
            raise NotPossibleNow(what="payout", state="no account to send from")
        asked = ask_owner_payout(
            tx,
            owner_id=seat().owner_id,
            request_key=request_key(),
            platform=platform,
            now=parts().clock.now(),
            ids=parts().ids,
        )
        facts = {"amount": amount(asked.amount), "phone": phone(asked.phone)}
        if asked.state == "waiting":
            return t(_("{amount} is asked for. A person of ours approves it, then it goes to {phone}."), **facts)
        return t(_("{amount} is on its way to {phone}. We text you how it ended."), **facts)

    return act(work, back=url_for("portal.money"), again=_page)


@open_to("owner")
def set_wishes() -> ResponseReturnValue:
    """Whether the balance is sent each day, and the sales of the day before are texted."""

    def work(tx: Transaction) -> Markup:
        owner_id = seat().owner_id
        set_daily_payout(tx, owner_id=owner_id, on=typed("daily_payout") == "yes")
        set_daily_summary(tx, owner_id=owner_id, on=typed("daily_summary") == "yes")
        return t(_("Saved."))

    return act(work, back=url_for("portal.money"), again=_page)


def _platform() -> str | None:
    """Where MTN is told to send money; None: we have no such account, and people send it."""
    settings = parts().settings
    return settings.momo_base_url if settings.momo_disbursement_subscription_key else None


def _page(refused: Markup | None) -> str:
    now, owner_id = parts().clock.now(), seat().owner_id
    with parts().db.reading() as connection:
        money, owner = owner_money(connection, owner_id, now), owner_page(connection, owner_id, now)
    return render_template(
        "portal/money.html",
        refused=refused,
        books=money,
        owner=owner,
        least=SETTLED_LEAST,
        sends=_platform() is not None,
    )


ROUTES: Final = (
    Route("GET", "/money", "money", show_money),
    Route("POST", "/money/payout", "pay_out", pay_out_now),
    Route("POST", "/money/wishes", "set_wishes", set_wishes),
)
