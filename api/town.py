"""Demo only: hands `/sandbox/` on to the simulated town, which lives in a process of its own."""

from __future__ import annotations

import http.client
import threading
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

BODY_BYTES_MAX: Final = 64 * 1024
TIMEOUT_S: Final = 30
_HANDED_ON: Final = ("Content-Type", "Accept", "Accept-Language", "If-None-Match")
_HANDED_BACK: Final = ("Content-Type", "ETag", "Cache-Control")
# What is done in the town calls back into this very process. Were every thread busy handing on, or waiting to, the call
# back would wait for itself; so some of the threads are always kept free of it, and nobody waits for a place. Looking
# around calls nobody.
DEEDS_MAX: Final = 5


def create_blueprint(town_url: str) -> Blueprint:
    """`/sandbox/…` as the town answers it."""
    door = Blueprint("town", __name__)
    address = urlsplit(town_url).netloc
    places = threading.BoundedSemaphore(DEEDS_MAX)

    @door.route("/sandbox/", defaults={"path": ""}, methods=["GET", "POST"])
    @door.route("/sandbox/<path:path>", methods=["GET", "POST"])
    def hand_on(path: str) -> Response:  # noqa: ARG001 - the full path, with its query, is what goes on
        request.max_content_length = BODY_BYTES_MAX
        headers = {name: request.headers[name] for name in _HANDED_ON if name in request.headers}
        body = request.get_data()
        deed = request.method == "POST"
        if deed and not places.acquire(blocking=False):
            return Response("The town is busy; its own port is not.", 503, content_type="text/plain; charset=utf-8")
        line = http.client.HTTPConnection(address, timeout=TIMEOUT_S)
        try:
            line.request(request.method, request.full_path.rstrip("?"), body=body, headers=headers)
            answer = line.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            return Response("The sandbox town does not answer.", 502, content_type="text/plain; charset=utf-8")
        finally:
            line.close()
            if deed:
                places.release()
        handed_back = [(name, value) for name in _HANDED_BACK if (value := answer.headers.get(name))]
        return Response(content, answer.status, handed_back)

    return door
