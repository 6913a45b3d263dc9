"""Passwords and shared secrets as the RADIUS server may open them, and nobody who has the database alone.

CHAP and MS-CHAP need the clear password. The RADIUS server reads it through SQL (`radius_open`), so the seal is made of
what PostgreSQL has without extensions: a keystream of SHA-256 blocks over key, nonce and counter, XORed. A nonce is
random and used once; the key is our encryption key's, derived for this use alone, and stands in the RADIUS server's
configuration, never in the database. It hides; it does not prove who wrote: whoever may write the table may lock a
customer out anyway.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Final

NONCE_BYTES: Final = 16
BLOCK_BYTES: Final = 32
SECRET_BYTES_MAX: Final = 253  # the longest value of a RADIUS attribute (RFC 2865, section 5)


class RadiusSeal:
    """Seals for the RADIUS server. `random(n)`: n random bytes."""

    def __init__(self, encryption_key: str, random: Callable[[int], bytes]) -> None:
        self.key = hmac.new(base64.urlsafe_b64decode(encryption_key), b"shabaka radius", hashlib.sha256).digest()
        self._random = random

    def seal(self, secret: str) -> bytes:
        """Nonce and hidden text. At most `SECRET_BYTES_MAX` bytes."""
        clear = secret.encode()
        if not 0 < len(clear) <= SECRET_BYTES_MAX:
            raise ValueError("a secret has 1 to 253 bytes")
        nonce = self._random(NONCE_BYTES)
        return nonce + self._hide(nonce, clear)

    def open(self, sealed: bytes) -> str:
        """The secret."""
        return self._hide(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]).decode()

    def _hide(self, nonce: bytes, text: bytes) -> bytes:
        blocks = range(-(-len(text) // BLOCK_BYTES))
        stream = b"".join(hashlib.sha256(self.key + nonce + number.to_bytes(4, "big")).digest() for number in blocks)
        return bytes(one ^ other for one, other in zip(text, stream, strict=False))
