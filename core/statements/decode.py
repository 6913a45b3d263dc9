"""In which letters a file is written, and in which format. Looked at piece by piece: no file is held whole."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from typing import Final

HEAD_BYTES: Final = 4096
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_RUN: Final = re.compile(rb"[\x80-\xff]+")
_ARABIC_RUN_MIN: Final = 1.7  # accented Latin letters stand alone, Arabic ones in words


def encoding_of(pieces: Iterable[bytes]) -> str:
    """UTF-8 with or without its mark, UTF-16, else Windows' Arabic (CP1256) or Latin-1.

    Whatever is not UTF-8 to its last byte is one of the two old ones; which, its high bytes tell: in Arabic they come
    in words.
    """
    utf8 = codecs.getincrementaldecoder("utf-8")()
    is_utf8, runs, high, first = True, 0, 0, True
    for piece in pieces:
        if first:
            first = False
            for mark, name in _BOMS:
                if piece.startswith(mark):
                    return name
            head = piece[:HEAD_BYTES]
            if head.count(0) > len(head) // 4:
                return "utf-16-le" if head[1::2].count(0) >= head[0::2].count(0) else "utf-16-be"
        if is_utf8:
            try:
                utf8.decode(piece)
            except UnicodeDecodeError:
                is_utf8 = False
        found = _RUN.findall(piece)
        runs += len(found)
        high += sum(map(len, found))
    if is_utf8 and not utf8.getstate()[0]:
        return "utf-8"
    return "cp1256" if runs and high / runs >= _ARABIC_RUN_MIN else "latin-1"


def format_of(head: bytes, encoding: str) -> str | None:
    """`csv`, `mt940` or `camt053` by how a file begins; None for what is no text: a picture, an archive, a PDF."""
    text = head.decode(encoding, "replace").lstrip("\ufeff \r\n\t")
    if head.startswith((b"PK\x03\x04", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")):
        return None
    if text.startswith("<"):
        return "camt053" if "camt.05" in text or "BkToCstmr" in text else None
    if re.search(r"^(\{1:|:20:)", text, re.MULTILINE):
        return "mt940"
    control = sum(1 for sign in text if ord(sign) < ord(" ") and sign not in "\r\n\t")
    return "csv" if text and not control else None
