"""One's own shift: opened with a count, its receipts, notes handed over and banked, closed with a count."""

from __future__ import annotations

from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, note
from admin.counting import counted
from admin.desk import member, parts
from admin.figures import needed_whole, whole_of
from admin.permits import needs
from admin.routes import Route
from core.cash.bank_cash import bank_cash
from core.cash.close_shift import close_shift
from core.cash.drawer_views import banks, drawers
from core.cash.limits import NOTES
from core.cash.move_cash import move_cash
from core.cash.open_shift import Float, open_shift
from core.cash.shift_views import ShiftView, moves_of, own_open_shift, receipts_of
from core.catalog.taxes import HOME_CURRENCY
from core.db.engine import Transaction
from core.errors import NoShiftOpen
from core.languages import marked as _
from core.money import Money
from flows.amounts import TYPED_CHARS_MAX, parse_amount
from web.forms import form_key, row_id, typed
from web.speech import t

CODE_CHARS_MAX: Final = 20


@needs("cash.take")
def show_shift() -> ResponseReturnValue:
    """The shift the member has open; else the form that opens one."""
    return _page(None, "")


@needs("cash.take")
def open_one() -> ResponseReturnValue:
    """Open a shift with what was counted."""

    def work(tx: Transaction) -> Markup:
        safe = whole_of(typed("safe"), "drawer")
        brought = (
            Float(safe, parse_amount(typed("brought", TYPED_CHARS_MAX + 1))) if safe and typed("brought") else None
        )
        count = counted()
        begun = open_shift(
            tx,
            request_key=form_key(),
            drawer_id=row_id(needed_whole(typed("drawer"), "drawer")),
            staff_id=member().staff_id,
            counted=count,
            brought=brought,
            why=typed("why"),
            now=parts().clock.now(),
        )
        if not begun.again:
            detail = {"counted": str(count), "brought": str(brought.amount) if brought else None, "why": typed("why")}
            note(tx, "shift_opened", f"shift:{begun.shift_id}", detail)
        return t(_("The shift is open. It began with {amount}."), amount=count)

    return act(work, back=_back, again=lambda sentence: _page(sentence, "open"))


@needs("cash.take")
def hand_over() -> ResponseReturnValue:
    """Hand notes of the open shift's drawer over to another drawer."""

    def work(tx: Transaction) -> Markup:
        who, amount = member(), parse_amount(typed("amount", TYPED_CHARS_MAX + 1))
        own = _own(tx)
        moved = move_cash(
            tx,
            request_key=form_key(),
            from_drawer_id=own.drawer_id,
            to_drawer_id=row_id(needed_whole(typed("drawer"), "drawer")),
            amount=amount,
            staff_id=who.staff_id,
            role=who.role,
            now=parts().clock.now(),
        )
        if not moved.again:
            note(tx, "cash_moved", f"drawer:{own.code}", {"amount": str(amount), "to": typed("drawer")})
        return t(_("{amount} is handed over."), amount=amount)

    return act(work, back=_back, again=lambda sentence: _page(sentence, "hand_over"))


@needs("cash.take")
def bank() -> ResponseReturnValue:
    """Take notes of the open shift's drawer to the bank."""

    def work(tx: Transaction) -> Markup:
        who, amount = member(), parse_amount(typed("amount", TYPED_CHARS_MAX + 1))
        own = _own(tx)
        moved = bank_cash(
            tx,
            request_key=form_key(),
            drawer_id=own.drawer_id,
            bank_code=typed("bank", CODE_CHARS_MAX),
            amount=amount,
            slip=typed("slip"),
            staff_id=who.staff_id,
            role=who.role,
            now=parts().clock.now(),
        )
        detail = {"amount": str(amount), "bank": typed("bank", CODE_CHARS_MAX), "slip": typed("slip")}
        if not moved.again:
            note(tx, "cash_banked", f"drawer:{own.code}", detail)
        return t(_("{amount} is on its way to the bank."), amount=amount)

    return act(work, back=_back, again=lambda sentence: _page(sentence, "bank"))


@needs("cash.take")
def close() -> ResponseReturnValue:
    """Close the open shift with what was counted."""

    def work(tx: Transaction) -> Markup:
        return closed_with_count(tx, row_id(needed_whole(typed("shift"), "shift")))

    return act(work, back=_back, again=lambda sentence: _page(sentence, "close"))


def closed_with_count(tx: Transaction, shift_id: int) -> Markup:
    """Close a shift with the count of the form, and say how it came out."""
    who = member()
    done = close_shift(
        tx,
        shift_id=shift_id,
        counted=counted(),
        why=typed("why"),
        staff_id=who.staff_id,
        role=who.role,
        now=parts().clock.now(),
    )
    if not done.again:
        detail = {"counted": str(done.counted), "over": str(done.over), "why": typed("why")}
        note(tx, "shift_closed", f"shift:{shift_id}", detail)
    nothing = Money(0, HOME_CURRENCY)
    if done.over > nothing:
        return t(_("The shift is closed. {amount} too much."), amount=done.over)
    if done.over < nothing:
        return t(_("The shift is closed. {amount} too little."), amount=-done.over)
    return t(_("The shift is closed. The count is right."))


def _own(tx: Transaction) -> ShiftView:
    own = own_open_shift(tx.connection, member().staff_id)
    if own is None:
        raise NoShiftOpen
    return own


def _back() -> str:
    return url_for("admin.shift")


def _page(refused: Markup | None, opened: str) -> str:
    who = member()
    with parts().db.reading() as connection:
        own = own_open_shift(connection, who.staff_id)
        all_drawers = drawers(connection)
        return render_template(
            "admin/shift.html",
            shift=own,
            receipts=receipts_of(connection, own) if own else (),
            moves=moves_of(connection, own) if own else (),
            free=[
                (one.drawer_id, one.name) for one in all_drawers if one.free_for(who.staff_id) and one.kind != "safe"
            ],
            safes=[(one.drawer_id, one.name) for one in all_drawers if one.kind == "safe"],
            others=[(one.drawer_id, one.name) for one in all_drawers if own and one.drawer_id != own.drawer_id],
            banks=banks(connection),
            notes=NOTES,
            refused=refused,
            opened=opened,
        )


ROUTES: Final = (
    Route("GET", "/cash", "shift", show_shift),
    Route("POST", "/cash/open", "open_shift", open_one),
    Route("POST", "/cash/hand-over", "hand_over_cash", hand_over),
    Route("POST", "/cash/bank", "bank_cash", bank),
    Route("POST", "/cash/close", "close_shift", close),
)
