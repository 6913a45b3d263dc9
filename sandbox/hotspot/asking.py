"""Asking the RADIUS server whether somebody may be online, by CHAP, and telling it of sessions."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pyrad import packet

from sandbox.hotspot.leave import Leave, read_leave
from sandbox.hotspot.settings import HotspotSettings
from sandbox.hotspot.words import WORDS

TRIES: Final = 3
ANSWER_S: Final = 1.5  # more than a server waits before it says no
ANSWER_BYTES_MAX: Final = 4096
WIRELESS: Final = 19  # NAS-Port-Type


class NoAnswer(Exception):
    """The server did not answer."""


@dataclass(frozen=True, slots=True)
class Chap:
    """A password as a log-in page answers for it: hashed with what it was asked by (RFC 1994)."""

    number: bytes
    challenge: bytes
    answer: bytes = field(repr=False)


def answer_for(password: str) -> Chap:
    """The answer a page would give, where the password itself was typed into ours."""
    challenge, number = os.urandom(16), os.urandom(1)
    hashed = hashlib.md5(number + password.encode() + challenge)  # noqa: S324 - CHAP
    return Chap(number, challenge, hashed.digest())


class Server:
    """The RADIUS server as a gateway sees it. An answer that is not signed is none."""

    def __init__(self, settings: HotspotSettings) -> None:
        self._settings = settings

    def may(self, user: str, chap: Chap, about: Mapping[str, Any]) -> Leave | None:
        """Ask for leave; None is a refusal.

        Raises:
            NoAnswer: the server is silent.
            BadLeave: its answer cannot be obeyed.
        """
        request = packet.AuthPacket(code=packet.AccessRequest, secret=self._settings.secret.encode(), dict=WORDS)
        request["User-Name"] = user
        request["CHAP-Challenge"] = chap.challenge
        request["CHAP-Password"] = chap.number + chap.answer
        self._name(request, about)
        request.add_message_authenticator()
        reply = self._say(request, self._settings.auth_port, tries=TRIES)
        if reply is None:
            raise NoAnswer
        return read_leave(reply) if reply.code == packet.AccessAccept else None

    def hears(self, about: Mapping[str, Any]) -> bool:
        """Tell it something of a session, once; whether it said that it has heard."""
        request = packet.AcctPacket(code=packet.AccountingRequest, secret=self._settings.secret.encode(), dict=WORDS)
        self._name(request, about)
        return self._say(request, self._settings.acct_port, tries=1) is not None

    def _name(self, request: Any, about: Mapping[str, Any]) -> None:
        request["NAS-Identifier"] = self._settings.name
        request["NAS-IP-Address"] = self._settings.address
        request["NAS-Port-Type"] = WIRELESS
        for name, value in about.items():
            request[name] = value

    def _say(self, request: Any, port: int, *, tries: int) -> Any:
        """The answer. Said again from the same port, so that the server knows it for the same; a log-in's is signed."""
        raw, signed = request.RequestPacket(), request.code == packet.AccessRequest
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.connect((self._settings.server, port))
            for _try in range(tries):
                until = time.monotonic() + ANSWER_S
                try:
                    line.send(raw)
                    reply = _heard(line, request, until, signed=signed)
                except OSError:  # nobody listens there: as good as silence
                    time.sleep(max(0.0, until - time.monotonic()))
                    continue
                if reply is not None:
                    return reply
        return None


def _heard(line: socket.socket, request: Any, until: float, *, signed: bool) -> Any:
    """What answers a request; None when nothing did in time. Whoever does not know the secret says nothing."""
    while (left := until - time.monotonic()) > 0:
        line.settimeout(left)
        try:
            raw = line.recv(ANSWER_BYTES_MAX)
        except TimeoutError:
            return None
        try:
            reply = request.CreateReply(packet=raw)
            if request.VerifyReply(reply, raw, enforce_ma=signed):
                return reply
        except packet.PacketError:
            continue
    return None
