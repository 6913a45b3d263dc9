"""The caller's language and name."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from core.callers.commands import Rename, SetLanguage
from core.callers.facts import Facts
from core.customers.names import clean_name
from core.errors import Refusal
from core.languages import marked as _
from core.languages import say, tongue_of
from flows.menu import choose_again, read_nothing
from flows.refusals import sentence
from flows.session import Answer, Page, Session
from flows.welcome import CHOICES, language_options

MOVES: Final = [
    ("language", "account.menu", "menu.main"),
    ("name", "account.menu", "account.name"),
    ("named", "account.name", "account.thanks"),
    ("back", "account.name", "account.menu"),
]
NAME_CHOICE: Final = "4"


def show_menu(_session: Session, facts: Facts) -> Page:
    """The languages, and the name we have."""
    name = facts.customer.name if facts.customer else ""
    return Page(name, (*language_options(facts), (NAME_CHOICE, say(facts.tongue, _("My name")))))


def read_menu(_session: Session, typed: str, facts: Facts) -> Answer:
    """A language is spoken from this screen on."""
    if typed == NAME_CHOICE:
        return Answer("name")
    if typed not in CHOICES:
        return choose_again(facts)
    _label, language, script = CHOICES[typed]
    spoken = replace(facts, tongue=tongue_of(language, script, facts.network_script))
    return Answer("language", command=SetLanguage(language, script), facts=spoken)


def show_name(_session: Session, facts: Facts) -> Page:
    """Ask for the name."""
    return Page(say(facts.tongue, _("What is your name?")))


def read_name(_session: Session, typed: str, facts: Facts) -> Answer:
    """A name in any script."""
    try:
        return Answer("named", command=Rename(clean_name(typed)))
    except Refusal as refusal:
        return Answer(notice=sentence(refusal, facts.tongue))


def show_thanks(_session: Session, facts: Facts) -> Page:
    """Done."""
    return Page(say(facts.tongue, _("Thank you.")), ends=True)


STATES: Final = {
    "account.menu": (show_menu, read_menu),
    "account.name": (show_name, read_name),
    "account.thanks": (show_thanks, read_nothing),
}
