"""Lines that nobody has matched: what each may be, and a person's word on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, issuer, note
from admin.desk import member, parts
from admin.figures import needed_whole, whole_of
from admin.permits import needs
from admin.routes import Route
from admin.words import choices
from core.billing.of_statements import bills_of
from core.billing.queries import invoice_by_number
from core.crm.find import profile
from core.db.engine import Transaction
from core.errors import DoesNotFit
from core.languages import marked as _
from core.money import Money
from core.statements.credit_line import credit_line
from core.statements.explain_line import explain_line
from core.statements.match_line import match_known, match_other
from core.statements.queries import LINES_SHOWN_MAX, line_shown, open_lines, open_sums
from core.statements.unmatch import unmatch
from flows.amounts import TYPED_CHARS_MAX, parse_amount
from web.forms import asked, form_key, row_id, typed
from web.speech import ltr, t

OTHER_KINDS: Final = ("fee", "own", "owner", "interest")


@needs("statements.manage")
def show_lines() -> ResponseReturnValue:
    """Money that nobody has matched, the oldest first, with its age; and how much it is."""
    account = whole_of(asked("account"), "account")
    after = min(whole_of(asked("after"), "after") or 0, 10**9)
    with parts().db.reading() as connection:
        return render_template(
            "admin/lines.html",
            lines=open_lines(connection, account, after),
            sums=open_sums(connection),
            account=account,
            now=parts().clock.now(),
            more=after + LINES_SHOWN_MAX,
            most=LINES_SHOWN_MAX,
        )


@needs("statements.manage")
def show_line(number: int) -> ResponseReturnValue:
    """One line, what it may be, and what was found."""
    return _page(row_id(number), None, "")


@needs("statements.manage")
def credit(number: int) -> ResponseReturnValue:
    """Credit it, or a part of it, to a customer."""

    def work(tx: Transaction) -> Markup:
        customer = profile(tx.connection, typed("customer"))
        matched = credit_line(
            tx,
            request_key=form_key(),
            line_id=row_id(number),
            customer_id=customer.customer_id,
            amount=_amount(tx, number),
            why=typed("why") or "by hand",
            staff_id=member().staff_id,
            now=parts().clock.now(),
            bills=bills_of(issuer()),
            invoice_id=_bill(tx, customer.customer_id),
        )
        if matched.again:
            return t(_("This form was sent before. Nothing was done twice."))
        note(tx, "line_credited", f"customer:{customer.number}", {"line": number, "receipt": matched.receipt_number})
        return t(
            _("It is on account {number}: receipt {receipt}."),
            number=ltr(customer.number),
            receipt=ltr(matched.receipt_number or ""),
        )

    return _done(number, "credit", work)


@needs("statements.manage")
def match(number: int) -> ResponseReturnValue:
    """It is a payment, a payout or a deposit that we know."""

    def work(tx: Transaction) -> Markup:
        kind, _space, target = typed("what").partition(" ")
        match_known(
            tx,
            line_id=row_id(number),
            kind=kind,
            target=row_id(needed_whole(target, "target")),
            amount=_amount(tx, number),
            why=typed("why") or "by hand",
            staff_id=member().staff_id,
            now=parts().clock.now(),
        )
        note(tx, "line_matched", f"line:{number}", {"what": typed("what")})
        return t(_("It is matched."))

    return _done(number, "match", work)


@needs("statements.manage")
def other(number: int) -> ResponseReturnValue:
    """It is a fee, or a movement of our own."""

    def work(tx: Transaction) -> Markup:
        matched = match_other(
            tx,
            request_key=form_key(),
            line_id=row_id(number),
            what=typed("what"),
            amount=_amount(tx, number),
            why=typed("why"),
            staff_id=member().staff_id,
            now=parts().clock.now(),
        )
        if matched.again:
            return t(_("This form was sent before. Nothing was done twice."))
        note(tx, "line_matched", f"line:{number}", {"what": typed("what")})
        return t(_("It is matched."))

    return _done(number, "other", work)


@needs("statements.manage")
def explain(number: int) -> ResponseReturnValue:
    """It needs no match."""

    def work(tx: Transaction) -> Markup:
        why, now = typed("why"), parts().clock.now()
        explain_line(tx, line_id=row_id(number), why=why, staff_id=member().staff_id, now=now)
        note(tx, "line_explained", f"line:{number}", {"why": why})
        return t(_("It is explained."))

    return _done(number, "explain", work)


@needs("statements.manage")
def undo(number: int) -> ResponseReturnValue:
    """Take a match of the line back."""

    def work(tx: Transaction) -> Markup:
        match_id = row_id(needed_whole(typed("match"), "match"))
        unmatch(tx, match_id=match_id, why=typed("why"), staff_id=member().staff_id, now=parts().clock.now())
        note(tx, "match_undone", f"line:{number}", {"match": match_id, "why": typed("why")})
        return t(_("The match is taken back. The line is open again."))

    return _done(number, f"undo-{typed('match')}", work)


def _amount(tx: Transaction, number: int) -> Money | None:
    """A part of the line in whole pounds; nothing typed: all that is left.

    Raises:
        DoesNotFit: parts are written in pounds, and the line is of another currency.
    """
    if not typed("amount", TYPED_CHARS_MAX + 1):
        return None
    shown = line_shown(tx.connection, row_id(number), bills_of(issuer()))
    amount = parse_amount(typed("amount", TYPED_CHARS_MAX + 1))
    if shown.account.currency != amount.currency:
        raise DoesNotFit(what="currency")
    return amount


def _bill(tx: Transaction, customer_id: int) -> int | None:
    """The bill to be settled first, where one is named."""
    if not typed("bill"):
        return None
    row = invoice_by_number(tx.connection, typed("bill"))
    if row.customer_id != customer_id:
        raise DoesNotFit(what="bill")
    return row.invoice_id


def _done(number: int, form: str, work: Callable[[Transaction], Markup]) -> ResponseReturnValue:
    return act(
        work,
        back=lambda: url_for("admin.line", number=number),
        again=lambda sentence: _page(row_id(number), sentence, form),
    )


def _page(line_id: int, refused: Markup | None, opened: str) -> str:
    with parts().db.reading() as connection:
        return render_template(
            "admin/line.html",
            shown=line_shown(connection, line_id, bills_of(issuer())),
            others=choices("other", OTHER_KINDS),
            now=parts().clock.now(),
            refused=refused,
            opened=opened,
        )


ROUTES: Final = (
    Route("GET", "/lines", "lines", show_lines),
    Route("GET", "/lines/<int:number>", "line", show_line),
    Route("POST", "/lines/<int:number>/credit", "credit_line", credit),
    Route("POST", "/lines/<int:number>/match", "match_line", match),
    Route("POST", "/lines/<int:number>/other", "match_other", other),
    Route("POST", "/lines/<int:number>/explain", "explain_line", explain),
    Route("POST", "/lines/<int:number>/undo", "undo_match", undo),
)
