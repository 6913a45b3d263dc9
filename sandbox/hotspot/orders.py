"""Hearing the server's orders (RFC 5176): end a session, change one. An order that is not signed is not heard."""

from __future__ import annotations

import socket
from typing import Any, Final

from pyrad import packet

from sandbox.hotspot.leave import BadLeave, read_order
from sandbox.hotspot.sessions import Session, Sessions
from sandbox.hotspot.settings import HotspotSettings
from sandbox.hotspot.words import ADMIN_RESET, INVALID_VALUE, NOT_FOUND, UNSUPPORTED_ATTRIBUTE, WORDS

ORDER_BYTES_MAX: Final = 4096


class Orders:
    """The port orders come to."""

    def __init__(self, settings: HotspotSettings, sessions: Sessions) -> None:
        self._settings, self._sessions = settings, sessions
        self._line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._line.bind((settings.address, settings.orders_port))

    def hear_for_ever(self) -> None:
        """Obey whoever knows the secret."""
        while True:
            raw, sender = self._line.recvfrom(ORDER_BYTES_MAX)
            if sender[0] != self._settings.server:
                continue
            request = self._read(raw)
            if request is not None:
                self._line.sendto(self._obey(request).ReplyPacket(), sender)

    def _read(self, raw: bytes) -> Any:
        try:
            request = packet.CoAPacket(secret=self._settings.secret.encode(), dict=WORDS, packet=raw)
            signed = request.message_authenticator and request.verify_message_authenticator()
            return request if request.VerifyCoARequest() and signed else None
        except packet.PacketError:
            return None

    def _obey(self, request: Any) -> Any:
        reply = request.CreateReply()
        ends = request.code == packet.DisconnectRequest
        error = self._end(request) if ends else self._change(request)
        if error:
            reply.code = packet.DisconnectNAK if ends else packet.CoANAK
            reply["Error-Cause"] = error
        reply.add_message_authenticator()
        return reply

    def _end(self, request: Any) -> int:
        meant = self._meant(request)
        return 0 if meant is not None and self._sessions.end(meant.address, ADMIN_RESET) else NOT_FOUND

    def _change(self, request: Any) -> int:
        meant = self._meant(request)
        if meant is None:
            return NOT_FOUND
        try:
            order = read_order(request)
        except BadLeave:
            return INVALID_VALUE
        if order.speed is None and order.session_s is None and order.session_bytes is None:
            return UNSUPPORTED_ATTRIBUTE
        return 0 if self._sessions.change(meant.address, order) else NOT_FOUND

    def _meant(self, request: Any) -> Session | None:
        """The session that all that is said of it fits. Said must be its name and its user's, as RouterOS wants it."""
        for session in self._sessions.online():
            known = {
                "Acct-Session-Id": session.name,
                "User-Name": session.user,
                "Framed-IP-Address": session.address,
                "Calling-Station-Id": session.mac,
            }
            said = {name: str(request[name][0]) for name in known if name in request}
            if {"Acct-Session-Id", "User-Name"} <= set(said) and said.items() <= known.items():
                return session
        return None
