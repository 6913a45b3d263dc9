"""Events out over HTTP: one POST to a partner's address, to nowhere inside our own house."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from core.gateways.readings import storable
from core.partners.addresses import is_public
from core.partners.courier import Carried

CONNECT_TIMEOUT_S: Final = 10.0
ANSWER_TIMEOUT_S: Final = 15.0  # between two bytes
WHOLE_S: Final = 40.0  # for all of it, however slowly they trickle; less than a lease of the outbox
ANSWER_BYTES_MAX: Final = 4096
ERROR_CHARS_MAX: Final = 200
USER_AGENT: Final = "Shabaka-webhooks/1"
HTTPS_PORT: Final = 443
HTTP_PORT: Final = 80


class HttpCourier:
    """Posts events. A name is looked up once, and the connection goes to the very address that was looked at.

    Args:
        private: plain http and addresses of a local network are allowed (tests, a partner in the same rack).
        whole_s: seconds one try may take.
    """

    def __init__(self, *, private: bool = False, whole_s: float = WHOLE_S) -> None:
        self._private = private
        self._whole_s = whole_s
        self._tls = ssl.create_default_context()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Carried:
        """One try. A redirect is an answer like any other, and is not followed."""
        parts = urlsplit(url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        if not secure and not self._private:
            return Carried(0, "only https is allowed", permanent=True)
        port = parts.port or (HTTPS_PORT if secure else HTTP_PORT)
        try:
            address = self._look_up(host, port)
        except (OSError, UnicodeError) as error:  # the second: what no name can be
            return Carried(0, f"{host} is not known: {type(error).__name__}")
        if address is None:
            return Carried(0, f"{host} leads inside: events go to no private address", permanent=True)
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        try:
            return self._send(host, port, address, path, body, headers, secure=secure)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Carried(0, storable(f"no answer: {type(error).__name__}", ERROR_CHARS_MAX))

    def _look_up(self, host: str, port: int) -> str | None:
        """The first address of a name; None where any of its addresses lies inside."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        if not self._private and not all(is_public(address) for address in addresses):
            return None
        return addresses[0]

    def _send(
        self, host: str, port: int, address: str, path: str, body: bytes, headers: Mapping[str, str], *, secure: bool
    ) -> Carried:
        line = socket.create_connection((address, port), CONNECT_TIMEOUT_S)
        line.settimeout(ANSWER_TIMEOUT_S)
        if secure:
            line = self._tls.wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
        # Who trickles a byte at a time is cut off all the same: shutting the socket down wakes who waits on it.
        late = threading.Event()
        cut = threading.Timer(self._whole_s, _cut_off, (line, late))
        cut.daemon = True
        cut.start()
        try:
            if isinstance(line, ssl.SSLSocket):
                line.do_handshake()
            connection = http.client.HTTPConnection(host, port)
            connection.sock = line
            with contextlib.closing(connection):
                named = {"Host": _host_header(host, port, secure=secure), "User-Agent": USER_AGENT, **headers}
                connection.request("POST", path, body=body, headers=named)
                answer = connection.getresponse()
                answer.read(ANSWER_BYTES_MAX)
                if late.is_set():  # what was read up to the cut looks like an end
                    return Carried(0, "no answer in time")
                return Carried(answer.status)
        finally:
            cut.cancel()
            line.close()


def _cut_off(line: socket.socket, late: threading.Event) -> None:
    late.set()
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _host_header(host: str, port: int, *, secure: bool) -> str:
    try:
        name = f"[{host}]" if ipaddress.ip_address(host).version == 6 else host  # noqa: PLR2004
    except ValueError:
        name = host
    return name if port == (HTTPS_PORT if secure else HTTP_PORT) else f"{name}:{port}"
