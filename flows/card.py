"""A card typed on the phone: how to log in with it comes by SMS. Its code is kept nowhere."""

from __future__ import annotations

from typing import Final

from core.callers.commands import RedeemCard
from core.callers.facts import Facts
from core.codes import code_typed
from core.errors import WrongCode
from core.languages import marked as _
from core.languages import say
from flows.menu import read_nothing
from flows.refusals import sentence
from flows.session import Answer, Page, Session

MOVES: Final = [
    ("redeem", "card.code", "card.done"),
    ("back", "card.code", "menu.main"),
]


def show_code(_session: Session, facts: Facts) -> Page:
    """Ask for the code."""
    return Page(say(facts.tongue, _("Type the code on the card. Small or big letters, spaces or not.")))


def read_code(_session: Session, typed: str, facts: Facts) -> Answer:
    """A code in any spelling; what can be none is said at once, and is no guess."""
    if code_typed(typed) is None:
        return Answer(notice=sentence(WrongCode(), facts.tongue))
    return Answer("redeem", command=RedeemCard(typed))


def show_done(_session: Session, facts: Facts) -> Page:
    """On its way."""
    return Page(say(facts.tongue, _("The card is good. The user name and password come by SMS.")), ends=True)


STATES: Final = {
    "card.code": (show_code, read_code),
    "card.done": (show_done, read_nothing),
}
