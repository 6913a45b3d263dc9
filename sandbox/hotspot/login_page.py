"""A log-in page of somebody else's making, as RouterOS shows one: its `$(names)` filled in, and answered by CHAP."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping
from typing import Final

from sandbox.hotspot.asking import Chap

CHALLENGE_BYTES: Final = 16
_NAME: Final = re.compile(r"\$\(([a-z-]+)\)")
_SIGNS: Final = {"&": "&amp;", '"': "&quot;", "<": "&lt;"}


class LoginPage:
    """The page, and what each address was asked by when it was shown last: that is good for one answer."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._asked: dict[str, tuple[bytes, bytes]] = {}
        self._hand = threading.Lock()

    def show(self, address: str, names: Mapping[str, str]) -> str:
        """The page for an address, which is asked anew."""
        with self._hand:
            number, challenge = self._asked[address] = os.urandom(1), os.urandom(CHALLENGE_BYTES)
        told = {**names, "chap-id": _octal(number), "chap-challenge": _octal(challenge)}
        return _NAME.sub(lambda found: _in_html(told.get(found[1], "")), self._text)

    def answered(self, address: str, said: str) -> Chap | None:
        """What was said, as the answer of this address; None: it is none, or nothing was asked."""
        with self._hand:
            asked = self._asked.pop(address, None)
        try:
            return None if asked is None else Chap(*asked, bytes.fromhex(said))
        except ValueError:
            return None


def _octal(raw: bytes) -> str:
    return "".join(f"\\{byte:03o}" for byte in raw)


def _in_html(text: str) -> str:
    return "".join(_SIGNS.get(sign, sign) for sign in text)
