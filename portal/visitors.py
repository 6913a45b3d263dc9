"""Who is at the door: the cookie holds the token of a visit, and without its row is worth nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Flask, current_app, g, session

from core.clock import Clock, SystemClock
from core.customers.queries import Account, account
from core.owners.seat import Seat, seat_of
from core.visits.begin_visit import VisitView, end_visit, see_visit, visit_of
from portal.look import parts
from portal.permits import Who

CLOCK: Final = "portal.clock"
VISIT: Final = "visit"
KEPT: Final = ("language",)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A customer who is logged in. `seat`: where they sell, if they do."""

    account: Account
    visit: VisitView
    seat: Seat | None

    def may(self, who: Who) -> bool:
        """Whether they are who may see a view."""
        if who == "owner":
            return self.seat is not None and self.seat.is_owner
        return who != "seller" or self.seat is not None


def init_clock(app: Flask, clock: Clock | None) -> None:
    """Say which clock visits run by: the machine's own, for they do not end when the demo town skips a week."""
    app.extensions[CLOCK] = clock or SystemClock()


def session_now() -> datetime:
    """The instant by the clock that visits run by."""
    clock: Clock = current_app.extensions[CLOCK]
    return clock.now()


def find_visitor() -> Visitor | None:
    """Who is logged in; None when nobody is. It is noted that their visit goes on."""
    token = session.get(VISIT)
    if not token:
        return None
    now = session_now()
    with parts().db.reading() as connection:
        visit = visit_of(connection, token, now)
        if visit is None:
            return None
        found = Visitor(account(connection, visit.customer_id), visit, seat_of(connection, visit.customer_id))
    if visit.is_to_be_seen(now):
        parts().db.run(lambda tx: see_visit(tx, visit_id=visit.visit_id, now=now))
    return found


def visitor() -> Visitor:
    """Who is logged in, in a view that only they see."""
    found: Visitor = g.visitor
    return found


def seat() -> Seat:
    """Where they sell, in a view that only sellers see."""
    found = visitor().seat
    if found is None:
        raise AssertionError("only sellers get here")
    return found


def enter(token: str) -> None:
    """Begin a visit in this browser. Nothing else of what stood in the cookie is kept, nor the visit it named."""
    leave()
    session[VISIT] = token
    session.permanent = True  # an app of the home screen is closed all the time


def leave() -> None:
    """End the visit of this browser, and with it whatever copies of its cookie there are."""
    before, kept = session.get(VISIT), {name: session[name] for name in KEPT if name in session}
    if before:
        parts().db.run(lambda tx: end_visit(tx, before))
    session.clear()
    session.update(kept)
