"""Receipts to be taken back: asking for it, and deciding by a second person."""

from __future__ import annotations

from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, note
from admin.desk import member, parts
from admin.permits import needs
from admin.routes import Route
from core.billing.take_back import take_back
from core.cash.ask_void import ask_void
from core.cash.decide_void import decide_void
from core.cash.void_views import WAITING_SHOWN_MAX, decided_voids, void, waiting_voids
from core.crm.find import receipt
from core.db.engine import Transaction
from core.errors import NotAllowed
from core.languages import marked as _
from web.forms import row_id, typed
from web.speech import amount, ltr, t


@needs("cash.take")
def show_voids() -> ResponseReturnValue:
    """What waits, and what was decided last."""
    return _list(None)


@needs("cash.manage")
def decide(number: int) -> ResponseReturnValue:
    """Take the receipt back, or refuse to."""
    approve = typed("approve") == "yes"

    def work(tx: Transaction) -> Markup:
        return _decide(tx, row_id(number), approve=approve)

    return act(work, back=_back, again=_list)


@needs("cash.take")
def withdraw(number: int) -> ResponseReturnValue:
    """Withdraw what one asked for oneself."""

    def work(tx: Transaction) -> Markup:
        if void(tx.connection, row_id(number)).asked_by != member().staff_id:
            raise NotAllowed(permission="cash.manage")
        return _decide(tx, row_id(number), approve=False)

    return act(work, back=_back, again=_list)


@needs("cash.take")
def show_asking(number: str) -> ResponseReturnValue:
    """The form that asks for a receipt to be taken back."""
    return _form(number, None)


@needs("cash.take")
def ask(number: str) -> ResponseReturnValue:
    """Ask for it: a second person decides."""

    def work(tx: Transaction) -> Markup:
        found = receipt(tx.connection, number)
        asked = ask_void(
            tx,
            receipt_number=found.number,
            reason=typed("why"),
            staff_id=member().staff_id,
            now=parts().clock.now(),
        )
        if asked.again:
            return t(_("This form was sent before. Nothing was done twice."))
        detail = {"amount": str(found.amount), "why": typed("why"), "customer": found.customer_number}
        note(tx, "void_asked", f"receipt:{found.number}", detail)
        return t(_("It waits for a second person. Until then the receipt is good."))

    return act(
        work, back=lambda: url_for("admin.receipt", number=number), again=lambda sentence: _form(number, sentence)
    )


def _decide(tx: Transaction, void_id: int, *, approve: bool) -> Markup:
    who, found = member(), void(tx.connection, void_id)
    state = decide_void(
        tx,
        void_id=void_id,
        approve=approve,
        staff_id=who.staff_id,
        role=who.role,
        take_back=take_back,
        now=parts().clock.now(),
    )
    detail = {"state": state, "amount": str(found.amount), "customer": found.customer_number}
    note(tx, "void_decided", f"receipt:{found.receipt}", detail)
    if state == "done":
        return t(
            _("Receipt {number} is taken back. Hand out {amount} from the drawer it lay in."),
            number=ltr(found.receipt),
            amount=amount(found.amount),
        )
    return t(_("It is refused. Nothing was moved."))


def _back() -> str:
    return url_for("admin.voids")


def _list(refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        return render_template(
            "admin/voids.html",
            waiting=waiting_voids(connection),
            decided=decided_voids(connection),
            most=WAITING_SHOWN_MAX,
            refused=refused,
        )


def _form(number: str, refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        return render_template(
            "admin/void_receipt.html", receipt=receipt(connection, number), refused=refused, opened="void"
        )


ROUTES: Final = (
    Route("GET", "/cash/voids", "voids", show_voids),
    Route("POST", "/cash/voids/<int:number>/decide", "decide_void", decide),
    Route("POST", "/cash/voids/<int:number>/withdraw", "withdraw_void", withdraw),
    Route("GET", "/receipts/<number>/void", "void_receipt", show_asking),
    Route("POST", "/receipts/<number>/void", "void_receipt_now", ask),
)
