"""The first call: choosing a language is registering."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from core.callers.commands import Register
from core.callers.facts import CustomerFact, Facts
from core.languages import Language, Script, tongue_of
from core.money import Money
from flows.session import Answer, Page, Session

# Every language by its own name; the third is Arabic in Latin letters. The numbers never change.
CHOICES: Final[dict[str, tuple[str, Language, Script | None]]] = {
    "1": ("English", "en", None),
    "2": ("العربية", "ar", "arabic"),
    "3": ("Arabi (abc)", "ar", "latin"),
}
MOVES: Final = [("registered", "welcome.language", "menu.main")]


def language_options(facts: Facts) -> tuple[tuple[str, str], ...]:
    """The languages, without the Arabic script where the network's phones cannot show it."""
    return tuple(
        (key, label)
        for key, (label, _language, script) in CHOICES.items()
        if not (script == "arabic" and facts.network_script == "latin")
    )


def show_language(_session: Session, facts: Facts) -> Page:
    """Ask for the language, in all of them."""
    return Page("Shabaka Wi-Fi", language_options(facts), back=False)


def read_language(_session: Session, typed: str, facts: Facts) -> Answer:
    """A language registers the caller."""
    if typed not in CHOICES:
        return Answer(notice=" / ".join(key for key, _label in language_options(facts)) + " ?")
    _label, language, script = CHOICES[typed]
    spoken = replace(
        facts,
        tongue=tongue_of(language, script, facts.network_script),
        customer=CustomerFact(0, "", "", "active", Money(0, "SSP")),
    )
    return Answer("registered", command=Register(language, script), facts=spoken)


STATES: Final = {"welcome.language": (show_language, read_language)}
