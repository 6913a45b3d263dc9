"""Disconnect and CoA requests to routers (RFC 5176), over UDP: the same packet again until it is answered.

pyrad makes, signs and reads the packets; sending is ours, for its client leaves sockets open and waits in whole
seconds.
"""

from __future__ import annotations

import io
import ipaddress
import socket
import time
from typing import Any, Final

from pyrad import packet
from pyrad.dictionary import Dictionary

from core.errors import GatewayError
from core.network.session_control import Answer, Answered, NasAddress, OpenSession, Speed

SENDS_MAX: Final = 3
ANSWER_S: Final = 1.5  # more than twice the round trip over a satellite
ANSWER_BYTES_MAX: Final = 4096
_NOT_FOUND: Final = 503  # Session-Context-Not-Found
_CAUSES: Final = {
    201: "residual context removed",
    401: "unsupported attribute",
    402: "missing attribute",
    403: "NAS identification mismatch",
    404: "invalid request",
    405: "unsupported service",
    406: "unsupported extension",
    407: "invalid attribute value",
    501: "administratively prohibited",
    502: "request not routable",
    503: "session not found",
    504: "session not removable",
    505: "other proxy error",
    506: "resources unavailable",
    507: "request initiated",
    508: "several sessions, and not supported",
}
_WORDS: Final = Dictionary(
    io.StringIO(
        """
ATTRIBUTE User-Name 1 string
ATTRIBUTE Framed-IP-Address 8 ipaddr
ATTRIBUTE Calling-Station-Id 31 string
ATTRIBUTE Proxy-State 33 octets
ATTRIBUTE Acct-Session-Id 44 string
ATTRIBUTE Message-Authenticator 80 octets
ATTRIBUTE Error-Cause 101 integer
VENDOR Mikrotik 14988
BEGIN-VENDOR Mikrotik
ATTRIBUTE Mikrotik-Rate-Limit 8 string
END-VENDOR Mikrotik
VENDOR WISPr 14122
BEGIN-VENDOR WISPr
ATTRIBUTE WISPr-Bandwidth-Max-Up 7 integer
ATTRIBUTE WISPr-Bandwidth-Max-Down 8 integer
END-VENDOR WISPr
"""
    )
)


class RadiusSessions:
    """Speaks to the router that a session runs on."""

    def __init__(self, *, sends: int = SENDS_MAX, answer_s: float = ANSWER_S) -> None:
        self._sends, self._answer_s = sends, answer_s

    def disconnect(self, nas: NasAddress, session: OpenSession) -> Answered:
        """End a session.

        Raises:
            GatewayError: the router does not answer, or has no address we can send to.
        """
        return self._ask(nas, _request(packet.DisconnectRequest, nas, session))

    def change(self, nas: NasAddress, session: OpenSession, speed: Speed) -> Answered:
        """Give a session another speed, in RouterOS's words and in those of others.

        Raises:
            GatewayError: the router does not answer, or has no address we can send to.
        """
        request = _request(packet.CoARequest, nas, session)
        request["Mikrotik-Rate-Limit"] = speed.rate
        request["WISPr-Bandwidth-Max-Up"] = speed.up_kbps * 1000
        request["WISPr-Bandwidth-Max-Down"] = speed.down_kbps * 1000
        return self._ask(nas, request)

    def _ask(self, nas: NasAddress, request: Any) -> Answered:
        raw = request.RequestPacket()  # once: an answer to any of the sends is an answer to this
        try:
            family, kind, _protocol, _name, address = socket.getaddrinfo(nas.host, nas.port, type=socket.SOCK_DGRAM)[0]
            with socket.socket(family, kind) as line:
                line.connect(address)
                for _send in range(self._sends):
                    line.send(raw)
                    reply = self._hear(line, request)
                    if reply is not None:
                        return _answered(reply)
        except OSError as error:
            raise GatewayError(f"the router cannot be reached for sessions: {error.strerror or error}") from error
        raise GatewayError("the router does not answer about sessions", outcome_unknown=True)

    def _hear(self, line: socket.socket, request: Any) -> Any:
        """The answer to a request, if it comes in time. What is not signed by its router is no answer."""
        until = time.monotonic() + self._answer_s
        while (left := until - time.monotonic()) > 0:
            line.settimeout(left)
            try:
                raw = line.recv(ANSWER_BYTES_MAX)
            except TimeoutError:
                return None
            try:
                reply = request.CreateReply(packet=raw)
                if request.VerifyReply(reply, raw):
                    return reply
            except packet.PacketError:
                continue
        return None


def _request(code: int, nas: NasAddress, session: OpenSession) -> Any:
    """A request that names a session by all we know of it, signed."""
    request = packet.CoAPacket(code=code, secret=nas.secret.encode(), dict=_WORDS)
    request["User-Name"] = session.username
    request["Acct-Session-Id"] = session.session
    if _is_ipv4(session.address):
        request["Framed-IP-Address"] = session.address
    if session.mac:
        request["Calling-Station-Id"] = session.mac
    request.add_message_authenticator()
    return request


def _is_ipv4(address: str) -> bool:
    try:
        ipaddress.IPv4Address(address)
    except ValueError:
        return False
    return True


def _answered(reply: Any) -> Answered:
    if reply.code in {packet.DisconnectACK, packet.CoAACK}:
        return Answered(Answer.DONE)
    cause = reply["Error-Cause"][0] if "Error-Cause" in reply else 0
    if cause == _NOT_FOUND:
        return Answered(Answer.NOBODY)
    return Answered(Answer.REFUSED, _CAUSES.get(cause, f"error cause {cause}" if cause else "without saying why"))
