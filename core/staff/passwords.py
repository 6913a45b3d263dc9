"""Passwords of staff: hashed by argon2id, the same work whether the name is known or not."""

from __future__ import annotations

import unicodedata
from typing import Final

from core.errors import WeakPassword
from core.hashing import hashed, is_outdated, matches

PASSWORD_CHARS_MIN: Final = 10
PASSWORD_CHARS_MAX: Final = 200


def hash_password(password: str, *, username: str) -> str:
    """A hash to keep.

    Raises:
        WeakPassword: too short, too long, or the user name.
    """
    plain = _plain(password)
    too_easy = plain.casefold() == username.casefold() or len(set(plain)) == 1
    if too_easy or not PASSWORD_CHARS_MIN <= len(plain) <= PASSWORD_CHARS_MAX:
        raise WeakPassword(least_chars=PASSWORD_CHARS_MIN)
    return hashed(plain)


def is_right(password: str, password_hash: str | None) -> bool:
    """Whether the password is the hashed one. Without a hash a decoy costs the same time, and the answer is no."""
    return matches(_plain(password[:PASSWORD_CHARS_MAX]), password_hash) and len(password) <= PASSWORD_CHARS_MAX


def rehashed(password: str, password_hash: str) -> str | None:
    """A fresh hash of a password just verified, when the kept one was made with other parameters."""
    return hashed(_plain(password)) if is_outdated(password_hash) else None


def _plain(password: str) -> str:
    # The same letters typed on two keyboards may differ in code points (NIST SP 800-63B, 5.1.1.2).
    return unicodedata.normalize("NFKC", password)
