"""Services as staff look at them: state, tariff, place, and what is agreed on for later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, text

from core.catalog.tariffs import TariffTerms, tariff_book
from core.errors import NotFound
from core.subscriptions.queries import Service

NUMBER_DIGITS_MAX: Final = 20
INSTALLATIONS_SHOWN_MAX: Final = 100

# The tariff in force on the day, or the first to be; of a service that has not begun, the one it was ordered with.
_VIEWS: Final = """
    SELECT s.*, c.number AS customer_number, c.name AS customer_name, p.phone, r.name AS router, g.username,
           coalesce(
             (SELECT t.tariff_id FROM subscription_term t WHERE t.subscription_id = s.id AND t.from_day <= :today
              ORDER BY t.from_day DESC LIMIT 1),
             (SELECT t.tariff_id FROM subscription_term t WHERE t.subscription_id = s.id ORDER BY t.from_day LIMIT 1),
             (SELECT (m.detail ->> 'tariff')::bigint FROM subscription_move m
              WHERE m.subscription_id = s.id AND m.verb = 'add' LIMIT 1)) AS tariff_id,
           n.tariff_id AS next_tariff_id, n.from_day AS next_from
    FROM subscription s
    JOIN customer c ON c.id = s.customer_id
    JOIN contact p ON p.customer_id = c.id AND p.is_main
    JOIN router r ON r.id = s.router_id
    LEFT JOIN access_grant g ON g.id = s.grant_id
    LEFT JOIN LATERAL (SELECT t.tariff_id, t.from_day FROM subscription_term t
                       WHERE t.subscription_id = s.id AND t.from_day > greatest(:today, s.started_on)
                       ORDER BY t.from_day LIMIT 1) n ON true
"""
_OF_CUSTOMER: Final = text(f"{_VIEWS} WHERE s.customer_id = :customer ORDER BY s.state = 'terminated', s.id")
_NUMBERED: Final = text(f"{_VIEWS} WHERE s.number = :number")
_PENDING: Final = text(f"{_VIEWS} WHERE s.state = 'pending' ORDER BY s.id LIMIT :most")
_COUNT_PENDING: Final = text("SELECT count(*) FROM subscription WHERE state = 'pending'")


@dataclass(frozen=True, slots=True)
class View:
    """A service with what stands around it. `tariff`: as it is sold on the day; None while it has no version.

    `next_tariff` is a change that is agreed on, from `next_from` on.
    """

    service: Service
    customer_number: str
    customer_name: str
    phone: str
    router: str
    username: str | None
    tariff: TariffTerms | None
    next_tariff: TariffTerms | None
    next_from: date | None


def views_of(connection: Connection, customer_id: int, today: date) -> list[View]:
    """A customer's services, those that have ended last."""
    return _views(connection, connection.execute(_OF_CUSTOMER, {"customer": customer_id, "today": today}), today)


def view_numbered(connection: Connection, number: str, today: date) -> View:
    """A service by the number people read out.

    Raises:
        NotFound: there is none.
    """
    found = []
    if number.isascii() and number.isdecimal() and len(number) <= NUMBER_DIGITS_MAX:
        found = _views(connection, connection.execute(_NUMBERED, {"number": number, "today": today}), today)
    if not found:
        raise NotFound(what="subscription")
    return found[0]


def installations(connection: Connection, today: date) -> list[View]:
    """What waits to be installed, the first ordered first, at most `INSTALLATIONS_SHOWN_MAX`."""
    return _views(connection, connection.execute(_PENDING, {"today": today, "most": INSTALLATIONS_SHOWN_MAX}), today)


def count_installations(connection: Connection) -> int:
    """How many services wait to be installed."""
    return int(connection.execute(_COUNT_PENDING).scalar_one())


def _views(connection: Connection, rows: Any, today: date) -> list[View]:
    found = rows.mappings().all()
    book = tariff_book(connection) if found else None

    def terms(tariff_id: int | None, day: date) -> TariffTerms | None:
        return book.version(tariff_id, day) if book and tariff_id is not None else None

    return [
        View(
            _service(row),
            row["customer_number"],
            row["customer_name"],
            row["phone"],
            row["router"],
            row["username"],
            terms(row["tariff_id"], today),
            terms(row["next_tariff_id"], row["next_from"] or today),
            row["next_from"],
        )
        for row in found
    ]


def _service(row: Any) -> Service:
    names = (name for name in Service.__dataclass_fields__ if name != "subscription_id")
    return Service(subscription_id=row["id"], **{name: row[name] for name in names})
