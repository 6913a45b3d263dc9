"""A plan in words: `3 hours`, `1 day, 500 MB`. Counted words have plural forms, six of them in Arabic."""

from __future__ import annotations

from typing import Final

from core.languages import counted, say, say_count
from core.languages import marked as _

# A unit, in seconds, largest first; a month sold by time is 30 days.
_UNITS: Final = (
    (30 * 86400, *counted("1 month", "{n} months")),
    (7 * 86400, *counted("1 week", "{n} weeks")),
    (86400, *counted("1 day", "{n} days")),
    (3600, *counted("1 hour", "{n} hours")),
    (60, *counted("1 minute", "{n} minutes")),
)
_DAY_S: Final = 86400
_WHOLE_MOST: Final = 48
_GIGABYTE: Final = 10**9
_MEGABYTE: Final = 10**6
_KBIT_OF_A_MBIT: Final = 1000


def duration_words(tongue: str, seconds: int) -> str:
    """A length of time in its largest whole unit; anything else in the two largest, rounded down to minutes.

    Whole hours and minutes are counted up to `_WHOLE_MOST`: nobody divides "160 minutes left" by sixty.
    """
    for size, one, many in _UNITS:
        if seconds >= size and seconds % size == 0 and (size >= _DAY_S or seconds // size <= _WHOLE_MOST):
            return say_count(tongue, one, many, seconds // size)
    return _two_largest(tongue, seconds)


def _two_largest(tongue: str, seconds: int) -> str:
    for index, (size, one, many) in enumerate(_UNITS):
        if seconds >= size:
            words = say_count(tongue, one, many, seconds // size)
            rest = seconds % size
            if index + 1 < len(_UNITS) and rest >= _UNITS[index + 1][0]:
                next_size, next_one, next_many = _UNITS[index + 1]
                words += " " + say_count(tongue, next_one, next_many, rest // next_size)
            return words
    return say_count(tongue, "1 minute", "{n} minutes", 1 if seconds > 0 else 0)


def data_words(tongue: str, data_bytes: int) -> str:
    """An amount of data as sold: decimal GB or MB. In Arabic by an Arabic word: Latin turns numbers round."""
    if data_bytes >= _GIGABYTE:
        tenths = data_bytes * 10 // _GIGABYTE
        return say(tongue, _("{n} GB"), n=f"{tenths // 10}.{tenths % 10}".removesuffix(".0"))
    return say(tongue, _("{n} MB"), n=data_bytes // _MEGABYTE)


def speed_words(tongue: str, kbps: int) -> str:
    """A speed as people name it: in Mbit/s, or in kbit/s where it is less than one."""
    if kbps >= _KBIT_OF_A_MBIT:
        tenths = kbps * 10 // _KBIT_OF_A_MBIT
        return say(tongue, _("{n} Mbit/s"), n=f"{tenths // 10}.{tenths % 10}".removesuffix(".0"))
    return say(tongue, _("{n} kbit/s"), n=kbps)


def left_words(tongue: str, seconds: int, data_left: int | None) -> str:
    """What is left: the time in its two largest units, and the data where it is counted."""
    time = _two_largest(tongue, seconds)
    return (
        say(tongue, _("{time}, {data}"), time=time, data=data_words(tongue, data_left))
        if data_left is not None
        else time
    )


def plan_words(tongue: str, duration_s: int, data_bytes: int | None) -> str:
    """What is sold, in a few words: the time, or the data and the time to use it in."""
    words = duration_words(tongue, duration_s)
    return f"{data_words(tongue, data_bytes)} {words}" if data_bytes else words
