"""A router that hears Disconnect and CoA requests on a real socket, by a library that is not ours to send with."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pyrad import packet
from pyrad.dictionary import Dictionary

SECRET = "radius-secret-of-the-tests"
WORDS = Dictionary(
    io.StringIO(
        "ATTRIBUTE User-Name 1 string\nATTRIBUTE Framed-IP-Address 8 ipaddr\nATTRIBUTE Calling-Station-Id 31 string\n"
        "ATTRIBUTE Acct-Session-Id 44 string\nATTRIBUTE Message-Authenticator 80 octets\n"
        "ATTRIBUTE Error-Cause 101 integer\nVENDOR Mikrotik 14988\nBEGIN-VENDOR Mikrotik\n"
        "ATTRIBUTE Mikrotik-Rate-Limit 8 string\nEND-VENDOR Mikrotik\n"
    )
)


@dataclass
class Nas:
    """What it knows, what it heard, and how it misbehaves. `deaf`: how many packets it does not answer yet."""

    port: int
    sessions: set[str] = field(default_factory=set)
    heard: list[Any] = field(default_factory=list)
    deaf: int = 0
    changes_refused: bool = False
    answers_as: str = SECRET
    raw: list[bytes] = field(default_factory=list)

    def answer(self, raw: bytes) -> bytes | None:
        asked = packet.CoAPacket(packet=raw, secret=SECRET.encode(), dict=WORDS)
        assert asked.VerifyCoARequest()
        assert asked.verify_message_authenticator()
        self.raw.append(raw)
        if self.deaf > 0:
            self.deaf -= 1
            return None
        self.heard.append(asked)
        reply = asked.CreateReply()
        reply.secret = self.answers_as.encode()
        session = asked["Acct-Session-Id"][0]
        change = asked.code == packet.CoARequest
        if session not in self.sessions:
            reply.code, reply["Error-Cause"] = (packet.CoANAK if change else packet.DisconnectNAK), 503
        elif change and self.changes_refused:
            reply.code, reply["Error-Cause"] = packet.CoANAK, 405
        elif not change:
            self.sessions.discard(session)
        answered: bytes = reply.ReplyPacket()
        return answered


@contextmanager
def nas() -> Iterator[Nas]:
    """One on a port of its own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        line.settimeout(0.05)
        found = Nas(line.getsockname()[1])
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    raw, peer = line.recvfrom(4096)
                except TimeoutError:
                    continue
                reply = found.answer(raw)
                if reply is not None:
                    line.sendto(reply, peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield found
        finally:
            ended.set()
            thread.join()
