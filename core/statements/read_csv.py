"""Reading a CSV file by an account's mapping: a good line or one reason why not, line by line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Final, TextIO

from core.errors import InvalidPhone, MappingWrong, NotMobile, Refusal
from core.payments.provider_reference import normal_id
from core.phones import parse_phone
from core.statements.figures import THOUSANDS, amount_in, day_in
from core.statements.lines import BadLine, Balance, Line, Read, joined, tidy
from core.statements.mapping import DELIMITERS, CsvMapping

FIELD_BYTES_MAX: Final = 100_000
DETAILS_COLUMNS_MAX: Final = 8
_COUNTRY: Final = "211"

Cells = Sequence[str]
Reader = Callable[[Cells], str]


class _UnreadableError(Exception):
    """A line's one reason."""


def read_csv(text: TextIO, mapping: CsvMapping, currency: str, *, not_after: date) -> Iterator[Read]:
    """The lines of a file, in its order.

    Raises:
        MappingWrong: the header lacks a column that the mapping names.
    """
    csv.field_size_limit(FIELD_BYTES_MAX)
    rows = csv.reader(_without_zeros(text), delimiter=DELIMITERS[mapping.delimiter], skipinitialspace=True)
    for _skipped in range(mapping.skip_rows):
        next(rows, None)
    header = next(rows, None) if mapping.header else None
    if mapping.header and header is None:
        return
    take = _Columns(mapping, header)
    last: Balance | None = None
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            break
        except csv.Error:
            yield BadLine(rows.line_num, "columns")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        try:
            line = take.line(cells, rows.line_num, currency, not_after)
        except _UnreadableError as reason:
            yield BadLine(rows.line_num, str(reason))
            continue
        if line is None:
            continue
        yield line
        fee = take.fee_of(cells, line, currency)
        if fee is not None:
            yield fee
        told = take.balance(cells, line, currency)
        if told and (last is None or not mapping.newest_first):
            last = told
    if last:
        yield last


def _without_zeros(text: TextIO) -> Iterator[str]:
    return (line.replace("\0", "") for line in text)


class _Columns:
    """Where in a row each field stands."""

    def __init__(self, mapping: CsvMapping, header: Cells | None) -> None:
        self.mapping = mapping
        self.thousands = THOUSANDS[mapping.thousands]
        self.in_words = frozenset(word.strip().lower() for word in mapping.in_words)
        self.done_words = frozenset(word.strip().lower() for word in mapping.done_words)
        places: dict[str, int] = {}
        for index, name in enumerate(header or ()):
            places.setdefault(" ".join(name.split()).lower(), index)
        self.at = {
            name: [self._place(name, part, places) for part in wanted.split("+")[:DETAILS_COLUMNS_MAX]]
            for name, wanted in mapping.columns.items()
        }

    @staticmethod
    def _place(field: str, wanted: str, places: dict[str, int]) -> int:
        named = places.get(" ".join(wanted.split()).lower())
        if named is not None:
            return named
        if wanted.strip().isdecimal() and int(wanted) >= 1:
            return int(wanted) - 1
        raise MappingWrong(field=field)

    def cell(self, cells: Cells, name: str) -> str:
        """A field's text; nothing where the mapping has no such column. A row that ends before it is broken."""
        if name not in self.at:
            return ""
        place = self.at[name][0]
        if place >= len(cells):
            raise _UnreadableError("columns")
        return cells[place].strip()

    def line(self, cells: Cells, number: int, currency: str, not_after: date) -> Line | None:
        """The movement of a row; None where its status says that it did not happen."""
        if "status" in self.at and self.cell(cells, "status").lower() not in self.done_words:
            return None
        told = self.cell(cells, "currency").upper()
        if told and told != currency:
            raise _UnreadableError("currency")
        found = day_in(self.cell(cells, "day"), self.mapping.order)
        if found is None:
            raise _UnreadableError("day")
        if not date(2000, 1, 1) <= found[0] <= not_after:
            raise _UnreadableError("day_far")
        reference = tidy(self.cell(cells, "reference"))
        return Line(
            number=number,
            booked_on=found[0],
            booked_at=found[1],
            amount_minor=self._amount(cells, currency),
            reference=normal_id(reference) if reference and self.mapping.unique_ids else reference,
            external_id=tidy(self.cell(cells, "external_id")),
            payer=tidy(self.cell(cells, "payer")),
            payer_phone=phone_in(self.cell(cells, "phone")),
            details=joined(cells[place] for place in self.at.get("details", ()) if place < len(cells)),
        )

    def _amount(self, cells: Cells, currency: str) -> int:
        if self.mapping.signs == "columns":
            came = self._figure(self.cell(cells, "credit"), currency, empty=0)
            went = self._figure(self.cell(cells, "debit"), currency, empty=0)
            minor = abs(came) - abs(went) if not (came and went) else 0
        else:
            minor = self._figure(self.cell(cells, "amount"), currency)
            if self.mapping.signs == "direction":
                came_in = self.cell(cells, "direction").lower() in self.in_words
                minor = abs(minor) if came_in else -abs(minor)
        if not minor:
            raise _UnreadableError("amount")
        return -minor if self.mapping.inverted else minor

    def _figure(self, text: str, currency: str, empty: int | None = None) -> int:
        if not text and empty is not None:
            return empty
        minor = amount_in(text, currency, self.mapping.decimal, self.thousands)
        if minor is None:
            raise _UnreadableError("amount")
        return minor

    def fee_of(self, cells: Cells, line: Line, currency: str) -> Line | None:
        """What the provider took for a movement, as a line of its own."""
        try:
            text = self.cell(cells, "fee")
            minor = abs(self._figure(text, currency, empty=0))
        except _UnreadableError:
            return None
        if not minor:
            return None
        return Line(
            line.number,
            line.booked_on,
            -minor,
            line.booked_at,
            line.reference,
            None,
            None,
            None,
            "fee " + (line.reference or ""),
        )

    def balance(self, cells: Cells, line: Line, currency: str) -> Balance | None:
        """The balance that a row tells, if it does."""
        try:
            text = self.cell(cells, "balance")
            minor = self._figure(text, currency) if text else None
        except _UnreadableError:
            return None
        return Balance("closing", minor, line.booked_on) if minor is not None else None


def phone_in(text: str) -> str | None:
    """A payer's phone as we write phones; files hold `FRI:211921234567/MSISDN` and such. None: none of ours."""
    digits = "".join(sign for sign in text.partition("/")[0] if sign.isdecimal())
    if not digits:
        return None
    try:
        return parse_phone(f"+{digits}" if digits.startswith(_COUNTRY) else digits)
    except (InvalidPhone, NotMobile, Refusal):
        return None
