"""When a router counts as down, and when as up again. No I/O: the same facts always give the same answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

FAILED_VISITS_MIN: Final = 3  # in a row: one lost answer of a slow uplink is none
DOWN_AFTER: Final = timedelta(minutes=3)  # a reboot is over by then
# One that comes and goes is down until it stays: that is one outage, and two texts, not twenty.
UP_AFTER: Final = timedelta(minutes=3)
# Equipment that asks RADIUS tells of who is online every five minutes; three of them lost are no accident.
ACCOUNTED_WITHIN: Final = timedelta(minutes=15)
# While we were off ourselves nobody knows how a router was: its silence counts from when we look again.
AWAY_AFTER: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of a router's answers.

    Attributes:
        silent_since: the first of the visits in a row that it did not answer; None where it answered the last.
        heard_since: the first of the visits in a row that it answered; None where it did not answer the last.
        failures: how many visits in a row failed, whatever the reason.
        visited: it answered a visit at some time.
        accounted_at: when it last told RADIUS of a session; None where it never did, or asks for none.
        broke_off: sessions of these last minutes have neither ended nor gone on.
    """

    silent_since: datetime | None
    heard_since: datetime | None
    failures: int
    visited: bool
    accounted_at: datetime | None = None
    broke_off: bool = False


def down_since(heard: Heard, now: datetime) -> datetime | None:
    """Since when a router is down; None while it is not, or nobody can say.

    What has answered a visit is judged by visits; what only accounts has gone where it fell silent amid sessions, for
    it says nothing while nobody is online. As long as it accounts it is up, whatever becomes of our visits.
    """
    if heard.silent_since is None or heard.failures < FAILED_VISITS_MIN or now - heard.silent_since < DOWN_AFTER:
        return None
    if heard.accounted_at is not None and now - heard.accounted_at < ACCOUNTED_WITHIN:
        return None
    if not heard.visited:
        return heard.accounted_at if heard.broke_off else None
    return max(heard.silent_since, heard.accounted_at or heard.silent_since)


def up_since(heard: Heard, began_at: datetime, now: datetime) -> datetime | None:
    """Since when a router that was down since `began_at` is up again; None while it is not, or not for long enough."""
    if heard.heard_since is not None and now - heard.heard_since >= UP_AFTER:
        return max(began_at, heard.heard_since)
    accounted = heard.accounted_at
    if accounted is not None and accounted > began_at and now - accounted < ACCOUNTED_WITHIN:
        return accounted
    return None
