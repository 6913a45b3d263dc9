"""Days and amounts as files write them. Nothing is guessed: what the mapping does not say is no figure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Final

from core.clock import JUBA
from core.money import AMOUNT_MINOR_MAX, MINOR_DIGITS
from core.phones import western_digits

ORDERS: Final = ("dmy", "mdy", "ymd")
DECIMALS: Final = (".", ",")
# What may group thousands, by its name in a mapping.
THOUSANDS: Final = {"none": "", "comma": ",", "point": ".", "space": " ", "apostrophe": "'"}
_MONTHS: Final = {
    name: month
    for month, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_DAY: Final = re.compile(
    r"(\d{1,4})[-/. ](\d{1,2}|[A-Za-z]{3,9})[-/. ](\d{1,4})"
    r"(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?"
)
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_CENTURY: Final = 2000
_LETTERS_AROUND: Final = re.compile(r"^[A-Za-z]{3}\s*|\s*[A-Za-z]{3}$")
_SEPARATORS: Final = str.maketrans({"٬": "\x01", "٫": "\x02", "\u00a0": " ", "\u202f": " ", "’": "'", "−": "-"})


@lru_cache(maxsize=512)
def day_in(text: str, order: str) -> tuple[date, datetime | None] | None:
    """A day, and the instant where the time is told, in the order a mapping names; None when it is none.

    Days and times are Juba's, but for a time that names its zone: its day is the one it was in Juba then.
    """
    plain = western_digits(text).strip()
    compact = _COMPACT.fullmatch(plain) if order == "ymd" else None
    if compact:
        made = _made(int(compact[1]), int(compact[2]), int(compact[3]))
        return (made, None) if made else None
    found = _DAY.fullmatch(plain)
    if found is None:
        return None
    first, second, third = found[1], found[2], found[3]
    year, month, day = (first, second, third) if order == "ymd" else (third, second, first)
    if order == "mdy":
        month, day = day, month
    if not (year.isdecimal() and day.isdecimal()):
        return None
    number = int(month) if month.isdecimal() else _MONTHS.get(month[:3].lower(), 0)
    whole = int(year) if len(year) == 4 else _CENTURY + int(year)  # noqa: PLR2004
    try:
        on = date(whole, number, int(day)) if len(year) in (2, 4) else None
        if on is None or found[4] is None:
            return (on, None) if on else None
        told = datetime.combine(on, time(int(found[4]), int(found[5]), int(found[6] or 0)))
        if found[7] is None:
            return on, told.replace(tzinfo=JUBA).astimezone(UTC)
        at = datetime.fromisoformat(f"{told.isoformat()}{'+00:00' if found[7] == 'Z' else found[7]}").astimezone(UTC)
    except ValueError:
        return None
    return at.astimezone(JUBA).date(), at


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    point = f"[{re.escape(decimal)}\x02]"
    grouped = f"[{re.escape(thousands)}\x01]" if thousands else "\x01"
    return re.compile(rf"(\d{{1,3}}(?:{grouped}\d{{3}})+|\d{{1,15}})(?:{point}(\d+))?")


def amount_in(text: str, currency: str, decimal: str, thousands: str) -> int | None:
    """An amount in minor units, below zero with a minus before or behind it or in brackets; None when it is none.

    A fraction finer than the currency's must be zeros: nothing is rounded away.
    """
    plain = _LETTERS_AROUND.sub("", western_digits(text).translate(_SEPARATORS).strip())
    negative = False
    if plain.startswith("(") and plain.endswith(")"):
        plain, negative = plain[1:-1].strip(), True
    elif plain[:1] in "+-" and plain:
        negative, plain = plain[0] == "-", plain[1:].strip()
    elif plain.endswith("-"):
        plain, negative = plain[:-1].strip(), True
    found = _pattern(decimal, thousands).fullmatch(_LETTERS_AROUND.sub("", plain))
    if found is None:
        return None
    digits = MINOR_DIGITS[currency]
    fraction = found[2] or ""
    if fraction[digits:].strip("0"):
        return None
    whole = re.sub(r"\D", "", found[1])
    minor = int(whole + fraction[:digits].ljust(digits, "0"))
    if minor > AMOUNT_MINOR_MAX:
        return None
    return -minor if negative else minor
