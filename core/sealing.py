"""Secrets at rest: sealed with keys that live outside the database (Fernet: AES-128-CBC with HMAC-SHA256)."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SealBrokenError(Exception):
    """A sealed text that none of our keys opens: a lost key or a tampered row."""


class Sealer:
    """Seals with the newest key, opens with any: keys are rotated by putting a new one first."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, secret: str) -> str:
        """Return the secret as a text that only a key holder can open."""
        return self._fernet.encrypt(secret.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """Return the secret.

        Raises:
            SealBrokenError: no key opens it.
        """
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise SealBrokenError("a sealed secret could not be opened with the keys given") from None
