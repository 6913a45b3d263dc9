"""Reading MT940 through the library `mt-940`, a few hundred movements at a time so that no file is held whole."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, TextIO

from mt940.models import Transactions

from core.money import AMOUNT_MINOR_MAX, MINOR_DIGITS
from core.payments.provider_reference import normal_id
from core.statements.lines import BadLine, Balance, Line, Read, joined, tidy

# The library writes lines that it cannot read into the log, and with them who paid what.
logging.getLogger("mt940").setLevel(logging.CRITICAL + 1)
PIECE: Final = 200
LINES_A_MOVEMENT_MAX: Final = 60
_TAG: Final = re.compile(r":(\d{2}[A-Z]?):")
_HEADER: Final = frozenset({"20", "21", "25", "25P", "28", "28C", "60F", "60M"})
_NO_REFERENCE: Final = frozenset({"NONREF", "NOREF", ""})
_BALANCES: Final = {
    "final_opening_balance": "opening",
    "final_closing_balance": "closing",
}


@dataclass(slots=True)
class _Piece:
    """Part of a message: its header, some movements with where each begins, and what closes it."""

    header: list[str] = field(default_factory=list)
    movements: list[tuple[int, list[str]]] = field(default_factory=list)
    closing: list[str] = field(default_factory=list)


def read_mt940(text: TextIO, currency: str, *, not_after: date, unique_ids: bool) -> Iterator[Read]:
    """The movements of a file, in its order, then its balances."""
    take = _Reader(currency, not_after, unique_ids=unique_ids)
    for piece in _pieces(text):
        yield from take.piece(piece)
    yield from take.balances()


def _pieces(text: TextIO) -> Iterator[_Piece]:
    piece, current = _Piece(), None
    for number, raw in enumerate(text, 1):
        line = raw.rstrip("\r\n")
        if line.startswith(("{", "-}")) or line in ("-", ""):
            continue
        found = _TAG.match(line)
        if found is None:
            if current is not None and len(current) < LINES_A_MOVEMENT_MAX:
                current.append(line)
            continue
        tag = found[1]
        if tag == "20" and piece.header:
            yield piece
            piece = _Piece()
        if tag == "61":
            if len(piece.movements) >= PIECE:
                yield piece
                piece = _Piece(header=piece.header)
            current = [line]
            piece.movements.append((number, current))
        elif tag in _HEADER:
            current = piece.header
            current.append(line)
        elif tag == "86" and piece.movements and not piece.closing:
            current = piece.movements[-1][1]
            current.append(line)
        else:
            current = piece.closing
            current.append(line)
    if piece.header or piece.movements:
        yield piece


class _Reader:
    def __init__(self, currency: str, not_after: date, *, unique_ids: bool) -> None:
        self.currency = currency
        self.not_after = not_after
        self.unique_ids = unique_ids
        self.told: dict[str, Balance] = {}

    def piece(self, piece: _Piece) -> Iterator[Read]:
        """All movements in one go; where that fails, each alone, to find the one that is broken."""
        self._balances_of(piece)
        parsed = _parsed(piece.header, [line for _number, lines in piece.movements for line in lines])
        if parsed is not None and len(parsed) == len(piece.movements):
            for (number, _lines), one in zip(piece.movements, parsed, strict=True):
                yield self._line(number, one.data)
            return
        for number, lines in piece.movements:
            alone = _parsed(piece.header, lines)
            yield self._line(number, alone[0].data) if alone else BadLine(number, "broken")

    def balances(self) -> Iterator[Balance]:
        """What the file says was there before and after."""
        yield from self.told.values()

    def _line(self, number: int, data: dict[str, Any]) -> Line | BadLine:
        amount, on = data.get("amount"), data.get("entry_date") or data.get("date")
        if amount is None or on is None:
            return BadLine(number, "broken")
        on = date(on.year, on.month, on.day)
        if amount.currency and amount.currency != self.currency:
            return BadLine(number, "currency")
        minor = _minor(amount.amount, self.currency)
        if not minor:
            return BadLine(number, "amount")
        if not date(2000, 1, 1) <= on <= self.not_after:
            return BadLine(number, "day_far")
        theirs = tidy(data.get("bank_reference"))
        said = tidy(data.get("customer_reference"))
        said = None if (said or "").upper() in _NO_REFERENCE else said
        reference = (theirs or said) if self.unique_ids else (said or theirs)
        return Line(
            number=number,
            booked_on=on,
            amount_minor=minor,
            reference=normal_id(reference) if reference and self.unique_ids else reference,
            external_id=said if self.unique_ids else theirs,
            payer=tidy(data.get("applicant_name")),
            details=joined((data.get("extra_details"), data.get("transaction_details"), data.get("purpose"))),
        )

    def _balances_of(self, piece: _Piece) -> None:
        found = _balances(piece.header + piece.closing)
        for name, which in _BALANCES.items():
            one = found.get(name)
            if one is None or one.amount is None or one.amount.currency != self.currency:
                continue
            minor = _minor(one.amount.amount, self.currency)
            if minor is not None and (which == "closing" or which not in self.told):
                self.told[which] = Balance(which, minor, date(one.date.year, one.date.month, one.date.day))


def _parsed(header: Sequence[str], lines: Sequence[str]) -> list[Any] | None:
    if not lines:
        return []
    try:
        found = Transactions()
        found.parse("\n".join([*header, *lines]) + "\n")
    except Exception:  # noqa: BLE001 - whatever a broken line does to the library, it is a broken line
        return None
    return [one for one in found if one.data.get("amount") is not None]


def _balances(lines: Sequence[str]) -> dict[str, Any]:
    try:
        found = Transactions()
        found.parse("\n".join(lines) + "\n")
    except Exception:  # noqa: BLE001 - a balance that cannot be read is not told
        return {}
    return dict(found.data)


def _minor(amount: Decimal, currency: str) -> int | None:
    scaled = amount.scaleb(MINOR_DIGITS[currency])
    if scaled != scaled.to_integral_value() or abs(scaled) > AMOUNT_MINOR_MAX:
        return None
    return int(scaled)
