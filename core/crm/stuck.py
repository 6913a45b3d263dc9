"""What does not move by itself: acts outside that fail, payments nobody can tell of, routers that do not answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from core.crm.timeline import MONEYLESS_TEXTS
from core.money import Money
from core.staff.roles import Permission

LATE_AFTER: Final = timedelta(minutes=5)
SHOWN_MAX: Final = 100

# Dead; or overdue though nobody has tried; or tried for so long that a person should know.
_IS_STUCK: Final = """(o.state = 'dead' OR o.state = 'waiting'
    AND (o.attempts = 0 AND o.due_at <= :late OR o.attempts > 0 AND o.created_at <= :late))"""

_STUCK: Final = text(f"""
    SELECT o.id, o.kind, o.state, o.attempts, o.created_at, o.due_at, o.last_error,
           coalesce(m.phone, i.payer_phone) AS phone,
           CASE WHEN o.kind = 'webhook' THEN w.name || ': ' || e.kind
                WHEN :sees_money OR m.template IN {MONEYLESS_TEXTS} THEN m.shown END AS shown,
           CASE WHEN :sees_money THEN i.amount_minor END AS amount_minor, i.currency, c.number, c.name
    FROM outbox o
    LEFT JOIN text_message m ON o.kind = 'sms' AND m.id = (o.body ->> 'message')::bigint
    LEFT JOIN payment_intent i ON o.kind = 'momo.request' AND i.id = (o.body ->> 'intent')::bigint
    LEFT JOIN webhook w ON o.kind = 'webhook' AND w.id = (o.body ->> 'webhook')::bigint
    LEFT JOIN partner_event e ON o.kind = 'webhook' AND e.id = (o.body ->> 'event')::bigint
    LEFT JOIN contact p ON p.phone = m.phone
    LEFT JOIN customer c ON c.id = coalesce(i.customer_id, p.customer_id)
    WHERE {_IS_STUCK}
    ORDER BY o.state = 'dead' DESC, o.created_at, o.id LIMIT :most
""")

_UNKNOWN: Final = text("""
    SELECT i.id, i.reference, i.rail, i.payer_phone, i.amount_minor, i.currency, i.purpose, i.reason, i.raw_reason,
           i.created_at, i.ended_at, i.asks, c.number, c.name
    FROM payment_intent i JOIN customer c ON c.id = i.customer_id
    WHERE i.state = 'unknown' ORDER BY i.created_at, i.id LIMIT :most
""")

_ROUTERS: Final = text("""
    SELECT r.name, r.host, r.port, r.last_seen_at, r.failures, r.last_error, r.try_again_at,
           count(l.grant_id) AS waiting, min(l.wanted_at) AS waiting_since,
           (SELECT o.began_at FROM router_outage o WHERE o.router_id = r.id AND o.ended_at IS NULL) AS down_since
    FROM router r LEFT JOIN placement l ON l.router_id = r.id AND l.confirmed_at IS NULL
    GROUP BY r.id ORDER BY r.failures > 0 DESC, r.name LIMIT :most
""")

# Tried and not done: the router answers, but will not hold this one as it should.
_REFUSED: Final = "l.confirmed_at IS NULL AND l.tries > 0"

_PLACEMENTS: Final = text(f"""
    SELECT r.name, g.username, l.wanted, l.wanted_at, l.tries, l.last_error, h.ssid, t.recipient_phone, c.number,
           c.name AS customer
    FROM placement l JOIN router r ON r.id = l.router_id JOIN access_grant g ON g.id = l.grant_id
    LEFT JOIN token t ON t.grant_id = g.id LEFT JOIN hotspot h ON h.id = t.hotspot_id
    LEFT JOIN customer c ON c.id = t.buyer_id
    WHERE {_REFUSED} OR l.confirmed_at IS NULL AND l.wanted_at <= :late
    ORDER BY l.tries > 0 DESC, l.wanted_at, g.id LIMIT :most
""")

_TICKETS: Final = text("""
    SELECT k.id, k.fault, k.note, k.opened_at, k.phone, h.ssid, c.number, c.name
    FROM ticket k JOIN customer c ON c.id = k.customer_id LEFT JOIN hotspot h ON h.id = k.hotspot_id
    WHERE k.state = 'open' ORDER BY k.id LIMIT :most
