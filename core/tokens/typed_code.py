"""A token's code: how it is printed, and the user name and password that it is made of. No I/O."""

from __future__ import annotations

from typing import Final

from core.access.grant import USERNAME_CHARS
from core.codes import CODE_CHARS, TYPED_CHARS_MAX, code_typed

__all__ = ["CODE_CHARS", "TYPED_CHARS_MAX", "code_printed", "code_typed", "credentials_of"]
GROUP_CHARS: Final = 4


def code_printed(code: str) -> str:
    """A code as it is printed and read out, in groups: `acdf-hjk3-7wxy-rt`."""
    return "-".join(code[at : at + GROUP_CHARS] for at in range(0, len(code), GROUP_CHARS))


def credentials_of(code: str) -> tuple[str, str]:
    """The user name and the password a code is made of."""
    return code[:USERNAME_CHARS], code[USERNAME_CHARS:]
