"""Transaction ids that customers sent in: credited by a line, by what somebody saw at the wallet, or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, issuer, note
from admin.desk import member, parts
from admin.figures import needed_day, whole_of
from admin.permits import needs
from admin.routes import Route
from core.billing.of_statements import bills_of
from core.days import juba_day
from core.db.engine import Transaction
from core.languages import marked as _
from core.statements.decide_claim import Seen, credit_claim, refuse_claim
from core.statements.queries import claims
from flows.amounts import TYPED_CHARS_MAX, parse_amount
from web.forms import row_id, typed
from web.speech import ltr, t


@needs("statements.manage")
def show_claims() -> ResponseReturnValue:
    """What waits, the oldest first, and what was decided last."""
    return _page(None, "")


@needs("statements.manage")
def credit(number: int) -> ResponseReturnValue:
    """Credit one: from its line, or from what was seen."""

    def work(tx: Transaction) -> Markup:
        line = whole_of(typed("line"), "line")
        seen = None
        if line is None and typed("amount"):
            amount = parse_amount(typed("amount", TYPED_CHARS_MAX + 1))
            seen = Seen(amount, needed_day(typed("day")), typed("payer"))
        matched = credit_claim(
            tx,
            claim_id=row_id(number),
            line_id=row_id(line) if line is not None else None,
            seen=seen,
            why=typed("why"),
            staff_id=member().staff_id,
            now=parts().clock.now(),
            bills=bills_of(issuer()),
        )
        note(tx, "claim_credited", f"claim:{number}", {"receipt": matched.receipt_number, "why": typed("why")})
        return t(_("It is credited: receipt {receipt}."), receipt=ltr(matched.receipt_number or ""))

    return _done(f"credit-{number}", work)


@needs("statements.manage")
def refuse(number: int) -> ResponseReturnValue:
    """There is no such payment, or it is not theirs."""

    def work(tx: Transaction) -> Markup:
        why, now = typed("why"), parts().clock.now()
        refuse_claim(tx, claim_id=row_id(number), why=why, staff_id=member().staff_id, now=now)
        note(tx, "claim_refused", f"claim:{number}", {"why": why})
        return t(_("It is refused, and the customer is told."))

    return _done(f"refuse-{number}", work)


def _done(form: str, work: Callable[[Transaction], Markup]) -> ResponseReturnValue:
    return act(work, back=lambda: url_for("admin.claims"), again=lambda sentence: _page(sentence, form))


def _page(refused: Markup | None, opened: str) -> str:
    now = parts().clock.now()
    with parts().db.reading() as connection:
        return render_template(
            "admin/claims.html",
            waiting=claims(connection, waiting=True),
            decided=claims(connection, waiting=False),
            today=juba_day(now),
            refused=refused,
            opened=opened,
        )


ROUTES: Final = (
    Route("GET", "/claims", "claims", show_claims),
    Route("POST", "/claims/<int:number>/credit", "credit_claim", credit),
    Route("POST", "/claims/<int:number>/refuse", "refuse_claim", refuse),
)