""")

_COUNTS: Final = text(f"""
    SELECT (SELECT count(*) FROM outbox o WHERE {_IS_STUCK}) AS outbox,
           (SELECT count(*) FROM payment_intent WHERE state = 'unknown') AS payments,
           (SELECT count(*) FROM router WHERE failures > 0) AS routers,
           (SELECT count(*) FROM ticket WHERE state = 'open') AS tickets,
           (SELECT count(*) FROM placement l WHERE {_REFUSED}) AS refused
""")


@dataclass(frozen=True, slots=True)
class StuckRow:
    """An act outside that does not get done. `shown` is what of a text the reader may read."""

    id: int
    kind: str
    dead: bool
    attempts: int
    created_at: datetime
    due_at: datetime
    last_error: str | None
    phone: str | None
    shown: str | None
    amount: Money | None
    number: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class UnknownPayment:
    """A payment of which nobody can tell whether it was made: the provider must be asked by a person."""

    reference: str
    rail: str
    phone: str
    amount: Money
    purpose: str
    reason: str | None
    raw_reason: str | None
    created_at: datetime
    given_up_at: datetime
    asks: int
    number: str
    name: str


@dataclass(frozen=True, slots=True)
class RouterState:
    """A router as it last was, and how much it has not been told yet."""

    name: str
    host: str
    port: int
    last_seen_at: datetime | None
    failures: int
    last_error: str | None
    try_again_at: datetime | None
    waiting: int
    waiting_since: datetime | None
    down_since: datetime | None

    @property
    def failing(self) -> bool:
        """Whether the last try to reach it failed."""
        return self.failures > 0


@dataclass(frozen=True, slots=True)
class OpenPlacement:
    """What a router refuses to be told of a grant, or has not been told for long. `wanted` as in the table."""

    router: str
    username: str
    wanted: str
    wanted_at: datetime
    tries: int
    last_error: str | None
    ssid: str | None
    phone: str | None
    number: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """A fault somebody reported and nobody has mended."""

    id: int
    fault: str
    note: str
    opened_at: datetime
    phone: str
    ssid: str | None
    number: str
    name: str


@dataclass(frozen=True, slots=True)
class Today:
    """How much there is to do."""

    outbox: int
    payments: int
    routers: int
    tickets: int
    refused: int


def today(connection: Connection, now: datetime) -> Today:
    """The counts of what needs doing."""
    row = connection.execute(_COUNTS, {"late": now - LATE_AFTER}).one()
    return Today(row.outbox, row.payments, row.routers, row.tickets, row.refused)


def stuck_rows(connection: Connection, now: datetime, *, permissions: frozenset[Permission]) -> list[StuckRow]:
    """Acts outside that are dead or late, the dead first, at most `SHOWN_MAX`, as somebody with these may see them.

    Amounts, and texts that may name one, are for those who may see payments.
    """
    sees = "payments.see" in permissions
    rows = connection.execute(_STUCK, {"late": now - LATE_AFTER, "most": SHOWN_MAX, "sees_money": sees})
    return [
        StuckRow(
            row.id,
            row.kind,
            row.state == "dead",
            row.attempts,
            row.created_at,
            row.due_at,
            row.last_error,
            row.phone,
            row.shown,
            Money(row.amount_minor, row.currency) if row.amount_minor is not None else None,
            row.number,
            row.name,
        )
        for row in rows
    ]


def unknown_payments(connection: Connection) -> list[UnknownPayment]:
    """Payments in state unknown, oldest first, at most `SHOWN_MAX`."""
    return [
        UnknownPayment(
            str(row.reference),
            row.rail,
            row.payer_phone,
            Money(row.amount_minor, row.currency),
            row.purpose,
            row.reason,
            row.raw_reason,
            row.created_at,
            row.ended_at,
            row.asks,
            row.number,
            row.name,
        )
        for row in connection.execute(_UNKNOWN, {"most": SHOWN_MAX})
    ]


def routers(connection: Connection) -> list[RouterState]:
    """All routers, the failing first, at most `SHOWN_MAX`."""
    return [RouterState(*row) for row in connection.execute(_ROUTERS, {"most": SHOWN_MAX})]


def open_placements(connection: Connection, now: datetime) -> list[OpenPlacement]:
    """What routers refuse or have not been told for long, the refused first, at most `SHOWN_MAX`."""
    rows = connection.execute(_PLACEMENTS, {"late": now - LATE_AFTER, "most": SHOWN_MAX})
    return [OpenPlacement(*row) for row in rows]


def open_tickets(connection: Connection) -> list[OpenTicket]:
    """Open faults, oldest first, at most `SHOWN_MAX`."""
    return [OpenTicket(*row) for row in connection.execute(_TICKETS, {"most": SHOWN_MAX})]
