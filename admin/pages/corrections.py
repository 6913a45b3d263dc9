"""Correcting an issued document: by a note or a write-off beside it, or by tax the payer kept back; never in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, issuer, note
from admin.desk import member, parts, typed
from admin.pages.adjustments import asked_for, said_of
from admin.permits import needs
from admin.routes import Route
from admin.words import amount, t
from core.billing.limits import alone
from core.billing.money_came import money_came
from core.billing.queries import buyer, creditable, invoice_by_number
from core.billing.withhold import CERTIFICATE_CHARS_MAX, record_withholding
from core.db.engine import Transaction
from core.languages import marked as _
from flows.amounts import TYPED_CHARS_MAX, parse_amount


@dataclass(frozen=True, slots=True)
class Correction:
    """A way of correcting a document: the adjustment it asks for, and its words."""

    kind: str
    title: str
    hint: str
    button: str


CREDIT: Final = Correction(
    "credit_note",
    _("Credit this invoice"),
    _("A credit note takes off net and tax in proportion. What was paid already goes to the balance."),
    _("Issue the credit note"),
)
WRITE_OFF: Final = Correction(
    "write_off",
    _("Write off what is due"),
    _("The customer does not owe it any more, and the company bears the loss."),
    _("Write off"),
)
DEBIT: Final = Correction(
    "debit_note",
    _("Charge more on this invoice"),
    _("A debit note is issued beside it. The amount is before tax."),
    _("Issue the debit note"),
)
WITHHOLDING: Final = Correction(
    "withholding",
    _("Tax the payer kept back"),
    _("It settles a part of the invoice against the payer's certificate. Each certificate counts once."),
    _("Record"),
)


def _showing(correction: Correction) -> Callable[[str], ResponseReturnValue]:
    def show(number: str) -> ResponseReturnValue:
        """Return the form of one correction."""
        return _form(correction, number, None)

    return show


def _asking(correction: Correction) -> Callable[[str], ResponseReturnValue]:
    def ask(number: str) -> ResponseReturnValue:
        """Ask for one correction; within one's limit it is done at once."""

        def work(tx: Transaction) -> Markup:
            row = invoice_by_number(tx.connection, number)
            asked = asked_for(tx, correction.kind, row.customer_id, row.invoice_id, f"document:{row.number}")
            return said_of(asked)

        return _done(correction, number, work)

    return ask


show_withholding = needs("adjustments.decide")(_showing(WITHHOLDING))


@needs("adjustments.decide")
def withhold(number: str) -> ResponseReturnValue:
    """Record a withholding. It needs no second person: the paper is the second."""

    def work(tx: Transaction) -> Markup:
        row = invoice_by_number(tx.connection, number)
        kept = parse_amount(typed("amount", TYPED_CHARS_MAX + 1))
        certificate = typed("certificate", CERTIFICATE_CHARS_MAX)
        now = parts().clock.now()
        record_withholding(tx, invoice_id=row.invoice_id, amount=kept, certificate=certificate, now=now)
        # Less is owed: what was cut off for it goes on.
        money_came(tx, customer_id=row.customer_id, key=f"withheld:{certificate}", issuer=issuer(), now=now)
        detail = {"amount": str(kept), "certificate": certificate}
        note(tx, "withholding_recorded", f"document:{row.number}", detail)
        return t(_("{amount} is settled by the certificate."), amount=amount(kept))

    return _done(WITHHOLDING, number, work)


def _done(correction: Correction, number: str, work: Callable[[Transaction], Markup]) -> ResponseReturnValue:
    return act(
        work,
        back=lambda: url_for("admin.document", number=number),
        again=lambda sentence: _form(correction, number, sentence),
    )


def _form(correction: Correction, number: str, refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        row = invoice_by_number(connection, number)
        return render_template(
            "admin/correct.html",
            correction=correction,
            row=row,
            who=buyer(connection, row.customer_id),
            most={"credit_note": creditable(connection, row), "debit_note": None}.get(correction.kind, row.due),
            alone=alone(member().role, correction.kind),
            refused=refused,
            opened="correct",
        )


def _routes(word: str, name: str, correction: Correction) -> tuple[Route, Route]:
    guard = needs("adjustments.ask")
    rule = f"/documents/<number>/{word}"
    return (
        Route("GET", rule, name, guard(_showing(correction))),
        Route("POST", rule, f"{name}_now", guard(_asking(correction))),
    )


ROUTES: Final = (
    *_routes("credit", "credit_document", CREDIT),
    *_routes("write-off", "write_off_document", WRITE_OFF),
    *_routes("debit", "debit_document", DEBIT),
    Route("GET", "/documents/<number>/withholding", "withhold_document", show_withholding),
    Route("POST", "/documents/<number>/withholding", "withhold_document_now", withhold),
)
