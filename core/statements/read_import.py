"""Reading a kept file on from where it stands: a chunk a transaction, so that a cut costs a chunk and nothing twice."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, select, update

from core.clock import Clock
from core.days import DAY, juba_day
from core.db.engine import Database, Transaction
from core.errors import MappingWrong, NotFound
from core.logs import log
from core.statements.accounts import MoneyAccountRow, money_account
from core.statements.ahead import ahead
from core.statements.bills import Bills
from core.statements.lines import BadLine, Balance, Fingerprints, Line, Read
from core.statements.models import StatementImport
from core.statements.read_camt import read_camt
from core.statements.read_csv import read_csv
from core.statements.read_mt940 import read_mt940
from core.statements.references import said_in
from core.statements.stored_file import StoredFile, drop_file
from core.statements.write_lines import write_lines

LOG = log("statements.read_import")
CHUNK: Final = 2_000
BAD_LINES_KEPT_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is. `bad` counts all lines that could not be read; `taken_over`: another reads it now."""

    import_id: int
    state: str
    lines: int
    new: int
    matched: int
    bad: int
    taken_over: bool = False


@dataclass(slots=True)
class _Part:
    """Some lines in a row, read and not yet written."""

    good: list[tuple[Line, bytes]] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)
    balances: list[Balance] = field(default_factory=list)
    last: bool = False

    def __len__(self) -> int:
        return len(self.good) + len(self.bad)


def read_import(
    db: Database,
    import_id: int,
    *,
    clock: Clock,
    bills: Bills,
    heard: Callable[[Progress], None] = lambda _progress: None,
    enough: Callable[[], bool] = lambda: False,
) -> Progress:
    """Read an import on to its end, or until `enough` says so between two chunks.

    Raises:
        NotFound: no such import.
        MappingWrong: the file lacks a column that the account's mapping names. Nothing was read.
    """
    with db.reading() as connection:
        row = _import(connection, import_id)
        account = money_account(connection, row["account_id"])
    progress = _progress(row)
    if row["state"] == "done":
        return progress
    for part in ahead(_parts_of(db, row, account, juba_day(clock.now()))):
        expected = progress.lines
        progress = db.run(
            lambda tx, part=part, expected=expected: _write(tx, import_id, expected, part, clock.now(), bills)  # type: ignore[misc]
        )
        heard(progress)
        if progress.state == "done" or progress.taken_over or enough():
            break
    return progress


def _import(connection: Connection, import_id: int) -> dict[str, Any]:
    row = connection.execute(select(StatementImport).where(StatementImport.id == import_id)).mappings().first()
    if row is None:
        raise NotFound(what="import")
    return dict(row)


def _progress(row: dict[str, Any], *, taken_over: bool = False) -> Progress:
    bad = len(row["bad_lines"]["lines"]) + row["bad_lines"]["more"]
    return Progress(row["id"], row["state"], row["line_count"], row["new_count"], row["matched_count"], bad, taken_over)


def _parts_of(db: Database, row: dict[str, Any], account: MoneyAccountRow, today: date) -> Iterator[_Part]:
    """What of the file is still to be written, in chunks; the last one says so.

    What was read before a cut is read again, to know twins, and left out.
    """
    prints = Fingerprints(account.currency, unique_ids=account.mapping.unique_ids)
    part, before = _Part(), row["line_count"]
    for read in _records(db, row, account, today):
        if isinstance(read, Balance):
            part.balances.append(read)
            continue
        fingerprint = prints.of(read) if isinstance(read, Line) else b""
        if before:
            before -= 1
        elif isinstance(read, Line):
            part.good.append((read, fingerprint))
            said_in(read.details, read.external_id, read.reference)  # kept until it is asked for: looked at ahead
        else:
            part.bad.append(read)
        if len(part) >= CHUNK:
            yield part
            part = _Part()
    part.last = True
    yield part


def _records(db: Database, row: dict[str, Any], account: MoneyAccountRow, today: date) -> Iterator[Read]:
    not_after = today + DAY  # a bank's day may be ahead of ours by one
    content = io.BufferedReader(StoredFile(db, row["id"]))
    unique = account.mapping.unique_ids
    if row["format"] == "camt053":
        return read_camt(content, account.currency, not_after=not_after, unique_ids=unique)
    text = io.TextIOWrapper(content, encoding=row["bad_lines"]["encoding"], errors="replace", newline="")
    if row["format"] == "mt940":
        return read_mt940(text, account.currency, not_after=not_after, unique_ids=unique)
    return read_csv(text, account.mapping, account.currency, not_after=not_after)


def _write(tx: Transaction, import_id: int, expected: int, part: _Part, now: datetime, bills: Bills) -> Progress:
    row = dict(
        tx.execute(select(StatementImport).where(StatementImport.id == import_id).with_for_update()).mappings().one()
    )
    if row["line_count"] != expected or row["state"] == "done":
        return _progress(row, taken_over=row["state"] != "done")
    account = money_account(tx.connection, row["account_id"], lock=True)
    written = write_lines(tx, account=account, import_id=import_id, lines=part.good, now=now, bills=bills)
    values: dict[str, Any] = {
        "line_count": row["line_count"] + len(part),
        "new_count": row["new_count"] + written.new,
        "matched_count": row["matched_count"] + written.matched,
        "bad_lines": _with_bad(row["bad_lines"], part.bad),
        "state": "done" if part.last else "reading",
    }
    for told in part.balances:
        if told.which == "opening" and row["opening_minor"] is None:
            values.setdefault("opening_minor", told.minor)
        elif told.which == "closing":
            values |= {"closing_minor": told.minor, "closing_on": told.on}
    tx.execute(update(StatementImport).where(StatementImport.id == import_id).values(values))
    if part.last:
        drop_file(tx, import_id)
        LOG.info("statement read", statement=import_id, lines=values["line_count"], new=values["new_count"])
    return _progress(row | values)


def _with_bad(kept: dict[str, Any], bad: Sequence[BadLine]) -> dict[str, Any]:
    room = BAD_LINES_KEPT_MAX - len(kept["lines"])
    lines = [[one.number, one.reason] for one in itertools.islice(bad, max(0, room))]
    return kept | {"lines": [*kept["lines"], *lines], "more": kept["more"] + len(bad) - len(lines)}


def waiting_imports(connection: Connection) -> Sequence[int]:
    """Imports that are not read to their end, the oldest first."""
    query = select(StatementImport.id).where(StatementImport.state == "reading").order_by(StatementImport.id)
    return list(connection.execute(query).scalars())


def read_waiting(db: Database, *, clock: Clock, bills: Bills) -> int:
    """Read what waits to its end, for a worker: how many lines were new. One that fails is passed over."""
    with db.reading() as connection:
        waiting = waiting_imports(connection)
    new = 0
    for import_id in waiting:
        try:
            new += read_import(db, import_id, clock=clock, bills=bills).new
        except MappingWrong:
            LOG.warning("a statement waits for its account's mapping", statement=import_id)
        except Exception:  # our own fault with one: the others are read all the same
            LOG.exception("statement not read", statement=import_id)
    return new
