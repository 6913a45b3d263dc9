"""Those who sell for an owner: who they are, one more, and one less."""

from __future__ import annotations

from typing import Final

from core.callers.commands import AddHelper, RemoveHelper
from core.callers.facts import Facts, HelperFact
from core.errors import Refusal
from core.languages import marked as _
from core.languages import say
from core.phones import national
from flows.menu import choose_again, read_nothing
from flows.my_token import other_phone
from flows.refusals import sentence
from flows.session import Answer, Page, Session

NAME_CHARS_MAX: Final = 20
ADD_KEY: Final = "99"  # behind as many helpers as there may be
MOVES: Final = [
    ("add", "who_helps.list", "who_helps.phone"),
    ("helper", "who_helps.list", "who_helps.remove"),
    ("phone", "who_helps.phone", "who_helps.add"),
    ("added", "who_helps.add", "who_helps.added"),
    ("removed", "who_helps.remove", "who_helps.removed"),
    ("back", ["who_helps.phone", "who_helps.remove"], "who_helps.list"),
    ("back", "who_helps.add", "who_helps.phone"),
]


def _helpers(facts: Facts) -> tuple[HelperFact, ...]:
    return facts.selling.own.helpers if facts.selling.own else ()


def _phone(session: Session, facts: Facts) -> str:
    return national(session.data["phone"], spaced=facts.tongue != "ar")


def show_list(_session: Session, facts: Facts) -> Page:
    """Each by phone and name; and one more."""
    spaced = facts.tongue != "ar"
    options = [
        (str(number), f"{national(one.phone, spaced=spaced)} {one.name[:NAME_CHARS_MAX]}".strip())
        for number, one in enumerate(_helpers(facts), 1)
    ]
    return Page(say(facts.tongue, _("They sell for you:")), ((ADD_KEY, say(facts.tongue, _("Add one"))), *options))


def read_list(_session: Session, typed: str, facts: Facts) -> Answer:
    """One of them, or one more."""
    if typed == ADD_KEY:
        return Answer("add")
    helpers = _helpers(facts)
    if typed.isdecimal() and typed.isascii() and 1 <= int(typed) <= len(helpers):
        return Answer("helper", {"phone": helpers[int(typed) - 1].phone})
    return choose_again(facts)


def show_phone(_session: Session, facts: Facts) -> Page:
    """Ask who it is."""
    return Page(say(facts.tongue, _("Phone of who sells for you?")))


def read_phone(_session: Session, typed: str, facts: Facts) -> Answer:
    """A mobile number here, and not their own."""
    try:
        return Answer("phone", {"phone": other_phone(typed, facts)})
    except Refusal as refusal:
        return Answer(notice=sentence(refusal, facts.tongue))


def show_add(session: Session, facts: Facts) -> Page:
    """A stranger must not sell by a slip of the finger: show the number first."""
    text = _("{phone} may sell at your Wi-Fi, and nothing else?")
    return Page(say(facts.tongue, text, phone=_phone(session, facts)), (("1", say(facts.tongue, _("Yes"))),))


def read_add(session: Session, typed: str, facts: Facts) -> Answer:
    """Yes lets them."""
    return Answer("added", command=AddHelper(session.data["phone"])) if typed == "1" else choose_again(facts)


def show_added(session: Session, facts: Facts) -> Page:
    """They are told by text."""
    return Page(
        say(facts.tongue, _("{phone} sells for you now, and is told by SMS."), phone=_phone(session, facts)), ends=True
    )


def show_remove(session: Session, facts: Facts) -> Page:
    """Ask first."""
    text = _("{phone} sells for you no more?")
    return Page(say(facts.tongue, text, phone=_phone(session, facts)), (("1", say(facts.tongue, _("Yes"))),))


def read_remove(session: Session, typed: str, facts: Facts) -> Answer:
    """Yes ends it at once."""
    return Answer("removed", command=RemoveHelper(session.data["phone"])) if typed == "1" else choose_again(facts)


def show_removed(session: Session, facts: Facts) -> Page:
    """From this moment on."""
    return Page(say(facts.tongue, _("{phone} sells for you no more."), phone=_phone(session, facts)), ends=True)


STATES: Final = {
    "who_helps.list": (show_list, read_list),
    "who_helps.phone": (show_phone, read_phone),
    "who_helps.add": (show_add, read_add),
    "who_helps.added": (show_added, read_nothing),
    "who_helps.remove": (show_remove, read_remove),
    "who_helps.removed": (show_removed, read_nothing),
}
