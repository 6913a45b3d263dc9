"""The line to one router: `routeros-api` with its traps closed.

Traps of 0.21 that shape this file: a socket call for every word and Nagle's delay (44 ms a command, so sentences
are gathered and sent before we wait); `!fatal`, and a `!trap` without a message, come out as ParsingError and
KeyError with the connection half used (so they count as lost); exception texts hold whole sentences with
passwords (so ours are made outside the `except`, where nothing of theirs is chained); an empty trap message
passes for success (so `.error` is looked at); after any loss the `api` object is dead and must be asked for anew.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from routeros_api import RouterOsApiPool, api_communicator, api_socket, base_api, exceptions
from routeros_api.api import CloseConnectionExceptionHandler, RouterOsApi

from core.network.router import (
    RouterAddress,
    RouterConnectionLost,
    RouterError,
    RouterLoginRefused,
    RouterTimedOut,
    RouterUnreachable,
)

# Enough in flight that a whole hotspot is told in one round trip of a satellite link. What the router cannot take yet
# waits in its socket; that its answers fill ours meanwhile cannot lock both, for we read while we write.
IN_FLIGHT_MAX: Final = 2_048
# Under TLS the line shows no difference between an answer and the seal's own talk, so there we do not read meanwhile,
# and few enough are in flight that no socket's buffer can fill.
IN_FLIGHT_UNDER_TLS_MAX: Final = 256
# A reading counts for many: its question names up to a hundred users and its answer is long.
READING_WEIGHT: Final = 32
GATHER_BYTES_MAX: Final = 32_768
RECEIVE_BYTES: Final = 65_536
WORD_BYTES_MAX: Final = 16 << 20
MESSAGE_CHARS_MAX: Final = 200

# What the library raises when the connection is of no more use; a refusal by !trap is caught before these.
_LOST: Final = (exceptions.RouterOsApiError, OSError, LookupError, ValueError, TypeError, AssertionError)

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Call:
    """One command. Arguments may hold a password, so they are not shown."""

    path: str
    verb: str
    arguments: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Any = None

    @property
    def weight(self) -> int:
        """Say how much of the line it fills."""
        return READING_WEIGHT if self.verb == "print" else 1


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: rows, or the router's refusal in its own words."""

    rows: list[Row] = field(default_factory=list)
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """Answers to the first calls in order, how many calls were sent, and what broke the connection, if it broke."""

    replies: list[Reply]
    sent: int
    loss: RouterError | None


class _TimedOut(exceptions.RouterOsApiConnectionError):  # type: ignore[misc]  # the library ships no types
    """No answer in time, told apart from other losses."""


class _GatheringConnection(base_api.Connection):  # type: ignore[misc]  # the library ships no types
    """Sends sentences together just before it waits, and reads in large pieces."""

    def __init__(self, wrapped: Any) -> None:
        super().__init__(wrapped)
        self._out = bytearray()
        self._in = memoryview(b"")

    def send_sentence(self, words: list[bytes]) -> None:
        """Gather a sentence."""
        self._out += b"".join([base_api.encode_length(len(word)) + word for word in words])
        self._out += b"\x00"
        if len(self._out) >= GATHER_BYTES_MAX:
            self._guarded(self._flush)

    def receive_sentence(self) -> Any:
        """Send what is gathered, then read a sentence."""
        return self._guarded(self._receive)

    def _receive(self) -> list[bytes]:
        if self._out:
            self._flush()
        return list(iter(self._word, b""))

    def _word(self) -> bytes:
        length = base_api.decode_length(self._read)
        if length > WORD_BYTES_MAX:
            raise exceptions.RouterOsApiParsingError("a word of that length cannot be meant")
        return self._read(length)

    def _read(self, length: int) -> bytes:
        if len(self._in) < length:
            pieces = [self._in]
            missing = length - len(self._in)
            while missing > 0:
                piece = self.socket.receive(RECEIVE_BYTES)
                pieces.append(memoryview(piece))
                missing -= len(piece)
            self._in = memoryview(b"".join(pieces))
        word, self._in = bytes(self._in[:length]), self._in[length:]
        return word

    def _flush(self) -> None:
        """Send what is gathered, and take in what comes meanwhile: a router that waits for us to read reads nothing."""
        line = self.socket.socket
        if isinstance(line, ssl.SSLSocket):
            whole, self._out = self._out, bytearray()
            self.socket.send(whole)
            return
        out, self._out = memoryview(bytes(self._out)), bytearray()
        pieces = [self._in]
        while out:
            readable, writable, _ = select.select([line], [line], [], line.gettimeout())
            if readable:
                pieces.append(memoryview(self.socket.receive(RECEIVE_BYTES)))
            elif writable:
                out = out[line.send(out[:GATHER_BYTES_MAX]) :]
            else:
                raise TimeoutError("timed out")
        if len(pieces) > 1:
            self._in = memoryview(b"".join(pieces))

    @staticmethod
    def _guarded(act: Any) -> Any:
        try:
            return act()
        except TimeoutError as error:
            raise _TimedOut(str(error)) from None
        except OSError as error:
            raise exceptions.RouterOsApiConnectionError(str(error)) from None


