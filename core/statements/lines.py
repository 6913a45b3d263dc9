"""A line of a statement as it was read, and what makes it once: the hash of its facts and its place among its twins."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

DETAILS_CHARS_MAX: Final = 1000
FIELD_CHARS_MAX: Final = 200
_DIGEST_BYTES: Final = 16
REASONS: Final = ("columns", "day", "day_far", "amount", "currency", "broken")


@dataclass(frozen=True, slots=True)
class Line:
    """One movement: above zero it came in. `reference` is their number of it, `external_id` ours, told back.

    `number` is where it stands in the file; `amount_minor` is in the account's currency.
    """

    number: int
    booked_on: date
    amount_minor: int
    booked_at: datetime | None = None
    reference: str | None = None
    external_id: str | None = None
    payer: str | None = None
    payer_phone: str | None = None
    details: str | None = None


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that could not be read, and the one reason: see `REASONS`."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Balance:
    """What the other side says was there: `opening` before the first line, `closing` after the last of a day."""

    which: str
    minor: int
    on: date | None = None


Read = Line | BadLine | Balance


class Fingerprints:
    """Tells twins of one file apart: two payments with the same facts are both kept, and found again as both.

    Where the other side numbers its movements without repeating itself (`unique_ids`), number and amount are all the
    facts: the same movement in another format, or with another text, is the same. Holds 16 bytes a line.
    """

    def __init__(self, currency: str, *, unique_ids: bool) -> None:
        self._currency = currency
        self._unique_ids = unique_ids
        self._seen: set[bytes] = set()
        self._twins: dict[bytes, int] = {}

    def of(self, line: Line) -> bytes:
        """The fingerprint of the next line of the file."""
        digest = hashlib.blake2b(self._facts(line).encode(), digest_size=_DIGEST_BYTES).digest()
        if digest not in self._seen:
            self._seen.add(digest)
            return digest + b"\0\0\0\1"
        ordinal = self._twins.get(digest, 1) + 1
        self._twins[digest] = ordinal
        return digest + ordinal.to_bytes(4, "big")

    def _facts(self, line: Line) -> str:
        if self._unique_ids and line.reference:
            return f"id\x1f{line.reference}\x1f{line.amount_minor}\x1f{self._currency}"
        words = (line.reference, line.external_id, line.payer, line.payer_phone, line.details)
        return "\x1f".join(
            (f"{line.booked_on}", f"{line.amount_minor}", self._currency, *(word or "" for word in words))
        )


def tidy(text: str | None, chars_max: int = FIELD_CHARS_MAX) -> str | None:
    """A field without needless blanks and without the zero character; None when nothing is left."""
    if not text:
        return None
    return " ".join(text.replace("\0", "").split())[:chars_max].strip() or None


def joined(parts: Iterable[str | None]) -> str | None:
    """Several fields as one text."""
    return tidy(" ".join(part for part in parts if part), DETAILS_CHARS_MAX)
