"""The one style sheet and the one script: read once, kept by browsers for a year under the name of their content."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from flask import Response, abort, request, url_for
from flask.typing import ResponseReturnValue

from admin.permits import public

_FOLDER: Final = Path(__file__).parent / "static"
TYPES: Final = {"admin.css": "text/css; charset=utf-8", "admin.js": "text/javascript; charset=utf-8"}
GZIP_BYTES_MIN: Final = 600  # below, the headers cost more than is saved
MARK_CHARS: Final = 10


@cache
def _content(name: str) -> tuple[bytes, bytes, str]:
    plain = (_FOLDER / name).read_bytes()
    return plain, gzip.compress(plain, 9, mtime=0), hashlib.sha256(plain).hexdigest()[:MARK_CHARS]


def asset(name: str) -> str:
    """The address of a file; it changes with the content."""
    return url_for("admin.asset", name=name, v=_content(name)[2])


@public
def asset_view(name: str) -> ResponseReturnValue:
    """Hand out the style sheet or the script."""
    if name not in TYPES:
        abort(404)
    plain, packed, _mark = _content(name)
    packs = "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(packed if packs else plain, content_type=TYPES[name])
    if packs:
        response.content_encoding = "gzip"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.vary.add("Accept-Encoding")
    return response


def packed_if_wanted(response: Response) -> Response:
    """A page as gzip where the browser takes it: bytes cost the reader money.

    Secrets beside reflected input in packed pages can leak by length (BREACH), which takes many requests in the
    reader's name; the cookie is SameSite=Lax, so another site's requests do not carry it.
    """
    wanted = "gzip" in request.headers.get("Accept-Encoding", "")
    if not wanted or response.direct_passthrough or response.content_encoding or not response.is_sequence:
        return response
    plain = response.get_data()
    if len(plain) >= GZIP_BYTES_MIN:
        response.set_data(gzip.compress(plain, 6, mtime=0))
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    return response
