"""Wi-Fi owners: what was agreed, what is theirs and what they owe, and each settlement as a paper."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, note
from admin.desk import member, parts
from admin.pages.refunds import platform
from admin.permits import needs
from admin.routes import Route
from core.catalog.taxes import MILLION
from core.crm.find import profile
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import InvalidDay, NotPossibleNow, ShareOutOfRange
from core.languages import marked as _
from core.payouts.owner_terms import set_owner_terms, terms_on
from core.payouts.owner_views import owner, owners, settlement, settlements_of, terms_of
from core.payouts.settle_owner import settle_owner
from core.phones import TYPED_CHARS_MAX, parse_phone, western_digits
from web.forms import form_key, row_id, typed
from web.speech import amount, t

SHARE_CHARS_MAX: Final = 12


@needs("payouts.approve")
def show_owners() -> ResponseReturnValue:
    """Everybody with terms."""
    with parts().db.reading() as connection:
        return render_template("admin/owners.html", owners=owners(connection))


@needs("payouts.approve")
def show_owner(number: str) -> ResponseReturnValue:
    """One of them."""
    return _page(number, None)


@needs("payouts.approve")
def set_terms(number: str) -> ResponseReturnValue:
    """Agree on commission and withholding from a day on."""

    def work(tx: Transaction) -> Markup:
        who = profile(tx.connection, number)
        commission, withheld = _share("commission"), _share("withholding")
        from_day = _day(typed("from_day", 10))
        set_owner_terms(
            tx,
            owner_id=who.customer_id,
            from_day=from_day,
            commission_millionths=commission,
            withholding_millionths=withheld,
            payout_phone=parse_phone(typed("phone", TYPED_CHARS_MAX)),
            staff_id=member().staff_id,
            now=parts().clock.now(),
        )
        detail = {"from": from_day.isoformat(), "commission": commission, "withholding": withheld}
        note(tx, "owner_terms_set", f"customer:{number}", detail)
        return t(_("It is agreed."))

    return act(work, back=lambda: _back(number), again=lambda sentence: _page(number, sentence))


@needs("payouts.approve")
def settle_now(number: str) -> ResponseReturnValue:
    """Settle with an owner without waiting for the night."""

    def work(tx: Transaction) -> Markup:
        who, to = profile(tx.connection, number), platform()
        if to is None:
            raise NotPossibleNow(what="payout", state="no account to send from")
        settled = settle_owner(
            tx,
            request_key=form_key(),
            owner_id=who.customer_id,
            platform=to,
            staff_id=member().staff_id,
            now=parts().clock.now(),
            ids=parts().ids,
        )
        if settled is None:
            return t(_("There is nothing to settle."))
        detail = {"settlement": settled.settlement_id, "left": str(settled.lines.left)}
        note(tx, "owner_settled", f"customer:{number}", detail)
        return t(_("Settled. To be paid out: {amount}."), amount=amount(settled.lines.left))

    return act(work, back=lambda: _back(number), again=lambda sentence: _page(number, sentence))


@needs("payouts.approve")
def show_settlement(number: int) -> ResponseReturnValue:
    """A settlement, to print or to read out."""
    with parts().db.reading() as connection:
        return render_template("admin/settlement.html", settlement=settlement(connection, row_id(number)))


def _back(number: str) -> str:
    return url_for("admin.owner", number=number)


def _share(name: str) -> int:
    """A percentage as it was typed, in millionths.

    Raises:
        ShareOutOfRange: not one from 0 to 100, or with more than four digits after the point.
    """
    said = western_digits(typed(name, SHARE_CHARS_MAX)).replace("٫", ".").replace(",", ".")
    try:
        millionths = Decimal(said) * MILLION / 100
        if millionths == millionths.to_integral_value() and 0 <= millionths <= MILLION:
            return int(millionths)
    except InvalidOperation:
        pass
    raise ShareOutOfRange(typed=said)


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise InvalidDay(typed=said) from None


def _page(number: str, refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        who = profile(connection, number)
        today = juba_day(parts().clock.now())
        return render_template(
            "admin/owner.html",
            who=who,
            owner=owner(connection, who.customer_id),
            now=terms_on(connection, who.customer_id, today),
            terms=terms_of(connection, who.customer_id),
            settlements=settlements_of(connection, who.customer_id),
            today=today,
            sends=platform() is not None,
            refused=refused,
            opened="terms" if refused else None,
        )


ROUTES: Final = (
    Route("GET", "/owners", "owners", show_owners),
    Route("GET", "/owners/<number>", "owner", show_owner),
    Route("POST", "/owners/<number>/terms", "set_owner_terms", set_terms),
    Route("POST", "/owners/<number>/settle", "settle_owner", settle_now),
    Route("GET", "/settlements/<int:number>", "settlement", show_settlement),
)
