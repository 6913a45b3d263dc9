"""Days, amounts and figures as staff type them. What is none becomes a refusal, or is handed on for the core to refuse.

Arabic digits and separators are taken; an empty field is None.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Final

from core.catalog.taxes import HOME_CURRENCY
from core.errors import InvalidAmount, InvalidDay, NotPossibleNow
from core.money import MINOR_DIGITS, Money
from core.phones import western_digits
from flows.amounts import TYPED_CHARS_MAX, parse_amount

FIGURE_CHARS_MAX: Final = 24
NONSENSE: Final = Decimal("NaN")  # every verb that takes a share or a rate refuses it with its own sentence
GIGABYTE: Final = 10**9
_DAY: Final = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_WHOLE: Final = re.compile(r"\d{1,12}")
_DECIMAL: Final = re.compile(r"(?:\d{1,12}|\d{1,3}(?:,\d{3})+)(?:\.\d{1,8})?")
_SEPARATORS: Final = str.maketrans({"٫": ".", "٬": ","})


def day_of(text: str) -> date | None:
    """A day written like 2026-11-30, as a browser's own field sends it.

    Raises:
        InvalidDay: anything else.
    """
    plain = western_digits(text).strip()
    if not plain:
        return None
    try:
        if _DAY.fullmatch(plain):
            return date(*(int(part) for part in plain.split("-")))
    except ValueError:
        pass
    raise InvalidDay(typed=plain[:FIGURE_CHARS_MAX])


def needed_day(text: str) -> date:
    """The same, and there must be one."""
    day = day_of(text)
    if day is None:
        raise InvalidDay(typed="")
    return day


def whole_of(text: str, what: str) -> int | None:
    """A whole number.

    Raises:
        NotPossibleNow: anything else; `what` names the field for nobody but the log.
    """
    plain = western_digits(text).replace(",", "").replace("٬", "").strip()
    if not plain:
        return None
    if not _WHOLE.fullmatch(plain):
        raise NotPossibleNow(what="number", state=what)
    return int(plain)


def needed_whole(text: str, what: str) -> int:
    """The same, and there must be one."""
    number = whole_of(text, what)
    if number is None:
        raise NotPossibleNow(what="number", state=what)
    return number


def decimal_of(text: str) -> Decimal:
    """A figure that may have a fraction, thousands grouped by commas or not; NaN for anything else."""
    plain = western_digits(text).translate(_SEPARATORS).strip()
    return Decimal(plain.replace(",", "")) if _DECIMAL.fullmatch(plain) else NONSENSE


def bytes_of(text: str) -> int | None:
    """Data typed in gigabytes.

    Raises:
        NotPossibleNow: not a figure, or finer than a byte.
    """
    if not text.strip():
        return None
    amount = decimal_of(text) * GIGABYTE
    if amount.is_nan() or amount != amount.to_integral_value():
        raise NotPossibleNow(what="tariff", state="data")
    return int(amount)


def price_of(text: str, currency: str) -> Money | None:
    """A price: whole pounds, or major units of another currency with no more digits than it has.

    Raises:
        InvalidAmount: anything else.
    """
    if not text.strip():
        return None
    if currency == HOME_CURRENCY:
        return parse_amount(text)
    figure = decimal_of(text)
    digits = MINOR_DIGITS.get(currency, 0)
    fraction = -int(figure.as_tuple().exponent) if figure.is_finite() else digits + 1
    if fraction > digits:
        raise InvalidAmount(typed=text[:TYPED_CHARS_MAX])
    return Money.of(figure, currency)


def plain(figure: Decimal) -> str:
    """A figure as it is typed: without zeros after the point, without groups."""
    return f"{figure.normalize():f}"


def gigabytes(data_bytes: int | None) -> str:
    """Data as it is typed, in gigabytes; nothing where there is none."""
    return "" if data_bytes is None else plain(Decimal(data_bytes) / GIGABYTE)
