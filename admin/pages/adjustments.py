"""Money moved by a decision: asking for it, and what waits for a second person."""

from __future__ import annotations

from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import Connection

from admin.acts import act, issuer, note
from admin.desk import member, parts
from admin.permits import needs
from admin.routes import Route
from core.billing.adjust import Asked, ask_adjustment, decide_adjustment
from core.billing.adjustments import (
    WAITING_SHOWN_MAX,
    adjustment,
    decided_adjustments,
    left_alone,
    waiting_adjustments,
)
from core.billing.queries import owed
from core.crm.find import profile
from core.customers.queries import account
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import NotAllowed, NotPossibleNow
from core.languages import marked as _
from core.money import Money
from flows.amounts import TYPED_CHARS_MAX, parse_amount
from web.forms import form_key, row_id, typed
from web.speech import amount, ltr, t

# What is asked for on a customer's page; the other kinds correct a document (`admin.pages.corrections`).
ON_A_CUSTOMER: Final = ("goodwill", "charge", "refund", "deposit_return")


@needs("adjustments.ask")
def show_adjustments() -> ResponseReturnValue:
    """What waits, and what was decided last."""
    return _list(None)


@needs("adjustments.decide")
def decide(number: int) -> ResponseReturnValue:
    """Approve one, which is then done, or refuse it."""
    approve = typed("approve") == "yes"

    def work(tx: Transaction) -> Markup:
        return _decide(tx, row_id(number), approve=approve)

    return act(work, back=lambda: url_for("admin.adjustments"), again=_list)


@needs("adjustments.ask")
def take_back(number: int) -> ResponseReturnValue:
    """Take back what one asked for oneself."""

    def work(tx: Transaction) -> Markup:
        if adjustment(tx.connection, row_id(number)).asked_by != member().staff_id:
            raise NotAllowed(permission="adjustments.decide")
        return _decide(tx, row_id(number), approve=False)

    return act(work, back=lambda: url_for("admin.adjustments"), again=_list)


@needs("adjustments.ask")
def show_asking(number: str) -> ResponseReturnValue:
    """A form for a credit, a charge, a refund or a deposit to be returned."""
    return _form(number, None)


@needs("adjustments.ask")
def ask(number: str) -> ResponseReturnValue:
    """Ask for it. Within one's limit it is done at once."""

    def work(tx: Transaction) -> Markup:
        kind = typed("kind")
        if kind not in ON_A_CUSTOMER:
            raise NotPossibleNow(what="adjustment", state=kind)
        asked = asked_for(tx, kind, profile(tx.connection, number).customer_id, None, f"customer:{number}")
        return said_of(asked)

    return act(
        work, back=lambda: url_for("admin.customer", number=number), again=lambda sentence: _form(number, sentence)
    )


def asked_for(
    tx: Transaction,
    kind: str,
    customer_id: int,
    invoice_id: int | None,
    subject: str,
    why: str = "why",
    *,
    subscription_id: int | None = None,
    product_class: str | None = None,
) -> Asked:
    """Ask for what the form says, and write it into the trail when it is asked for the first time.

    `why`: the field that says why.
    """
    who, now = member(), parts().clock.now()
    wanted = parse_amount(typed("amount", TYPED_CHARS_MAX + 1))
    asked = ask_adjustment(
        tx,
        request_key=form_key(),
        kind=kind,
        customer_id=customer_id,
        invoice_id=invoice_id,
        amount=wanted,
        reason=typed(why),
        staff_id=who.staff_id,
        role=who.role,
        issuer=issuer(),
        now=now,
        subscription_id=subscription_id,
        product_class=product_class,
    )
    if not asked.again:
        detail = {"kind": kind, "amount": str(wanted), "adjustment": asked.adjustment_id, "state": asked.state}
        note(tx, "adjustment_asked", subject, detail)
    return asked


def said_of(asked: Asked) -> Markup:
    """What is said after asking."""
    if asked.again:
        return t(_("This form was sent before. Nothing was done twice."))
    if asked.state == "waiting":
        return t(_("This is above what you may do alone: it waits for a second person."))
    return t(_("It is done."))


def limits_of(connection: Connection, kinds: tuple[str, ...]) -> dict[str, Money]:
    """What who is logged in may still do alone today, by kind."""
    who, now = member(), parts().clock.now()
    return {kind: left_alone(connection, staff_id=who.staff_id, role=who.role, kind=kind, now=now) for kind in kinds}


def _decide(tx: Transaction, adjustment_id: int, *, approve: bool) -> Markup:
    view = adjustment(tx.connection, adjustment_id)
    state = decide_adjustment(
        tx,
        adjustment_id=adjustment_id,
        approve=approve,
        staff_id=member().staff_id,
        issuer=issuer(),
        now=parts().clock.now(),
    )
    detail = {"state": state, "kind": view.kind, "amount": str(view.amount), "customer": view.customer_number}
    note(tx, "adjustment_decided", f"adjustment:{adjustment_id}", detail)
    if state == "done":
        return t(
            _("It is done: {amount} for account {number}."),
            amount=amount(view.amount),
            number=ltr(view.customer_number),
        )
    return t(_("It is refused. Nothing was moved."))


def _list(refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        return render_template(
            "admin/adjustments.html",
            waiting=waiting_adjustments(connection),
            decided=decided_adjustments(connection),
            most=WAITING_SHOWN_MAX,
            refused=refused,
        )


def _form(number: str, refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        who = profile(connection, number)
        return render_template(
            "admin/adjust.html",
            who=who,
            balance=account(connection, who.customer_id).balance,
            owed=owed(connection, who.customer_id, juba_day(parts().clock.now())),
            limits=limits_of(connection, ON_A_CUSTOMER),
            refused=refused,
            opened="adjust",
        )


ROUTES: Final = (
    Route("GET", "/adjustments", "adjustments", show_adjustments),
    Route("POST", "/adjustments/<int:number>/decide", "decide_adjustment", decide),
    Route("POST", "/adjustments/<int:number>/take-back", "take_back_adjustment", take_back),
    Route("GET", "/customers/<number>/adjust", "adjust", show_asking),
    Route("POST", "/customers/<number>/adjust", "adjust_now", ask),
)
