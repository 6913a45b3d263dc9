"""Taking out of typed text what nobody should keep: people type their PIN where they should not."""

from __future__ import annotations

import re
from typing import Final

from core.phones import western_digits

REDACTED: Final = "[redacted]"
# 4 to 6 digits alone are a PIN as far as a log is concerned; an amount of the same look stands in its own row anyway.
_PIN_INPUT: Final = re.compile(r"\d{4,6}")
_PIN_RUN: Final = re.compile(r"(?<!\d)\d{4,6}(?!\d)")
# The words people use for it, in any of their languages, also grown together with the digits.
_PIN_WORD: Final = re.compile(
    r"(?i)\bpin|password|passwd|\bpass\b|secret|\bsirri\b|سري|السر|\bرمز|الرمز|كلمة|كلمه|\bبن\b"
)
_SECRET_WORD: Final = re.compile(r"(?i)\b(password|passwd|pass)(\s+is)?[\s:=]+\S+")


def redact_inputs(joined: str) -> str:
    """A session's inputs, joined by `*`, without what may be a PIN."""
    return "*".join(redact_text(typed) for typed in joined.split("*"))


def redact_text(text: str) -> str:
    """A text without a PIN sent alone; where any word for a PIN stands in it, without every number like one."""
    western = western_digits(text)
    if _PIN_INPUT.fullmatch(western.strip()):
        return REDACTED
    if not _PIN_WORD.search(western):
        return text
    return _SECRET_WORD.sub(lambda match: f"{match.group(1)} {REDACTED}", _PIN_RUN.sub(REDACTED, western))
