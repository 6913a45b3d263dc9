"""A gateway's text taken apart: what was dialled behind the code, and what was typed since."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def dialled_answers(text: str, service_code: str) -> list[str]:
    """The answers dialled behind the code. Some gateways pass the dialled string whole: `*384*77*2*1#`."""
    head, _sign, rest = text.partition("#")
    if not rest or rest.startswith("*"):  # it ends what was dialled; what was typed since may follow
        text = head + rest
    code = service_code.removesuffix("#")
    if text == code or text.startswith(f"{code}*"):
        text = text[len(code) :]
    text = text.removeprefix("*")
    return text.split("*") if text else []


def continues(earlier: str, later: str) -> bool:
    """Whether a text is another one and what was typed since. `2` and then `22` is not: the gateway joins by `*`."""
    return later.startswith(earlier) and (len(later) == len(earlier) or not earlier or later[len(earlier)] == "*")


def inputs_since(text: str, start: int, starred: Mapping[int, int]) -> list[tuple[str, str]]:
    """What was typed after the first `start` characters: each input, with the text as it was then.

    The gateway joins inputs by `*` and lets a `*` that was typed stand as it is. Live, what is new is one input;
    `starred` says where such an input began and where it ended.
    """
    inputs: list[tuple[str, str]] = []
    at = start
    while at < len(text):
        begin = at + (text[at] == "*")
        end = starred.get(begin, 0)
        if not begin < end <= len(text) or text[end : end + 1] not in ("", "*"):
            star = text.find("*", begin)
            end = len(text) if star < 0 else star
        inputs.append((text[begin:end], text[:end]))
        at = end
    return inputs


def digest(text: str) -> str:
    """A text as keys carry it: what was typed may be a PIN."""
    return hashlib.sha256(text.encode()).hexdigest()[:20]
