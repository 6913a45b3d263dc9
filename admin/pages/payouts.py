"""Money that leaves: what waits for whom, one payout with its payee's name, and what people do to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, cast

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, issuer, note
from admin.desk import member, parts
from admin.permits import needs, takes
from admin.routes import Route
from core.billing.money_came import used_by
from core.billing.take_back import take_back
from core.cash.own_shift import drawer_of
from core.db.engine import Transaction
from core.errors import NotPossibleNow
from core.languages import marked as _
from core.payments.evidence import FILE_BYTES_MAX, NOTE_CHARS_MAX, Evidence
from core.payouts.approve_payout import approve_payout
from core.payouts.cancel_payout import cancel_payout
from core.payouts.hand_out_cash import hand_out_cash
from core.payouts.payout_views import LISTS, PayoutView, evidence_of, moves_of, payout, payouts
from core.payouts.settle_payout_by_hand import REFERENCE_CHARS_MAX, settle_payout_by_hand
from core.statements.accounts import money_accounts
from web.forms import row_id, typed
from web.speech import amount, t

FORM_BYTES_MAX: Final = FILE_BYTES_MAX + 64 * 1024  # the file, and the words around it
ACCOUNT_CHARS_MAX: Final = 40


@needs("payouts.ask")
def show_payouts() -> ResponseReturnValue:
    """The lists: first what a person must do."""
    with parts().db.reading() as connection:
        lists = {name: payouts(connection, name) for name in LISTS}
    return render_template("admin/payouts.html", lists=lists)


@needs("payouts.ask")
def show_payout(number: int) -> ResponseReturnValue:
    """One payout, with whose wallet it goes to."""
    return _page(number, None)


@needs("payouts.ask")
def approve(number: int) -> ResponseReturnValue:
    """Approve it: the money is held, and sent."""

    def work(tx: Transaction, view: PayoutView) -> Markup:
        who = member()
        approve_payout(
            tx,
            payout_id=view.payout_id,
            staff_id=who.staff_id,
            role=who.role,
            now=parts().clock.now(),
            take_back=take_back,
        )
        _note(tx, "payout_approved", view)
        if view.rail == "mtn-momo":
            return t(_("Approved: {amount} is on its way."), amount=amount(view.amount))
        return t(_("Approved: {amount} can be handed out or sent."), amount=amount(view.amount))

    return _act(number, work)


@needs("payouts.ask")
def cancel(number: int) -> ResponseReturnValue:
    """Take it back, or refuse it: nothing had moved."""

    def work(tx: Transaction, view: PayoutView) -> Markup:
        who = member()
        cancel_payout(tx, payout_id=view.payout_id, staff_id=who.staff_id, role=who.role, now=parts().clock.now())
        _note(tx, "payout_cancelled", view)
        return t(_("Taken back. Nothing was moved."))

    return _act(number, work)


@needs("cash.take")
def hand_out(number: int) -> ResponseReturnValue:
    """Hand the notes out of one's own open drawer."""

    def work(tx: Transaction, view: PayoutView) -> Markup:
        hand_out_cash(
            tx,
            payout_id=view.payout_id,
            staff_id=member().staff_id,
            drawer_of=drawer_of,
            now=parts().clock.now(),
        )
        _note(tx, "payout_handed_out", view)
        return t(_("Hand out {amount}. The customer gets an SMS about it."), amount=amount(view.amount))

    return _act(number, work)


@needs("payments.settle")
@takes(FORM_BYTES_MAX)
def settle(number: int) -> ResponseReturnValue:
    """Say how it ended, with what was seen."""
    file = _file()  # once: the work may be done again from its start, and a stream is read to its end

    def work(tx: Transaction, view: PayoutView) -> Markup:
        outcome = typed("outcome", 10)
        if outcome not in ("paid", "refused"):
            raise NotPossibleNow(what="payout", state=outcome)
        settle_payout_by_hand(
            tx,
            payout_id=view.payout_id,
            outcome=cast("Literal['paid', 'refused']", outcome),
            provider_reference=typed("provider_reference", REFERENCE_CHARS_MAX),
            evidence=Evidence(typed("note", NOTE_CHARS_MAX), file),
            staff_id=member().staff_id,
            now=parts().clock.now(),
            paid_from=typed("paid_from", ACCOUNT_CHARS_MAX) or None,
            came_back=used_by(issuer()),
        )
        _note(tx, "payout_settled_paid" if outcome == "paid" else "payout_settled_refused", view)
        if outcome == "paid":
            return t(_("Settled: it was paid. The customer gets an SMS about it."))
        return t(_("Settled: nothing went. The money is back where it came from."))

    return _act(number, work)


def _note(tx: Transaction, what: str, view: PayoutView) -> None:
    detail = {"amount": str(view.amount), "customer": view.number, "receipt": view.receipt}
    note(tx, what, f"payout:{view.payout_id}", detail)


def _act(number: int, work: Callable[[Transaction, PayoutView], Markup]) -> ResponseReturnValue:
    return act(
        lambda tx: work(tx, payout(tx.connection, row_id(number))),
        back=lambda: url_for("admin.payout", number=number),
        again=lambda sentence: _page(number, sentence),
    )


def _file() -> bytes | None:
    uploaded = request.files.get("file")
    return uploaded.stream.read(FILE_BYTES_MAX + 1) or None if uploaded else None


def _page(number: int, refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        view = payout(connection, row_id(number))
        return render_template(
            "admin/payout.html",
            payout=view,
            moves=moves_of(connection, view.payout_id),
            evidence=evidence_of(connection, view.payout_id),
            accounts=[
                (one.ledger_code, one.name)
                for one in money_accounts(connection)
                if one.closed_at is None and one.currency == view.amount.currency
            ],
            refused=refused,
            opened="settle" if refused and request.endpoint == "admin.settle_payout" else None,
        )


ROUTES: Final = (
    Route("GET", "/payouts", "payouts", show_payouts),
    Route("GET", "/payouts/<int:number>", "payout", show_payout),
    Route("POST", "/payouts/<int:number>/approve", "approve_payout", approve),
    Route("POST", "/payouts/<int:number>/cancel", "cancel_payout", cancel),
    Route("POST", "/payouts/<int:number>/hand-out", "hand_out_payout", hand_out),
    Route("POST", "/payouts/<int:number>/settle", "settle_payout", settle),
)
