"""Cash over the counter, and the receipt for it."""

from __future__ import annotations

import uuid
from typing import Final

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from admin.desk import member, parts, tell, typed
from admin.permits import needs
from admin.routes import Route
from admin.status import status_of
from admin.words import ltr, refusal_sentence, t
from core.crm.find import profile, receipt
from core.customers.queries import account
from core.db.engine import Transaction
from core.errors import CustomerNotActive, NotPossibleNow, Refusal
from core.languages import marked as _
from core.payments.take_cash import CashTaken, take_cash
from core.staff import audit
from flows.amounts import TYPED_CHARS_MAX, parse_amount


@needs("cash.take")
def show_cash(number: str) -> ResponseReturnValue:
    """The form. Its key is made now: sent twice, it is taken once."""
    return _form(number, amount="", refused=None)


@needs("cash.take")
def take(number: str) -> ResponseReturnValue:
    """Take the cash and show the receipt."""
    who = member()
    now = parts().clock.now()
    amount_typed = typed("amount", TYPED_CHARS_MAX + 1)

    def work(tx: Transaction) -> CashTaken:
        amount = parse_amount(amount_typed)
        customer = profile(tx.connection, number)
        taken = take_cash(
            tx,
            request_key=_request_key(typed("key")),
            customer_id=customer.customer_id,
            amount=amount,
            staff_id=who.staff_id,
            now=now,
        )
        # Looked at last: a form sent again finds its receipt even when the account was closed since.
        if customer.status == "closed" and not taken.again:
            raise CustomerNotActive(number=number)
        if not taken.again:
            audit.write(
                tx,
                staff_id=who.staff_id,
                act="cash_taken",
                subject=f"customer:{number}",
                now=now,
                detail={"receipt": taken.receipt_number, "amount": str(amount)},
            )
        return taken

    try:
        taken = parts().db.run(work)
    except Refusal as refusal:
        return _form(number, amount=amount_typed, refused=refusal_sentence(refusal, "")), status_of(refusal)
    if taken.again:
        tell(t(_("This form was sent before. It was taken once: here is its receipt.")))
    else:
        tell(t(_("The cash is taken. The receipt goes to the customer by SMS.")))
    return redirect(url_for("admin.receipt", number=taken.receipt_number), 303)


@needs("receipts.see")
def show_receipt(number: str) -> ResponseReturnValue:
    """A receipt, to print or to read out."""
    with parts().db.reading() as connection:
        return render_template("admin/receipt.html", receipt=receipt(connection, number))


def _form(number: str, *, amount: str, refused: str | None) -> str:
    with parts().db.reading() as connection:
        who = profile(connection, number)
        balance = account(connection, who.customer_id).balance
    is_open = who.status != "closed"
    if not is_open:
        refused = t(_("Account {number} is closed. No cash can be taken for it."), number=ltr(who.number))
    key = str(parts().ids.new_uuid())
    return render_template(
        "admin/cash.html", who=who, balance=balance, typed=amount, key=key, refused=refused, open=is_open
    )


def _request_key(text: str) -> str:
    """The form's key. One we cannot have made is refused, not replaced: a fresh key would take the money twice."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise NotPossibleNow(what="form", state="without its key") from None


ROUTES: Final = (
    Route("GET", "/customers/<number>/cash", "cash", show_cash),
    Route("POST", "/customers/<number>/cash", "take_cash", take),
    Route("GET", "/receipts/<number>", "receipt", show_receipt),
)
