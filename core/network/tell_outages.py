"""Telling technicians by SMS of routers that are down, and up again: once each, many in one text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text, update

from core.clock import JUBA
from core.customers.queries import network_script
from core.db.engine import Database, Transaction
from core.languages import tongue_of
from core.messaging.queue_text import queue_text
from core.network.models import RouterOutage
from core.staff.queries import Called, called_for_routers

LINES_MAX: Final = 3  # of a text; how many more there are is said below them
LINE_CHARS_MAX: Final = 28  # of a router's name and area: three lines are two segments, in Arabic three
# One that went down this often in these hours is known by now, and not told of again until it rests or stays down.
TOLD_MAX: Final = 3
TOLD_WITHIN: Final = timedelta(hours=6)
_OUTAGE: Final = "SELECT o.id, r.name, o.area, o.began_at, o.ended_at FROM router_outage o"
_LOCKED: Final = "ORDER BY o.began_at, o.id FOR UPDATE OF o SKIP LOCKED"
_DOWN: Final = text(f"""
    {_OUTAGE} JOIN router r ON r.id = o.router_id
    WHERE o.told_up_at IS NULL AND o.told_at IS NULL AND o.ended_at IS NULL
      AND (SELECT count(*) FROM router_outage b
           WHERE b.router_id = o.router_id AND b.began_at > :began_since AND b.told_at > :told_since) < :most
    {_LOCKED}
""")
_UP: Final = text(f"""
    {_OUTAGE} JOIN router r ON r.id = o.router_id
    WHERE o.told_up_at IS NULL AND o.told_at IS NOT NULL AND o.ended_at IS NOT NULL
    {_LOCKED}
""")
BEGAN_WITHIN: Final = timedelta(days=31)  # bounds what is counted; an outage is told of soon after it began


def tell_outages(db: Database, now: datetime) -> int:
    """Text what is new to those who are called for routers. Returns how many outages were told of.

    Nobody is called, by a phone that nobody has: then nothing is told, and what is down still is told later.
    """
    return db.run(lambda tx: _tell(tx, now))


def _tell(tx: Transaction, now: datetime) -> int:
    people = called_for_routers(tx.connection)
    if not people:
        return 0
    limits = {"told_since": now - TOLD_WITHIN, "began_since": now - BEGAN_WITHIN, "most": TOLD_MAX}
    down, up = tx.execute(_DOWN, limits).all(), tx.execute(_UP).all()
    for template, outages, column in (("routers_down", down, "told_at"), ("routers_up", up, "told_up_at")):
        if outages:
            ids = [row.id for row in outages]
            tx.execute(update(RouterOutage).where(RouterOutage.id.in_(ids)).values({column: now}))
            for person in people:
                _text(tx, person, template, outages, now)
    return len(down) + len(up)


def _text(tx: Transaction, person: Called, template: str, outages: Sequence[Any], now: datetime) -> None:
    queue_text(
        tx,
        phone=person.phone,
        tongue=tongue_of(person.language, None, network_script(tx.connection, person.phone)),
        template=template,
        key=f"{template}:{outages[0].id}+{len(outages)}:{person.staff_id}",
        now=now,
        facts={"routers": router_lines(outages, now)},
    )


def router_lines(outages: Sequence[Any], now: datetime) -> str:
    """A line for each of the first few: `juba-town Kator 10:32`, or from when to when where it is over."""
    lines = [f"{_named(row)} {_span(row, now)}" for row in outages[:LINES_MAX]]
    more = len(outages) - LINES_MAX
    return "\n".join([*lines, *([f"+{more}"] if more > 0 else [])])


def _named(row: Any) -> str:
    return " ".join(filter(None, (row.name, row.area)))[:LINE_CHARS_MAX].strip()


def _span(row: Any, now: datetime) -> str:
    return "-".join(_at(instant, now) for instant in (row.began_at, row.ended_at) if instant is not None)


def _at(instant: datetime, now: datetime) -> str:
    local = instant.astimezone(JUBA)
    return f"{local:%H:%M}" if local.date() == now.astimezone(JUBA).date() else f"{local:%d/%m %H:%M}"
