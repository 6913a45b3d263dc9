"""Bodies that come in chunks, read whole and given their length, so that every door can refuse one that is too long.

Werkzeug reads such a body up to a door's limit and hands the beginning on as if it were all: half a form is another
form. Doors compare the length a request declares with their own limit; this makes it true of every request.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class WholeBodies:
    """A WSGI application before all others. `bytes_max` is the most that any door takes, and all that is ever read."""

    def __init__(self, onward: WSGIApplication, bytes_max: int) -> None:
        self._onward = onward
        self._bytes_max = bytes_max

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        if environ.get("HTTP_TRANSFER_ENCODING"):
            try:
                body = self._read(environ)
            except OSError:  # the line broke, or the chunks are none
                start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
                return [b"The body broke off.\n"]
            environ["wsgi.input"] = io.BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
            del environ["HTTP_TRANSFER_ENCODING"]
        return self._onward(environ, start_response)

    def _read(self, environ: WSGIEnvironment) -> bytes:
        """All of it; of one that is too long a byte more than allowed, which is enough for a door to see it."""
        body = b""
        while environ.get("wsgi.input_terminated") and (left := self._bytes_max + 1 - len(body)):
            piece = environ["wsgi.input"].read(left)
            if not piece:
                break
            body += piece
        return body
