"""Paying later: a promise, or in parts. While it is kept, nobody cuts the customer off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, issuer, note
from admin.desk import member, parts
from admin.figures import needed_day, needed_whole
from admin.permits import needs
from admin.routes import Route
from core.billing.agreed import last_plan, last_promise
from core.billing.instalments import PARTS_LEAST, PARTS_MOST
from core.billing.money_came import reconnect
from core.billing.open_bills import open_bills
from core.billing.payment_plan import agree_plan
from core.billing.promise import PROMISE_DAYS_MAX, take_promise
from core.billing.queries import owed
from core.crm.find import profile
from core.days import DAY, juba_day
from core.db.engine import Transaction
from core.languages import marked as _
from web.forms import form_key, typed
from web.speech import amount, day, ltr, t


@needs("services.manage")
def show_later(number: str) -> ResponseReturnValue:
    """What is owed, what stands, and both forms."""
    return _page(number, None, "")


@needs("services.manage")
def promise(number: str) -> ResponseReturnValue:
    """Take a customer's word to pay by a day; what was cut off for money goes on."""

    def work(tx: Transaction) -> Markup:
        customer_id, now = profile(tx.connection, number).customer_id, parts().clock.now()
        until = needed_day(typed("until"))
        take_promise(tx, customer_id=customer_id, until_day=until, staff_id=member().staff_id, now=now)
        back = reconnect(tx, customer_id=customer_id, issuer=issuer(), now=now, why="promised to pay")
        note(tx, "promise_taken", f"customer:{number}", {"until_on": until.isoformat()})
        return _and_on_again(t(_("The promise to pay by {day} is written down."), day=day(until)), back)

    return _done(number, "promise", work)


@needs("services.manage")
def in_parts(number: str) -> ResponseReturnValue:
    """Agree that what is owed is paid in parts; what was cut off for money goes on."""

    def work(tx: Transaction) -> Markup:
        customer_id, now = profile(tx.connection, number).customer_id, parts().clock.now()
        agreed = agree_plan(
            tx,
            request_key=form_key(),
            customer_id=customer_id,
            parts=needed_whole(typed("parts"), "parts"),
            through="staff",
            now=now,
        )
        if agreed.again:
            return t(_("This form was sent before. Nothing was done twice."))
        back = reconnect(tx, customer_id=customer_id, issuer=issuer(), now=now, why="agreed to pay in parts")
        detail = {"amount": str(agreed.total), "parts": len(agreed.parts)}
        note(tx, "plan_agreed", f"customer:{number}", detail)
        return _and_on_again(t(_("It is agreed: {amount} in parts."), amount=amount(agreed.total)), back)

    return _done(number, "plan", work)


def _and_on_again(said: Markup, back: list[str]) -> Markup:
    if not back:
        return said
    return Markup("{} {}").format(said, t(_("On again: service {numbers}."), numbers=ltr(", ".join(back))))


def _done(number: str, form: str, work: Callable[[Transaction], Markup]) -> ResponseReturnValue:
    return act(
        work,
        back=lambda: url_for("admin.later", number=number),
        again=lambda sentence: _page(number, sentence, form),
    )


def _page(number: str, refused: Markup | None, opened: str) -> str:
    today = juba_day(parts().clock.now())
    with parts().db.reading() as connection:
        who = profile(connection, number)
        return render_template(
            "admin/later.html",
            who=who,
            owed=owed(connection, who.customer_id, today),
            bills=open_bills(connection, who.customer_id),
            promised=last_promise(connection, who.customer_id),
            plan=last_plan(connection, who.customer_id),
            first_day=today + DAY,
            last_day_possible=today + PROMISE_DAYS_MAX * DAY,
            parts_possible=[(number, number) for number in range(PARTS_LEAST, PARTS_MOST + 1)],
            refused=refused,
            opened=opened,
        )


ROUTES: Final = (
    Route("GET", "/customers/<number>/later", "later", show_later),
    Route("POST", "/customers/<number>/promise", "promise", promise),
    Route("POST", "/customers/<number>/plan", "pay_in_parts", in_parts),
)
