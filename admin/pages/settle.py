"""A payment no provider can tell of, settled by a person with evidence; and the alarms of payments."""

from __future__ import annotations

from typing import Any, Final, Literal, cast
from uuid import UUID

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, issuer, note
from admin.desk import member, parts
from admin.permits import needs, takes
from admin.routes import Route
from core.billing.fulfil import bill_fulfilments
from core.billing.money_came import used_by
from core.db.engine import Transaction
from core.errors import NotFound, NotPossibleNow
from core.languages import marked as _
from core.owners.fulfil import owner_fulfilments
from core.payments.alarms import seen, unseen
from core.payments.evidence import FILE_BYTES_MAX, NOTE_CHARS_MAX, Evidence
from core.payments.payment_history import Payment, evidence_file, payment
from core.payments.resend_receipt import resend_receipt
from core.payments.settle_by_hand import REFERENCE_CHARS_MAX, settle_by_hand
from core.tokens.fulfil import fulfilments
from web.forms import form_key, row_id, tell, typed
from web.speech import ltr, t

OUTCOMES: Final = ("paid", "refused")
# The rest of the form stands beside the file.
BODY_BYTES_MAX: Final = FILE_BYTES_MAX + 64 * 1024


@needs("payments.see")
def show_payment(reference: str) -> ResponseReturnValue:
    """One payment: what was asked for, every move, what was seen of it; and the form that settles it."""
    return _page(reference, None)


@needs("payments.settle")
@takes(BODY_BYTES_MAX)
def settle_payment(reference: str) -> ResponseReturnValue:
    """Settle it by what the member found out."""
    file = _file()  # once: the work may be done again from its start, and a stream is read to its end

    def work(tx: Transaction) -> Markup:
        found = payment(tx.connection, _uuid(reference))
        outcome = typed("outcome", 10)
        if outcome not in OUTCOMES:
            raise NotPossibleNow(what="payment", state=outcome)
        settle_by_hand(
            tx,
            intent_id=found.intent_id,
            outcome=cast("Literal['paid', 'refused']", outcome),
            provider_reference=typed("provider_reference", REFERENCE_CHARS_MAX),
            evidence=Evidence(typed("note", NOTE_CHARS_MAX), file),
            staff_id=member().staff_id,
            now=parts().clock.now(),
            fulfil={
                **fulfilments(ids=parts().ids, sealer=parts().sealer, stays=used_by(issuer())),
                **owner_fulfilments(ids=parts().ids, sealer=parts().sealer, stays=used_by(issuer())),
                **bill_fulfilments(issuer=issuer()),
            },
            code=parts().settings.service_code,
        )
        note(tx, f"payment_settled_{outcome}", f"payment:{found.reference}", {"amount": str(found.amount)})
        said = _("Settled. The money is on the account, and the customer hears of it by SMS.")
        return t(said if outcome == "paid" else _("Settled: nothing was taken. The customer hears of it by SMS."))

    return act(
        work,
        back=lambda: url_for("admin.payment", reference=reference),
        again=lambda sentence: _page(reference, sentence),
    )


@needs("payments.see")
def show_evidence(evidence_id: int) -> ResponseReturnValue:
    """The file somebody kept with a payment. Never run by the browser: its type is one of three, and fixed."""
    with parts().db.reading() as connection:
        media_type, content = evidence_file(connection, row_id(evidence_id))
    answer: Response = make_response(content)
    answer.content_type = media_type
    answer.headers["Content-Disposition"] = f"attachment; filename=evidence-{evidence_id}"
    return answer


@needs("receipts.see")
def text_receipt(number: str) -> ResponseReturnValue:
    """Text a receipt to its customer again."""

    def work(tx: Transaction) -> None:
        code, now = parts().settings.service_code, parts().clock.now()
        if resend_receipt(tx, number=number, request_key=form_key(), now=now, code=code):
            note(tx, "receipt_sent_again", f"receipt:{number}")

    parts().db.run(work)
    tell(t(_("The receipt goes to the customer by SMS.")))
    return redirect(url_for("admin.receipt", number=number), 303)


@needs("payments.see")
def show_alarms() -> ResponseReturnValue:
    """What must not happen and did, until somebody has seen it."""
    with parts().db.reading() as connection:
        return render_template("admin/alarms.html", alarms=unseen(connection))


@needs("payments.settle")
def see_alarm(alarm_id: int) -> ResponseReturnValue:
    """The member has seen an alarm and looked into it."""

    def work(tx: Transaction) -> None:
        if seen(tx, alarm_id=row_id(alarm_id), staff_id=member().staff_id, now=parts().clock.now()):
            note(tx, "alarm_seen", f"alarm:{alarm_id}")

    parts().db.run(work)
    tell(t(_("Alarm {number} is seen."), number=ltr(alarm_id)))
    return redirect(url_for("admin.alarms"), 303)


def _file() -> bytes | None:
    uploaded = request.files.get("file")
    return uploaded.stream.read(FILE_BYTES_MAX + 1) or None if uploaded else None


def _page(reference: str, refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        shown: Payment = payment(connection, _uuid(reference))
    facts: dict[str, Any] = {"payment": shown, "refused": refused, "opened": "settle" if refused else None}
    return render_template("admin/payment.html", **facts)


def _uuid(reference: str) -> UUID:
    try:
        return UUID(reference)
    except ValueError:
        raise NotFound(what="payment") from None


ROUTES: Final = (
    Route("GET", "/payments/alarms", "alarms", show_alarms),
    Route("POST", "/payments/alarms/<int:alarm_id>/seen", "see_alarm", see_alarm),
    Route("GET", "/payments/evidence/<int:evidence_id>", "evidence", show_evidence),
    Route("POST", "/receipts/<number>/text", "text_receipt", text_receipt),
    Route("GET", "/payments/<reference>", "payment", show_payment),
    Route("POST", "/payments/<reference>/settle", "settle_payment", settle_payment),
)
