"""What a seller sold and gave away today, and taking one back that nobody has used."""

from __future__ import annotations

from typing import Final

from core.callers.commands import TakeBackSale
from core.callers.facts import Facts, SaleFact
from core.catalog.plan_words import plan_words
from core.languages import marked as _
from core.languages import say
from core.phones import national
from flows.buy import short_price
from flows.menu import choose_again, read_nothing
from flows.session import Answer, Page, Session

MOVES: Final = [
    ("sale", "last_sales.list", "last_sales.one"),
    ("taken_back", "last_sales.one", "last_sales.done"),
    ("back", "last_sales.one", "last_sales.list"),
]


def _able(facts: Facts) -> list[SaleFact]:
    return [one for one in facts.selling.sales if one.can_come_back]


def _sale(session: Session, facts: Facts) -> SaleFact | None:
    return next((one for one in _able(facts) if one.token_id == session.data["token"]), None)


def _what(one: SaleFact, facts: Facts) -> str:
    return plan_words(facts.tongue, one.duration_s, one.data_bytes)


def _to(one: SaleFact, facts: Facts) -> str:
    return national(one.recipient, spaced=facts.tongue != "ar")


def _line(one: SaleFact, facts: Facts) -> str:
    """To whom, what, and for how much unless it was given."""
    line = f"{_to(one, facts)} {_what(one, facts)}"
    return line if one.is_gift else f"{line} {short_price(one.price)}"


def show_list(_session: Session, facts: Facts) -> Page:
    """Those of today that can be taken back, newest first."""
    able = _able(facts)
    if not able:
        return Page(say(facts.tongue, _("You sold nothing today that is still unused.")))
    options = tuple((str(number), _line(one, facts)) for number, one in enumerate(able, 1))
    return Page(say(facts.tongue, _("Take back which one?")), options)


def read_list(_session: Session, typed: str, facts: Facts) -> Answer:
    """One of them."""
    able = _able(facts)
    if typed.isdecimal() and typed.isascii() and 1 <= int(typed) <= len(able):
        return Answer("sale", {"token": able[int(typed) - 1].token_id})
    return choose_again(facts)


def show_one(session: Session, facts: Facts) -> Page:
    """What is taken back from whom, and how much goes back in notes."""
    one = _sale(session, facts)
    if one is None:
        return Page(say(facts.tongue, _("It is in use by now, or gone. It stays sold.")))
    text = _("End {plan} of {phone}?") if one.is_gift else _("End {plan} of {phone}, and hand {price} back?")
    head = say(facts.tongue, text, plan=_what(one, facts), phone=_to(one, facts), price=one.price)
    return Page(head, (("1", say(facts.tongue, _("Yes"))),))


def read_one(session: Session, typed: str, facts: Facts) -> Answer:
    """Yes ends it."""
    if typed != "1" or _sale(session, facts) is None:
        return choose_again(facts)
    return Answer("taken_back", command=TakeBackSale(session.data["token"]))


def show_done(_session: Session, facts: Facts) -> Page:
    """The notes, if there were any, are the seller's to hand back."""
    return Page(say(facts.tongue, _("It is ended. Hand back what was paid for it.")), ends=True)


STATES: Final = {
    "last_sales.list": (show_list, read_list),
    "last_sales.one": (show_one, read_one),
    "last_sales.done": (show_done, read_nothing),
}
