"""Names of people and organisations, in any script."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from core.errors import InvalidName

NAME_CHARS_MAX: Final = 60
_SIGNS: Final = frozenset(" .'’-&()/")


def clean_name(typed: str) -> str:
    """A name as people write it, in any script, spaces tidied.

    Raises:
        InvalidName: empty, longer than `NAME_CHARS_MAX`, or with signs that no name has.
    """
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFC", typed)).strip()
    letters = any(character.isalpha() for character in name)
    fine = all(
        character.isalpha() or unicodedata.category(character) in {"Mn", "Mc", "Nd"} or character in _SIGNS
        for character in name
    )
    if not letters or not fine or len(name) > NAME_CHARS_MAX:
        raise InvalidName(typed=typed[:NAME_CHARS_MAX])
    return name
