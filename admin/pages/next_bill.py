"""What stands on a customer's next bill besides the days of their services: asked for, looked at, taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, note
from admin.desk import member, parts
from admin.pages.adjustments import asked_for, limits_of, said_of
from admin.pages.documents import said
from admin.permits import needs
from admin.routes import Route
from admin.words import choices
from core.billing.charge_next import NEXT, asked_by, take_back_charge
from core.billing.next_bill import WAITING_SHOWN_MAX, NextCharge, done_charges, waiting_charges
from core.catalog.taxes import PRODUCT_CLASSES
from core.crm.find import Profile, profile
from core.customers.queries import account
from core.days import juba_day
from core.db.engine import Transaction
from core.documents.line_words import line_words
from core.errors import NotAllowed, NotFound, NotPossibleNow
from core.languages import marked as _
from core.staff.roles import may
from core.subscriptions.overview import NUMBER_DIGITS_MAX, View, view_numbered, views_of
from web.forms import asked, row_id, typed
from web.speech import t, tongue


@needs("billing.see")
def show(number: str) -> ResponseReturnValue:
    """What waits and what was done last; for those who may ask, the form."""
    return _page(number, None)


@needs("adjustments.ask")
def ask(number: str) -> ResponseReturnValue:
    """Ask for a charge or a discount. Within one's limit it waits for the next bill at once."""

    def work(tx: Transaction) -> Markup:
        kind, who = typed("kind"), profile(tx.connection, number)
        if kind not in NEXT:
            raise NotPossibleNow(what="adjustment", state=kind)
        asked_now = asked_for(
            tx,
            kind,
            who.customer_id,
            None,
            f"customer:{number}",
            subscription_id=_service(tx, who),
            product_class=typed("class"),
        )
        if asked_now.state != "done" or asked_now.again:
            return said_of(asked_now)
        return t(_("It stands on the next bill."))

    return _done(number, work)


@needs("adjustments.ask")
def take_back(number: str, charge: int) -> ResponseReturnValue:
    """Take back what waits: one's own, or anybody's by those who decide."""

    def work(tx: Transaction) -> Markup:
        charge_id, who = row_id(charge), profile(tx.connection, number)
        mine = asked_by(tx.connection, charge_id=charge_id, customer_id=who.customer_id) == member().staff_id
        if not mine and not may(member().role, "adjustments.decide"):
            raise NotAllowed(permission="adjustments.decide")
        take_back_charge(
            tx,
            charge_id=charge_id,
            customer_id=who.customer_id,
            why=typed("why"),
            staff_id=member().staff_id,
            now=parts().clock.now(),
        )
        note(tx, "charge_taken_back", f"customer:{number}", {"charge": charge_id, "why": typed("why")})
        return t(_("It is taken back: it will stand on no bill."))

    return _done(number, work)


def _service(tx: Transaction, who: Profile) -> int | None:
    """The service the form names, if it is this customer's; None where it is for any bill.

    Raises:
        NotFound: somebody else's, or none.
    """
    named = typed("service", NUMBER_DIGITS_MAX)
    if not named:
        return None
    view = view_numbered(tx.connection, named, juba_day(parts().clock.now()))
    if view.service.customer_id != who.customer_id:
        raise NotFound(what="subscription")
    return view.service.subscription_id


def in_words(one: NextCharge) -> Markup:
    """What will stand on the bill, or stands there: why it is asked for, or which fee it is."""
    return said(line_words(tongue(), one.kind, one.facts))


def may_take_back(one: NextCharge) -> bool:
    """Whether who is logged in may take back what waits: what they asked for themselves; all, who may decide."""
    who = member()
    if one.asked_by is None or not may(who.role, "adjustments.ask"):
        return False
    return one.asked_by == who.staff_id or may(who.role, "adjustments.decide")


def _done(number: str, work: Callable[[Transaction], Markup]) -> ResponseReturnValue:
    return act(
        work,
        back=lambda: url_for("admin.next_bill", number=number),
        again=lambda sentence: _page(number, sentence),
    )


def _page(number: str, refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        who = profile(connection, number)
        services = views_of(connection, who.customer_id, juba_day(parts().clock.now()))
        return render_template(
            "admin/next_bill.html",
            who=who,
            balance=account(connection, who.customer_id).balance,
            waiting=waiting_charges(connection, who.customer_id),
            done=done_charges(connection, who.customer_id),
            most=WAITING_SHOWN_MAX,
            limits=limits_of(connection, tuple(NEXT)),
            services=_choices(services),
            chosen=asked("service", NUMBER_DIGITS_MAX),
            classes=choices("class", PRODUCT_CLASSES),
            in_words=in_words,
            may_take_back=may_take_back,
            refused=refused,
            opened="next" if typed("kind") else "",
        )


def _choices(services: Sequence[View]) -> list[tuple[str, str]]:
    """The bill of any service, or of one that will be billed again."""
    named = []
    for one in services:
        number = one.service.number
        if one.service.state != "terminated" or one.service.next_bill_on is not None:
            named.append((number, f"{number} · {one.tariff.name(tongue())}" if one.tariff else number))
    return [("", str(t(_("whichever is made first")))), *named]


ROUTES: Final = (
    Route("GET", "/customers/<number>/next-bill", "next_bill", show),
    Route("POST", "/customers/<number>/next-bill", "ask_next_bill", ask),
    Route("POST", "/customers/<number>/next-bill/<int:charge>/take-back", "take_back_charge", take_back),
)
