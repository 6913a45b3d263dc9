"""Writing many rows by COPY: ten times faster than inserts, in the same transaction, under the same constraints."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, TextIO

import psycopg2
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from core.db.engine import Transaction

LINES_AT_ONCE: Final = 100
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_NULL: Final = "\\N"
_ESCAPED: Final = re.compile(r"[\\\t\n\r]")


def _field(value: Any) -> str:
    """A value as COPY's text format reads it (PostgreSQL manual, COPY, "Text Format")."""
    if value is None:
        return _NULL
    kind = type(value)
    if kind is int:
        return str(value)
    if kind is str:  # looked through first: to replace in every text costs five times that
        return str(value.translate(_ESCAPES)) if _ESCAPED.search(value) else str(value)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False).translate(_ESCAPES)
    raise AssertionError(f"no text is known for a {type(value).__name__}")


class _Lines:
    """Rows as the file that COPY reads: made while the server works at those before them, on another core."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._lines = ("\t".join(map(_field, row)) + "\n" for row in rows)
        self.fault: BaseException | None = None

    def read(self, _size: int = -1) -> str:
        """Some more lines; nothing at the end. psycopg2 takes what it is given, and hides what goes wrong here."""
        try:
            return "".join(itertools.islice(self._lines, LINES_AT_ONCE))
        except BaseException as fault:
            self.fault = fault
            raise


def copy_rows(tx: Transaction, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows into a table; triggers and constraints hold as for any insert. An id given is taken as it is.

    Raises:
        DBAPIError: as any statement does, so that a lost race is tried again by who tries others again.
    """
    lines = _Lines(rows)
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    cursor = tx.connection.connection.cursor()
    try:
        cursor.copy_expert(statement, lines)
    except psycopg2.Error as error:
        if lines.fault is not None:
            raise lines.fault from None
        raise DBAPIError.instance(statement, None, error, psycopg2.Error, hide_parameters=True) from error
    finally:
        cursor.close()


def copy_out(connection: Connection, query: str, file: TextIO) -> None:
    """Write what a query finds into a file as CSV with a heading; memory does not grow with it. No parameters."""
    cursor = connection.connection.cursor()
    try:
        cursor.copy_expert(f"COPY ({query}) TO STDOUT WITH (FORMAT csv, HEADER)", file)
    finally:
        cursor.close()


def next_ids(tx: Transaction, table: str, count: int) -> list[int]:
    """Fresh ids of a table, in order, for rows that must be known to each other before they are written."""
    query = text(f"SELECT nextval('{table}_id_seq') FROM generate_series(1, :count)")
    return [int(row) for row in tx.execute(query, {"count": count}).scalars()]
