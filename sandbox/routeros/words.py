"""Words and sentences on the wire: a length, the bytes, and an empty word to end the sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

WORD_BYTES_MAX: Final = 1 << 20
WORD_BYTES_BEFORE_LOGIN_MAX: Final = 4096
WORDS_PER_SENTENCE_MAX: Final = 16_384

# A first byte with these high bits says how many more length bytes follow.
_PREFIXES: Final = ((0x00, 0x80, 0), (0x80, 0xC0, 1), (0xC0, 0xE0, 2), (0xE0, 0xF0, 3), (0xF0, 0xF8, 4))
_LIMITS: Final = ((0x80, 0), (0x4000, 0x8000), (0x200000, 0xC00000), (0x10000000, 0xE0000000))


class Malformed(Exception):
    """Bytes that can be no sentence; the router closes the connection."""


def encode_length(length: int) -> bytes:
    """Encode a word's length in as few bytes as it takes."""
    for width, (limit, mask) in enumerate(_LIMITS, start=1):
        if length < limit:
            return (length | mask).to_bytes(width, "big")
    return b"\xf0" + length.to_bytes(4, "big")


def encode_sentence(words: Iterable[bytes]) -> bytes:
    """Encode a whole sentence with its end."""
    return b"".join(encode_length(len(word)) + word for word in words) + b"\x00"


class SentenceReader:
    """Takes bytes as they come, in any pieces, and gives whole sentences."""

    def __init__(self) -> None:
        self.word_bytes_max = WORD_BYTES_BEFORE_LOGIN_MAX
        self._bytes = bytearray()
        self._words: list[bytes] = []

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        self._bytes += data

    def sentences(self) -> Iterator[list[bytes]]:
        """Give each sentence that is complete; an empty one means nothing and is passed over."""
        at = 0
        try:
            while (found := self._word(at)) is not None:
                word, at = found
                if word:
                    self._words.append(word)
                    if len(self._words) > WORDS_PER_SENTENCE_MAX:
                        raise Malformed("sentence too long")
                elif self._words:
                    sentence, self._words = self._words, []
                    yield sentence
        finally:
            del self._bytes[:at]

    def _word(self, at: int) -> tuple[bytes, int] | None:
        if at >= len(self._bytes):
            return None
        first = self._bytes[at]
        found = next((row for row in _PREFIXES if first < row[1]), None)
        if found is None:
            raise Malformed("reserved control byte")
        prefix, _, more = found
        start = at + 1 + more
        if start > len(self._bytes):
            return None
        rest = int.from_bytes(self._bytes[at + 1 : start], "big")
        length = rest if more == len(_PREFIXES) - 1 else ((first - prefix) << (8 * more)) | rest
        if length > self.word_bytes_max:
            raise Malformed("word too long")
        if start + length > len(self._bytes):
            return None
        return bytes(self._bytes[start : start + length]), start + length
