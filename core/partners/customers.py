"""Customers as partners may read them: who they are and how to reach them. No money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from core.errors import NotFound

PAGE_MOST: Final = 200
NUMBER_DIGITS_MAX: Final = 20
_CUSTOMERS: Final = """
    SELECT c.id, c.number, c.name, c.kind, c.status, c.language,
           array(SELECT p.phone FROM contact p WHERE p.customer_id = c.id ORDER BY p.is_main DESC, p.id) AS phones,
           c.registered_at
    FROM customer c
"""
_PAGE: Final = text(f"""{_CUSTOMERS}
    WHERE c.id > :after
      AND (CAST(:number AS text) IS NULL OR c.number = :number)
      AND (CAST(:phone AS text) IS NULL OR c.id = (SELECT p.customer_id FROM contact p WHERE p.phone = :phone))
    ORDER BY c.id LIMIT :most
""")
_NUMBERED: Final = text(f"{_CUSTOMERS} WHERE c.number = :number")


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A customer, the main phone first. `place`: where they stand in the order of all, for the page behind them."""

    place: int
    number: str
    name: str
    kind: str
    status: str
    language: str
    phones: tuple[str, ...]
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Some of them. `next`: the place behind which there are more."""

    customers: tuple[CustomerView, ...]
    next: int | None


def customers_page(
    connection: Connection, *, after: int, most: int, phone: str | None = None, number: str | None = None
) -> Page:
    """Customers behind a place in the order they came in; with a phone (E.164) or number, where one is asked for."""
    values = {"after": after, "most": most + 1, "phone": phone, "number": number}
    found = [_view(row) for row in connection.execute(_PAGE, values)]
    shown = tuple(found[:most])
    return Page(shown, shown[-1].place if len(found) > most else None)


def customer_numbered(connection: Connection, number: str) -> CustomerView:
    """One by the number people read out.

    Raises:
        NotFound: there is none.
    """
    known = number.isascii() and number.isdecimal() and len(number) <= NUMBER_DIGITS_MAX
    row = connection.execute(_NUMBERED, {"number": number}).first() if known else None
    if row is None:
        raise NotFound(what="customer")
    return _view(row)


def _view(row: Any) -> CustomerView:
    return CustomerView(
        row.id, row.number, row.name, row.kind, row.status, row.language, tuple(row.phones), row.registered_at
    )
