"""Pages as gzip where the browser takes it: bytes cost the reader money."""

from __future__ import annotations

import gzip
from typing import Final

from flask import Request, Response, request

GZIP_BYTES_MIN: Final = 600  # below, the headers cost more than is saved


def wants_packed(asking: Request) -> bool:
    """Whether who asks takes gzip."""
    return "gzip" in asking.headers.get("Accept-Encoding", "")


def packed_if_wanted(response: Response) -> Response:
    """Pack a page.

    Secrets beside reflected input in packed pages can leak by length (BREACH), which takes many requests in the
    reader's name; the cookie is SameSite=Lax, so another site's requests do not carry it.
    """
    packable = not response.direct_passthrough and not response.content_encoding and response.is_sequence
    if not wants_packed(request) or not packable:
        return response
    plain = response.get_data()
    if len(plain) >= GZIP_BYTES_MIN:
        response.set_data(gzip.compress(plain, 6, mtime=0))
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    return response
