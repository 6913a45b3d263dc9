"""How an account's CSV file is read: which column is what, and how its days and amounts are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from core.errors import MappingWrong
from core.statements.figures import DECIMALS, ORDERS, THOUSANDS

# What a column can be. `details` may name several, with + between them.
COLUMNS: Final = (
    "day",
    "amount",
    "credit",
    "debit",
    "direction",
    "currency",
    "reference",
    "external_id",
    "payer",
    "phone",
    "details",
    "fee",
    "status",
    "balance",
)
DELIMITERS: Final = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
SIGNS: Final = ("signed", "columns", "direction")
SKIP_ROWS_MAX: Final = 50
COLUMN_CHARS_MAX: Final = 60
WORDS_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class CsvMapping:
    """How a file is read. A column is named as its header has it, or by its place, counted from 1.

    `signs`: `signed` amounts; a `columns` each for money in and out; a `direction` column, whose `in_words` mean in.
    `inverted`: what is below zero came in. `unique_ids`: the reference is never used twice by the other side.
    `done_words`: with a status column, only lines that have one of them happened.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    order: str = "dmy"
    decimal: str = "."
    thousands: str = "comma"
    delimiter: str = "comma"
    skip_rows: int = 0
    header: bool = True
    signs: str = "signed"
    inverted: bool = False
    in_words: Sequence[str] = ("cr", "c", "credit", "in")
    done_words: Sequence[str] = ("successful", "success", "completed", "done")
    unique_ids: bool = False
    newest_first: bool = False

    def to_json(self) -> dict[str, Any]:
        """As it is kept with the account."""
        kept = asdict(self)
        return kept | {
            "columns": dict(self.columns),
            "in_words": list(self.in_words),
            "done_words": list(self.done_words),
        }


def mapping_of(kept: Mapping[str, Any], kind: str) -> CsvMapping:
    """The mapping of an account. Providers of mobile money and wallets number their movements once; banks may not."""
    known = {name: kept[name] for name in CsvMapping.__dataclass_fields__ if name in kept}
    return replace(CsvMapping(unique_ids=kind != "bank"), **known)


def checked(mapping: CsvMapping) -> CsvMapping:
    """The mapping, if a file can be read by it.

    Raises:
        MappingWrong: naming the field that is missing or has a word nobody knows.
    """
    columns = {name: text.strip() for name, text in mapping.columns.items() if text.strip()}
    for name, text in columns.items():
        if name not in COLUMNS or len(text) > COLUMN_CHARS_MAX:
            raise MappingWrong(field=name)
    _needs_columns(mapping, columns)
    for name, text, allowed in (
        ("order", mapping.order, ORDERS),
        ("decimal", mapping.decimal, DECIMALS),
        ("thousands", mapping.thousands, THOUSANDS),
        ("delimiter", mapping.delimiter, DELIMITERS),
    ):
        if text not in allowed:
            raise MappingWrong(field=name)
    if THOUSANDS[mapping.thousands] == mapping.decimal:
        raise MappingWrong(field="thousands")
    if not 0 <= mapping.skip_rows <= SKIP_ROWS_MAX:
        raise MappingWrong(field="skip_rows")
    if len(mapping.in_words) > WORDS_MAX or len(mapping.done_words) > WORDS_MAX:
        raise MappingWrong(field="in_words")
    return replace(mapping, columns=columns)


def _needs_columns(mapping: CsvMapping, columns: Mapping[str, str]) -> None:
    needed = {"signed": ("amount",), "columns": ("credit", "debit"), "direction": ("amount", "direction")}
    if mapping.signs not in needed:
        raise MappingWrong(field="signs")
    wanted = ("day", *needed[mapping.signs], *(("reference",) if mapping.unique_ids else ()))
    for name in wanted:
        if name not in columns:
            raise MappingWrong(field=name)
    if not mapping.header and not all(part.isdecimal() for text in columns.values() for part in text.split("+")):
        raise MappingWrong(field="header")
