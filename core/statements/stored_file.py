"""A file that waits to be read, kept in pieces: it outlives a power cut, and no process holds it whole."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, Final

from sqlalchemy import delete, insert, select

from core.db.engine import Database, Transaction
from core.statements.models import StatementFile

PIECE_BYTES: Final = 256 * 1024


def pieces_of(content: IO[bytes]) -> Iterator[bytes]:
    """A file from its beginning, a piece at a time."""
    content.seek(0)
    while piece := content.read(PIECE_BYTES):
        yield piece


def keep_file(tx: Transaction, import_id: int, content: IO[bytes]) -> None:
    """Keep a file until it has been read."""
    for position, piece in enumerate(pieces_of(content)):
        tx.execute(insert(StatementFile).values(import_id=import_id, position=position, content=piece))


def drop_file(tx: Transaction, import_id: int) -> None:
    """It has been read: its lines are what stays."""
    tx.execute(delete(StatementFile).where(StatementFile.import_id == import_id))


class StoredFile(io.RawIOBase):
    """A kept file to read from, once, from its beginning. Holds one piece."""

    def __init__(self, db: Database, import_id: int) -> None:
        super().__init__()
        self._db = db
        self._import_id = import_id
        self._position = 0
        self._piece = memoryview(b"")

    def readable(self) -> bool:
        """It is to be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer with what comes next; 0 at the end."""
        if not self._piece:
            self._piece = memoryview(self._next())
        count = min(len(buffer), len(self._piece))
        buffer[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        return count

    def _next(self) -> bytes:
        with self._db.reading() as connection:
            found = connection.execute(
                select(StatementFile.content).where(
                    StatementFile.import_id == self._import_id, StatementFile.position == self._position
                )
            ).scalar()
        self._position += 1
        return bytes(found) if found is not None else b""
