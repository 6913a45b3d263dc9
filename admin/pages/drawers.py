"""All drawers: what each holds, whose it is, and notes moved between them by who looks after them."""

from __future__ import annotations

from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, note
from admin.desk import member, parts
from admin.figures import needed_whole, price_of, whole_of
from admin.permits import needs
from admin.routes import Route
from admin.words import choices
from core.cash.bank_cash import bank_cash, bring_from_bank
from core.cash.change_drawer import change_drawer, close_drawer
from core.cash.drawer_views import banks, drawer, drawers, people
from core.cash.limits import KINDS
from core.cash.move_cash import move_cash
from core.cash.open_drawer import open_drawer
from core.catalog.taxes import HOME_CURRENCY
from core.db.engine import Transaction
from core.errors import NotPossibleNow
from core.languages import marked as _
from core.money import Money
from flows.amounts import TYPED_CHARS_MAX, parse_amount
from web.forms import form_key, row_id, typed
from web.speech import ltr, t

CODE_CHARS_MAX: Final = 20
TO_BANK: Final = "to"


@needs("cash.manage")
def show_drawers() -> ResponseReturnValue:
    """The drawers, and forms for what is done with them."""
    return _page(None, "")


@needs("cash.manage")
def open_one() -> ResponseReturnValue:
    """A new drawer."""

    def work(tx: Transaction) -> Markup:
        code = typed("code", CODE_CHARS_MAX + 1).lower()
        drawer_id = open_drawer(
            tx,
            code=code,
            name=typed("name"),
            kind=typed("kind", CODE_CHARS_MAX),
            holder_id=_holder(tx),
            limit=_limit(),
            now=parts().clock.now(),
        )
        note(tx, "drawer_opened", f"drawer:{code}", {"id": drawer_id, "name": typed("name")})
        return t(_("The drawer {code} is there."), code=ltr(code))

    return act(work, back=_back, again=lambda sentence: _page(sentence, "new"))


@needs("cash.manage")
def change(code: str) -> ResponseReturnValue:
    """Another name, holder or limit."""

    def work(tx: Transaction) -> Markup:
        found = drawer(tx.connection, code)
        limit, holder_id = _limit(), _holder(tx)
        change_drawer(tx, drawer_id=found.drawer_id, name=typed("name"), holder_id=holder_id, limit=limit)
        detail = {"name": typed("name"), "holder": holder_id, "limit": str(limit) if limit else None}
        note(tx, "drawer_changed", f"drawer:{code}", detail)
        return t(_("The drawer {code} is changed."), code=ltr(code))

    return act(work, back=_back, again=lambda sentence: _page(sentence, f"change-{code}"))


@needs("cash.manage")
def close(code: str) -> ResponseReturnValue:
    """Close an empty drawer for ever."""

    def work(tx: Transaction) -> Markup:
        found = drawer(tx.connection, code)
        close_drawer(tx, drawer_id=found.drawer_id, now=parts().clock.now())
        if not found.is_closed:
            note(tx, "drawer_closed", f"drawer:{code}")
        return t(_("The drawer {code} is closed."), code=ltr(code))

    return act(work, back=_back, again=lambda sentence: _page(sentence, f"close-{code}"))


@needs("cash.manage")
def move() -> ResponseReturnValue:
    """Notes from one drawer to another."""

    def work(tx: Transaction) -> Markup:
        who, amount = member(), parse_amount(typed("amount", TYPED_CHARS_MAX + 1))
        moved = move_cash(
            tx,
            request_key=form_key(),
            from_drawer_id=row_id(needed_whole(typed("from"), "drawer")),
            to_drawer_id=row_id(needed_whole(typed("drawer"), "drawer")),
            amount=amount,
            staff_id=who.staff_id,
            role=who.role,
            now=parts().clock.now(),
        )
        detail = {"amount": str(amount), "from": typed("from"), "to": typed("drawer")}
        if not moved.again:
            note(tx, "cash_moved", "drawers", detail)
        return t(_("{amount} is handed over."), amount=amount)

    return act(work, back=_back, again=lambda sentence: _page(sentence, "move"))


@needs("cash.manage")
def with_bank() -> ResponseReturnValue:
    """Notes of a drawer taken to the bank, or brought from it."""

    def work(tx: Transaction) -> Markup:
        who, amount = member(), parse_amount(typed("amount", TYPED_CHARS_MAX + 1))
        to_bank = typed("way") == TO_BANK
        code = typed("bank", CODE_CHARS_MAX)
        drawer_id = row_id(needed_whole(typed("drawer"), "drawer"))
        verb = bank_cash if to_bank else bring_from_bank
        moved = verb(
            tx,
            request_key=form_key(),
            drawer_id=drawer_id,
            bank_code=code,
            amount=amount,
            slip=typed("slip"),
            staff_id=who.staff_id,
            role=who.role,
            now=parts().clock.now(),
        )
        detail = {"amount": str(amount), "drawer": drawer_id, "slip": typed("slip")}
        if not moved.again:
            note(tx, "cash_banked" if to_bank else "cash_from_bank", f"bank:{code}", detail)
        if to_bank:
            return t(_("{amount} is on its way to the bank."), amount=amount)
        return t(_("{amount} came from the bank."), amount=amount)

    return act(work, back=_back, again=lambda sentence: _page(sentence, "bank"))


def _holder(tx: Transaction) -> int | None:
    holder_id = whole_of(typed("holder"), "holder")
    if holder_id is not None and holder_id not in dict(people(tx.connection)):
        raise NotPossibleNow(what="drawer", state="holder")
    return holder_id


def _limit() -> Money | None:
    return price_of(typed("limit", TYPED_CHARS_MAX + 1), HOME_CURRENCY)


def _back() -> str:
    return url_for("admin.drawers")


def _page(refused: Markup | None, opened: str) -> str:
    with parts().db.reading() as connection:
        found = drawers(connection)
        return render_template(
            "admin/drawers.html",
            drawers=found,
            choices=[(one.drawer_id, one.name) for one in found],
            holds=sum((one.holds for one in found), Money(0, HOME_CURRENCY)),
            people=people(connection),
            kinds=choices("drawer", KINDS),
            banks=banks(connection),
            refused=refused,
            opened=opened,
        )


ROUTES: Final = (
    Route("GET", "/cash/drawers", "drawers", show_drawers),
    Route("POST", "/cash/drawers", "open_drawer", open_one),
    Route("POST", "/cash/drawers/<code>/change", "change_drawer", change),
    Route("POST", "/cash/drawers/<code>/close", "close_drawer", close),
    Route("POST", "/cash/move", "move_cash", move),
    Route("POST", "/cash/with-bank", "cash_with_bank", with_bank),
)
