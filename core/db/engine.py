"""Connections and transactions. One place decides how the product talks to PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from psycopg2 import errors as pg
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError

from core.db.quick import QuickStatements
from core.db.together import Together

T = TypeVar("T")
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

LOCK_TIMEOUT_S: Final = 10
STATEMENT_TIMEOUT_S: Final = 30
CONNECT_TIMEOUT_S: Final = 5
POOL_WAIT_S: Final = 5  # gateways give up at 10
TRIES_MAX: Final = 4
# Losing these races says nothing against the work itself: it is done again from the start.
_TRY_AGAIN: Final = (pg.SerializationFailure, pg.DeadlockDetected)


class Transaction:
    """One unit of work: all of it or none. Carries the bells to ring once it is committed."""

    __slots__ = ("_bells", "connection")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._bells: dict[str, None] = {}

    def execute(self, statement: Any, parameters: Any = None) -> Any:
        """Run one statement in this transaction."""
        return self.connection.execute(statement, parameters)

    def ring(self, bell: str) -> None:
        """Wake the workers that answer to this bell, after commit. A lost bell costs time, never work."""
        self._bells[bell] = None

    @property
    def bells(self) -> tuple[str, ...]:
        """The bells asked for, each once."""
        return tuple(self._bells)


class Database:
    """The pool of one process.

    `ring` wakes workers after commit (see `Transaction.ring`); it must not raise.
    """

    def __init__(self, url: str, *, pool_size: int = 5, ring: Callable[[str], None] = lambda _bell: None) -> None:
        options = f"-c lock_timeout={LOCK_TIMEOUT_S}s -c statement_timeout={STATEMENT_TIMEOUT_S}s -c timezone=UTC"
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_pre_ping=True,  # PostgreSQL comes back after a cut; its old connections do not
            pool_timeout=POOL_WAIT_S,
            hide_parameters=True,  # an error must not carry a text, a password or a phone into a log
            connect_args={"options": options, "connect_timeout": CONNECT_TIMEOUT_S},
        )
        # Reads outside a transaction cost one round trip instead of three (BEGIN, the query, ROLLBACK).
        self._reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._ring = ring
        self._url = url
        self._pool_size = pool_size  # commits wait for the disk together: fewer would wait in turn
        self._once: dict[str, QuickStatements] = {}
        self._together: dict[str, Together[Any, Any]] = {}
        self._making = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Everything inside is committed together, or rolled back on any error. Bells ring after commit."""
        with self.engine.begin() as connection:
            work = Transaction(connection)
            yield work
        for bell in work.bells:
            self._ring(bell)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reads that need no common snapshot."""
        with self._reading.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection for long reads of one moment: nothing that happens meanwhile is seen, and nothing is written."""
        frozen = self.engine.execution_options(isolation_level="REPEATABLE READ")
        with frozen.connect() as connection, connection.begin():
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            yield connection

    def run(self, work: Callable[[Transaction], T]) -> T:
        """Do the work in a transaction, again from the start where it lost a race. Its keys make it once."""
        for attempt in range(1, TRIES_MAX + 1):
            try:
                with self.transaction() as transaction:
                    return work(transaction)
            except DBAPIError as error:
                if attempt == TRIES_MAX or not isinstance(error.orig, _TRY_AGAIN):
                    raise
        raise AssertionError("unreachable")

    def once(self, name: str, statement: tuple[str, str], values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run one statement as a transaction of its own, on disk before the answer, past all layers of the engine.

        `statement`: the types of its parameters and its SQL, prepared under `name` (see `core.db.quick`). It may be
        sent twice, where the server was restarted meanwhile. Who asks for it rings bells by `ring`.
        """
        with self._making:
            quick = self._once.get(name)
            if quick is None:
                quick = QuickStatements(self._url, {name: statement}, connections=self._pool_size, durable=True)
                self._once[name] = quick
        return quick.rows(name, values)

    def together(self, name: str, work: Callable[[Sequence[Asked]], Sequence[Answer]], asked: Asked) -> Answer:
        """Have this done by `work`, together with what other threads ask of the same name (see `core.db.together`)."""
        with self._making:
            together: Together[Asked, Answer] = self._together.setdefault(name, Together(work))
        return together.call(asked)

    def ring(self, bell: str) -> None:
        """Wake the workers that answer to this bell, for what is committed."""
        self._ring(bell)

    def close(self) -> None:
        """Give all connections back."""
        while self._once:
            self._once.popitem()[1].close()
        self.engine.dispose()
