"""The report a partner portal lets a merchant download: every movement of money that was completed, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from flask import Response

COLUMNS: Final = ("Id", "External id", "Date", "Status", "Type", "From", "To", "Amount", "Currency", "Fee")
ZONE: Final = timezone(timedelta(hours=2))  # Juba's, which never changes


class InvalidDayError(ValueError):
    """No day; says which in one sentence."""


@dataclass(frozen=True, slots=True)
class Line:
    """One movement, in the order of the columns."""

    transaction_id: str
    external_id: str
    date: str
    status: str
    kind: str
    from_digits: str
    to_digits: str
    amount: str
    currency: str
    fee: str


def written(at: float) -> str:
    """A moment as the report writes it."""
    return datetime.fromtimestamp(at, ZONE).isoformat(timespec="seconds")


def fee_of(amount: str, percent: str) -> str:
    """What the provider keeps of an amount."""
    fee = (Decimal(amount) * Decimal(percent) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{fee.normalize():f}"


def between(asked: Mapping[str, str]) -> tuple[float, float]:
    """The moments `from` and `to` mean: days of Juba, both included, or moments with a zone. Missing: no bound.

    Raises:
        InvalidDayError: neither.
    """
    return _moment(asked, "from", 0.0), _moment(asked, "to", float(10**12))


def _moment(asked: Mapping[str, str], name: str, default: float) -> float:
    text = asked.get(name, "").strip()
    if not text:
        return default
    try:
        day = date.fromisoformat(text)
    except ValueError:
        pass
    else:
        return datetime.combine(day + timedelta(days=name == "to"), time(), ZONE).timestamp()
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))  # a plus that nobody escaped
    except ValueError:
        raise InvalidDayError(f"{name}: a day like 2026-11-23, or a moment with its zone") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def as_csv(lines: Iterable[Line], name: str) -> Response:
    """The report as a file."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(astuple(line) for line in lines)
    answer = Response(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
