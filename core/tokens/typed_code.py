"""A token's code as people type it: in any spelling it is read as it was printed, or as none. No I/O."""

from __future__ import annotations

import unicodedata
from typing import Final

from core.access.grant import PASSWORD_CHARS, USERNAME_CHARS
from core.ids import TYPEABLE

CODE_CHARS: Final = USERNAME_CHARS + PASSWORD_CHARS
GROUP_CHARS: Final = 4
TYPED_CHARS_MAX: Final = 100  # what is longer is no code with spaces in it
# Of a pair that looks alike the alphabet has one or none: who types the other means the one it has.
_MEANT: Final = {"g": "9", "q": "9"}
_KNOWN: Final = frozenset(TYPEABLE)


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


def code_printed(code: str) -> str:
    """A code as it is printed and read out, in groups: `acdf-hjk3-7wxy-rt`."""
    return "-".join(code[at : at + GROUP_CHARS] for at in range(0, len(code), GROUP_CHARS))


def credentials_of(code: str) -> tuple[str, str]:
    """The user name and the password a code is made of."""
    return code[:USERNAME_CHARS], code[USERNAME_CHARS:]
