"""Answers of any provider, and the two that are none: a firewall's page, and silence."""

from __future__ import annotations

import contextlib
import json
import socket
from typing import Any

from flask import Response, request

FIREWALL_PAGE = (
    "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. "
    "Please consult with your administrator.<br>Your support ID is: 7730183305</body></html>"
)


class Stop(Exception):
    """Answer this and do no more."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def as_json(http: int, body: Any) -> Response:
    """Any JSON."""
    return Response(json.dumps(body, default=str), http, content_type="application/json")


def page(http: int, text: str = FIREWALL_PAGE) -> Response:
    """HTML where JSON was expected."""
    return Response(text, http, content_type="text/html")


def hang_up() -> Response:
    """Close the caller's socket; what is returned never reaches them."""
    line = request.environ.get("werkzeug.socket") or request.environ.get("gunicorn.socket")
    if isinstance(line, socket.socket):
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
    return Response(status=500)
