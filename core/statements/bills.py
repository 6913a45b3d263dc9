"""What this room asks of billing, which stands above it: handed in by who wires the two."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from core.db.engine import Transaction


@dataclass(frozen=True, slots=True)
class Credit:
    """Money that reached a customer's balance, under a key; a bill to be settled first, where one was named."""

    customer_id: int
    key: str
    invoice_id: int | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill, whose it is, and what is due on it."""

    number: str
    invoice_id: int
    customer_id: int
    customer_number: str
    customer_name: str
    due_minor: int


@dataclass(frozen=True, slots=True)
class Bills:
    """The questions: by number, and by what exactly is due; and what is done with money that came."""

    numbered: Callable[[Connection, Collection[str]], Mapping[str, Bill]]
    owing: Callable[[Connection, Collection[int]], Sequence[Bill]]
    money_came: Callable[[Transaction, Sequence[Credit], datetime], None]


NO_BILLS = Bills(lambda _c, _n: {}, lambda _c, _a: (), lambda _t, _c, _n: None)
