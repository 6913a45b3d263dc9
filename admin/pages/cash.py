"""Cash over the counter: the receipt for it, the bills it settles, the services it puts on again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from admin.acts import alarm_if_clash, issuer
from admin.desk import member, parts
from admin.permits import needs
from admin.routes import Route
from admin.words import refusal_sentence
from core.billing.money_came import Used, money_came
from core.billing.open_bills import open_bills
from core.billing.queries import invoice_by_number, owed
from core.cash.take_cash import CashTaken, take_cash
from core.crm.find import profile, receipt
from core.customers.queries import account
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import CustomerNotActive, NotFound, Refusal
from core.languages import marked as _
from core.staff import audit
from flows.amounts import TYPED_CHARS_MAX, parse_amount
from web.forms import asked, form_key, tell, typed
from web.speech import ltr, t
from web.status import status_of

BILL_NUMBER_CHARS_MAX: Final = 30


@dataclass(frozen=True, slots=True)
class Took:
    """Cash that was taken, and what it did; None where the same form had been taken before."""

    taken: CashTaken
    used: Used | None


@needs("cash.take")
def show_cash(number: str) -> ResponseReturnValue:
    """The form. Its key is made now: sent twice, it is taken once."""
    return _form(number, amount="", refused=None)


@needs("cash.take")
def take(number: str) -> ResponseReturnValue:
    """Take the cash, use it for what is owed, and show the receipt."""
    who = member()
    now = parts().clock.now()
    amount_typed = typed("amount", TYPED_CHARS_MAX + 1)

    def work(tx: Transaction) -> Took:
        amount = parse_amount(amount_typed)
        customer = profile(tx.connection, number)
        what_it_did: list[Used] = []

        def use(receipt_number: str) -> None:
            what_it_did.append(
                money_came(
                    tx,
                    customer_id=customer.customer_id,
                    key=receipt_number,
                    issuer=issuer(),
                    now=now,
                    invoice_id=_named_bill(tx, customer.customer_id),
                )
            )

        taken = take_cash(
            tx,
            request_key=form_key(),
            customer_id=customer.customer_id,
            amount=amount,
            staff_id=who.staff_id,
            now=now,
            use=use,
        )
        if taken.again:
            return Took(taken, None)
        # Looked at last: a form sent again finds its receipt even when the account was closed since.
        if customer.status == "closed":
            raise CustomerNotActive(number=number)
        (used,) = what_it_did
        detail = {"receipt": taken.receipt_number, "amount": str(amount), "settled": str(used.settled)}
        audit.write(tx, staff_id=who.staff_id, act="cash_taken", subject=f"customer:{number}", now=now, detail=detail)
        return Took(taken, used)

    try:
        took = parts().db.run(work)
    except Refusal as refusal:
        alarm_if_clash(refusal)
        return _form(number, amount=amount_typed, refused=refusal_sentence(refusal, "")), status_of(refusal)
    _tell(took)
    return redirect(url_for("admin.receipt", number=took.taken.receipt_number), 303)


@needs("receipts.see")
def show_receipt(number: str) -> ResponseReturnValue:
    """A receipt, to print or to read out."""
    with parts().db.reading() as connection:
        return render_template("admin/receipt.html", receipt=receipt(connection, number))


def _named_bill(tx: Transaction, customer_id: int) -> int | None:
    """The bill that was chosen; None: the first due first.

    Raises:
        NotFound: it is not this customer's.
    """
    number = typed("bill", BILL_NUMBER_CHARS_MAX)
    if not number:
        return None
    row = invoice_by_number(tx.connection, number)
    if row.customer_id != customer_id:
        raise NotFound(what="document")
    return row.invoice_id


def _tell(took: Took) -> None:
    if took.used is None:
        tell(t(_("This form was sent before. It was taken once: here is its receipt.")))
        return
    tell(t(_("The cash is taken. The receipt goes to the customer by SMS.")))
    if took.used.settled:
        tell(t(_("It settled {amount} of what was owed."), amount=took.used.settled))
    if took.used.back_on:
        tell(t(_("On again: service {numbers}."), numbers=ltr(", ".join(took.used.back_on))))


def _form(number: str, *, amount: str, refused: str | None) -> str:
    with parts().db.reading() as connection:
        who = profile(connection, number)
        balance = account(connection, who.customer_id).balance
        bills = open_bills(connection, who.customer_id)
        due = owed(connection, who.customer_id, juba_day(parts().clock.now()))
    is_open = who.status != "closed"
    if not is_open:
        refused = t(_("Account {number} is closed. No cash can be taken for it."), number=ltr(who.number))
    return render_template(
        "admin/cash.html",
        who=who,
        balance=balance,
        bills=bills,
        owed=due,
        typed=amount,
        chosen=typed("bill", BILL_NUMBER_CHARS_MAX) or asked("bill", BILL_NUMBER_CHARS_MAX),
        key=str(parts().ids.new_uuid()),
        refused=refused,
        open=is_open,
    )


ROUTES: Final = (
    Route("GET", "/customers/<number>/cash", "cash", show_cash),
    Route("POST", "/customers/<number>/cash", "take_cash", take),
    Route("GET", "/receipts/<number>", "receipt", show_receipt),
)
