"""The way of every hop past Flask: its contexts, routes and forms cost as much as the hop itself (`bench hop`).

Only the plain case goes here: the right address, and a form that says its length. Whatever is odd in any way goes the
long way, to the route of the same address, which knows how to refuse it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Reply:
    """A text and the headers beside it; always 200: a gateway shows anything else as its own failure."""

    text: str
    headers: tuple[tuple[str, str], ...]


class Shortcut:
    """A WSGI application that answers forms posted to one address, and hands everything else on."""

    def __init__(
        self, onward: WSGIApplication, path: str, bytes_max: int, answer: Callable[[Mapping[str, str]], Reply]
    ) -> None:
        self._onward = onward
        self._path = path.encode()
        self._bytes_max = bytes_max
        self._answer = answer

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        length = self._length(environ)
        if length is None:
            return self._onward(environ, start_response)
        body = environ["wsgi.input"].read(length)
        if len(body) < length:  # the line broke: half a text is another text, and may buy something else
            start_response("400 Bad Request", [("Content-Length", "0")])
            return [b""]
        reply = self._answer(_form(body))
        answer = reply.text.encode()
        start_response("200 OK", [*reply.headers, ("Content-Length", str(len(answer)))])
        return [answer]

    def _length(self, environ: WSGIEnvironment) -> int | None:
        """How long the form is; None for what goes the long way."""
        said = environ.get("CONTENT_LENGTH") or ""
        plain = (
            environ["REQUEST_METHOD"] == "POST"
            and environ.get("CONTENT_TYPE", "").partition(";")[0] == FORM
            and said.isascii()
            and said.isdecimal()
            and len(said) <= len(str(self._bytes_max))
            and int(said) <= self._bytes_max
            and not environ.get("HTTP_TRANSFER_ENCODING")
            # The path holds the key: how much of it is right must not be heard in how long the answer takes.
            and hmac.compare_digest(environ["PATH_INFO"].encode("latin-1"), self._path)
        )
        return int(said) if plain else None


def _form(body: bytes) -> dict[str, str]:
    """The fields, the first of each name. What is no text at all has none."""
    form: dict[str, str] = {}
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True)
    except ValueError:
        return form
    for name, value in fields:
        form.setdefault(name, value)
    return form
