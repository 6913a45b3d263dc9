"""Style sheets and scripts: read once, kept by browsers for a year under the name of their content."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from flask import Response, abort, request, url_for
from flask.typing import ResponseReturnValue

from web.packing import wants_packed

MARK_CHARS: Final = 10


class Assets:
    """The files of one door. `media`: which there are, each with its type; `endpoint`: the view that hands them out."""

    def __init__(self, folder: Path, endpoint: str, media: Mapping[str, str]) -> None:
        self._folder = folder
        self._endpoint = endpoint
        self._media = media
        self._read: dict[str, tuple[bytes, bytes, str]] = {}

    def address(self, name: str) -> str:
        """The address of a file; it changes with the content."""
        return url_for(self._endpoint, name=name, v=self._content(name)[2])

    def hand_out(self, name: str) -> ResponseReturnValue:
        """Answer with a file."""
        if name not in self._media:
            abort(404)
        plain, packed, _mark = self._content(name)
        packs = wants_packed(request)
        response = Response(packed if packs else plain, content_type=self._media[name])
        if packs:
            response.content_encoding = "gzip"
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.vary.add("Accept-Encoding")
        return response

    def _content(self, name: str) -> tuple[bytes, bytes, str]:
        """Plain, packed, and the mark of what is in it."""
        if name not in self._read:
            plain = (self._folder / name).read_bytes()
            mark = hashlib.sha256(plain).hexdigest()[:MARK_CHARS]
            self._read[name] = (plain, gzip.compress(plain, 9, mtime=0), mark)
        return self._read[name]
