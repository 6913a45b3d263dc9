"""What staff write into the catalogue: codes, names and lines, tidied before they are kept."""

from __future__ import annotations

import unicodedata
from typing import Final

from core.errors import InvalidName

LABEL_CHARS_MAX: Final = 40
LINE_CHARS_MAX: Final = 200


def label(typed: str) -> str:
    """A code or a name in any script, spaces tidied.

    Raises:
        InvalidName: empty, longer than `LABEL_CHARS_MAX`, or with characters that cannot be seen: control characters,
            and the marks that turn writing round.
    """
    clean = line(typed)
    if not 1 <= len(clean) <= LABEL_CHARS_MAX:
        raise InvalidName(typed=clean[:LABEL_CHARS_MAX])
    return clean


def line(typed: str) -> str:
    """One line of words, spaces tidied; it may be empty.

    Raises:
        InvalidName: longer than `LINE_CHARS_MAX`, or with characters that cannot be seen.
    """
    clean = " ".join(unicodedata.normalize("NFC", typed).split())
    if not clean.isprintable() or len(clean) > LINE_CHARS_MAX:
        raise InvalidName(typed=clean[:LABEL_CHARS_MAX])
    return clean
