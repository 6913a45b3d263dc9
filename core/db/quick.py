"""The quick way to PostgreSQL, for the few statements a hop pays for a thousand times a second.

Plain psycopg2 on autocommit connections with prepared statements: the ORM's engine costs 0.3 ms a statement in
Python and the planner as much again in the server (`shabaka bench hop`). Nothing that moves money goes this way:
commits here are not synced to disk before the answer, unless that is asked for (`durable`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

import psycopg2
import psycopg2.extensions
from sqlalchemy.engine import make_url

CONNECT_TIMEOUT_S: Final = 5
WAIT_S: Final = 10
# One plan for all callers: every statement here looks rows up by key.
_OPTIONS: Final = "-c plan_cache_mode=force_generic_plan -c statement_timeout=10s -c lock_timeout=10s -c timezone=UTC"
_NOT_SYNCED: Final = " -c synchronous_commit=off"


class QuickStatements:
    """A small pool of connections that know the same prepared statements.

    Args:
        url: SQLAlchemy's form.
        statements: name -> (types of its parameters, SQL with $1, $2, …).
        connections: how many at most; others wait their turn.
        durable: what they write is on disk before the answer.
    """

    def __init__(
        self, url: str, statements: Mapping[str, tuple[str, str]], *, connections: int = 4, durable: bool = False
    ) -> None:
        parsed = make_url(url)
        arguments: dict[str, Any] = {
            "host": parsed.query.get("host") or parsed.host,
            "port": parsed.port,
            "user": parsed.username,
            "password": parsed.password,
            "dbname": parsed.database,
        }
        self._arguments = {key: value for key, value in arguments.items() if value}
        self._options = _OPTIONS if durable else _OPTIONS + _NOT_SYNCED
        self._prepare = [f"PREPARE {name} ({types}) AS {sql}" for name, (types, sql) in statements.items()]
        self._execute = {
            name: f"EXECUTE {name} ({', '.join(['%s'] * (types.count(',') + 1))})"
            for name, (types, _sql) in statements.items()
        }
        self._free: list[psycopg2.extensions.connection] = []  # last in, first out: it is still warm in both caches
        self._places = threading.BoundedSemaphore(connections)

    def rows(self, name: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run a prepared statement. A connection that died meanwhile is replaced, and the statement sent once more.

        Raises:
            psycopg2.OperationalError: PostgreSQL does not answer.
        """
        if not self._places.acquire(timeout=WAIT_S):
            raise psycopg2.OperationalError("no connection became free in time")
        try:
            return self._rows(name, values)
        finally:
            self._places.release()

    def _rows(self, name: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        try:
            kept = self._free.pop()
        except IndexError:
            return self._on(self._connect(), name, values)
        try:
            return self._on(kept, name, values)
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            if not kept.closed:
                raise
            return self._on(self._connect(), name, values)  # the server was restarted under it

    def _on(
        self, connection: psycopg2.extensions.connection, name: str, values: Sequence[Any]
    ) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(self._execute[name], values)
            rows = cursor.fetchall()
        self._free.append(connection)
        return rows

    def _connect(self) -> psycopg2.extensions.connection:
        connection: psycopg2.extensions.connection = psycopg2.connect(
            **self._arguments,
            connect_timeout=CONNECT_TIMEOUT_S,
            options=self._options,
        )
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in self._prepare:
                cursor.execute(statement)
        return connection

    def close(self) -> None:
        """Give all idle connections back."""
        while self._free:
            self._free.pop().close()
