"""Secrets at rest: sealed with keys that live outside the database (Fernet: AES-128-CBC with HMAC-SHA256)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES: Final = 16
CHECK_BYTES: Final = 4
BLOCK_BYTES: Final = 32
LOOKUP_BYTES: Final = 16
CODE_NONCE_BYTES: Final = 12
RADIUS_SECRET_BYTES_MAX: Final = 253  # the longest value of a RADIUS attribute (RFC 2865, section 5)


class SealBrokenError(Exception):
    """A sealed text that none of our keys opens: a lost key or a tampered row."""


class Sealer:
    """Seals with the newest key, opens with any: keys are rotated by putting a new one first.

    `radius` seals what the RADIUS server must know in clear; `codes` what is typed as one code, and finds it again.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self.radius = RadiusSeal(keys)
        self.codes = CodeSeal(keys)

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


class RadiusSeal:
    """Passwords and shared secrets as the RADIUS server may open them, and nobody who has the database alone.

    CHAP and MS-CHAP need the clear password. The RADIUS server reads it through SQL (`radius_open`), so the seal is
    made of what PostgreSQL has without extensions: a keystream of SHA-256 blocks over key, nonce and counter, XORed.
    A nonce is random and used once; the key is our encryption key's, derived for this use alone, and stands in the
    RADIUS server's configuration, never in the database. It hides; it does not prove who wrote: whoever may write the
    table may lock a customer out anyway. The keystream's first bytes stand in the clear, to tell which key it was.

    `random(n)`: n random bytes.
    """

    def __init__(self, encryption_keys: Sequence[str], random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self.keys = tuple(
            hmac.new(base64.urlsafe_b64decode(key), b"shabaka radius", hashlib.sha256).digest()
            for key in encryption_keys
        )
        self._random = random

    @property
    def setting(self) -> str:
        """The keys, newest first, as the RADIUS server is given them (`shabaka.radius_key`)."""
        return ",".join(key.hex() for key in self.keys)

    def seal(self, secret: str) -> bytes:
        """Nonce, check and hidden text.

        Raises:
            ValueError: it has no byte or more than `RADIUS_SECRET_BYTES_MAX`.
        """
        clear = secret.encode()
        if not 0 < len(clear) <= RADIUS_SECRET_BYTES_MAX:
            raise ValueError("a secret has 1 to 253 bytes")
        nonce = self._random(NONCE_BYTES)
        stream = _stream(self.keys[0], nonce, len(clear))
        return nonce + stream[:CHECK_BYTES] + _xor(clear, stream[CHECK_BYTES:])

    def open(self, sealed: bytes) -> str:
        """Return the secret.

        Raises:
            SealBrokenError: no key opens it.
        """
        nonce, check, hidden = _parts(sealed)
        for key in self.keys:
            stream = _stream(key, nonce, len(hidden))
            if stream[:CHECK_BYTES] == check:
                try:
                    return _xor(hidden, stream[CHECK_BYTES:]).decode()
                except UnicodeDecodeError:
                    break
        raise SealBrokenError("a secret sealed for RADIUS could not be opened with the keys given")

    def is_by_newest(self, sealed: bytes) -> bool:
        """Whether the newest key sealed it."""
        nonce, check, _hidden = _parts(sealed)
        return _stream(self.keys[0], nonce, 0)[:CHECK_BYTES] == check


class CodeSeal:
    """Codes of tokens: found by what is typed, and printed, and worth nothing to whoever has the tables alone.

    A code is found by its HMAC-SHA256, cut to 16 bytes: who has the table can neither read it nor try codes against it
    without the key. It is sealed by AES-256-GCM together with where it stands, so that two rows cannot change places;
    first stand 4 bytes that tell which key it was. A hundred thousand are sealed in a second: Fernet takes ten.

    `random(n)`: n random bytes.
    """

    def __init__(self, encryption_keys: Sequence[str], random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        roots = [base64.urlsafe_b64decode(key) for key in encryption_keys]
        self._finds = [hmac.digest(root, b"shabaka code lookup", "sha256") for root in roots]
        sealing = [hmac.digest(root, b"shabaka code seal", "sha256") for root in roots]
        self._seals = {hashlib.sha256(key).digest()[:CHECK_BYTES]: AESGCM(key) for key in sealing}
        self._newest = next(iter(self._seals))
        self._random = random

    def lookup(self, code: str) -> bytes:
        """What a code is found by, under the newest key."""
        return hmac.digest(self._finds[0], code.encode(), "sha256")[:LOOKUP_BYTES]

    def lookups(self, code: str) -> list[bytes]:
        """What a code may stand under, by each key."""
        return [hmac.digest(key, code.encode(), "sha256")[:LOOKUP_BYTES] for key in self._finds]

    def seal(self, code: str, *, place: str) -> bytes:
        """The code, sealed to the row it stands in."""
        nonce = self._random(CODE_NONCE_BYTES)
        return self._newest + nonce + self._seals[self._newest].encrypt(nonce, code.encode(), place.encode())

    def open(self, sealed: bytes, *, place: str) -> str:
        """Return the code.

        Raises:
            SealBrokenError: no key opens it, or it is not the one of this row.
        """
        text_at = CHECK_BYTES + CODE_NONCE_BYTES
        key = self._seals.get(bytes(sealed[:CHECK_BYTES]))
        try:
            if key is not None:
                return key.decrypt(bytes(sealed[CHECK_BYTES:text_at]), bytes(sealed[text_at:]), place.encode()).decode()
        except InvalidTag:
            pass
        raise SealBrokenError("a sealed code could not be opened with the keys given")


def _parts(sealed: bytes) -> tuple[bytes, bytes, bytes]:
    text_at = NONCE_BYTES + CHECK_BYTES
    return sealed[:NONCE_BYTES], sealed[NONCE_BYTES:text_at], sealed[text_at:]


def _stream(key: bytes, nonce: bytes, text_bytes: int) -> bytes:
    blocks = range(-(-(CHECK_BYTES + text_bytes) // BLOCK_BYTES))
    return b"".join(hashlib.sha256(key + nonce + number.to_bytes(4, "big")).digest() for number in blocks)


def _xor(text: bytes, stream: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(text, stream, strict=False))