class _Pool(RouterOsApiPool):  # type: ignore[misc]  # the library ships no types
    """The library's holder of one connection, over our socket. Only this object is changed, not the library."""

    def __init__(self, address: RouterAddress) -> None:
        context = ssl.create_default_context(cafile=address.ca_file) if address.tls else None
        super().__init__(
            address.host,
            address.user,
            address.password,
            address.port,
            plaintext_login=True,  # also right for routers before 6.43: the library falls back to their challenge
            ssl_context=context,
        )
        self.socket_timeout = address.timeout_s
        self.connected: bool = False

    def get_api(self) -> Any:
        if not self.connected:
            self.socket = api_socket.SocketWrapper(self._connect())
            communicator = api_communicator.ApiCommunicator(_GatheringConnection(self.socket))
            self.api = RouterOsApi(communicator)
            communicator.add_exception_handler(CloseConnectionExceptionHandler(self))
            self.api.login(self.username, self.password, self.plaintext_login)
            self.connected = True
        return self.api

    def _connect(self) -> socket.socket:
        plain = socket.create_connection((self.host, self.port), timeout=self.socket_timeout)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            api_socket.set_keepalive(plain, after_idle_sec=10)
            if self.ssl_context is None:
                return plain
            wrapped: socket.socket = self.ssl_context.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise
        return wrapped


class RouterOsWire:
    """One connection, opened when needed. Not for several threads at once: its owner holds the lock."""

    def __init__(self, address: RouterAddress) -> None:
        self._pool = _Pool(address)
        self._in_flight_max = IN_FLIGHT_UNDER_TLS_MAX if address.tls else IN_FLIGHT_MAX
        self._name = f"router {address.host}:{address.port}"

    @property
    def is_open(self) -> bool:
        """Say whether a connection is believed to stand."""
        connected: bool = self._pool.connected
        return connected

    def open(self) -> Any:
        """Connect and log in, unless that is done."""
        try:
            return self._pool.get_api()
        except exceptions.RouterOsApiCommunicationError as refused:
            failure: RouterError = self._login_refused(_text(refused.original_message))
        except _LOST as error:
            failure = RouterUnreachable(f"{self._name} cannot be reached: {_reason(error)}")
        except BaseException:
            self.close()
            raise
        self.close()
        raise failure

    def exchange(self, calls: Sequence[Call]) -> Exchange:
        """Send all calls and collect their answers, many in flight at a time. A refused call stops no other."""
        api = self.open()
        replies: list[Reply] = []
        waiting: deque[tuple[Any, int]] = deque()
        sent = in_flight = 0
        try:
            for call in calls:
                sent += 1
                waiting.append((_send(api, call), call.weight))
                in_flight += call.weight
                if in_flight >= self._in_flight_max:
                    while in_flight > self._in_flight_max // 2:
                        promise, weight = waiting.popleft()
                        replies.append(_collect(promise))
                        in_flight -= weight
            while waiting:
                replies.append(_collect(waiting.popleft()[0]))
        except _LOST as error:
            loss: RouterError = self._loss(error)
        except BaseException:
            self.close()  # half-read answers must not meet the next question
            raise
        else:
            return Exchange(replies, sent, None)
        self.close()
        return Exchange(replies, sent, loss)

    def close(self) -> None:
        """Hang up. A closed line opens again when used."""
        self._pool.disconnect()

    def _login_refused(self, text: str) -> RouterError:
        # Any trap at login is about who we are; nobody but a person can change that.
        return RouterLoginRefused(f"{self._name} refused our login: {text[:MESSAGE_CHARS_MAX]}", permanent=True)

    def _loss(self, error: BaseException) -> RouterError:
        if isinstance(error, _TimedOut | TimeoutError):
            return RouterTimedOut(f"{self._name} did not answer in {self._pool.socket_timeout:g} s")
        return RouterConnectionLost(f"the connection to {self._name} broke: {_reason(error)}")


def _send(api: Any, call: Call) -> Any:
    queries = () if call.query is None else (call.query,)
    resource = api.get_resource(call.path)
    return resource.call_async(call.verb, dict(call.arguments), additional_queries=queries)


def _collect(promise: Any) -> Reply:
    try:
        response = promise.get()
    except exceptions.RouterOsApiCommunicationError as trap:
        return Reply(refusal=_text(trap.original_message))
    if response.error is not None:
        return Reply(refusal=_text(response.error))
    return Reply(rows=list(response))


def _text(message: bytes) -> str:
    return message.decode("utf-8", "backslashreplace")


def _reason(error: BaseException) -> str:
    """Say why without quoting: only what the operating system says is known to hold no sentence of ours."""
    if isinstance(error, OSError | exceptions.RouterOsApiConnectionError):
        return str(error)[:MESSAGE_CHARS_MAX] or "closed by the router"
    return "it said something that makes no sense"
