"""A token's code as people type it: in any spelling it is read as it was printed, or as none. No I/O."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from core.ids import TYPEABLE

CODE_CHARS: Final = 14  # user name and password of `core.access.grant`, one behind the other
TYPED_CHARS_MAX: Final = 100  # what is longer is no code with spaces in it
# Of a pair that looks alike the alphabet has one or none: who types the other means the one it has.
_MEANT: Final = {"g": "9", "q": "9"}
_KNOWN: Final = frozenset(TYPEABLE)
_WORD: Final = re.compile(r"[^\W_]+")


def code_typed(typed: str) -> str | None:
    """The code somebody means: capitals or not, spaces and strokes anywhere, digits of any script; None: no code."""
    if len(typed) > TYPED_CHARS_MAX:
        return None
    # Casefolded before and after: compatibility forms such as circled letters are taken apart to capitals.
    plain = unicodedata.normalize("NFKC", typed.casefold()).casefold()
    meant = "".join(_character(one) for one in plain if one.isalnum())
    return meant if len(meant) == CODE_CHARS and _KNOWN.issuperset(meant) else None


def _character(one: str) -> str:
    digit = unicodedata.decimal(one, None)
    return _MEANT.get(one, one) if digit is None else str(digit)


def without_codes(text: str, instead: str) -> str:
    """A text with `instead` wherever words of it together may be a code; also where two such places overlap."""
    words = list(_WORD.finditer(text))
    kept, at = "", 0
    for first, word in enumerate(words):
        for last in words[first:]:
            if last.end() - word.start() > TYPED_CHARS_MAX:
                break
            if last.end() > at and code_typed(text[word.start() : last.end()]) is not None:
                kept += (text[at : word.start()] + instead) if word.start() >= at else ""
                at = last.end()
    return kept + text[at:]
