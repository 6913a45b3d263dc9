"""Reading CAMT.053 entry by entry: the few elements we need, by `defusedxml`, and nothing of the file kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, BinaryIO, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from core.clock import JUBA
from core.days import juba_day
from core.payments.provider_reference import normal_id
from core.statements.figures import amount_in
from core.statements.lines import BadLine, Balance, Line, Read, joined, tidy

DEPTH_MAX: Final = 40
ELEMENTS_HELD_MAX: Final = 20_000  # of one entry: a batch of a thousand payments has fewer
_BALANCES: Final = {"OPBD": "opening", "PRCD": "opening", "CLBD": "closing"}
_BROKEN: Final = (ParseError, DefusedXmlException, UnicodeDecodeError, LookupError, ValueError)


def read_camt(content: BinaryIO, currency: str, *, not_after: date, unique_ids: bool) -> Iterator[Read]:
    """The booked entries of a file, in its order, and its balances. `number` counts entries.

    A file that breaks off, or does what only an attack does (entities, a document type), is broken from there on: what
    was read before stays.
    """
    take = _Reader(currency, not_after, unique_ids=unique_ids)
    try:
        yield from _entries(content, take)
    except _BROKEN:
        yield BadLine(take.number + 1, "broken")


def _entries(content: BinaryIO, take: _Reader) -> Iterator[Read]:
    above: list[Element] = []
    held = 0
    for event, element in iterparse(content, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            above.append(element)
            held += 1
            if len(above) > DEPTH_MAX or held > ELEMENTS_HELD_MAX:
                raise ParseError("more than a statement holds")
            continue
        above.pop()
        name = _name(element)
        if name == "Ntry":
            yield from take.entry(element)
        elif name == "Bal":
            told = take.balance(element)
            if told:
                yield told
        if name in ("Ntry", "Bal") or len(above) <= 3:  # noqa: PLR2004 - Document, BkToCstmrStmt, Stmt
            element.clear()
            if above:
                above[-1].clear()
            held = len(above)


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _child(element: Element | None, *path: str) -> Element | None:
    """The first element down a path, whatever version's namespace it has."""
    for name in path:
        if element is None:
            return None
        element = next((one for one in element if _name(one) == name), None)
    return element


def _text(element: Element | None, *path: str) -> str:
    found = _child(element, *path) if path else element
    return (found.text or "").strip() if found is not None else ""


def _all(element: Element | None, name: str) -> list[Element]:
    return [one for one in element if _name(one) == name] if element is not None else []


class _Reader:
    def __init__(self, currency: str, not_after: date, *, unique_ids: bool) -> None:
        self.currency = currency
        self.not_after = not_after
        self.unique_ids = unique_ids
        self.number = 0

    def entry(self, element: Element) -> Iterator[Read]:
        """One entry: a line, or a line for each payment of a batch whose parts sum to it."""
        self.number += 1
        status = _text(element, "Sts", "Cd") or _text(element, "Sts")
        if status and status != "BOOK":
            return
        minor = self._minor(_child(element, "Amt"), _text(element, "CdtDbtInd"))
        if isinstance(minor, str):
            yield BadLine(self.number, minor)
            return
        booked = _moment(_child(element, "BookgDt")) or _moment(_child(element, "ValDt"))
        if booked is None:
            yield BadLine(self.number, "day")
            return
        if not date(2000, 1, 1) <= booked[0] <= self.not_after:
            yield BadLine(self.number, "day_far")
            return
        details = [one for outer in _all(element, "NtryDtls") for one in _all(outer, "TxDtls")]
        parts = [self._part(one, _text(element, "CdtDbtInd")) for one in details]
        if len(details) > 1 and all(parts) and sum(part or 0 for part in parts) == minor:
            for one, part in zip(details, parts, strict=True):
                yield self._line(element, one, part or 0, booked)
        else:
            yield self._line(element, details[0] if len(details) == 1 else None, minor, booked)

    def _part(self, details: Element, direction: str) -> int | None:
        amount = _child(details, "Amt")
        if amount is None:
            amount = _child(details, "AmtDtls", "TxAmt", "Amt")
        minor = self._minor(amount, _text(details, "CdtDbtInd") or direction)
        return minor if isinstance(minor, int) else None

    def _line(self, entry: Element, details: Element | None, minor: int, booked: tuple[date, datetime | None]) -> Line:
        refs = _child(details, "Refs")
        theirs = tidy(_text(refs, "AcctSvcrRef") or _text(entry, "AcctSvcrRef") or _text(refs, "TxId"))
        told = tidy(_text(refs, "EndToEndId"))
        told = None if told in ("NOTPROVIDED", "NONREF") else told
        reference = theirs if self.unique_ids else told
        about = _child(details, "RmtInf")
        side = "Dbtr" if minor > 0 else "Cdtr"
        who = _child(details, "RltdPties", side)
        structured = [_text(one, "CdtrRefInf", "Ref") for one in _all(about, "Strd")]
        return Line(
            number=self.number,
            booked_on=booked[0],
            booked_at=booked[1],
            amount_minor=minor,
            reference=normal_id(reference) if reference and self.unique_ids else reference,
            external_id=told if self.unique_ids else theirs,
            payer=tidy(_text(who, "Nm") or _text(who, "Pty", "Nm")),
            details=joined([*structured, *(_text(one) for one in _all(about, "Ustrd")), _text(entry, "AddtlNtryInf")]),
        )

    def _minor(self, amount: Element | None, direction: str) -> int | str:
        if amount is None or direction not in ("CRDT", "DBIT"):
            return "broken"
        if amount.get("Ccy") != self.currency:
            return "currency"
        minor = amount_in((amount.text or "").strip(), self.currency, ".", "")
        if not minor or minor < 0:
            return "amount"
        return minor if direction == "CRDT" else -minor

    def balance(self, element: Element) -> Balance | None:
        """The balance before or after, if this is one of the two."""
        which = _BALANCES.get(_text(element, "Tp", "CdOrPrtry", "Cd"))
        amount, on = _child(element, "Amt"), _moment(_child(element, "Dt"))
        if which is None or amount is None or amount.get("Ccy") != self.currency:
            return None
        minor = amount_in((amount.text or "").strip(), self.currency, ".", "")
        if minor is None:
            return None
        return Balance(which, -minor if _text(element, "CdtDbtInd") == "DBIT" else minor, on[0] if on else None)


def _moment(element: Element | None) -> tuple[date, datetime | None] | None:
    """A day, or an instant and the day it is then in Juba."""
    day, at = _text(element, "Dt"), _text(element, "DtTm")
    try:
        if day:
            return date.fromisoformat(day[:10]), None
        if at:
            instant: Any = datetime.fromisoformat(at)
            instant = instant if instant.tzinfo else instant.replace(tzinfo=JUBA)
            return juba_day(instant), instant.astimezone(UTC)
    except ValueError:
        pass
    return None
