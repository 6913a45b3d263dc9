"""Passwords of staff: hashed by argon2id, the same work whether the name is known or not."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import WeakPassword

PASSWORD_CHARS_MIN: Final = 10
PASSWORD_CHARS_MAX: Final = 200
# OWASP's smaller setting: 31 ms on the two cores we serve from.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def hash_password(password: str, *, username: str) -> str:
    """A hash to keep.

    Raises:
        WeakPassword: too short, too long, or the user name.
    """
    plain = _plain(password)
    too_easy = plain.casefold() == username.casefold() or len(set(plain)) == 1
    if too_easy or not PASSWORD_CHARS_MIN <= len(plain) <= PASSWORD_CHARS_MAX:
        raise WeakPassword(least_chars=PASSWORD_CHARS_MIN)
    return _HASHER.hash(plain)


def is_right(password: str, password_hash: str | None) -> bool:
    """Whether the password is the hashed one. Without a hash a decoy costs the same time, and the answer is no."""
    plain = _plain(password[:PASSWORD_CHARS_MAX])
    try:
        verified = _HASHER.verify(password_hash or _decoy(), plain)
    except (VerificationError, InvalidHashError):
        return False
    return verified and password_hash is not None and len(password) <= PASSWORD_CHARS_MAX


def rehashed(password: str, password_hash: str) -> str | None:
    """A fresh hash of a password just verified, when the kept one was made with other parameters."""
    return _HASHER.hash(_plain(password)) if _HASHER.check_needs_rehash(password_hash) else None


def _plain(password: str) -> str:
    # The same letters typed on two keyboards may differ in code points (NIST SP 800-63B, 5.1.1.2).
    return unicodedata.normalize("NFKC", password)


@cache
def _decoy() -> str:
    return _HASHER.hash("nobody has this password")
