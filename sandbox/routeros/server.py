"""The API service: one thread a connection, up to twenty of them, and the faults of the line."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import Final, Protocol

from sandbox.routeros.commands import parse
from sandbox.routeros.faults import FaultDesk, Strike
from sandbox.routeros.session import Conversation, Machine, fatal, mute_trap, some_rows, without_done
from sandbox.routeros.words import WORD_BYTES_MAX, Malformed, SentenceReader

RECEIVE_BYTES: Final = 65_536
FLUSH_BYTES: Final = 65_536
# Closing with this set sends a reset instead of a polite end.
RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class Host(Machine, Protocol):
    """What the service needs of its router beside its conversations."""

    def lets_in(self, peer: str) -> bool:
        """Say whether the service talks to this address; to others it says nothing at all."""

    def sessions_max(self) -> int:
        """Say how many connections it takes."""


class ApiServer:
    """Listens, serves, and can be unplugged.

    The port stays ours while unplugged: a second socket, bound but not listening, holds it.
    """

    def __init__(self, machine: Host, faults: FaultDesk, host: str, port: int) -> None:
        self._machine = machine
        self._faults = faults
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._listener: socket.socket | None = None
        self._acceptor: threading.Thread | None = None
        self._host = host
        self._holder = _bound(host, port)
        self.port: int = self._holder.getsockname()[1]

    @property
    def plugged(self) -> bool:
        """Say whether it can be reached."""
        return self._listener is not None

    @property
    def sessions(self) -> int:
        """Count the open connections."""
        with self._lock:
            return len(self._connections)

    def plug(self) -> None:
        """Begin to listen."""
        if self._listener is not None:
            return
        self._stopping.clear()
        listener = _bound(self._host, self.port)
        listener.listen(128)
        self._listener = listener
        self._acceptor = threading.Thread(target=self._accept, args=(listener,), daemon=True, name="routeros-accept")
        self._acceptor.start()

    def unplug(self) -> None:
        """Refuse new connections and drop the open ones."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        self._stopping.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        listener.close()
        if self._acceptor is not None:
            self._acceptor.join(timeout=5)
        self.drop_all()

    def drop_all(self) -> None:
        """Reset every open connection and wait until its thread is gone."""
        with self._lock:
            open_now = list(self._connections.items())
        for connection, _ in open_now:
            _reset(connection)
        for _, thread in open_now:
            if thread is not threading.current_thread():
                thread.join(timeout=5)

    def close(self) -> None:
        """Give everything back."""
        self.unplug()
        self._holder.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True, name="routeros-api")
            most = self._machine.sessions_max()  # asked before our lock: who tells its state holds the machine's first
            with self._lock:
                full = len(self._connections) >= most
                if not full and not self._stopping.is_set():
                    self._connections[connection] = thread
            if full or self._stopping.is_set():
                connection.close()
                with self._lock:
                    self._connections.pop(connection, None)
                continue
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        reader = SentenceReader()
        conversation = Conversation(self._machine)
        try:
            if not self._machine.lets_in(connection.getpeername()[0]):
                self._fall_silent(connection)
                return
            while data := connection.recv(RECEIVE_BYTES):
                if self._faults.now.hang:
                    self._fall_silent(connection)
                    return
                reader.feed(data)
                if self._faults.now.delay_ms and self._stopping.wait(self._faults.now.delay_ms / 1000):
                    return
                if not self._answer(connection, reader, conversation):
                    return
        except Malformed:
            return
        except OSError:
            return  # the peer is gone, or we were unplugged
        finally:
            # First out of the list, then closed: a client that sees the end may count the sessions at once.
            with self._lock:
                self._connections.pop(connection, None)
            connection.close()

    def _answer(self, connection: socket.socket, reader: SentenceReader, conversation: Conversation) -> bool:
        """Answer every whole sentence that has come, and say whether to go on."""
        out = bytearray()
        for words in reader.sentences():
            command = parse(words)
            strike = Strike.NONE if command.path == "/login" else self._faults.strike()
            if strike in {Strike.DROP_BEFORE, Strike.FATAL, Strike.MUTE_TRAP}:
                reply = mute_trap(command) if strike is Strike.MUTE_TRAP else fatal("not enough memory")
            else:
                reply = conversation.hear(command)
            if strike in {Strike.DROP_BEFORE, Strike.COMMIT_THEN_DROP}:
                self._send(connection, out)
                return False
            if strike is Strike.RESET_MID_REPLY:
                self._send(connection, out + reply.data[: len(reply.data) // 2])
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                return False
            if strike is Strike.HALF_THEN_SILENCE:
                self._send(connection, out + reply.data[: len(reply.data) // 2])
                self._fall_silent(connection)
                return False
            if strike is Strike.FATAL_MID_REPLY:
                self._send(connection, out + some_rows(reply.data) + fatal("going down").data)
                return False
            out += without_done(reply.data) if strike is Strike.LOSE_DONE else reply.data
            if reply.close:
                self._send(connection, out)
                return False
            if conversation.logged_in:
                reader.word_bytes_max = WORD_BYTES_MAX
            if len(out) >= FLUSH_BYTES:
                self._send(connection, out)
                out.clear()
        self._send(connection, out)
        return True

    def _send(self, connection: socket.socket, data: bytes | bytearray) -> None:
        if not self._faults.now.trickle:
            connection.sendall(data)
            return
        for at in range(len(data)):
            connection.sendall(data[at : at + 1])

    def _fall_silent(self, connection: socket.socket) -> None:
        """Half-open: take everything, answer nothing, until the other side gives up."""
        while connection.recv(RECEIVE_BYTES):
            pass


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    return bound


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads it; that thread closes
