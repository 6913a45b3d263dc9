"""Correcting an issued document: by a note or a write-off beside it, or by tax the payer kept back; never in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act
from admin.desk import parts
from admin.pages.adjustments import asked_for, limits_of, said_of
from admin.permits import needs
from admin.routes import Route
from core.billing.queries import buyer, creditable, invoice_by_number
from core.billing.withhold import withholdable
from core.db.engine import Transaction
from core.languages import marked as _
from core.money import Money
from core.staff.roles import Permission


@dataclass(frozen=True, slots=True)
class Correction:
    """A way of correcting a document: the adjustment it asks for, its words, and the field that says why."""

    kind: str
    title: str
    hint: str
    button: str
    why: str = "why"


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
    _("It settles a part of the invoice against the payer's certificate, which counts once for each invoice."),
    _("Record"),
    "certificate",
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
            subject = f"document:{row.number}"
            asked = asked_for(tx, correction.kind, row.customer_id, row.invoice_id, subject, correction.why)
            return said_of(asked)

        return _done(correction, number, work)

    return ask


def _done(correction: Correction, number: str, work: Callable[[Transaction], Markup]) -> ResponseReturnValue:
    return act(
        work,
        back=lambda: url_for("admin.document", number=number),
        again=lambda sentence: _form(correction, number, sentence),
    )


def _form(correction: Correction, number: str, refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        row = invoice_by_number(connection, number)
        most: Money | None = row.due
        if correction is CREDIT:
            most = creditable(connection, row)
        elif correction is WITHHOLDING:
            most = min(row.due, withholdable(connection, row.invoice_id))
        elif correction is DEBIT:
            most = None
        return render_template(
            "admin/correct.html",
            correction=correction,
            row=row,
            who=buyer(connection, row.customer_id),
            most=most,
            alone=limits_of(connection, (correction.kind,))[correction.kind],
            refused=refused,
            opened="correct",
        )


def _routes(
    word: str, name: str, correction: Correction, permission: Permission = "adjustments.ask"
) -> tuple[Route, Route]:
    guard = needs(permission)
    rule = f"/documents/<number>/{word}"
    return (
        Route("GET", rule, name, guard(_showing(correction))),
        Route("POST", rule, f"{name}_now", guard(_asking(correction))),
    )


ROUTES: Final = (
    *_routes("credit", "credit_document", CREDIT),
    *_routes("write-off", "write_off_document", WRITE_OFF),
    *_routes("debit", "debit_document", DEBIT),
    *_routes("withholding", "withhold_document", WITHHOLDING, "adjustments.decide"),
)
