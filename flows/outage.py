"""Is there an outage here? What is known of the networks the caller uses, and the way to report what is not."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from core.callers.facts import Facts
from core.clock import JUBA
from core.languages import marked as _
from core.languages import say
from flows.menu import CHOICES, choose_again
from flows.session import Answer, Page, Session

PLACES_MAX: Final = 2  # told of at once: nobody uses more at a time
MOVES: Final = [("fault", "outage.show", "fault.kind")]


def down_places(facts: Facts) -> list[tuple[str, datetime]]:
    """What of the caller's own is down and since when: services, then Wi-Fi; where they have neither, any Wi-Fi."""
    lines = [(say(facts.tongue, _("Internet {number}"), number=one.number), one.down_since) for one in facts.services]
    spots = [(one.ssid, one.down_since) for one in facts.tokens]
    own = lines + spots
    places = own or [(one.ssid, one.down_since) for one in facts.hotspots]
    return [(name, since) for name, since in dict(places).items() if since is not None]


def show(_session: Session, facts: Facts) -> Page:
    """What is down and since when; or that we know of nothing."""
    places = down_places(facts)
    if places:
        told = "\n".join(f"{name} {_since(since, facts.now)}" for name, since in places[:PLACES_MAX])
        head = say(facts.tongue, _("Down since:\n{places}\nOur technician knows."), places=told)
    else:
        head = say(facts.tongue, _("We know of no outage where you are. If your internet is off, report it."))
    return Page(head, (("1", say(facts.tongue, CHOICES["5"][0])),))


def read(_session: Session, typed: str, facts: Facts) -> Answer:
    """On to a report."""
    return Answer("fault") if typed == "1" else choose_again(facts)


def _since(since: datetime, now: datetime) -> str:
    local = since.astimezone(JUBA)
    return f"{local:%H:%M}" if local.date() == now.astimezone(JUBA).date() else f"{local:%d/%m %H:%M}"


STATES: Final = {"outage.show": (show, read)}
