"""What the provider must not forget, in one SQLite file: texts taken, texts received, sessions, callbacks to make."""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS messages (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, recipient TEXT NOT NULL,
  sender TEXT NOT NULL, text TEXT NOT NULL, at TEXT NOT NULL, status TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS messages_recipient ON messages (recipient, seq);
CREATE TABLE IF NOT EXISTS inbound (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, sender TEXT NOT NULL,
  text TEXT NOT NULL, at TEXT NOT NULL, form TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, phone TEXT NOT NULL, inputs TEXT NOT NULL,
  started REAL NOT NULL, hops INTEGER NOT NULL DEFAULT 0, screen TEXT NOT NULL DEFAULT '',
  metadata TEXT NOT NULL DEFAULT '[]', ended TEXT);
CREATE INDEX IF NOT EXISTS sessions_open ON sessions (phone) WHERE ended IS NULL;
CREATE TABLE IF NOT EXISTS callbacks (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, form TEXT NOT NULL,
  due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0, outcome TEXT);
CREATE INDEX IF NOT EXISTS callbacks_due ON callbacks (due) WHERE outcome IS NULL;
CREATE TABLE IF NOT EXISTS optouts (phone TEXT PRIMARY KEY);
"""


@dataclass(frozen=True, slots=True)
class Callback:
    """One form to post to the product until it answers 200."""

    seq: int
    kind: str
    form: dict[str, str]
    tries: int


class Store:
    """The file. One connection under one lock: a provider for a town is never busy."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(folder / "aggregator.sqlite3", isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file; later calls fail."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of the block or nothing; on disk when it ends. A block inside a block is part of the outer one."""
        with self._lock:
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Read."""
        with self._lock:
            return [dict(row) for row in self._db.execute(sql, values)]

    def add_callback(self, kind: str, form: Mapping[str, str], due: float) -> int:
        """Promise a callback at `due` (seconds since 1970)."""
        with self.transaction() as db:
            row = db.execute(
                "INSERT INTO callbacks (kind, form, due) VALUES (?, ?, ?)",
                (kind, json.dumps(dict(form), ensure_ascii=False), due),
            )
            return int(row.lastrowid or 0)

    def callback(self, seq: int) -> Callback:
        """One promised callback."""
        (row,) = self.rows("SELECT seq, kind, form, tries FROM callbacks WHERE seq = ?", seq)
        return Callback(row["seq"], row["kind"], json.loads(row["form"]), row["tries"])

    def due_callbacks(self, now: float, limit: int) -> list[int]:
        """Numbers of the callbacks to make now, in the order they were meant."""
        rows = self.rows(
            "SELECT seq FROM callbacks WHERE outcome IS NULL AND due <= ? ORDER BY due, seq LIMIT ?", now, limit
        )
        return [row["seq"] for row in rows]

    def hurry(self, now: float) -> None:
        """Make due at once what an earlier life had put off or had under way when it was killed."""
        with self.transaction() as db:
            db.execute("UPDATE callbacks SET due = min(due, ?) WHERE outcome IS NULL", (now,))

    def next_due(self) -> float | None:
        """When the next callback is to be made."""
        (row,) = self.rows("SELECT min(due) AS due FROM callbacks WHERE outcome IS NULL")
        return None if row["due"] is None else float(row["due"])

    def reported(self, message_id: str, status: str) -> None:
        """Note the word of the delivery report about to be sent."""
        with self.transaction() as db:
            db.execute("UPDATE messages SET status = ? WHERE id = ?", (status, message_id))

    def tried(self, seq: int, *, outcome: str | None, due: float) -> None:
        """Note a try: done with an outcome, or to be made again at `due`."""
        with self.transaction() as db:
            db.execute(
                "UPDATE callbacks SET tries = tries + 1, outcome = ?, due = ? WHERE seq = ?", (outcome, due, seq)
            )


def new_id(prefix: str) -> str:
    """An id as the provider writes them: `ATXid_` and 32 hex digits."""
    return prefix + uuid.uuid4().hex
