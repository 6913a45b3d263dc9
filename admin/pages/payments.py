"""Payments nobody can tell of: the provider is asked again, by us or by a person."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from admin.desk import member, parts
from admin.permits import needs
from admin.routes import Route
from core.crm.stuck import unknown_payments
from core.db.engine import Transaction
from core.errors import NotFound
from core.languages import marked as _
from core.payments.ask_again import ask_again
from core.staff import audit
from web.forms import tell
from web.speech import t


@needs("payments.see")
def show_unknown() -> ResponseReturnValue:
    """Payments in state unknown, oldest first."""
    with parts().db.reading() as connection:
        return render_template("admin/payments.html", payments=unknown_payments(connection))


@needs("outbox.push")
def ask_once_more(number: str) -> ResponseReturnValue:
    """Ask the provider about one now; `number` is our reference."""
    try:
        reference = UUID(number)
    except ValueError:
        raise NotFound(what="payment") from None
    if parts().db.run(lambda tx: _ask(tx, reference)):
        tell(t(_("MTN is asked now. If it was paid, it is credited by itself.")))
    else:
        tell(t(_("This payment is not unknown any more.")))
    return redirect(url_for("admin.unknown"), 303)


def _ask(tx: Transaction, reference: UUID) -> bool:
    now = parts().clock.now()
    asked = ask_again(tx, reference=reference, now=now)
    if asked:
        audit.write(tx, staff_id=member().staff_id, act="payment_asked", subject=f"payment:{reference}", now=now)
    return asked


ROUTES: Final = (
    Route("GET", "/payments/unknown", "unknown", show_unknown),
    Route("POST", "/payments/unknown/<number>/ask", "ask_payment", ask_once_more),
)
