"""Calling Redis' scripts over plain connections: half the price of a client that measures and dispatches every call."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1
from typing import Any

from hiredis import pack_command
from redis import Redis
from redis.connection import ConnectionInterface
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError
from redis.exceptions import TimeoutError as RedisTimeoutError


class Connections:
    """Idle connections of one process to the server a client is set up for; as many as threads ever called at once."""

    def __init__(self, redis: Redis) -> None:
        self._pool = redis.connection_pool
        self._idle: list[ConnectionInterface] = []

    def ask(self, *command: Any) -> Any:
        """Send a command and return its answer. A connection found dead is made anew, and the command sent once more.

        Raises:
            RedisError: the server does not answer, or refuses.
        """
        connection, used = self._take()
        try:
            return self._ask(connection, command)
        except (RedisConnectionError, RedisTimeoutError):
            if not used:
                raise
            return self._ask(connection, command)  # connects again by itself
        finally:
            self._idle.append(connection)

    def _take(self) -> tuple[ConnectionInterface, bool]:
        try:
            return self._idle.pop(), True
        except IndexError:
            return self._pool.connection_class(**self._pool.connection_kwargs), False

    @staticmethod
    def _ask(connection: ConnectionInterface, command: tuple[Any, ...]) -> Any:
        connection.send_packed_command([pack_command(command)])  # type: ignore[no-untyped-call]
        return connection.read_response()


class Script:
    """A script, called by its digest; a server that lost it is told it again."""

    def __init__(self, connections: Connections, source: str) -> None:
        self._connections = connections
        self._source = source
        self._digest = sha1(source.encode(), usedforsecurity=False).hexdigest()  # Redis' own name for it

    def __call__(self, keys: Sequence[str], *arguments: str | int) -> Any:
        """Run it on the keys.

        Raises:
            RedisError: the server does not answer, or refuses.
        """
        try:
            return self._connections.ask("EVALSHA", self._digest, len(keys), *keys, *arguments)
        except NoScriptError:
            return self._connections.ask("EVAL", self._source, len(keys), *keys, *arguments)
