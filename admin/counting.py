"""A count of notes as staff type it: the sum, or how many of each note; both agree where both are there."""

from __future__ import annotations

from typing import Final

from admin.figures import whole_of
from core.cash.limits import NOTES
from core.catalog.taxes import HOME_CURRENCY
from core.errors import InvalidAmount, NotPossibleNow
from core.money import Money
from core.payments.limits import CASH_MOST
from flows.amounts import TYPED_CHARS_MAX, parse_amount
from web.forms import typed

COUNT_CHARS_MAX: Final = 9


def counted() -> Money:
    """What was counted, from the form.

    Raises:
        InvalidAmount: neither a sum nor notes.
        NotPossibleNow: no whole number of notes, or the notes and the sum differ.
    """
    counts = {note: whole_of(typed(f"notes_{note}", COUNT_CHARS_MAX + 1), "notes") for note in NOTES}
    pounds = sum(note * (count or 0) for note, count in counts.items())
    by_notes = min(Money.of(pounds, HOME_CURRENCY), CASH_MOST + Money.of(1, HOME_CURRENCY))
    any_notes = any(count is not None for count in counts.values())
    sum_typed = typed("counted", TYPED_CHARS_MAX + 1)
    if not sum_typed:
        if not any_notes:
            raise InvalidAmount(typed="")
        return by_notes
    whole = parse_amount(sum_typed)
    if any_notes and whole != by_notes:
        raise NotPossibleNow(what="count", state="two sums")
    return whole
