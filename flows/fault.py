"""Reporting a fault."""

from __future__ import annotations

from typing import Final

from core.callers.commands import ReportFault
from core.callers.facts import Facts
from core.languages import marked as _
from core.languages import say
from flows.menu import choose_again, read_nothing
from flows.session import Answer, Page, Session

FAULTS: Final = {
    "1": ("no_internet", _("No internet")),
    "2": ("slow", _("Too slow")),
    "3": ("cannot_log_in", _("Cannot log in")),
    "4": ("money", _("Money or payment")),
    "5": ("other", _("Something else")),
}
MOVES: Final = [("fault", "fault.kind", "fault.heard")]


def show_kind(_session: Session, facts: Facts) -> Page:
    """Ask what is wrong."""
    return Page(
        say(facts.tongue, _("What is wrong?")),
        tuple((key, say(facts.tongue, label)) for key, (_fault, label) in FAULTS.items()),
    )


def read_kind(_session: Session, typed: str, facts: Facts) -> Answer:
    """The fault is reported at the network last used."""
    if typed not in FAULTS:
        return choose_again(facts)
    hotspot_id = facts.hotspots[0].hotspot_id if facts.hotspots and facts.tokens else None
    return Answer("fault", command=ReportFault(FAULTS[typed][0], hotspot_id))


def show_heard(_session: Session, facts: Facts) -> Page:
    """Thank them."""
    return Page(say(facts.tongue, _("Thank you. The number of your report comes by SMS.")), ends=True)


STATES: Final = {"fault.kind": (show_kind, read_kind), "fault.heard": (show_heard, read_nothing)}
